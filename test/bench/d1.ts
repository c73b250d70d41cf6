// D1 as workerd asks it over HTTP, in a process of its own: node test/bench/d1.ts, with PORT and DATABASE.
import { createServer } from 'node:http'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

type Query = { sql: string; params?: SQLInputValue[] }

const sqlite = new DatabaseSync(process.env.DATABASE!)
sqlite.exec('pragma journal_mode = wal; pragma synchronous = off; pragma foreign_keys = on')
let asked = 0

createServer((request, response) => {
  const url = new URL(request.url!, 'http://d1')
  if (request.method !== 'POST') return response.end(String(asked))
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(parts).toString()) as Query | Query[]
    const queries = [body].flat()
    asked += queries.length
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(answer(queries, url.searchParams.get('resultsFormat'))))
  })
}).listen(Number(process.env.PORT), '127.0.0.1')

function answer(queries: Query[], format: string | null) {
  sqlite.exec('begin')
  try {
    const results = queries.map((query) => run(query, format))
    sqlite.exec('commit')
    return results
  } catch (error) {
    if (sqlite.isTransaction) sqlite.exec('rollback')
    return { success: false, error: (error as Error).message }
  }
}

function run({ sql, params = [] }: Query, format: string | null) {
  const statement = sqlite.prepare(sql)
  const objects = statement.all(...params)
  const columns = statement.columns().map(({ name }) => name)
  const rows = objects.map((row) => columns.map((name) => row[name]))
  const results = format === 'ROWS_AND_COLUMNS' ? { columns, rows } : objects
  const meta = { served_by: '', duration: 0, changes: 0, last_row_id: 0, changed_db: false }
  return { success: true, results, meta: { ...meta, size_after: 0, rows_read: 0, rows_written: 0 } }
}
