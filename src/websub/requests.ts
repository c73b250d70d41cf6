import type { Attempts } from '../domain/attempts.ts'
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

/** How many there may be, so that the hub cannot be used against others (W-58). */
const mostPending = 10_000
/** Of a host that never verified anything, and of one that did: it may follow many feeds. */
const mostPendingOfHost = { unknown: 10, verified: 600 }
/** Of a client within a minute, for hosts of either kind. */
const mostOfClient = { unknown: 30, verified: 300 }
const mostSubscriptions = 100_000
const mostSubscriptionsOfHost = 10_000

export type RequestParts = {
  store: HubRequestStore
  clock: Clock
  rules: CallbackRules
  /** Whether new subscriptions are taken. */
  isOn: boolean
  /** Who asks, as far as that is known, and what clients asked for before. */
  client: string
  attempts: Attempts
  /**
   * The feed that an address means. Throws DomainError for one that is no feed of ours, or that cannot be subscribed to.
   */
  findTopic: (address: string) => Promise<HubTopic>
}

/** What a subscriber sends. `lease` is in seconds, as asked for. */
export type HubForm = {
  mode: 'subscribe' | 'unsubscribe'
  topic: string
  callback: string
  secret: string | undefined
  verifyToken: string | undefined
  lease: number | undefined
}

/**
 * Takes what a subscriber asks for. It takes effect when it is verified. Throws DomainError with a sentence for the
 * subscriber.
 */
export async function takeRequest(
  { mode, topic: asked, ...form }: HubForm,
  parts: RequestParts,
): Promise<void> {
  const { address: callback, host } = readCallback(form.callback, parts.rules)
  const { secret, verifyToken } = form
  const lease = leaseFor(form.lease)
  const common = { asked, callback, host, secret, verifyToken, lease, at: parts.clock.now() }
  if (mode === 'subscribe' && !parts.isOn) {
    throw new DomainError('not-found', 'This hub takes no subscriptions.')
  }
  const topic = mode === 'subscribe' ? await parts.findTopic(asked) : await findOwn(common, parts)
  // Nobody subscribes so, and there is nothing to verify (W-55).
  if (!topic) return
  const load = await parts.store.load(host)
  checkLoad(load, parts.clock.now())
  const noRoom = mode === 'subscribe' ? noRoomFor(load) : undefined
  // Who subscribes already takes no more room, and would else lose what cannot be renewed.
  if (noRoom && !(await parts.store.find(common, topic.address))) throw noRoom
  countRequest(load, parts)
  await parts.store.ask({ ...topic, ...common, mode })
}

/** The topic that somebody subscribes to, who may name it as it was called then. */
async function findOwn(
  request: Pick<HubRequest, 'callback' | 'host' | 'asked'>,
  { store, findTopic }: RequestParts,
): Promise<HubTopic | undefined> {
  const address = await findTopic(request.asked).then(
    (topic) => topic.address,
    (error: unknown) => {
      // Feeds end and are renamed. Whoever subscribes can say so with the name of that time.
      if (error instanceof DomainError && error.code !== 'unavailable') return undefined
      throw error
    },
  )
  return store.find(request, address)
}

function checkLoad(load: HubLoad, now: number) {
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
}

/** Why nobody else can subscribe; undefined while there is room. */
function noRoomFor({ subscriptions, subscriptionsOfHost }: HubLoad): DomainError | undefined {
  if (subscriptionsOfHost >= mostSubscriptionsOfHost) {
    return tooOften('The host of hub.callback has as many subscriptions as a host may have.', 3600)
  }
  return subscriptions >= mostSubscriptions
    ? full('This hub has as many subscriptions as it can serve.', 3600)
    : undefined
}

/**
 * Whoever names hosts of others must not keep everybody else from subscribing. A host that verified something is mostly
 * that of who asks.
 */
function countRequest(
  { isVerified }: HubLoad,
  { client, attempts }: Pick<RequestParts, 'client' | 'attempts'>,
) {
  const kind = isVerified ? 'verified' : 'unknown'
  const counted = `${kind} ${client}`
  const wait = attempts.wait(counted, mostOfClient[kind])
  if (wait !== undefined) throw tooOften('Too many requests came from here. Ask again later.', wait)
  attempts.add(counted)
}

function tooOften(sentence: string, retryAfter: number): DomainError {
  return new DomainError('too-often', sentence, { retryAfter })
}

function full(sentence: string, retryAfter: number): DomainError {
  return new DomainError('unavailable', sentence, { retryAfter })
}

function leaseFor(asked = usualLease): number {
  return Math.min(Math.max(asked, shortestLease), longestLease)
}
