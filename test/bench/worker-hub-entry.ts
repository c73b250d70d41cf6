// The Worker as it is deployed, which also counts what the object of the hub does: what Cloudflare limits and bills.
import type { D1Database, D1PreparedStatement, D1Result } from '@cloudflare/workers-types'
import worker, { HubObject as DeployedObject } from '../../src/worker.ts'
import { countsPath, type HubCounts } from './hub-counts.ts'

const nothing: HubCounts = {
  alarms: 0,
  queries: 0,
  rowsRead: 0,
  rowsWritten: 0,
  calls: 0,
  mostOfAlarm: 0,
}
let counts = { ...nothing }

/** Statements as D1 knows them, by what stands for them. */
const originals = new WeakMap<object, D1PreparedStatement>()

function note<Result extends D1Result>(result: Result): Result {
  counts.queries++
  counts.rowsRead += result.meta.rows_read
  counts.rowsWritten += result.meta.rows_written
  return result
}

function countedStatement(original: D1PreparedStatement): D1PreparedStatement {
  const counted = {
    bind: (...values: unknown[]) => countedStatement(original.bind(...values)),
    all: async () => note(await original.all()),
    first: async () => note(await original.all()).results[0] ?? null,
  }
  originals.set(counted, original)
  return counted as unknown as D1PreparedStatement
}

function countedDatabase(database: D1Database): D1Database {
  const counted = {
    prepare: (sql: string) => countedStatement(database.prepare(sql)),
    batch: async (statements: object[]) => {
      const results = await database.batch(statements.map((one) => originals.get(one)!))
      return results.map(note)
    },
  }
  return counted as unknown as D1Database
}

const realFetch = globalThis.fetch
globalThis.fetch = async (...asked: Parameters<typeof fetch>) => {
  counts.calls++
  return realFetch(...asked)
}

type Given = ConstructorParameters<typeof DeployedObject>

export class HubObject extends DeployedObject {
  constructor(context: Given[0], env: Given[1]) {
    super(context, { ...env, DB: countedDatabase(env.DB) })
  }

  override async alarm(): Promise<void> {
    const before = counts.queries + counts.calls
    await super.alarm()
    counts.alarms++
    counts.mostOfAlarm = Math.max(counts.mostOfAlarm, counts.queries + counts.calls - before)
  }
}

export default {
  ...worker,
  async fetch(...asked: Parameters<typeof worker.fetch>) {
    if (new URL(asked[0].url).pathname !== countsPath) return worker.fetch(...asked)
    const counted = counts
    counts = { ...nothing }
    return Response.json(counted) as never
  },
}
