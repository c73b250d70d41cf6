import { calendar, formatNames, splitFormat } from '../feeds/formats.ts'
import { Counter, Gauge, Histogram, Registry } from './prometheus.ts'
import { readerFamilies } from './reader.ts'
import type { LoggedRequest } from './request-log.ts'

/** Strangers choose feeds and User-Agents, so what comes after the first ones is counted as one. */
const mostFeeds = 500
const mostSeries = 10_000
const longestFeed = 200
const elsewhere = '(other)'

const statuses = new Set([
  200, 201, 202, 204, 206, 301, 304, 308, 400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 415,
  416, 422, 429, 500, 502, 503, 504,
])
const codings = new Set(['identity', 'gzip', 'br', 'zstd', 'deflate'])
const documents = new Set<string>([...formatNames, calendar.ending, 'opml', 'html', 'xml'])

/** From a kept document to the slowest that readers wait for, in seconds (H-38). */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Answers that are alike, which are counted together: each alone would cost as much as the rest of it. */
type Tally = { logged: LoggedRequest; times: number; bytes: number }
const mostTallies = 4_000

/** Numbers about the service since it was started, for Prometheus (H-45). How many series there can be is bounded. */
export class Metrics {
  /** Where further numbers are added to these. */
  readonly registry = new Registry()
  readonly #requests = new Counter({
    name: 'tiedote_requests_total',
    help: 'Answered requests. The feed is the path of its address without the extension.',
    labelNames: ['kind', 'feed', 'format', 'status', 'reader'],
    registers: [this.registry],
  })
  readonly #bytes = new Counter({
    name: 'tiedote_response_bytes_total',
    help: 'Bytes of the bodies that were sent.',
    labelNames: ['kind', 'format', 'coding'],
    registers: [this.registry],
  })
  readonly #duration = new Histogram({
    name: 'tiedote_request_duration_seconds',
    help: 'Time from a request to its answer.',
    labelNames: ['kind'],
    buckets,
    registers: [this.registry],
  })
  readonly #notModifiedRatio = new Gauge({
    name: 'tiedote_not_modified_ratio',
    help: 'Share of 304 among the answers 200 and 304 to requests for feeds.',
    registers: [this.registry],
  })
  readonly #conditional = new Counter({
    name: 'tiedote_conditional_requests_total',
    help: 'Requests for feeds that said what the reader has already, by what they got.',
    labelNames: ['reader', 'outcome'],
    registers: [this.registry],
  })
  readonly #renders = new Counter({
    name: 'tiedote_renders_total',
    help: 'Documents that were made rather than taken from those kept.',
    labelNames: ['format'],
    registers: [this.registry],
  })
  readonly #storeFailures = new Counter({
    name: 'tiedote_store_failures_total',
    help: 'Questions that the store did not answer.',
    registers: [this.registry],
  })
  readonly #subscribers = new Gauge({
    name: 'tiedote_subscribers',
    help: 'Subscribers of a feed that an aggregator reported last.',
    labelNames: ['feed', 'format', 'reader'],
    registers: [this.registry],
  })
  readonly #isAmongFeeds = amongFirst(mostFeeds)
  readonly #isAmongSeries = amongFirst(mostSeries)
  readonly #tallies = new Map<string, Tally>()
  #served = 0
  #notModified = 0

  /** `version` of the program, where it is known. */
  constructor(version?: string) {
    if (version === undefined) return
    const running = new Gauge({
      name: 'tiedote_build_info',
      help: 'The version of the program that runs.',
      labelNames: ['version'],
      registers: [this.registry],
    })
    running.set({ version }, 1)
  }

  record(answered: LoggedRequest): void {
    const logged = withoutPreviews(answered)
    const { kind, milliseconds } = logged
    this.#duration.observe({ kind }, Math.max(milliseconds, 0) / 1000)
    const key = likeness(logged)
    const tallies = this.#tallies
    const tally = tallies.get(key) ?? { logged: withoutWords(logged), times: 0, bytes: 0 }
    tally.times += 1
    tally.bytes += Math.max(logged.bytes, 0)
    // Of what was reported, the last is counted last.
    if (logged.reader.subscribers !== undefined) tallies.delete(key)
    tallies.set(key, tally)
    if (tallies.size >= mostTallies) this.#countTallies()
  }

  /** A document was made rather than taken from those kept. */
  rendered(format: string): void {
    this.#renders.inc({ format: known(format, documents) })
  }

  /** The store did not answer. */
  storeFailed(): void {
    this.#storeFailures.inc()
  }

  /** Everything in the text format of Prometheus. */
  async document(): Promise<{ contentType: string; body: string }> {
    this.#countTallies()
    return { contentType: this.registry.contentType, body: this.registry.text() }
  }

  /** Counts answers that are alike. */
  #count({ logged, times, bytes: sent }: Tally) {
    const { kind, format = '' } = logged
    const status = statuses.has(logged.status) ? String(logged.status) : 'other'
    const reader = known(logged.reader.family, readerFamilies)
    let feed = ''
    if (kind === 'feed') {
      feed = feedOf(logged.path)
      const series = [feed, format, status, reader].join(' ')
      if (!this.#isAmongFeeds(feed) || !this.#isAmongSeries(series)) feed = elsewhere
      this.#countFeed(logged, reader, times)
    }
    this.#requests.inc({ kind, feed, format, status, reader }, times)
    this.#bytes.inc({ kind, format, coding: known(logged.coding ?? 'identity', codings) }, sent)
    // The last count of several feeds together would say nothing.
    const reported = logged.reader.subscribers
    if (reported !== undefined && feed !== '' && feed !== elsewhere) {
      this.#subscribers.set({ feed, format, reader }, reported)
    }
  }

  #countFeed({ status, conditional: isConditional }: LoggedRequest, reader: string, times: number) {
    if (isConditional) this.#conditional.inc({ reader, outcome: outcomeOf(status) }, times)
    if (status !== 200 && status !== 304) return
    this.#served += times
    if (status === 304) this.#notModified += times
    this.#notModifiedRatio.set({}, this.#notModified / this.#served)
  }

  #countTallies() {
    for (const tally of this.#tallies.values()) this.#count(tally)
    this.#tallies.clear()
  }
}

/** Anybody may read the numbers, and one of previews would tell that there is something to come (H-21). */
function withoutPreviews(logged: LoggedRequest): LoggedRequest {
  return logged.kind === 'preview' ? { ...logged, kind: 'api' } : logged
}

/** An answer as it is counted. Whatever else strangers wrote need not be remembered until then. */
function withoutWords(logged: LoggedRequest): LoggedRequest {
  if (logged.kind === 'feed') return logged
  return { ...logged, path: '', reader: { family: logged.reader.family } }
}

/** Everything about an answer that its numbers depend on. */
function likeness({
  kind,
  path,
  format,
  status,
  coding,
  conditional,
  reader,
}: LoggedRequest): string {
  const isFeed = kind === 'feed'
  const feed = isFeed ? path : ''
  const subscribers = isFeed ? reader.subscribers : undefined
  const { family } = reader
  return `${kind} ${feed} ${format} ${status} ${coding} ${conditional} ${family} ${subscribers}`
}

function known(value: string, values: ReadonlySet<string>): string {
  return values.has(value) ? value : 'other'
}

/** Well-formed, because Prometheus refuses everything when two series come to the same UTF-8. */
function feedOf(path: string): string {
  const { name } = splitFormat(path.replace(/[?#][^]*/, ''))
  return name.slice(0, longestFeed).toWellFormed()
}

function outcomeOf(status: number): string {
  switch (status) {
    case 304:
      return 'not_modified'
    case 200:
      return 'changed'
    default:
      return 'failed'
  }
}

/** Tells whether a value is one of the first `most` different ones that it was asked about. */
function amongFirst(most: number): (value: string) => boolean {
  const first = new Set<string>()
  return (value) => {
    if (first.size < most) first.add(value)
    return first.has(value)
  }
}
