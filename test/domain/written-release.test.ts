// A release with every field, in all places where a field could be forgotten. That each is named where a
// release is written down is for the compiler; here is what it cannot see.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { registerExport } from '../../src/cli/export.ts'
import { createReleaseReader } from '../../src/content/read-release.ts'
import { readSite, readTopics } from '../../src/content/read-site.ts'
import type { ReleaseFields } from '../../src/domain/release.ts'
import { writeDown } from '../../src/domain/written-release.ts'
import { runCommand } from '../cli/run.ts'
import { siteYaml, temporaryFolder, topicsYaml } from '../content-folder.ts'
import { hurriedClock, nodePress } from '../platforms.ts'

/** A draft is not stored, and so not written down. */
type StoredFields = Omit<ReleaseFields, 'draft'>
type EveryField = { [Name in keyof Required<StoredFields>]: NonNullable<StoredFields[Name]> }

/** As the service writes it down itself. */
const written: EveryField = {
  slug: 'meeting',
  language: 'en',
  title: 'A meeting',
  lead: 'Ministers meet.',
  published: '2024-01-24T07:00:00Z',
  updated: '2024-01-24T09:00:00Z',
  authored: '2024-01-23T09:00:00Z',
  id: 'https://old.example/1',
  topics: ['eu'],
  publisher: 'customs',
  kind: 'speech',
  contacts: [{ name: 'A', role: 'B', phone: '+358 1', email: 'a@b.example', for: 'interviews' }],
  attachments: [{ file: 'a.pdf', title: 'Agenda', alt: 'A page', credit: 'C' }],
  event: { start: '2024-02-01', end: '2024-02-02', place: 'Antwerp' },
  related: [{ url: 'https://example.org/', title: 'More' }],
  url: 'https://office.example/meeting',
  formerly: ['assembly'],
  changes: [{ at: '2024-01-24T08:00:00Z', kind: 'minor', note: 'A comma.' }],
  corrects: 'mistake',
  archived: true,
  withdrawn: { at: '2024-01-24T09:00:00Z', reason: 'Wrong.', replacedBy: 'another' },
  body: { html: '<p>The text.</p>' },
}

/** Another value for each field. */
const otherwise: EveryField = {
  slug: 'gathering',
  language: 'fi',
  title: 'Another meeting',
  lead: 'They meet.',
  published: '2024-01-24T07:00:01Z',
  updated: '2024-01-24T10:00:00Z',
  authored: '2024-01-23T09:00:01Z',
  id: 'https://old.example/2',
  topics: ['crime'],
  publisher: 'ministry',
  kind: 'statement',
  contacts: [],
  attachments: [],
  event: { start: '2024-02-01' },
  related: [],
  url: 'https://office.example/gathering',
  formerly: [],
  changes: [],
  corrects: 'error',
  archived: true,
  withdrawn: { at: '2024-01-24T09:00:00Z', reason: 'Too early.' },
  body: { html: '<p>Another text.</p>' },
}

const fields = Object.keys(written) as (keyof StoredFields)[]
const site = readSite(siteYaml).site!
const { vocabulary } = readTopics(topicsYaml, site.languages, site.timezone)
const readRelease = createReleaseReader({
  site,
  vocabulary,
  findMedia: () => ({ type: 'application/pdf', size: 1 }),
})

async function read(release: object) {
  const { draft, problems } = await readRelease(release, { source: 'a', origin: 'a' })
  expect(problems).toEqual([])
  return draft!
}

test('a release with every field is written down as it was, in the same order', async () => {
  const again = writeDown((await read(written)).release, site)
  expect(JSON.stringify(again)).toBe(JSON.stringify(written))
})

test.each(fields)('another %s makes another fingerprint of the draft', async (field) => {
  const { [field]: value, ...rest } = written
  // There is one value of this: it is there or not.
  const changed = field === 'archived' ? rest : { ...rest, [field]: otherwise[field] }
  expect(changed).not.toEqual({ ...rest, [field]: value })
  expect((await read(changed)).hash).not.toBe((await read(written)).hash)
})

test('a withdrawal, the history and an export keep every field', async () => {
  const directory = temporaryFolder({ 'media/a.pdf': 'A' })
  const press = await nodePress(directory, hurriedClock(), undefined, { isOnDisk: true })
  onTestFinished(press.close)
  const ask = async (method: string, path: string, body?: object) => {
    const answer = await press.fetch(`/api/releases/meeting/en${path}`, {
      method,
      headers: {
        Authorization: 'Bearer a-secret-of-the-newsroom',
        'Content-Type': 'application/json',
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    expect(answer.status).toBeLessThan(300)
    return (await answer.json()) as Record<string, unknown> & { history: { replaced: object }[] }
  }
  const { withdrawn, ...standing } = written
  const timed = { updated: expect.any(String) as string, withdrawn: undefined }
  const status = expect.any(Object) as object
  await ask('PUT', '', standing)
  expect(await ask('GET', '')).toEqual({ ...standing, ...timed, status })

  const { at: _, ...withdrawal } = withdrawn
  await ask('POST', '/withdraw', withdrawal)
  const told = { ...withdrawal, at: expect.any(String) as string }
  const now = { ...written, ...timed, withdrawn: told }
  expect(await ask('GET', '')).toEqual({ ...now, status })
  const { history } = await ask('GET', '/history')
  expect(history[0]!.replaced).toEqual({ ...standing, ...timed })

  const folder = join(temporaryFolder({}), 'exported')
  const environment = { DATABASE: press.databaseFile, CONTENT_DIR: directory }
  expect(await runCommand(registerExport, ['export', folder], { environment })).toMatchObject({
    code: 0,
  })
  const [file] = readdirSync(join(folder, 'releases'))
  // Whether it is history is what became of it: a notice is in every head.
  const exported = { ...now, archived: undefined }
  expect(JSON.parse(readFileSync(join(folder, 'releases', file!), 'utf8'))).toEqual(exported)
})
