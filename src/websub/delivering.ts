import type { Clock } from '../domain/clock.ts'
import type {
  Delivered,
  HubFeed,
  HubStore,
  NewsRange,
  Owed,
  Subscription,
} from '../domain/hub-store.ts'
import type { CallAnswer, Caller } from './caller.ts'
import type { Altered } from './fan-out.ts'
import { Hosts, type Turn, unknownHost } from './hosts.ts'
import type { HubLimits } from './limits.ts'
import type { Push, PushDocuments, Standing } from './push.ts'
import { Pushes } from './push.ts'
import { patience, waitFor } from './retries.ts'
import { signatureOf } from './signature.ts'

/** Seconds without further news after which a feed is sent, and seconds after the first news at the latest (W-45). */
const quiet = 2
const longestWait = 4

/** Bytes of an answer that are read: nobody looks at them (W-61). */
const longestAnswer = 4096

/** Ranges of news that are remembered of a feed: each comes of a look. */
const mostRanges = 20

/** Feeds of which something is remembered while nothing is to be sent. */
const mostFeeds = 10_000

/** Results that are written together, and milliseconds for which the first of them waits for others (W-64). */
const mostResults = 100
const longestUnwritten = 50

/**
 * Deliveries that begin together, and milliseconds until the next ones do: so many are read with one query, and a machine
 * of two cores has time left for those who poll (W-65).
 */
const mostTogether = 20
const betweenBegins = 25

export type DeliveringParts = {
  store: HubStore
  documents: PushDocuments
  caller: Caller
  clock: Clock
  limits?: HubLimits | undefined
  /** A number from 0 to 1. */
  chance: () => number
  /** Told how each delivery went, in a word, and after how many seconds since the change it is there. */
  onDelivery: (outcome: string, after: number | undefined) => void
}

/** Seconds after which it is looked again for what this machine could not send, or not remember to have sent. */
const untilLookedAgain = 60

/** A feed with what is owed to somebody. */
type Sending = HubFeed & {
  /** Which news it has among those after `knownFrom`, the last ones last. */
  ranges: NewsRange[]
  knownFrom: number
  /** Second of the first and the last news that nobody was sent yet. */
  first: number
  last: number
  isLoaded: boolean
  /** Milliseconds since 1970 when it was last altered; undefined if that was before this process led. */
  alteredAt: number | undefined
}

/** What was sent, and what came of it. */
type Sent = {
  answer: CallAnswer
  /** Number up to which it tells. */
  number: number
  /** Milliseconds. */
  took: number
  /** Milliseconds since 1970 of the change. */
  alteredAt: number | undefined
}

/** Sends subscribers what they are owed (WebSub section 7). */
export class Delivering {
  readonly #parts: DeliveringParts
  readonly #pushes: Pushes
  readonly #hosts: Hosts
  /** Deliveries that may still begin before the next `begin`. */
  #left = Infinity
  readonly #feeds = new Map<number, Sending>()
  /** Subscriptions that wait for their turn, or are in it until the result is written. */
  readonly #known = new Set<number>()
  #results: { result: Delivered; owed: Owed }[] = []
  #writing: ReturnType<typeof setTimeout> | undefined
  /** Runs while no further deliveries may begin. */
  #pausing: ReturnType<typeof setTimeout> | undefined
  #standing: Standing | undefined
  #isStopped = false
  /** Second when everything that is owed is looked for again. */
  #looksAgainAt = Infinity
  #changes: (() => void)[] = []

  constructor(parts: DeliveringParts) {
    this.#parts = parts
    this.#pushes = new Pushes(parts.store, parts.documents)
    this.#hosts = new Hosts(parts.limits?.connections)
  }

  /** Says what there is to be sent, and which feeds were altered by it. */
  altered(standing: Standing, feeds: Altered[]): void {
    const now = this.#parts.clock.now()
    this.#standing = standing
    for (const { before, after, ...feed } of feeds) {
      const known = this.#feeds.get(feed.id)
      const isPending = known !== undefined && !known.isLoaded
      const range: NewsRange = [after, feed.altered]
      const isFollowed = known !== undefined && known.ranges.length % mostRanges > 0
      this.#feeds.set(feed.id, {
        ...feed,
        first: isPending ? known.first : now,
        last: now,
        isLoaded: false,
        alteredAt: Date.now(),
        ranges: isFollowed ? [...known.ranges, range] : [range],
        knownFrom: isFollowed ? known.knownFrom : before,
      })
    }
  }

  /**
   * Takes up everything that is owed, as a process does that begins to lead, and after feeds have moved: what is known
   * of them is no longer so.
   */
  async resume(standing: Standing): Promise<void> {
    this.#isStopped = false
    this.#standing = standing
    this.#feeds.clear()
    await this.#addAll()
  }

  async #addAll() {
    const { store, clock } = this.#parts
    this.#looksAgainAt = Infinity
    await this.#add(await store.owed(clock.now()))
  }

  /** Somebody subscribes from now on, and may be owed what came before. */
  async subscribed(owed: Owed): Promise<void> {
    await this.#add([owed])
    this.#pump()
  }

  /** Begins what is due now. */
  async begin(): Promise<void> {
    const { store, clock, limits } = this.#parts
    this.#left = limits?.deliveries ?? Infinity
    const now = clock.now()
    const ready = [...this.#feeds.values()].filter((feed) => {
      // The clock may have been set back.
      return !feed.isLoaded && (now >= this.#dueAt(feed) || now < feed.first)
    })
    for (const feed of ready) feed.isLoaded = true
    const ids = ready.map(({ id }) => id)
    if (ids.length > 0) await this.#add(await store.owed(now, ids))
    await this.#add(await store.due(now))
    if (now >= this.#looksAgainAt) await this.#addAll()
    if (this.isIdle && this.#feeds.size > mostFeeds) this.#forgetFeeds()
    this.#hosts.wake(now)
    this.#pump()
  }

  /** Begins nothing more, and writes what is known. What is going on ends. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#write()
  }

  /** Whether nothing is going on, and nothing could be. Feeds may wait for further news. */
  get isIdle(): boolean {
    const isOver = this.#hosts.isQuiet || this.#left <= 0
    return this.#hosts.running === 0 && isOver && this.#results.length === 0
  }

  /** The second since when something waits to be sent that nothing keeps from it; undefined without any. */
  get oldest(): number | undefined {
    return this.#hosts.oldest(this.#parts.clock.now())
  }

  /** The second when the next feed is sent; 0 if more could be sent at once, Infinity without any. */
  get next(): number {
    const waiting = [...this.#feeds.values()].filter(({ isLoaded }) => !isLoaded)
    const isCutShort = this.#left <= 0 && !this.#hosts.isQuiet
    return isCutShort
      ? 0
      : Math.min(...waiting.map((feed) => this.#dueAt(feed)), this.#looksAgainAt)
  }

  /** The second when a feed is sent. */
  #dueAt({ first, last }: Sending): number {
    const { limits } = this.#parts
    return Math.min(last + (limits?.quiet ?? quiet), first + (limits?.quiet ?? longestWait))
  }

  /** Waits until something has come to an end. */
  async change(): Promise<void> {
    await new Promise<void>((resolve) => this.#changes.push(resolve))
  }

  async #add(owed: Owed[]) {
    const { store, clock } = this.#parts
    const fresh = owed.filter(({ id }) => !this.#known.has(id))
    if (fresh.length === 0) return
    for (const { id } of fresh) this.#known.add(id)
    const names = this.#hosts.unknownAmong(fresh.map(({ host }) => host))
    const remembered = await store.hosts(names)
    for (const host of remembered) this.#hosts.know(host)
    for (const name of this.#hosts.unknownAmong(names)) this.#hosts.know(unknownHost(name))
    await this.#knowFeeds(fresh)
    for (const one of fresh) {
      // It may have been let go while the store was asked.
      if (this.#hosts.unknownAmong([one.host]).length > 0) this.#hosts.know(unknownHost(one.host))
      this.#hosts.add(one, clock.now())
    }
  }

  /** What is known of feeds that wait for nothing can be read again. */
  #forgetFeeds() {
    for (const [id, { isLoaded }] of this.#feeds) if (isLoaded) this.#feeds.delete(id)
  }

  async #knowFeeds(owed: Owed[]) {
    const { store, clock } = this.#parts
    const unknown = [...new Set(owed.map(({ feed }) => feed))].filter((id) => !this.#feeds.has(id))
    if (unknown.length === 0) return
    const now = clock.now()
    for (const feed of await store.feeds(unknown)) {
      if (this.#feeds.has(feed.id)) continue
      this.#feeds.set(feed.id, {
        ...feed,
        first: now,
        last: now,
        isLoaded: true,
        alteredAt: undefined,
        ranges: [],
        knownFrom: Infinity,
      })
    }
  }

  #pump() {
    if (this.#isStopped || !this.#standing || this.#pausing !== undefined) return
    const turns: Turn[] = []
    const now = this.#parts.clock.now()
    while (this.#left > 0 && turns.length < mostTogether) {
      const turn = this.#hosts.take(now)
      if (!turn) break
      this.#left--
      turns.push(turn)
    }
    if (turns.length === 0) return
    this.#pausing = setTimeout(() => {
      this.#pausing = undefined
      this.#pump()
      // What waited may be nothing any more, which nobody else tells.
      this.#tellChange()
    }, betweenBegins)
    void this.#send(turns)
  }

  async #send(turns: Turn[]) {
    const found = new Map<number, Subscription>()
    try {
      await this.#knowFeeds(turns.map(({ owed }) => owed))
      const ids = turns.map(({ owed }) => owed.id)
      for (const one of await this.#parts.store.subscriptions(ids)) found.set(one.id, one)
    } catch (error) {
      this.#lookAgain(error as Error)
    }
    for (const turn of turns) void this.#deliver(turn, found.get(turn.owed.id))
  }

  async #deliver(turn: Turn, subscription: Subscription | undefined) {
    const { owed } = turn
    try {
      const sent = subscription && (await this.#call(owed, subscription))
      if (!sent) this.#leave(turn)
      else await this.#judge(turn, subscription, sent)
    } catch (error) {
      this.#lookAgain(error as Error, owed)
      this.#leave(turn)
    } finally {
      this.#tellChange()
      this.#pump()
    }
  }

  /** This machine has failed, and no subscriber. What that kept from being sent is sent later. */
  #lookAgain({ message }: Error, owed?: Owed) {
    this.#looksAgainAt = Math.min(this.#looksAgainAt, this.#parts.clock.now() + untilLookedAgain)
    const whose = owed ? ` to ${owed.host} (${owed.id})` : ''
    console.error(`Deliveries${whose} failed: ${message}`)
  }

  /** Nothing is to be sent after all. */
  #leave(turn: Turn) {
    this.#hosts.leave(turn, this.#parts.clock.now())
    // What has a result is known until that is written.
    if (!this.#results.some(({ owed }) => owed === turn.owed)) this.#known.delete(turn.owed.id)
  }

  /** Sends somebody what is new. Undefined if there is nothing to be sent. */
  async #call(owed: Owed, subscription: Subscription): Promise<Sent | undefined> {
    const { clock, caller } = this.#parts
    const { state, number } = this.#standing!
    const feed = this.#feeds.get(owed.feed)
    if (!feed || subscription.leaseUntil <= clock.now()) return undefined
    const ranges = rangesFor(feed, subscription.delivered, number)
    const push = await this.#pushes.of(feed, ranges, { state, number })
    if (!push) {
      this.#note(owed, told(subscription, number, 'nothing new'))
      return undefined
    }
    const began = Date.now()
    const answer = await caller.call({
      method: 'POST',
      address: subscription.callback,
      headers: await headersOf(push, subscription),
      body: push.body,
      wholeBodyLimit: longestAnswer,
    })
    return { answer, number, took: Date.now() - began, alteredAt: feed.alteredAt }
  }

  async #judge(turn: Turn, subscription: Subscription, { answer, number, took, alteredAt }: Sent) {
    const { store, clock, onDelivery, chance } = this.#parts
    const { owed } = turn
    const outcome = outcomeOf(answer)
    // What was cut off is sent again by whoever goes on.
    if (this.#isStopped && outcome === 'unreached') return this.#leave(turn)
    const ofHost = 'failed' in answer ? 'failed' : answer.status >= 500 ? 'faulty' : 'answered'
    const given = { now: clock.now(), took, chance: chance() }
    const givenUp = this.#hosts.ended(turn, ofHost, given)
    const isFirst = outcome === 'delivered' && subscription.attempts === 0
    const isTimed = isFirst && alteredAt !== undefined
    onDelivery(outcome, isTimed ? (Date.now() - alteredAt) / 1000 : undefined)
    if (outcome === 'delivered') this.#note(owed, told(subscription, number, outcome))
    else if (outcome !== 'gone') this.#note(owed, this.#failed(subscription, answer, number))
    try {
      for (const { id } of givenUp ?? []) this.#known.delete(id)
      if (givenUp) await store.giveUp(owed.host, number)
      if (outcome === 'gone') await store.remove(owed.id)
    } catch (error) {
      this.#lookAgain(error as Error)
    }
    if (outcome === 'gone') this.#known.delete(owed.id)
  }

  #failed(subscription: Subscription, answer: CallAnswer, number: number): Delivered {
    const { clock, chance } = this.#parts
    const now = clock.now()
    const { id, delivered, givenUp, failingSince = now } = subscription
    const status = 'failed' in answer ? answer.failed : String(answer.status)
    if (failingSince <= now - patience) {
      // The next change is tried again (W-18).
      return { ...told(subscription, delivered, status), givenUp: number }
    }
    const attempts = subscription.attempts + 1
    const due = now + waitFor('failed' in answer ? {} : answer, attempts, { now, chance: chance() })
    return { id, delivered, givenUp, attempts, due, failingSince, status }
  }

  /** Has a result be written, with others. */
  #note(owed: Owed, result: Delivered) {
    this.#results.push({ owed, result })
    if (this.#results.length >= mostResults) void this.#write()
    else this.#writing ??= setTimeout(() => void this.#write(), longestUnwritten)
  }

  async #write() {
    clearTimeout(this.#writing)
    this.#writing = undefined
    const written = this.#results
    this.#results = []
    if (written.length === 0) return
    const { store } = this.#parts
    try {
      await store.settle(written.map(({ result }) => result))
      const hosts = this.#hosts.changed()
      if (hosts.length > 0) await store.noteDeliveries(hosts)
    } catch (error) {
      // They are sent once more.
      this.#lookAgain(error as Error)
    }
    for (const { owed } of written) this.#known.delete(owed.id)
    const again = written.filter(({ owed, result }) => {
      const feed = this.#feeds.get(owed.feed)
      // Of what waits for further news everything is looked at.
      if (!feed?.isLoaded || result.due !== undefined) return false
      return feed.altered > Math.max(result.delivered, result.givenUp)
    })
    await this.#add(again.map(({ owed }) => owed))
    this.#tellChange()
    this.#pump()
  }

  #tellChange() {
    const waiting = this.#changes
    this.#changes = []
    for (const tell of waiting) tell()
  }
}

/**
 * The news of a feed that somebody was not told of. An entry that only came into the feed later, because it lost a
 * topic, is none (W-04): so what is not news of this feed is left out as far as that is known.
 */
function rangesFor({ ranges, knownFrom }: Sending, delivered: number, number: number): NewsRange[] {
  if (delivered < knownFrom) return [[delivered, number]]
  return ranges
    .filter(([, last]) => last > delivered)
    .map(([after, last]): NewsRange => [Math.max(after, delivered), last])
}

/** Somebody was told of everything up to a number. */
function told({ id, givenUp }: Subscription, delivered: number, status: string): Delivered {
  return { id, delivered, givenUp, attempts: 0, due: undefined, failingSince: undefined, status }
}

function outcomeOf(answer: CallAnswer): 'delivered' | 'gone' | 'refused' | 'unreached' {
  if ('failed' in answer) return 'unreached'
  if (answer.status === 410) return 'gone'
  return answer.status >= 200 && answer.status < 300 ? 'delivered' : 'refused'
}

async function headersOf(
  { body, contentType, link }: Push,
  { secret, host }: Subscription,
): Promise<Record<string, string>> {
  return {
    'content-type': contentType,
    link,
    ...(secret !== undefined && { 'x-hub-signature': await signatureOf(body, secret, host) }),
  }
}
