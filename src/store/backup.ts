import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import type { Clock } from '../domain/clock.ts'
import { DomainError } from '../domain/errors.ts'
import { earlierMigrations } from './schema-version.ts'
import type { UpgradeOptions } from './upgrade.ts'
import { isOfEarlierVersion, migrate } from './migrate.ts'
import { findDamage } from './integrity-check.ts'
import { openDatabase, readMigrations } from './node-sqlite.ts'
import { isDatabaseError } from './sqlite-errors.ts'
import { slugsOf } from './slugs.ts'
import { readPosition } from './position.ts'
import { setStateValue } from './state-values.ts'

/** Told how many of how many pages are copied. */
type Progress = (done: number, total: number) => void

/** What a database holds. */
export type Holding = { releases: number; migrations: string[] }

/**
 * Copies a database that others may write at the same time: the copy is of one moment, a single
 * file, and was checked. Throws DomainError `invalid` when there is no database of ours.
 */
export async function copyDatabase(
  from: string,
  to: string,
  progress: Progress = () => {},
): Promise<Holding> {
  verifyDatabase(from)
  const source = new DatabaseSync(from, { readOnly: true, timeout: 5000 })
  try {
    // Without a transaction that goes on it would begin again whenever somebody has written.
    source.exec('begin')
    source.prepare('select 1 from sqlite_schema').all()
    await backup(source, to, {
      rate: 2000,
      progress: ({ totalPages, remainingPages }) =>
        progress(totalPages - remainingPages, totalPages),
    })
  } finally {
    source.close()
  }
  const copy = new DatabaseSync(to)
  // Without a WAL file beside it the copy is one file, which can be moved.
  copy.exec('pragma journal_mode = delete')
  copy.close()
  return verifyDatabase(to)
}

/** Checks a whole database. Throws DomainError `invalid` for one that is damaged, or not of ours. */
export function verifyDatabase(path: string): Holding {
  if (!existsSync(path)) throw new DomainError('invalid', `There is no database at ${path}.`)
  let sqlite: DatabaseSync | undefined
  try {
    sqlite = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
    const checked = sqlite.prepare('pragma integrity_check').all()
    const found = checked.map((row) => String(Object.values(row)[0]))
    if (found.join() !== 'ok') throw damaged(path, found[0]!)
    const tables = new Set(
      sqlite
        .prepare('select name from sqlite_schema')
        .all()
        .map(({ name }) => name),
    )
    if (!['d1_migrations', 'state', 'release'].every((name) => tables.has(name))) {
      throw new DomainError('invalid', `${path} is a database, and none of Tiedote.`)
    }
    const broken = findDamage(path)
    if (broken !== undefined) throw damaged(path, broken)
    const migrations = sqlite.prepare('select name from d1_migrations order by name').all()
    const counted = sqlite.prepare('select count(*) as count from release').get()
    return {
      releases: Number(counted!.count),
      migrations: migrations.map(({ name }) => String(name)),
    }
  } catch (error) {
    if (isDatabaseError(error)) throw damaged(path, error.message)
    throw error
  } finally {
    sqlite?.close()
  }
}

function damaged(path: string, reason: string): DomainError {
  return new DomainError('invalid', `${path} is damaged, or no database (${reason}).`, {
    isDamaged: true,
  })
}

/** Whether a database lies at a path and is damaged, so that no copy can be made of it. */
export function isDamagedDatabase(path: string): boolean {
  try {
    verifyDatabase(path)
    return false
  } catch (error) {
    return error instanceof DomainError && error.details.isDamaged === true
  }
}

/**
 * Replaces a database by a copy of another, while a service may run on it: readers see the old one until the new
 * one is there as a whole. `candidate` is a copy that may be changed. Afterwards everything counts as changed, in a
 * second later than any of the two databases had (H-10).
 */
export async function replaceDatabase(
  candidate: string,
  live: string,
  clock: Clock,
  upgrading: UpgradeOptions,
): Promise<void> {
  const known = [...earlierMigrations, ...readMigrations().map(({ name }) => name)]
  const unknown = verifyDatabase(candidate).migrations.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new DomainError(
      'invalid',
      `The backup was made by a newer version (${unknown.join(', ')}). Install that first.`,
    )
  }
  await prepareCandidate(candidate, live, clock, upgrading)
  mkdirSync(dirname(live), { recursive: true })
  const source = new DatabaseSync(candidate, { readOnly: true })
  try {
    // All pages in one step: to those who read and write at the same time it is one transaction.
    await backup(source, live, { rate: 1_000_000_000 })
  } finally {
    source.close()
  }
  await advanceRevision(live, clock)
}

async function prepareCandidate(
  candidate: string,
  live: string,
  clock: Clock,
  upgrading: UpgradeOptions,
) {
  const restored = openDatabase(candidate)
  const there = existsSync(live) ? openDatabase(live) : undefined
  try {
    await migrate(restored, readMigrations(), upgrading)
    // It is replaced in a moment, but only the present tables can tell what it holds.
    if (there && (await isOfEarlierVersion(there))) {
      await migrate(there, readMigrations(), upgrading)
    }
    if (there) {
      rememberDeparted(candidate, live)
      keepPreviews(candidate, live)
    }
    const now = clock.now()
    const positions = [await readPosition(restored, now)]
    if (there) positions.push(await readPosition(there, now))
    const revision = Math.max(...positions.map((position) => position.revision)) + 1
    const second = Math.max(now, ...positions.map((one) => Math.max(one.since, one.shown) + 1))
    await restored.batch([
      setStateValue(restored, 'revision', revision),
      setStateValue(restored, 'changed', second),
      setStateValue(restored, 'framed', second),
    ])
  } finally {
    there?.close()
    restored.close()
  }
}

/** Keeps what only the replaced database has: keys, for releases that come back, and slugs. */
function rememberDeparted(candidate: string, live: string) {
  const keys = 'id, key, updated_key, authored, wanted'
  const sqlite = new DatabaseSync(candidate)
  try {
    sqlite.prepare('attach ? as live').run(live)
    for (const [table, publisher] of [
      ['live.release', "document ->> '$.publisher'"],
      ['live.departed', 'publisher'],
    ]) {
      sqlite.exec(
        `insert or ignore into main.departed (${keys}, publisher)
         select ${keys}, ${publisher} from ${table} as gone
         where gone.id not in (select id from main.release)
           and gone.key not in (select key from main.release)
           and gone.updated_key not in (select updated_key from main.release)`,
      )
    }
    sqlite.exec('insert or replace into main.lost_slug select * from live.lost_slug')
    sqlite.exec(
      `insert or replace into main.lost_slug (slug, id, publisher)
       select name.value, gone.id, gone.document ->> '$.publisher'
       from live.release as gone, json_each(${slugsOf('gone')}) as name
       where not exists (
         select 1 from main.release as kept, json_each(${slugsOf('kept')}) as had
         where kept.id = gone.id and had.value = name.value
       )`,
    )
  } finally {
    sqlite.close()
  }
}

/** Links to releases before their time stay as they are: what was revoked since must not work again. */
function keepPreviews(candidate: string, live: string) {
  const sqlite = new DatabaseSync(candidate)
  try {
    sqlite.prepare('attach ? as live').run(live)
    // Versions before 1.0.0 had none.
    const hasLinks = sqlite.prepare("select 1 from live.sqlite_schema where name = 'preview'").get()
    if (!hasLinks) return
    sqlite.exec('delete from main.preview; insert into main.preview select * from live.preview')
  } finally {
    sqlite.close()
  }
}

/** The service may have written meanwhile: the revision and the seconds become greater than any it used. */
async function advanceRevision(live: string, clock: Clock) {
  const database = openDatabase(live)
  try {
    const position = await readPosition(database, clock.now())
    await clock.passed(Math.max(position.since, position.shown))
    const { revision, since, shown } = await readPosition(database, clock.now())
    const second = Math.max(clock.now(), since + 1, shown + 1)
    await database.batch([
      setStateValue(database, 'revision', revision + 1000),
      setStateValue(database, 'changed', second),
      setStateValue(database, 'framed', second),
    ])
  } finally {
    database.close()
  }
}

/** Deletes a database, with what lies beside it. */
export function removeDatabase(path: string) {
  for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${ending}`, { force: true })
}
