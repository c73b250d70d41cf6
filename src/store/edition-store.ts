import type { Edition } from '../domain/edition.ts'
import type { EditionStore } from '../domain/release-store.ts'
import type { Database } from './database.ts'

/** Editions kept in all, so that strangers who think of new questions cannot fill the disk. */
const most = 20_000

/** Editions in SQL, for node:sqlite and for D1. */
export function createEditionStore(database: Database): EditionStore {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)
  return {
    async last(address) {
      const sql =
        'select etag, last_modified as lastModified, previous from edition where address = ?'
      return (await prepare(sql, address).first<Edition>()) ?? undefined
    },

    async note(address, { etag, lastModified, previous }) {
      await database.batch([
        prepare(
          'insert or replace into edition (address, etag, last_modified, previous) values (?, ?, ?, ?)',
          address,
          etag,
          lastModified,
          previous,
        ),
        prepare('delete from edition where rowid <= (select max(rowid) from edition) - ?', most),
      ])
    },
  }
}
