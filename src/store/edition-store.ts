import type { Edition } from '../domain/edition.ts'
import type { EditionStore } from '../domain/release-store.ts'
import { type Database, statement } from './database.ts'

/** Editions kept in all, so that strangers who think of new questions cannot fill the disk. */
const mostEditions = 20_000

/** The `EditionStore` in SQL, on node:sqlite and on D1. Editions are noted in `writer`. */
export function createEditionStore(database: Database, writer = database): EditionStore {
  return {
    last: (address) => readLastEdition(database, address),
    note: (address, edition) => recordEdition(writer, address, edition),
  }
}

async function readLastEdition(database: Database, address: string): Promise<Edition | undefined> {
  const sql = 'select etag, last_modified as lastModified, previous from edition where address = ?'
  return (await statement(database, sql, address).first<Edition>()) ?? undefined
}

async function recordEdition(
  database: Database,
  address: string,
  { etag, lastModified, previous }: Edition,
): Promise<void> {
  await database.batch([
    statement(
      database,
      'insert or replace into edition (address, etag, last_modified, previous) values (?, ?, ?, ?)',
      address,
      etag,
      lastModified,
      previous,
    ),
    statement(
      database,
      'delete from edition where rowid <= (select max(rowid) from edition) - ?',
      mostEditions,
    ),
  ])
}
