import { createApp, type App } from './http/app.ts'
import { createKeptDocuments } from './http/kept-documents.ts'
import { createMetrics, type Metrics } from './http/metrics.ts'
import { type Answer, createRecord } from './http/request-log.ts'
import type { Services } from './http/services.ts'
import type { Database } from './store/database.ts'
import { createEditionStore } from './store/edition-store.ts'
import { createReleaseStore } from './store/release-store.ts'

/** What differs from one place where the service runs to another. */
export type Parts = Omit<Services, 'store' | 'editions' | 'documents' | 'metrics' | 'record'> & {
  database: Database
  /** What readers are answered from, where that is more than the database itself. */
  store?: Services['store']
  /** Bytes of documents that are kept in memory. */
  memory: number
  /** Whether nothing may be written, also not for what nobody waits for. */
  isReadOnly?: boolean
  /** Takes the lines of the request log, without their ends. */
  write: (line: string) => void
}

export type Composed = { app: App; metrics: Metrics; record: (answer: Answer) => void }

/** Puts the service together: for each runtime, for commands, for the benchmark and for tests. */
export function compose(parts: Parts): Composed {
  const { database, store, memory, isReadOnly, write, ...rest } = parts
  const metrics = createMetrics()
  const record = createRecord(metrics, write)
  const editions = createEditionStore(database)
  const app = createApp({
    ...rest,
    store: store ?? createReleaseStore(database),
    editions: isReadOnly ? { ...editions, note: async () => {} } : editions,
    documents: createKeptDocuments(memory),
    metrics,
    record,
  })
  return { app, metrics, record }
}
