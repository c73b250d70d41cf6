import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { wordsOf } from '../src/content/words.ts'
import { bundleWorker } from '../src/bundle-worker.ts'
import { bringBundleInLine, type Bundle, readBundle, writeBundle } from '../src/content/bundle.ts'
import { loadContent } from '../src/content/load-content.ts'
import { allReleases } from '../src/domain/feed-query.ts'
import { outputVersion, programVersion } from '../src/domain/output-version.ts'
import type { Draft } from '../src/domain/publishing.ts'
import type { Database } from '../src/store/database.ts'
import { readMigrations } from '../src/store/node-sqlite.ts'
import { createContentStore } from '../src/store/content-store.ts'
import { createReleaseStore } from '../src/store/release-store.ts'
import { markdown, temporaryFolder } from './content-folder.ts'
import { newDatabase } from './new-database.ts'
import { baseUrl, nodeService, workerService, workerVariables } from './platforms.ts'
import { workerSettings } from './worker-settings.ts'
import { isTrial } from './trials.ts'
import { buildWorker } from './worker-build.ts'

const now = Date.UTC(2026, 0, 1) / 1000
const still = { now: () => now, passed: async () => {} }
const inSteps = (steps: number) => ({ program: 'test', clock: still, steps })
const everything = allReleases('en')

function releases(numbers: number[], title = 'Release'): Record<string, string> {
  return Object.fromEntries(
    numbers.map((number) => [
      `releases/release-${number}.en.md`,
      markdown([`title: ${title} ${number}`, `published: 2024-01-24T09:00`, 'topics: [eu]']),
    ]),
  )
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

async function bundleOf(directory: string, made = 0): Promise<Bundle> {
  const drafts: Draft[] = []
  const { content } = await loadContent(directory, {
    stage: async (more) => void drafts.push(...more),
    now: Math.floor(Date.now() / 1000),
  })
  const { site, vocabulary } = content!
  const fingerprint = drafts.map(({ hash }) => hash).join()
  const header = {
    fingerprint,
    made,
    outputVersion,
    programVersion,
    site,
    vocabulary,
    migrations: readMigrations(),
    releases: drafts,
  }
  return readBundle(writeBundle({ header, lines: drafts.map((draft) => JSON.stringify(draft)) }))
}

async function titlesIn(database: Database): Promise<string[]> {
  const store = createReleaseStore(database)
  const found = await store.find(everything, await store.state(now), 1000)
  return found.map(({ title }) => title).toSorted()
}

test('a bundle too large for one request is brought in by several, and shows only when it is whole', async () => {
  const database = await newDatabase()
  const store = createContentStore(database, { wordsOf })
  const bundle = await bundleOf(temporaryFolder(releases(upTo(210))))
  expect(await bringBundleInLine(bundle, store, inSteps(1))).toBe(false)
  await expect(createReleaseStore(database).state(now)).rejects.toMatchObject({
    code: 'unavailable',
  })
  expect(await bringBundleInLine(bundle, store, inSteps(1))).toBe(false)
  expect(await bringBundleInLine(bundle, store, inSteps(1))).toBe(true)
  expect(await titlesIn(database)).toHaveLength(210)

  const next = await bundleOf(temporaryFolder(releases(upTo(205), 'Changed')))
  expect(await bringBundleInLine(next, store, inSteps(2))).toBe(false)
  expect((await titlesIn(database)).every((title) => title.startsWith('Release'))).toBe(true)
  expect(await bringBundleInLine(next, store, inSteps(2))).toBe(true)
  const titles = await titlesIn(database)
  expect(titles).toHaveLength(205)
  expect(titles.every((title) => title.startsWith('Changed'))).toBe(true)
})

test('two isolates that bring in the same bundle at once do no harm', async () => {
  const database = await newDatabase()
  const bundle = await bundleOf(temporaryFolder(releases(upTo(30))))
  const work = () =>
    bringBundleInLine(bundle, createContentStore(database, { wordsOf }), inSteps(9))
  await Promise.all([work(), work(), work()])
  expect(await work()).toBe(true)
  expect(await titlesIn(database)).toHaveLength(30)
})

test('what was put aside for a bundle that never came in is taken away with the next, and what is being put aside is not', async () => {
  const database = await newDatabase()
  const store = createContentStore(database, { wordsOf })
  const waiting = async () => {
    const { results } = await database
      .prepare('select distinct batch from incoming order by batch')
      .all<{ batch: string }>()
    return results.map(({ batch }) => batch)
  }
  const dropped = await bundleOf(temporaryFolder(releases(upTo(250), 'Dropped')))
  expect(await bringBundleInLine(dropped, store, inSteps(2))).toBe(false)
  const [batch] = await waiting()
  const next = await bundleOf(temporaryFolder(releases(upTo(150), 'Next')))
  const at = (seconds: number) => ({ now: () => now + seconds, passed: async () => {} })
  const soon = { program: 'test', clock: at(599), steps: 1 }
  expect(await bringBundleInLine(next, store, soon)).toBe(false)
  expect(await waiting()).toContain(batch)
  const later = { program: 'test', clock: at(600), steps: 1 }
  expect(await bringBundleInLine(next, store, later)).toBe(true)
  expect(await waiting()).toEqual([])
  expect(await titlesIn(database)).toHaveLength(150)
})

test('an older version that is still running does not bring its content back', async () => {
  const database = await newDatabase()
  const store = createContentStore(database, { wordsOf })
  const old = await bundleOf(temporaryFolder(releases([1, 2], 'Old')), 1000)
  const fresh = await bundleOf(temporaryFolder(releases([1, 2], 'New')), 2000)
  expect(await bringBundleInLine(old, store, inSteps(9))).toBe(true)
  expect(await bringBundleInLine(fresh, store, inSteps(9))).toBe(true)
  expect(await bringBundleInLine(old, store, inSteps(9))).toBe(true)
  expect(await titlesIn(database)).toEqual(['New 1', 'New 2'])
})

test('an older version that is at it while a newer one comes does not bring its content back', async () => {
  const database = await newDatabase()
  const store = createContentStore(database, { wordsOf })
  const old = await bundleOf(temporaryFolder(releases([1, 2], 'Old')), 1000)
  const fresh = await bundleOf(temporaryFolder(releases([1, 2], 'New')), 2000)
  const overtaken: typeof store = {
    ...store,
    async apply(...what) {
      await bringBundleInLine(fresh, store, inSteps(9))
      return store.apply(...what)
    },
  }
  expect(await bringBundleInLine(old, overtaken, inSteps(9))).toBe(true)
  expect(await titlesIn(database)).toEqual(['New 1', 'New 2'])
})

test('a bundle that replaces another half-way leaves nothing of it behind', async () => {
  const database = await newDatabase()
  const store = createContentStore(database, { wordsOf })
  const abandoned = await bundleOf(temporaryFolder(releases(upTo(150), 'Abandoned')))
  expect(await bringBundleInLine(abandoned, store, inSteps(1))).toBe(false)
  const bundle = await bundleOf(temporaryFolder(releases(upTo(20))))
  expect(await bringBundleInLine(bundle, store, inSteps(9))).toBe(true)
  expect(await titlesIn(database)).toEqual(
    upTo(20)
      .map((number) => `Release ${number}`)
      .toSorted(),
  )
})

const ownContent = join(import.meta.dirname, '../content')

/** Holds that a Worker answers our own content with the same bytes as Node (H-17). */
async function expectOwnContent(fetch: (path: string) => Promise<Answered>) {
  const node = await nodeService(ownContent)
  const { topics } = (await (await node('/all/topics.json')).json()) as {
    topics: { feeds: Record<string, string> }[]
  }
  // A format of each topic, in turn.
  const addresses = topics.map(({ feeds }, index) => Object.values(feeds)[index % 3]!)
  expect(addresses.length).toBeGreaterThan(15)
  const others =
    '/feed.rss /fi/feed.atom /sv/feed.json /feeds.opml /topics.json / /feed.atom?q=ports'
  for (const address of [...addresses, ...others.split(' ')]) {
    const path = address.replace(baseUrl, '')
    const one = await node(path)
    const other = await fetch(path)
    expect(await other.text(), path).toBe(await one.text())
    expect(other.headers.get('etag'), path).toBe(one.headers.get('etag'))
  }
  const health: unknown = JSON.parse(await (await fetch('/healthz')).text())
  expect(health).toMatchObject({ status: 'ok', version: programVersion })
}

type Answered = { headers: { get(name: string): string | null }; text(): Promise<string> }

test('the Worker as we bundle it and Node answer our own content with the same bytes (H-17)', async () => {
  const program = temporaryFolder()
  await bundleWorker(program)
  const worker = await workerService(ownContent, { program })
  onTestFinished(() => worker.close())
  await expectOwnContent(worker.fetch)
})

test('wrangler reads in wrangler.toml what tests in workerd go by', async () => {
  // Loading it takes a second, which other files of tests need not spend.
  const { unstable_getMiniflareWorkerOptions } = await import('wrangler')
  const project = join(import.meta.dirname, '..')
  const { r2Buckets: _, assets, ...settings } = workerSettings(join(project, '.generated/assets'))
  const { workerOptions, main } = unstable_getMiniflareWorkerOptions(join(project, 'wrangler.toml'))
  expect(workerOptions).toMatchObject({ ...settings, assets })
  expect(main).toBe(join(project, '.generated/worker/worker.js'))
  // Of what we bundled it takes every part, as it is.
  const config = readFileSync(join(project, 'wrangler.toml'), 'utf8')
  expect(config).toContain(
    'no_bundle = true\nrules = [{ type = "ESModule", globs = ["**/*.js"] }]\n',
  )
})

test.skipIf(!isTrial)(
  'what wrangler deploys answers the same bytes, too (H-17)',
  async () => {
    const deployment = await buildWorker(ownContent)
    onTestFinished(deployment.remove)
    expect(deployment.status, deployment.log).toBe(0)
    const { createTestHarness } = await import('wrangler')
    const worker = createTestHarness({
      workers: [
        {
          configPath: join(deployment.folder, 'wrangler.toml'),
          prebuiltWorkerDir: deployment.output,
          vars: workerVariables,
        },
      ],
    })
    await worker.listen()
    onTestFinished(() => worker.close())
    await expectOwnContent((path) => worker.fetch(baseUrl + path))
  },
  180_000,
)
