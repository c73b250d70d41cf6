// What becomes of a look at a folder while another process changes what the store has of that folder.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { bringInLine } from '../../src/content/bring-in-line.ts'
import { wordsOf } from '../../src/content/words.ts'
import type { ContentStore } from '../../src/domain/release-store.ts'
import { copyDatabase, replaceDatabase } from '../../src/store/backup.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import { openDatabase, readMigrations } from '../../src/store/node-sqlite.ts'
import { migrate } from '../../src/store/migrate.ts'
import { markdown, temporaryFolder, writeFiles } from '../content-folder.ts'
import { hurriedClock } from '../platforms.ts'
import { interruptedLook, moments } from './interrupted-look.ts'
import { AtRest, startHere } from '../start-here.ts'

const fields = ['published: 2024-01-24T09:00', 'topics: [migration]']
const release = (title: string) => markdown([`title: ${title}`, ...fields])

/** A folder with a draft, so that each look reads what the store has, and a database file that has taken it up. */
async function known(files: Record<string, string>) {
  const directory = temporaryFolder({
    'releases/draft.en.md': markdown(['title: Draft', 'draft: true']),
    ...files,
  })
  const data = mkdtempSync(join(tmpdir(), 'tiedote-data-'))
  const path = join(data, 'tiedote.db')
  const clock = hurriedClock()
  const database = openDatabase(path)
  onTestFinished(() => {
    database.close()
    rmSync(data, { recursive: true })
  })
  await migrate(database, readMigrations())
  const store = createContentStore(database, { wordsOf })
  const look = async (as: ContentStore = store) => {
    const options = { batch: crypto.randomUUID(), program: 'test', clock, isServing: true }
    expect((await bringInLine(directory, as, options)).filter(({ warning }) => !warning)).toEqual(
      [],
    )
  }
  await look()
  const titles = async () =>
    (await database.prepare('select document from release').all<{ document: string }>()).results
      .map(({ document }) => (JSON.parse(document) as { title: string }).title)
      .toSorted()
  const departed = async () =>
    (await database.prepare('select id from departed').all()).results.length
  const keyOf = async (slug: string) => {
    const found = database.prepare('select key from release where slug = ?').bind(slug)
    return (await found.first<{ key: number }>())?.key
  }
  return { directory, path, data, clock, store, look, titles, departed, keyOf }
}

test.each(Object.entries(moments))(
  'a release that another process took in %s is not removed',
  async (_, moment) => {
    const folder = await known({ 'releases/a.en.md': release('A') })
    const other = interruptedLook(folder.store, moment, async () => {
      writeFiles(folder.directory, { 'releases/b.en.md': release('B') })
      await folder.look()
    })
    writeFiles(folder.directory, { 'releases/c.en.md': release('C') })
    await folder.look(other)
    expect(await folder.titles()).toEqual(['A', 'B', 'C'])
    expect(await folder.departed()).toBe(0)
  },
)

test.each(Object.entries(moments))(
  'a correction that another process took in %s stays',
  async (_, moment) => {
    const folder = await known({ 'releases/a.en.md': release('A') })
    writeFiles(folder.directory, { 'releases/a.en.md': release('A was wrong') })
    const other = interruptedLook(folder.store, moment, async () => {
      writeFiles(folder.directory, { 'releases/a.en.md': release('A is right') })
      await folder.look()
    })
    await folder.look(other)
    expect(await folder.titles()).toEqual(['A is right'])
  },
)

test.each(Object.entries(moments))(
  'a correction is not lost to a backup that is put back %s',
  async (_, moment) => {
    const folder = await known({ 'releases/a.en.md': release('A was wrong') })
    const copy = join(folder.data, 'copy.db')
    await copyDatabase(folder.path, copy)
    writeFiles(folder.directory, { 'releases/a.en.md': release('A is right') })
    await folder.look()
    const other = interruptedLook(folder.store, moment, async () =>
      replaceDatabase(copy, folder.path, folder.clock, { wordsOf: ({ title }) => title }),
    )
    writeFiles(folder.directory, { 'releases/c.en.md': release('C') })
    await folder.look(other)
    await folder.look()
    expect(await folder.titles()).toEqual(['A is right', 'C'])
  },
)

test('what came after a backup has its second again when it comes again, also if it had gone by then', async () => {
  const folder = await known({ 'releases/a.en.md': release('A') })
  const copy = join(folder.data, 'copy.db')
  await copyDatabase(folder.path, copy)
  const [stays, goes] = ['releases/stays.en.md', 'releases/goes.en.md']
  writeFiles(folder.directory, { [stays]: release('Stays'), [goes]: release('Goes') })
  await folder.look()
  const keys = [await folder.keyOf('stays'), await folder.keyOf('goes')]
  rmSync(join(folder.directory, goes))
  await folder.look()
  await replaceDatabase(copy, folder.path, folder.clock, { wordsOf: ({ title }) => title })
  expect(await folder.keyOf('stays')).toBeUndefined()
  writeFiles(folder.directory, { [goes]: release('Goes') })
  await folder.look()
  expect([await folder.keyOf('stays'), await folder.keyOf('goes')]).toEqual(keys)
})

test('a release whose file was that of another one for a while has its second again', async () => {
  const file = 'releases/a.en.md'
  const folder = await known({ [file]: release('A') })
  const key = await folder.keyOf('a')
  const other = markdown(['title: Another', 'id: urn:example:another', ...fields])
  writeFiles(folder.directory, { [file]: other })
  await folder.look()
  expect(await folder.titles()).toEqual(['Another'])
  writeFiles(folder.directory, { [file]: release('A') })
  await folder.look()
  expect(await folder.keyOf('a')).toBe(key)
})

test('what a look would have taken up is not told to be, where another process was first and it begins again', async () => {
  const directory = temporaryFolder({ 'releases/a.en.md': release('A') })
  const service = await startHere(directory, { DATABASE: ':memory:' })
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => {
    told.mockRestore()
    service.close()
  })
  const { database, content } = service
  const commit = database.batch.bind(database)
  vi.spyOn(database, 'batch').mockImplementationOnce(async (statements) => {
    // B is put away, another service takes up C, and B comes back with a mistake.
    rmSync(join(directory, 'releases/b.en.md'))
    writeFiles(directory, { 'releases/c.en.md': release('C') })
    const other = createContentStore(database, { wordsOf })
    const options = { batch: crypto.randomUUID(), program: undefined, clock: systemClock }
    expect(await bringInLine(directory, other, options)).toEqual([])
    writeFiles(directory, { 'releases/b.en.md': markdown(['title: B']) })
    return commit(statements)
  })
  writeFiles(directory, { 'releases/b.en.md': release('B') })
  expect(await content.update()).toBe(false)
  expect(told.mock.calls.join('\n')).toMatch(/^releases\/b\.en\.md/m)
  expect(told.mock.calls.join('\n')).not.toContain('taken up:')
})

/** Files that are being written, while somebody says so. */
class SometimesHeld extends AtRest {
  isWritten = false

  override holds() {
    this.isHeld = this.isWritten
    return this.isHeld
  }
}

test('what is wrong is told once, with what is served meanwhile if there is something, and stays while files are written', async () => {
  const file = 'releases/a.en.md'
  const directory = temporaryFolder({ [file]: markdown(['title: A']) })
  const lines = vi.spyOn(console, 'error').mockImplementation(() => {})
  const rest = new SometimesHeld()
  const { content, isUsable, close } = await startHere(directory, { DATABASE: ':memory:' }, rest)
  onTestFinished(() => {
    lines.mockRestore()
    close()
  })
  const told = () => {
    const text = lines.mock.calls.join('\n')
    lines.mockClear()
    return text
  }
  expect(isUsable).toBe(false)
  const atStart = told()
  expect(atStart).toMatch(/^releases\/a\.en\.md:.* published/m)
  expect(atStart).not.toContain('Until this is mended')
  writeFiles(directory, { [file]: release('A') })
  content.isServing = await content.update()
  expect(told()).toContain(`${file} is mended.`)
  writeFiles(directory, { [file]: markdown(['title: A']) })
  expect(await content.update()).toBe(false)
  expect(told()).toContain('Until this is mended, what was there before is served')
  const { problems } = content
  rest.isWritten = true
  await content.update()
  expect([content.problems, told()]).toEqual([problems, ''])
})
