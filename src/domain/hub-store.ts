import type { FeedQuery } from './feed-query.ts'
import type { Release } from './release.ts'
import type { State } from './release-store.ts'
import type { Term } from './term.ts'

// What the WebSub hub asks of a store. All times are seconds since 1970.

/** What can be subscribed to. `address` is canonical. */
export type HubTopic = { address: string; query: FeedQuery; format: string }

/** A feed that somebody subscribed to. */
export type HubFeed = HubTopic & {
  id: number
  /** Number of the last news that is in it. */
  altered: number
}

/** What a subscriber asked for, or is to be told. */
export type HubRequest = HubTopic & {
  mode: 'subscribe' | 'unsubscribe' | 'denied'
  /** The topic as it was asked for: so it is sent back. */
  asked: string
  callback: string
  /** Host of the callback. */
  host: string
  secret: string | undefined
  verifyToken: string | undefined
  /** Seconds. */
  lease: number
  at: number
}

/** A request that is not verified yet. */
export type PendingRequest = HubRequest & { id: number; tries: number }

/** How much the hub has in all and for one host of callbacks. */
export type HubLoad = {
  pending: number
  pendingOfHost: number
  subscriptions: number
  subscriptionsOfHost: number
  /** Until then the host is refused. */
  refusedUntil: number
  /** Whether the host verified something before. */
  isVerified: boolean
}

/** What `POST /hub` needs of a store. */
export interface HubRequestStore {
  load(host: string): Promise<HubLoad>
  /** What a callback is subscribed to, by the canonical address of a topic or as it was asked for. */
  find(
    request: Pick<HubRequest, 'callback' | 'host' | 'asked'>,
    address?: string,
  ): Promise<HubTopic | undefined>
  /** Remembers a request. It takes the place of one for the same topic and callback. */
  ask(request: HubRequest): Promise<void>
}

/** Who distributes, and how far that is. */
export type HubPosition = {
  /** Second since when all was public that was looked at last. */
  looked: number
  /** Number of the last news. */
  number: number
  /** Grows whenever there is another feed to look at. */
  feeds: number
}

/** A release as the hub compares it with questions. */
export type HubRelease = Pick<
  Release,
  'id' | 'language' | 'topics' | 'publisher' | 'kind' | 'updated'
> & {
  isWithdrawn: boolean
}

/** News as it is remembered: a release that changed materially, or a term that ended. */
export type HubNews = { subject: string; updated: number }

/** What a subscriber is told of a term that ended, as the subject of news. */
export function endedTerm(term: Term): string {
  return `ended ${term}`
}

/** News after a number and up to another. */
export type NewsRange = [after: number, last: number]

/** What was noticed at one look. */
export type HubChange = {
  /** Who leads. */
  name: string
  /** From where. The news have the numbers that follow. */
  position: HubPosition
  /** Second since when all is public that was looked at. */
  looked: number
  news: HubNews[]
  /** For each feed that has any of them, by its number, the number of the last. */
  altered: Map<number, number>
  now: number
}

/** A subscription to which something is owed. */
export type Owed = { id: number; feed: number; host: string }

/** A subscription as a delivery needs it. */
export type Subscription = Owed & {
  callback: string
  secret: string | undefined
  leaseUntil: number
  delivered: number
  givenUp: number
  attempts: number
  failingSince: number | undefined
}

/** What became of a delivery. */
export type Delivered = {
  id: number
  /** Number up to which the subscriber was told; never set back. */
  delivered: number
  givenUp: number
  attempts: number
  due: number | undefined
  failingSince: number | undefined
  status: string
}

/** What is remembered of a host. */
export type HubHost = {
  host: string
  slowUntil: number
  attempts: number
  retryAt: number | undefined
  failingSince: number | undefined
  isVerified: boolean
  failedVerifications: number
  refusedUntil: number
}

/** What the process needs that distributes. */
export interface HubStore {
  /**
   * Takes or renews the lead until a second. Answers where the distribution stands, or undefined while another leads.
   * `looked` is 0 if nobody ever led.
   */
  lead(name: string, now: number, until: number): Promise<HubPosition | undefined>
  /** Lets another process lead at once. */
  resign(name: string): Promise<void>
  /**
   * Remembers as known, and tells nobody, what changed materially after a second; for a hub that begins. Answers where
   * it stands then.
   */
  seed(state: State, after: number): Promise<HubPosition>
  /** Public releases that changed materially after a second, and are not in the journal. */
  unknownReleases(state: State, after: number): Promise<HubRelease[]>
  /** Terms of which the journal has that they ended, by their names of then, each with its second. */
  endings(): Promise<{ term: Term; at: number }[]>
  /** Feeds with an anchor among some terms, in a language or in all. */
  feedsAt(terms: Term[], language: string): Promise<HubFeed[]>
  /** All feeds, or some by their numbers. */
  feeds(ids?: number[]): Promise<HubFeed[]>
  /**
   * Writes news into the journal and which feeds they alter, in one transaction. Throws, and changes nothing, if another
   * process leads, or if the position is another by now.
   */
  record(change: HubChange): Promise<void>
  /** Of what there are news in some ranges of numbers: keys of public releases, and terms that ended. */
  news(state: State, ranges: NewsRange[]): Promise<{ keys: number[]; ended: Term[] }>

  /** Requests that are due, so many of each host, those of hosts that verified something first. */
  dueRequests(now: number, most: { all: number; ofHost: number }): Promise<PendingRequest[]>
  /**
   * Somebody subscribes from now on, or goes on to. What was delivered stays so; a new subscription counts as told what
   * was noticed before `servedAt`. Answers nothing if the request is no longer there. `HubPosition.feeds` grows.
   */
  subscribe(
    request: PendingRequest,
    anchors: Term[],
    given: { leaseUntil: number; servedAt: number },
  ): Promise<Owed | undefined>
  /** Somebody subscribes no longer. */
  unsubscribe(request: PendingRequest): Promise<void>
  /** A request is over, and nothing changes. */
  drop(request: PendingRequest): Promise<void>
  /** It is tried again. */
  postpone(request: PendingRequest, due: number): Promise<void>

  /** What is owed and not failing, in all feeds or in some. */
  owed(now: number, feeds?: number[]): Promise<Owed[]>
  /** What failed before and is due. */
  due(now: number): Promise<Owed[]>
  subscriptions(ids: number[]): Promise<Subscription[]>
  settle(results: Delivered[]): Promise<void>
  /** Ends a subscription. */
  remove(id: number): Promise<void>
  /** Nothing more is sent to a host of what is owed up to a number. */
  giveUp(host: string, number: number): Promise<void>

  hosts(names: string[]): Promise<HubHost[]>
  /** Remembers how deliveries go at some hosts. */
  noteDeliveries(hosts: HubHost[]): Promise<void>
  /** Remembers how verifications go at a host. */
  noteVerification(host: HubHost): Promise<void>

  /** A feed is at another address by now, because a term was renamed. One that is there already takes its subscribers. */
  moveFeed(id: number, topic: HubTopic, anchors: Term[]): Promise<void>
  /** A feed is no more: its subscribers are to be told. */
  endFeed(id: number, now: number): Promise<void>
  /** Forgets what is over for long. */
  tidy(now: number): Promise<void>
  /** The second when the next request, delivery or host is due, which may be over; undefined without any. */
  nextDue(now: number): Promise<number | undefined>
  /** Whether there is any subscription or request. */
  isUsed(): Promise<boolean>
}

/** The hub as its operator sees it. */
export interface HubOverview {
  /** How it is, for `/healthz` and metrics. */
  watched(): Promise<HubWatched>
  /** Feeds that somebody subscribes to, those with most subscriptions first. */
  byFeed(now: number): Promise<(HubCount & { address: string })[]>
  /** Hosts of callbacks, in the same order. `retryAt`: it cannot be reached, and is tried again then. */
  byHost(now: number): Promise<(HubCount & { host: string; retryAt: number | undefined })[]>
  /** The subscriptions of a host. Nothing in it tells the callback. */
  ofHost(host: string, now: number): Promise<HubSubscriber[]>
  /** Ends a subscription. Answers whether there was one. */
  remove(id: number): Promise<boolean>
}

export type HubCount = { subscriptions: number; owed: number }

export type HubSubscriber = {
  id: number
  address: string
  leaseUntil: number
  isOwed: boolean
  /** What the last delivery came to. */
  status: string | undefined
}

export type HubWatched = {
  /** Second until which somebody leads, unless that is renewed; undefined if nobody ever did. */
  leaderUntil: number | undefined
  /** Second since when all was public that was looked at last. */
  looked: number
  subscriptions: number
  /** Requests that are not verified yet, and the second when the oldest was made. */
  pending: number
  oldestRequest: number | undefined
}
