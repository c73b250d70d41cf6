import type { Edition } from '../domain/edition.ts'
import type { EditionStore } from '../domain/release-store.ts'
import type { Database } from './database.ts'

/** Editions kept of an address: readers ask again within hours, and few feeds change more often. */
const mostOfAddress = 12
/** Editions kept in all, so that strangers who think of new questions cannot fill the disk. */
const most = 20_000

/** Editions in SQL, for node:sqlite and for D1. */
export function createEditionStore(database: Database): EditionStore {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)
  return {
    async editions(address) {
      const { results } = await prepare(
        'select etag, last_modified as lastModified, oldest, previous from edition where address = ? order by rowid desc',
        address,
      ).all<Edition>()
      return results
    },

    async note(address, { etag, lastModified, oldest, previous }) {
      await database.batch([
        prepare(
          'insert or replace into edition (address, etag, last_modified, oldest, previous) values (?, ?, ?, ?, ?)',
          address,
          etag,
          lastModified,
          oldest,
          previous,
        ),
        prepare(
          'delete from edition where address = ?1 and rowid not in (select rowid from edition where address = ?1 order by rowid desc limit ?2)',
          address,
          mostOfAddress,
        ),
        prepare('delete from edition where rowid <= (select max(rowid) from edition) - ?', most),
      ])
    },
  }
}
