// Damages database files, as failing disks and careless people do.
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

type Page = { pageno: number; pagetype: string }

/**
 * Writes random bytes into the pages of a table or an index, in the file itself. Whoever has it open has
 * none of these pages in memory afterwards.
 */
export function damagePages(path: string, name: string, kinds = ['leaf', 'internal', 'overflow']) {
  const sqlite = new DatabaseSync(path)
  // Another connection gives up what it remembers when somebody else has written.
  sqlite.exec(
    "update state set value = value where key = 'revision'; pragma wal_checkpoint(truncate)",
  )
  const { page_size: size } = sqlite.prepare('pragma page_size').get() as { page_size: number }
  const pages = sqlite
    .prepare('select pageno, pagetype from dbstat where name = ?')
    .all(name) as Page[]
  sqlite.close()
  const file = openSync(path, 'r+')
  for (const { pageno } of pages.filter(({ pagetype }) => kinds.includes(pagetype))) {
    writeSync(file, randomBytes(size), 0, size, (pageno - 1) * size)
  }
  closeSync(file)
}
