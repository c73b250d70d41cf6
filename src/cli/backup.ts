import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readNodeConfig } from '../config.ts'
import { copyDatabase, type Holding } from '../store/backup.ts'
import { allOrNothing } from './interruption.ts'
import { NotDone } from '../domain/tool.ts'
import { type Context, explain, type Register } from './program.ts'

/** What a backup folder holds: the database, and beside it the files that were uploaded. */
export const databaseName = 'tiedote.db'
export const mediaName = 'media'

export const onWorkers =
  'On Workers the database is D1,\nwhich remembers thirty days (seven on the free plan). To go back there use\n`npx wrangler d1 time-travel restore tiedote --timestamp …`; deploy/README.md says how to keep a copy elsewhere.'

/** `backup`: a copy of the database, and of what was uploaded, while the service runs. */
export const registerBackup: Register = (program, context) => {
  const command = program
    .command('backup')
    .description('Copy the database and uploaded files while the service runs (Node only).')
    .argument('<folder>', 'a new folder for the copy')
    .action(async (folder: string) => makeBackup(folder, context))
  explain(
    command,
    ['backup /var/backups/tiedote/2026-12-01', 'backup "backups/$(date +%F)"'],
    `The folder gets ${databaseName} (what DATABASE names) and ${mediaName}/ (what lies beside it). It is there as a\nwhole or not at all. ${onWorkers}`,
  )
}

async function makeBackup(folder: string, { terminal, environment }: Context) {
  const database = databaseOf(environment)
  const progress = terminal.progress('Percent copied', 100)
  let told = 0
  const { releases } = await backUp(database, folder, (done, total) => {
    const percent = Math.floor((100 * done) / Math.max(total, 1))
    progress.step(percent - told)
    told = percent
  }).finally(() => progress.end())
  terminal.say(`${folder} holds ${releases} releases of ${database}, looked through and whole.`)
}

/** The database file of the service on Node. */
export function databaseOf(environment: Context['environment']): string {
  const { database } = readNodeConfig(environment)
  if (database !== ':memory:') return database
  throw new NotDone('DATABASE is :memory:, of which there is no file.')
}

/** Copies a database and the files beside it into a new folder. */
export async function backUp(
  database: string,
  folder: string,
  progress?: (done: number, total: number) => void,
): Promise<Holding> {
  if (existsSync(folder)) throw new NotDone(`There is ${folder} already. Name a new folder.`)
  const partial = `${folder}.partial-${process.pid}`
  const undo = () => rmSync(partial, { recursive: true, force: true })
  return allOrNothing(undo, async () => {
    mkdirSync(partial, { recursive: true })
    const holding = await copyDatabase(database, join(partial, databaseName), progress)
    // After the database, so that every file is there that its releases speak of.
    const media = join(dirname(database), mediaName)
    if (existsSync(media)) cpSync(media, join(partial, mediaName), { recursive: true })
    renameSync(partial, folder)
    return holding
  })
}
