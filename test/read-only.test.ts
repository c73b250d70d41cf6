import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { NodeDatabase } from '../src/store/node-sqlite.ts'
import { openStore } from '../src/store/open-store.ts'
import { markdown, temporaryFolder, writeFiles } from './content-folder.ts'
import { damagePages } from './damaged-database.ts'
import {
  createClockAhead,
  databaseFile,
  type Server,
  startedByFirst,
  start,
  titles,
  until,
} from './server.ts'
import { startHere } from './start-here.ts'
import { lastingFolder } from './temporary-folder.ts'

const published = 'published: 2024-01-24T09:00:00+02:00'

/** Somebody who is not root, who may write everything. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
const project = join(import.meta.dirname, '..')
const mayRun = spawnSync(process.execPath, ['--version'], { cwd: project, ...nobody }).status === 0
if (!mayRun) console.warn('Skipped: read-only databases, as only root may read this project')

/** Their own place for compiled code; they may not write that of the others. */
const compiled = join(lastingFolder(), 'tiedote-compile-cache-of-nobody')

const { environment } = createClockAhead()

function startAsNobody(directory: string, database: string): Promise<Server> {
  const settings = { ...environment, DATABASE: database, NODE_COMPILE_CACHE: compiled }
  return start(directory, settings, nobody)
}

/** Opens a database in this process as they would. Only what the system then refuses is as for them. */
async function openAsNobody(path: string): Promise<NodeDatabase> {
  if (nobody.uid === undefined) return openStore(path, { mayBeMadeAnew: true })
  process.seteuid!(nobody.uid)
  try {
    return await openStore(path, { mayBeMadeAnew: true })
  } finally {
    process.seteuid!(0)
  }
}

/** Brings a database in line with a folder, as a service does that is stopped then. */
async function inLine(directory: string): Promise<string> {
  const path = databaseFile()
  const { close, isUsable } = await startHere(directory, { DATABASE: path })
  expect(isUsable).toBe(true)
  close()
  return path
}

/** Lets a folder and what holds it be read by everybody, and written by nobody but root. */
function forbidWriting(folder: string) {
  chmodSync(folder, 0o555)
  chmodSync(dirname(folder), 0o755)
  onTestFinished(() => chmodSync(folder, 0o755))
}

/** A database that is in line with a folder, and may not be written. */
async function readOnlyDatabase(directory: string): Promise<string> {
  const database = await inLine(directory)
  chmodSync(database, 0o444)
  forbidWriting(dirname(database))
  for (const folder of [directory, join(directory, 'releases')]) chmodSync(folder, 0o755)
  return database
}

async function problemsOf({ url }: Server): Promise<string[]> {
  const health = (await (await fetch(`${url}/healthz`)).json()) as { problems: string[] }
  return health.problems
}

test('a database that cannot be opened at all is refused with a sentence', async () => {
  const directory = temporaryFolder()
  const garbage = join(directory, 'garbage.db')
  writeFileSync(garbage, 'This is no database. '.repeat(100))
  for (const database of [directory, garbage, join(garbage, 'tiedote.db')]) {
    const opening = openStore(database, { mayBeMadeAnew: true })
    await expect(opening).rejects.toThrow(/^DATABASE cannot be opened at .*: .*\.$/)
  }
  await expect(openStore(directory, { mayBeMadeAnew: true })).rejects.toThrow(
    `That is a folder. Name a file in it: DATABASE=${directory}/tiedote.db.`,
  )
  expect(readFileSync(garbage, 'utf8')).toContain('This is no database.')
})

describe('a service on a damaged database', () => {
  const first = startedByFirst({ 'releases/a.en.md': markdown(['title: A', published]) })
  const { directory, database: path } = first
  let server: Server

  test('a damaged database is put aside at the start, and made anew of the content, unless the API is open (H-29)', async () => {
    ;(await startHere(directory, { DATABASE: path })).close()
    const whole = readFileSync(path)
    writeFileSync(path, Buffer.concat([whole.subarray(0, 100), Buffer.alloc(20_000, 'garbage')]))
    const tokens = { PUBLISH_TOKENS: 'newsroom=a-secret-of-the-newsroom' }
    const refused = await start(directory, { DATABASE: path, ...tokens })
    expect(await refused.exit).toBe(1)
    expect(refused.log()).toMatch(/is damaged .* came through the API .* Bring a backup back/)
    expect(refused.log()).not.toMatch(/^\s+at /m)
    expect(readFileSync(path).toString()).toContain('garbage')
    const anew = await openStore(path, { mayBeMadeAnew: true })
    anew.close()
    const aside = readdirSync(dirname(path)).find((name) => name.includes('damaged'))
    expect(readFileSync(join(dirname(path), aside!)).toString()).toContain('garbage')
    // This one can be opened, and what is wrong with it is met later.
    writeFileSync(path, whole)
    damagePages(path, 'state')
    server = await first.start(environment)
    await until(() => server.output().includes('Serving'))
    expect(await titles(`${server.url}/feed.json`)).toEqual(['A'])
    expect(server.log()).toMatch(/is damaged .* It is now .*damaged-.* and a new one is made/)
    const health = await fetch(`${server.url}/healthz`)
    expect([health.status, await health.json()]).toMatchObject([200, { status: 'ok' }])
  })

  test('a database that is damaged under a running service is taken up again when a good copy is there', async () => {
    const before = server.log().length
    const database = new DatabaseSync(path)
    database.exec('pragma wal_checkpoint(truncate)')
    database.close()
    const whole = readFileSync(path)
    truncateSync(path, 0)
    writeFiles(directory, { 'releases/b.en.md': markdown(['title: B', published]) })
    await until(() => /DATABASE at .* is damaged/.test(server.log().slice(before)))
    expect((await fetch(`${server.url}/feed.json`)).status).toBe(200)
    writeFileSync(`${path}.copy`, whole)
    renameSync(`${path}.copy`, path)
    for (const ending of ['-wal', '-shm']) rmSync(`${path}${ending}`, { force: true })
    // Whoever asks how it is has it looked at, and every change of the folder is an occasion to try again.
    writeFiles(directory, { 'releases/c.en.md': markdown(['title: C', published]) })
    await until(async () => (await fetch(`${server.url}/healthz`)).status === 200)
    expect(server.log()).toContain('whole and in its place again')
    writeFiles(directory, { 'releases/d.en.md': markdown(['title: D', published]) })
    await until(async () => (await titles(`${server.url}/feed.json`)).length === 4)
  })

  test('a database that is moved away under a running service is answered from, and that is told', async () => {
    for (const ending of ['', '-wal', '-shm'])
      renameSync(`${path}${ending}`, `${path}.away${ending}`)
    writeFiles(directory, { 'releases/e.en.md': markdown(['title: E', published]) })
    await until(async () => (await titles(`${server.url}/feed.json`)).includes('E'))
    expect(await problemsOf(server)).toEqual([
      expect.stringContaining('The database file is no longer there.'),
    ])
  })
})

describe.skipIf(!mayRun)(
  'a database that can only be read (skipped where only root may read the project)',
  () => {
    test('a database that can only be read is served even if content has changed since, and the log and /healthz say so', async () => {
      const directory = temporaryFolder({ 'releases/a.en.md': markdown(['title: A', published]) })
      const database = await readOnlyDatabase(directory)
      writeFiles(directory, { 'releases/b.en.md': markdown(['title: B', published]) })
      const server = await startAsNobody(directory, database)
      expect(await titles(`${server.url}/feed.json`)).toEqual(['A'])
      expect(await problemsOf(server)).toEqual([
        expect.stringContaining('DATABASE cannot be written (it can only be read)'),
      ])
      expect(server.log()).toContain('DATABASE cannot be written')
      writeFiles(directory, { 'releases/c.en.md': markdown(['title: C', published]) })
      await new Promise((resolve) => setTimeout(resolve, 500))
      expect(await titles(`${server.url}/feed.json`)).toEqual(['A'])
      expect(server.log()).not.toMatch(/Error:|^\s+at /m)
      server.process.kill('SIGTERM')
      expect(await server.exit).toBe(0)
    })

    test('a file that cannot be written and lies where files can be made is read, too', async () => {
      const directory = temporaryFolder({ 'releases/a.en.md': markdown(['title: A', published]) })
      const database = await readOnlyDatabase(directory)
      chmodSync(dirname(database), 0o777)
      // The rights of a file are asked for the user of the process, so it has to be one of theirs.
      const script = `
        import { openStore } from './src/store/open-store.ts'
        const database = await openStore('${database}', { mayBeMadeAnew: true })
        const { results } = await database.prepare('select slug from release').all()
        console.log(JSON.stringify([database.readOnly, results]))`
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ['--input-type=module', '-e', script],
        {
          cwd: project,
          env: { ...process.env, NODE_COMPILE_CACHE: compiled },
          encoding: 'utf8',
          ...nobody,
        },
      )
      expect([stderr, JSON.parse(stdout)]).toEqual(['', [true, [{ slug: 'a' }]]])
    })

    test('changes that a killed process left in the log are not passed over in silence', async () => {
      const directory = temporaryFolder({ 'releases/a.en.md': markdown(['title: A', published]) })
      const written = databaseFile()
      const running = await startHere(directory, { DATABASE: written })
      // A process that is killed leaves the files as they are while it runs.
      const database = databaseFile()
      mkdirSync(dirname(database))
      for (const ending of ['', '-wal']) copyFileSync(written + ending, database + ending)
      running.close()
      chmodSync(database, 0o644)
      forbidWriting(dirname(database))
      await expect(openAsNobody(database)).rejects.toThrow(
        /^DATABASE cannot be opened at .*: .*\.$/,
      )
    })

    test('where no database can be made, what to do is said', async () => {
      const database = databaseFile()
      mkdirSync(dirname(database))
      forbidWriting(dirname(database))
      for (const path of [database, join(dirname(database), 'deeper', 'tiedote.db')]) {
        await expect(openAsNobody(path)).rejects.toThrow(
          /^DATABASE cannot be opened at .* the right to write .*\.$/,
        )
      }
    })

    test('an empty database that can only be read stops the start with a sentence', async () => {
      const database = databaseFile()
      mkdirSync(dirname(database))
      writeFileSync(database, '')
      chmodSync(database, 0o444)
      forbidWriting(dirname(database))
      await expect(openAsNobody(database)).rejects.toThrow(/^DATABASE .*\.$/)
    })
  },
)
