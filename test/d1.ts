// D1 in workerd, behind a Worker that does nothing but ask it: a question takes one request.
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import type { Database, Statement } from '../src/store/database.ts'
import { migrate } from '../src/store/migrate.ts'
import { readMigrations } from '../src/store/node-sqlite.ts'

type Question = { sql: string; values: unknown[] }
type Answer = { error: string } | { results: unknown[] }[]

const script = `export default {
  async fetch(request, { DB }) {
    const questions = await request.json()
    const statements = questions.map(({ sql, values }) => DB.prepare(sql).bind(...values))
    try {
      return Response.json(statements.length === 1 ? [await statements[0].all()] : await DB.batch(statements))
    } catch (error) {
      return Response.json({ error: error.message })
    }
  }
}`

/** A database with our tables and nothing in them, and the means to empty it again and to stop workerd. */
export async function startD1() {
  const server = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        {
          name: 'd1',
          compatibilityDate: '2026-01-01',
          modules: [{ type: 'ESModule', path: 'd1.js', contents: script }],
          d1Databases: { DB: { id: 'DB' } },
        },
      ],
    }),
  )
  const questions = new WeakMap<Statement, Question>()

  async function ask(asked: Question[]) {
    const response = await server.dispatchFetch('http://d1/', {
      method: 'POST',
      body: JSON.stringify(asked),
    })
    const answer = (await response.json()) as Answer
    if ('error' in answer) throw new Error(answer.error)
    return answer
  }

  function statement(sql: string, values: unknown[]): Statement {
    // JSON would make null of it, and D1 refuses it.
    if (values.includes(undefined)) throw new Error(`A value of ${sql} is undefined`)
    const results = async () => (await ask([{ sql, values }]))[0]!.results
    const self: Statement = {
      bind: (...bound) => statement(sql, bound),
      all: async <T>() => ({ results: (await results()) as T[] }),
      first: async <T>() => ((await results())[0] as T | undefined) ?? null,
    }
    questions.set(self, { sql, values })
    return self
  }

  const database: Database = {
    prepare: (sql) => statement(sql, []),
    batch: async (statements) => void (await ask(statements.map((one) => questions.get(one)!))),
  }
  await migrate(database, readMigrations())
  return { database, close: () => server.dispose() }
}
