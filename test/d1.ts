// D1 in workerd, behind a Worker that does nothing but ask it: a question takes one request.
import { Agent } from 'node:http'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { migrate } from '../src/store/migrate.ts'
import { readMigrations } from '../src/store/node-sqlite.ts'
import { databaseAt } from './d1-client.ts'
import { answerQuestions } from './worker-controls.ts'

const script = `${answerQuestions.toString()}
export default { fetch: (request, { DB }) => answerQuestions(request, DB) }`

/** A database with our tables and nothing in them, and the means to stop workerd. */
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
  const agent = new Agent({ keepAlive: true })
  const database = databaseAt(await server.unsafeGetDirectURL('d1'), agent)
  await migrate(database, readMigrations())
  const close = () => {
    agent.destroy()
    return server.dispose()
  }
  return { database, close }
}
