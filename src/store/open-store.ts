import { isOtherVersion } from '../domain/errors.ts'
import type { UpgradeOptions } from './upgrade.ts'
import { migrate } from './migrate.ts'
import { adviceOnPlace, looksLikeDatabase, putBack, setAside } from './database-file.ts'
import { type NodeDatabase, openDatabase, readMigrations } from './node-sqlite.ts'
import { isDamaged, isFull } from './sqlite-errors.ts'
import { waitWhileBusy } from './wait-while-busy.ts'

/**
 * Opens the database of a service and migrates it. With `mayBeMadeAnew` a damaged one is put aside and a new one is
 * created: then everything in it can be made of the content folder again, which is not so where releases came
 * through the API. Throws an Error with a sentence for the operator.
 */
export async function openStore(
  path: string,
  { mayBeMadeAnew, upgrading }: { mayBeMadeAnew: boolean; upgrading?: UpgradeOptions },
): Promise<NodeDatabase> {
  try {
    return await openAndMigrate(path, upgrading)
  } catch (error) {
    const { message } = error as Error
    const isOurs = isDamaged(error) && looksLikeDatabase(path)
    if (isOurs && mayBeMadeAnew) return recreate(path, message)
    if (isOurs) {
      throw new Error(
        `DATABASE at ${path} is damaged (${message}), and may hold releases that came through the API and are nowhere else. Bring a backup back with "npm run tiedote -- restore <folder>", or move it away and start with what the content folder has.`,
        { cause: error },
      )
    }
    if (isOtherVersion(error)) {
      throw new Error(
        `DATABASE at ${path} cannot be used: ${message.replace(/ Ask again.*/, '')} Start that version, or bring back the backup of before it with "npm run tiedote -- restore".`,
        { cause: error },
      )
    }
    const advice = adviceOn(path, error, mayBeMadeAnew)
    throw new Error(`DATABASE cannot be opened at ${path}: ${message}. ${advice}`, { cause: error })
  }
}

/** Puts a damaged database aside and creates a new one. Throws an Error with a sentence for the operator. */
export async function recreateDatabase(path: string): Promise<void> {
  const fresh = await recreate(path, 'what it holds cannot be read')
  fresh.close()
}

/**
 * Opens the path of a database again, where a good copy lies now, and brings its tables to this version. Throws
 * what is wrong with it.
 */
export async function reopen(database: NodeDatabase): Promise<void> {
  database.reopen()
  await migrate(database, readMigrations())
  if (!database.readOnly) await tryToWrite(database)
}

/** A disk that can be read may refuse what is written. */
async function tryToWrite(database: NodeDatabase) {
  const nothing = "update state set value = value where key = 'revision'"
  await database.batch([database.prepare(nothing)])
}

function adviceOn(path: string, error: unknown, mayBeMadeAnew: boolean): string {
  if (isFull(error)) return 'Make room on its disk, or name another path, and start again.'
  const advice = adviceOnPlace(path, error)
  if (advice) return advice
  return mayBeMadeAnew
    ? 'Name another path, or move the file away: a new one is made of the content, without what came through the API.'
    : 'Name another path, or bring a backup back with "npm run tiedote -- restore <folder>".'
}

async function recreate(path: string, reason: string): Promise<NodeDatabase> {
  let aside = ''
  try {
    aside = setAside(path)
    console.error(
      `DATABASE at ${path} is damaged (${reason}). It is now ${aside}, and a new one is made.`,
    )
    return await openAndMigrate(path)
  } catch (error) {
    if (aside) putBack(aside, path)
    throw new Error(
      `DATABASE at ${path} is damaged (${reason}), and no new one can be made there: ${(error as Error).message}.`,
      { cause: error },
    )
  }
}

async function openAndMigrate(path: string, upgrading?: UpgradeOptions): Promise<NodeDatabase> {
  const opened = openDatabase(path)
  try {
    await waitWhileBusy(path, () => migrate(opened, readMigrations(), upgrading))
    return opened
  } catch (error) {
    opened.close()
    throw error
  }
}
