// Databases in memory with our tables and nothing in them.
import { connect, type Connection } from '../src/store/connect-sqlite.ts'
import { migrate } from '../src/store/migrate.ts'
import { NodeDatabase, readMigrations } from '../src/store/node-sqlite.ts'

let migrated: Promise<Uint8Array> | undefined

/** Making one takes our migrations ten times as long as a copy of what they made. */
export async function newDatabase(): Promise<NodeDatabase> {
  migrated ??= makeTables()
  const bytes = await migrated
  return new NodeDatabase(':memory:', (path) => {
    const connection = connect(path)
    connection.sqlite.deserialize(bytes)
    return connection
  })
}

async function makeTables(): Promise<Uint8Array> {
  const connection: Connection = connect(':memory:')
  const database = new NodeDatabase(':memory:', () => connection)
  await migrate(database, readMigrations())
  const bytes = connection.sqlite.serialize()
  database.close()
  return bytes
}
