import type { Clock } from '../domain/clock.ts'
import { DomainError } from '../domain/errors.ts'
import type { HubLoad, HubRequest, HubRequestStore, HubTopic } from '../domain/hub-store.ts'
import { type CallbackRules, readCallback } from './callback-address.ts'

// What subscribers ask for (WebSub section 5.1).

const day = 86_400
/** Seconds for which a subscription lasts: as asked for, between these (W-14). */
const usualLease = 10 * day
const shortestLease = 2 * day
const longestLease = 30 * day

/** Bytes that a secret must have fewer of (WebSub section 5.1). */
const longestSecret = 200
/** Characters of what is sent back as it came. */
const longestToken = 500
const longestTopic = 2000

/** How many there may be, so that the hub cannot be used against others (W-58). */
const mostPending = 10_000
/** Of a host that never verified anything, and of one that did: it may follow many feeds. */
const mostPendingOfHost = { unknown: 10, verified: 600 }
const mostSubscriptions = 100_000
const mostSubscriptionsOfHost = 10_000

export type RequestParts = {
  store: HubRequestStore
  clock: Clock
  rules: CallbackRules
  /** Whether new subscriptions are taken. */
  isOn: boolean
  /**
   * The feed that an address means. Throws DomainError for one that is no feed of ours, or that cannot be subscribed to.
   */
  findTopic: (address: string) => Promise<HubTopic>
}

/** A form, of which the first value of each field counts. */
export type Fields = { get(name: string): string | null }

/**
 * Takes what a subscriber asks for. It takes effect when it is verified. Throws DomainError with a sentence for the
 * subscriber.
 */
export async function takeRequest(fields: Fields, parts: RequestParts): Promise<void> {
  const mode = fields.get('hub.mode')
  if (mode !== 'subscribe' && mode !== 'unsubscribe') throw unknownMode(mode)
  const asked = required(fields, 'hub.topic', longestTopic)
  const { address: callback, host } = readCallback(required(fields, 'hub.callback'), parts.rules)
  const common = {
    asked,
    callback,
    host,
    secret: readSecret(fields),
    verifyToken: optional(fields, 'hub.verify_token', longestToken),
    lease: readLease(fields),
    at: parts.clock.now(),
  }
  if (mode === 'subscribe' && !parts.isOn) {
    throw new DomainError('not-found', 'This hub takes no subscriptions.')
  }
  const topic = mode === 'subscribe' ? await parts.findTopic(asked) : await findOwn(common, parts)
  // Nobody subscribes so, and there is nothing to verify (W-55).
  if (!topic) return
  checkLoad(await parts.store.load(host), mode, parts.clock.now())
  await parts.store.ask({ ...topic, ...common, mode })
}

function unknownMode(mode: string | null): DomainError {
  if (mode === 'publish') {
    return new DomainError('invalid', 'This hub knows by itself what is new, and takes no pings.')
  }
  return new DomainError('invalid', 'hub.mode must be subscribe or unsubscribe.')
}

/** The topic that somebody subscribes to, who may name it as it was called then. */
async function findOwn(
  { callback, asked }: Pick<HubRequest, 'callback' | 'asked'>,
  { store, findTopic }: RequestParts,
): Promise<HubTopic | undefined> {
  const address = await findTopic(asked).then(
    (topic) => topic.address,
    (error: unknown) => {
      // Feeds end and are renamed. Whoever subscribes can say so with the name of that time.
      if (error instanceof DomainError && error.code !== 'unavailable') return undefined
      throw error
    },
  )
  return store.find(callback, asked, address)
}

function checkLoad(load: HubLoad, mode: string, now: number) {
  if (load.refusedUntil > now) {
    throw tooOften('Too many verifications at the host of hub.callback failed.', 3600)
  }
  const most = load.isVerified ? mostPendingOfHost.verified : mostPendingOfHost.unknown
  if (load.pendingOfHost >= most) {
    throw tooOften('Too many requests for the host of hub.callback wait to be verified.', 60)
  }
  if (load.pending >= mostPending) {
    throw full('Too many requests wait to be verified. Ask again in a minute.', 60)
  }
  if (mode !== 'subscribe') return
  if (load.subscriptionsOfHost >= mostSubscriptionsOfHost) {
    throw tooOften('The host of hub.callback has as many subscriptions as a host may have.', 3600)
  }
  if (load.subscriptions >= mostSubscriptions) {
    throw full('This hub has as many subscriptions as it can serve.', 3600)
  }
}

function tooOften(sentence: string, retryAfter: number): DomainError {
  return new DomainError('too-often', sentence, { retryAfter })
}

function full(sentence: string, retryAfter: number): DomainError {
  return new DomainError('unavailable', sentence, { retryAfter })
}

function required(fields: Fields, name: string, longest = Infinity): string {
  const value = optional(fields, name, longest)
  if (value) return value
  throw new DomainError('invalid', `${name} is missing.`)
}

function optional(fields: Fields, name: string, longest: number): string | undefined {
  const value = fields.get(name) ?? undefined
  if (value !== undefined && value.length > longest) {
    throw new DomainError('invalid', `${name} must have at most ${longest} characters.`)
  }
  return value
}

function readSecret(fields: Fields): string | undefined {
  const secret = fields.get('hub.secret') ?? undefined
  if (secret === undefined) return undefined
  const { length } = new TextEncoder().encode(secret)
  if (length > 0 && length < longestSecret) return secret
  throw new DomainError('invalid', `hub.secret must have from 1 to ${longestSecret - 1} bytes.`)
}

/** What is no number is as if nothing was asked for. */
function readLease(fields: Fields): number {
  const asked = fields.get('hub.lease_seconds') ?? ''
  if (!/^\d{1,12}$/.test(asked)) return usualLease
  return Math.min(Math.max(Number(asked), shortestLease), longestLease)
}
