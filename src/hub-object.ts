// The hub on Workers, loaded by the one object that runs it (`worker.ts`).
import { systemClock } from './clock.ts'
import { loadStems } from './compose.ts'
import { createPushDocuments } from './http/push-documents.ts'
import type { WorkerConfig } from './config.ts'
import type { HubStore } from './domain/hub-store.ts'
import type { Database } from './store/database.ts'
import { createHubStore } from './store/hub-store.ts'
import { createReleaseStore } from './store/release-store.ts'
import { type CallbackRules, callbackRules } from './websub/callback-address.ts'
import { Hub } from './websub/hub.ts'
import { WorkerCaller } from './worker-caller.ts'

/**
 * Each alarm may have a thousand queries to D1, which fifty deliveries of as many feeds need a quarter of, and six
 * connections. What is left is done by the next alarm, which follows at once: so nobody waits long for a verification
 * although subscribers are slow.
 */
const limits = { verifications: 4, deliveries: 50, connections: 5, quiet: 6 }

/** Seconds after which a hub tries again that failed, or that could do nothing of what is due. */
const rest = 10

/** Milliseconds after which an alarm follows that is due at once. */
const soon = 100

/** What remembers alarms: the storage of the object. Times are milliseconds since 1970. */
type Storage = {
  get<T>(key: string): Promise<T | undefined>
  put(key: string, value: unknown): Promise<void>
  getAlarm(): Promise<number | null>
  setAlarm(time: number): Promise<void>
}

/** Which callbacks a Worker may call. */
export function rulesOf(baseUrl: string, hubAllow: string): CallbackRules {
  return { ...callbackRules(baseUrl, hubAllow), needsName: true }
}

/** What the object does: its alarm is at the second when there is next something to do. */
export class HubWork {
  readonly #storage: Storage
  readonly #store: HubStore
  readonly #database: Database
  readonly #settings: (baseUrl: string) => WorkerConfig
  #hub: Hub | undefined
  #isWoken = false
  /** Calls since the start. */
  #calls = 0

  constructor(storage: Storage, database: Database, settings: (baseUrl: string) => WorkerConfig) {
    this.#storage = storage
    this.#database = database
    this.#store = createHubStore(database)
    this.#settings = settings
  }

  /** Has it look at once. */
  async wake(baseUrl: string): Promise<void> {
    this.#isWoken = true
    await this.#storage.put('baseUrl', baseUrl)
    const alarm = await this.#storage.getAlarm()
    if (alarm === null || alarm > Date.now() + soon) await this.#storage.setAlarm(Date.now())
  }

  /** Does what is due. Alarms end for good after some failures, so each sets the next one, whatever happens. */
  async alarm(): Promise<void> {
    this.#isWoken = false
    let next = systemClock.now() + rest
    try {
      next = await this.#run()
    } catch (error) {
      console.error(`The hub does not get on: ${(error as Error).message}`)
    } finally {
      const at = this.#isWoken ? 0 : next * 1000
      if (at < Infinity) await this.#storage.setAlarm(Math.max(at, Date.now() + soon))
    }
  }

  /** Does a step. Answers the second when there is more to do, as far as that is known; Infinity if not. */
  async #run(): Promise<number> {
    const hub = (this.#hub ??= await this.#load())
    const before = this.#calls
    await hub.work()
    await hub.settled()
    const now = systemClock.now()
    const due = (await this.#store.nextDue(now)) ?? Infinity
    // What is due and was not done waits for something else, such as the next minute of its host.
    const isKept = due <= now && this.#calls === before
    return Math.min(hub.next, isKept ? now + rest : due)
  }

  async #load(): Promise<Hub> {
    const baseUrl = (await this.#storage.get<string>('baseUrl')) ?? ''
    const { hasHub, hubAllow } = this.#settings(baseUrl)
    const releases = createReleaseStore(this.#database, { loadStems })
    return new Hub({
      store: this.#store,
      releases,
      documents: createPushDocuments({ store: releases, baseUrl, hasHub }),
      caller: new WorkerCaller(rulesOf(baseUrl, hubAllow)),
      baseUrl,
      clock: systemClock,
      // There is one object, which may move.
      name: 'object',
      limits,
      onDelivery: () => void this.#calls++,
      onVerification: () => void this.#calls++,
    })
  }
}
