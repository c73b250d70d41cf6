import {
  closeSync,
  copyFileSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bringInLine } from '../../src/content/bring-in-line.ts'
import { wordsOf } from '../../src/content/words.ts'
import type { Clock } from '../../src/domain/clock.ts'
import { fingerprint, identity } from '../../src/domain/identity.ts'
import type { Draft } from '../../src/domain/publishing.ts'
import { apiSource } from '../../src/domain/publishing-store.ts'
import { type Release, weigh } from '../../src/domain/release.ts'
import type { Site } from '../../src/domain/site.ts'
import { commitChange } from '../../src/store/commit-change.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import { openStore } from '../../src/store/open-store.ts'
import { createPublishingStore } from '../../src/store/publishing-store.ts'
import { stageDrafts } from '../../src/store/staging.ts'
import { type Line, releases, siteYaml, topicsYaml, version } from './input.ts'
import { writeFiles } from './workplace.ts'

/** Where filled databases stay from run to run. */
export const cache = join(tmpdir(), 'tiedote-bench')

/** Releases to a change: more would need more memory, fewer more transactions. */
const portion = 5000

/** The folder that belongs to a filled database: the site and its topics, and no release. */
export function frameFolder(): string {
  const folder = join(cache, 'frame')
  writeFiles(folder, { 'site.yaml': siteYaml, 'topics.yaml': topicsYaml, 'releases/.keep': '' })
  return folder
}

/**
 * A database with this many releases, made when there is none yet. They are put in as those that came
 * through the API, so that no folder of a million has to be read at every start.
 */
export async function filledDatabase(count: number, tell: (text: string) => void): Promise<string> {
  const path = join(cache, `${count}-${version}.db`)
  if (existsSync(path)) return path
  mkdirSync(cache, { recursive: true })
  const unfinished = `${path}.unfinished`
  for (const ending of ['', '-wal', '-shm']) rmSync(unfinished + ending, { force: true })
  const began = performance.now()
  await fill(unfinished, count, (done) => {
    const seconds = Math.round((performance.now() - began) / 1000)
    tell(`${done} of ${count} releases put in after ${seconds} s`)
  })
  renameSync(unfinished, path)
  const megabytes = Math.round(statSync(path).size / 1e6)
  tell(
    `${count} releases took ${Math.round((performance.now() - began) / 1000)} s and ${megabytes} MB`,
  )
  return path
}

/** A copy that may be written to, and is on the disk: the first change of a service would wait for that otherwise. */
export function copyOf(database: string, folder: string): string {
  const copy = join(folder, 'tiedote.db')
  for (const ending of ['-wal', '-shm']) rmSync(copy + ending, { force: true })
  copyFileSync(database, copy, constants.COPYFILE_FICLONE)
  const file = openSync(copy, 'r+')
  fsyncSync(file)
  closeSync(file)
  return copy
}

async function fill(path: string, count: number, progress: (done: number) => void) {
  const database = await openStore(path, { mayBeMadeAnew: true })
  await database.prepare('pragma cache_size = -500000').all()
  const clock = ownClock()
  const problems = await bringInLine(frameFolder(), createContentStore(database, { wordsOf }), {
    batch: 'frame',
    program: 'bench',
    clock,
  })
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  const { site, content } = await createPublishingStore(database, { wordsOf }).siteAndTopics()
  const change = {
    batches: ['fill'],
    site,
    vocabulary: content,
    program: 'bench',
    removed: [],
    others: [],
  }
  let drafts: Draft[] = []
  let done = 0
  const put = async () => {
    await stageDrafts(
      database,
      { batch: 'fill', now: clock.now() },
      drafts.map((draft) => ({ ...draft, dates: 'keep' as const })),
    )
    await commitChange(database, clock, { decide: async () => change, marking: { wordsOf } })
    done += drafts.length
    drafts = []
    if (done % 20_000 === 0) progress(done)
  }
  for (const line of releases(count)) {
    drafts.push(await toDraft(line, site))
    if (drafts.length === portion) await put()
  }
  if (drafts.length > 0) await put()
  await database.prepare('pragma wal_checkpoint(truncate)').all()
  database.close()
}

/** What the reader makes of a line: its HTML is already what the sanitiser would leave. */
async function toDraft(line: Line, site: Site): Promise<Draft> {
  const { body, published, ...written } = line
  const second = Date.parse(published) / 1000
  const release: Release = {
    ...written,
    id: identity(site.id, `${line.slug}/${line.language}`),
    html: body.html,
    published: second,
    updated: second,
    authored: second,
    kind: 'press-release',
    formerly: [],
    contacts: [],
    attachments: [],
    related: [],
    changes: [],
  }
  return {
    source: `${apiSource}${line.slug}.${line.language}`,
    origin: fingerprint(JSON.stringify(line)),
    hash: fingerprint(JSON.stringify([release, []])),
    release,
    words: wordsOf(release),
    weight: weigh(release, site.languages.length),
    media: [],
  }
}

/** There is one change in a second, and nobody is there to wait for it. */
function ownClock(): Clock {
  let second = Date.UTC(2024, 10, 2) / 1000
  return {
    now: () => second,
    async passed(before) {
      second = Math.max(second, before + 1)
    },
  }
}
