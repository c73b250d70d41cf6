import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { bundleContent } from '../src/bundle-content.ts'
import { bundleWorker } from '../src/bundle-worker.ts'
import { readBundle } from '../src/content/bundle.ts'
import { outputVersion, programVersion } from '../src/domain/output-version.ts'
import { markdown, temporaryFolder, writeFiles } from './content-folder.ts'
import { compressedSize, importedBy } from './worker-build.ts'

test('a broken file stops a deployment, and under wrangler dev what was bundled before is served', () => {
  const release = (title: string) => markdown([`title: ${title}`, 'published: 2024-01-24'])
  const content = temporaryFolder({ 'releases/a.en.md': 'no fields' })
  const place = mkdtempSync(join(tmpdir(), 'tiedote-bundle-'))
  onTestFinished(() => rmSync(place, { recursive: true }))
  const bundle = (command: string) => {
    const script = join(import.meta.dirname, '../src/bundle.ts')
    const env = { ...process.env, CONTENT_DIR: content, WRANGLER_COMMAND: command }
    const { status, stderr } = spawnSync(process.execPath, [script], { cwd: place, env })
    return [status, String(stderr)]
  }
  const worker = () => readFileSync(join(place, '.generated/worker/worker.js'), 'utf8')
  const told = expect.stringContaining('releases/a.en.md:1') as string
  expect(bundle('dev')).toEqual([0, told])
  // Nothing was bundled before: what is wrong is all that can be answered.
  expect(worker()).toContain('releases/a.en.md:1')
  writeFiles(content, { 'releases/a.en.md': release('A') })
  // What an earlier program was made of would be deployed along with this one.
  writeFiles(place, { '.generated/worker/chunk-OLD.js': 'old' })
  expect(bundle('dev')[0]).toBe(0)
  expect(existsSync(join(place, '.generated/worker/chunk-OLD.js'))).toBe(false)
  const bundled = worker()
  expect(bundled).not.toContain('releases/a.en.md')
  writeFiles(content, { 'releases/a.en.md': 'no fields' })
  expect(bundle('dev')).toEqual([0, expect.stringContaining('is still served')])
  expect(bundle('deploy')).toEqual([1, told])
  expect(worker()).toBe(bundled)
  expect(readFileSync(join(place, '.generated/worker/content.txt'), 'utf8')).toContain('"A"')
  // What wrangler runs before it deploys, and does not go on without.
  const own = (file: string) => readFileSync(join(import.meta.dirname, '..', file), 'utf8')
  expect(own('wrangler.toml')).toContain('[build]\ncommand = "npm run bundle"')
  expect(own('package.json')).toContain('"bundle": "node src/bundle.ts"')
})

test('a bundle names the versions of output and program, so that what another one makes is new to readers', async () => {
  const files = { 'releases/a.en.md': markdown(['title: A', 'published: 2024-01-24']) }
  const place = mkdtempSync(join(tmpdir(), 'tiedote-bundle-'))
  onTestFinished(() => rmSync(place, { recursive: true }))
  expect(await bundleContent(temporaryFolder(files), place)).toMatchObject({ count: 1 })
  const { header } = readBundle(readFileSync(join(place, 'worker/content.txt'), 'utf8'))
  expect(header).toMatchObject({ outputVersion, programVersion })
})

test('readers load less than 100 KB of the Worker, and what writes calendars or finds stems only when they ask for it', async () => {
  const place = mkdtempSync(join(tmpdir(), 'tiedote-bundle-'))
  onTestFinished(() => rmSync(place, { recursive: true }))
  await bundleWorker(place)
  const loaded = importedBy(place, 'worker.js')
  expect(compressedSize(place, loaded)).toBeLessThan(100)
  const calendar = readdirSync(place).filter((name) => name.startsWith('calendar-'))
  expect(calendar).toHaveLength(1)
  expect([...loaded]).not.toContain(calendar[0])
  expect(readFileSync(join(place, calendar[0]!), 'utf8')).toContain('BEGIN:VCALENDAR')
  const stems = readdirSync(place).filter((name) => name.startsWith('words-'))
  expect(stems).toHaveLength(1)
  expect([...loaded]).not.toContain(stems[0])
  // An isolate compiles it when it is asked for the first one.
  expect(compressedSize(place, calendar)).toBeLessThan(12)
})
