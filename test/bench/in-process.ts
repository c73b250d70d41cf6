import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../src/domain/clock.ts'
import { composeNode } from '../../src/compose-node.ts'
import type { Database, Statement } from '../../src/store/database.ts'
import { openStore } from '../../src/store/open-store.ts'
import { copyOf, filledDatabase, frameFolder } from './filled-store.ts'
import { publishToken } from './processes.ts'

export const baseUrl = 'https://releases.example.org'

/** Where requests come from, as the server on Node tells the app. */
const socket = { incoming: { socket: { remoteAddress: '127.0.0.1' } } }

/** The service without a network in between, over a filled database. */
export type InProcess = {
  /** Asks, and answers how long that took, in milliseconds. */
  ask(path: string, init?: RequestInit): Promise<Asked>
  publish(slug: string, topics: string[]): Promise<Asked>
  /** How many statements the database was asked to run since the last time. */
  queries(): number
  /** Lets so many seconds pass at once. */
  pass(seconds: number): Promise<void>
  close(): void
}

type Asked = { status: number; text: string; headers: Headers; milliseconds: number }

/**
 * Starts one. Its clock lets nobody wait, so that only work is measured. With `keepsState` it goes about
 * the state of the store as an isolate of a Worker does.
 */
export async function startInProcess(
  path: string,
  { keepsState = false } = {},
): Promise<InProcess> {
  const opened = await openStore(path, { mayBeMadeAnew: false })
  const { database, queries } = counted(opened)
  const folder = frameFolder()
  const clock = hurriedClock()
  const service = composeNode({
    database: { ...database, watch: () => opened.watch() },
    ...(keepsState && { hasChanged: undefined }),
    contentDirectory: folder,
    uploads: undefined,
    baseUrl,
    tokens: [{ name: 'bench', secret: publishToken }],
    clock,
    problems: () => [],
    write: () => {},
  })
  const ask = async (target: string, init?: RequestInit) => {
    const began = performance.now()
    const request = new Request(new URL(target, baseUrl), init)
    const answer = await service.fetch(request, socket)
    const text = await answer.text()
    const milliseconds = performance.now() - began
    return { status: answer.status, text, headers: answer.headers, milliseconds }
  }
  return {
    ask,
    publish: (slug, topics) =>
      ask(`/api/releases/${slug}/en`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${publishToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ title: `Release ${slug}`, topics, body: { html: text } }),
      }),
    queries,
    pass: (seconds) => clock.passed(clock.now() + seconds - 1),
    close: () => opened.close(),
  }
}

const text = '<p>The ministers meet at nine and speak about what they did last year.</p>'.repeat(40)

/** The same database, with every statement counted that is run. */
function counted(inner: Database): { database: Database; queries: () => number } {
  let count = 0
  const originals = new WeakMap<Statement, Statement>()
  const wrap = (statement: Statement): Statement => {
    const wrapped: Statement = {
      bind: (...values) => wrap(statement.bind(...values)),
      all: <T>() => (count++, statement.all<T>()),
      first: <T>() => (count++, statement.first<T>()),
    }
    originals.set(wrapped, statement)
    return wrapped
  }
  const database: Database = {
    prepare: (sql) => wrap(inner.prepare(sql)),
    batch(statements) {
      count += statements.length
      return inner.batch(statements.map((one) => originals.get(one)!))
    },
  }
  return {
    database,
    queries() {
      const seen = count
      count = 0
      return seen
    },
  }
}

function hurriedClock(): Clock {
  let ahead = 0
  const now = () => Math.floor(Date.now() / 1000) + ahead
  return {
    now,
    async passed(second) {
      ahead += Math.max(0, second + 1 - now())
    },
  }
}

/** A service over a copy of a filled database of each size. */
export async function startFilled(
  sizes: number[],
  folder: string,
  tell: (text: string) => void,
): Promise<InProcess[]> {
  const services: InProcess[] = []
  for (const [index, size] of sizes.entries()) {
    const own = join(folder, String(index))
    mkdirSync(own)
    services.push(await startInProcess(copyOf(await filledDatabase(size, tell), own)))
  }
  return services
}
