// D1 in workerd, behind a Worker that does nothing but ask it: a question takes one request.
import { Agent, request } from 'node:http'
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
          // Past the Workers that Miniflare puts before it, which take longer than D1.
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        },
      ],
    }),
  )
  const questions = new WeakMap<Statement, Question>()
  const url = await server.unsafeGetDirectURL('d1')
  const agent = new Agent({ keepAlive: true })

  async function ask(asked: Question[]) {
    const answer = JSON.parse(await post(url, agent, JSON.stringify(asked))) as Answer
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
  const close = () => {
    agent.destroy()
    return server.dispose()
  }
  return { database, close }
}

/** Sends a text, and answers with that which comes back. */
function post(url: URL, agent: Agent, text: string) {
  return new Promise<string>((resolve, reject) => {
    const asked = request(url, { agent, method: 'POST' }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => resolve(Buffer.concat(chunks).toString()))
      answer.on('error', reject)
    })
    asked.on('error', reject).end(text)
  })
}
