import { systemClock } from './clock.ts'
import type { NodeConfig } from './config.ts'
import type { ReleaseStore } from './domain/release-store.ts'
import { createPushDocuments } from './http/push-documents.ts'
import { NodeCaller } from './node-caller.ts'
import { createHubStore } from './store/hub-store.ts'
import type { NodeDatabase } from './store/node-sqlite.ts'
import { callbackRules } from './websub/callback-address.ts'
import { Hub, type HubReport } from './websub/hub.ts'

/** Milliseconds between two looks, if nobody says that something was written. */
const betweenLooks = 1000
/** Milliseconds between two reports. */
const betweenReports = 1000

type Parts = {
  database: NodeDatabase
  releases: ReleaseStore
  config: Pick<NodeConfig, 'baseUrl' | 'hasHub' | 'hubAllow'>
  onReport: (report: HubReport) => void
}

/** The hub on Node, in the thread that writes: it sends many requests, and whoever polls waits for none of them. */
export class RunningHub {
  readonly #parts: Parts
  readonly #hub: Hub
  readonly #caller: NodeCaller
  #events: Pick<HubReport, 'deliveries' | 'verifications'> = { deliveries: [], verifications: [] }
  #reportedAt = 0
  #isStopped = false
  #wasWoken = false
  #wake = () => {}
  #told = ''

  constructor(parts: Parts) {
    const { database, releases, config } = parts
    const { baseUrl, hasHub, hubAllow } = config
    this.#parts = parts
    this.#caller = new NodeCaller(callbackRules(baseUrl, hubAllow))
    this.#hub = new Hub({
      store: createHubStore(database),
      releases,
      documents: createPushDocuments({ store: releases, baseUrl, hasHub }),
      caller: this.#caller,
      baseUrl,
      clock: systemClock,
      name: crypto.randomUUID(),
      onDelivery: (outcome, after) => this.#events.deliveries.push({ outcome, after }),
      onVerification: (mode, outcome) => this.#events.verifications.push({ mode, outcome }),
    })
  }

  /** Works until it is stopped. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      this.#wasWoken = false
      await this.#hub.work().then(
        () => (this.#told = ''),
        (error: Error) => this.#tell(error),
      )
      this.#report()
      if (!this.#wasWoken && !this.#isStopped) await this.#wait()
    }
  }

  /** Something was written: there may be news, or a request. */
  wake(): void {
    this.#wasWoken = true
    this.#wake()
  }

  /** Cuts off what is going on, and lets another process go on with it. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.wake()
    await this.#hub.stop()
    this.#caller.end()
  }

  async #wait() {
    const untilNext = this.#hub.next * 1000 - Date.now()
    const time = Math.max(Math.min(untilNext, betweenLooks), 10)
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      setTimeout(resolve, time)
    })
    this.#wake = () => {}
  }

  /** Says once what keeps it from working. */
  #tell({ message }: Error) {
    if (message !== this.#told) console.error(`The hub does not get on: ${message}`)
    this.#told = message
  }

  #report() {
    if (Date.now() < this.#reportedAt + betweenReports) return
    this.#reportedAt = Date.now()
    const { isLeading, oldestOwed } = this.#hub
    this.#parts.onReport({ ...this.#events, isLeading, oldestOwed })
    this.#events = { deliveries: [], verifications: [] }
  }
}
