import { randomUUID } from 'node:crypto'
import { systemClock } from '../clock.ts'
import { composeNode } from '../compose-node.ts'
import { bringInLine } from '../content/bring-in-line.ts'
import type { Readers } from '../content/reading.ts'
import { wordsOf } from '../content/words.ts'
import type { Clock } from '../domain/clock.ts'
import type { FileProblem } from '../domain/problem.ts'
import type { Draft } from '../domain/publishing.ts'
import { readingInThreads } from '../read-in-threads.ts'
import { createContentStore } from '../store/content-store.ts'
import { migrate } from '../store/migrate.ts'
import { openDatabase, readMigrations } from '../store/node-sqlite.ts'
import { createReleaseStore } from '../store/release-store.ts'

/** Documents are asked for once, so few are worth keeping. */
const kept = 8_000_000

type Options = {
  baseUrl: string
  /** BASE_URL of the service itself, if another address is shown here. */
  ownAddress?: string
  /** What is to come is shown as if its time had come, and so is what says `draft: true`. */
  isPreview?: boolean
  /** Who reads the texts; threads if it is left out. */
  readers?: Readers
  /** Told now and then how many releases were read. */
  progress?: (count: number) => void
}

export type Service = Awaited<ReturnType<typeof serviceInMemory>>

/** A clock that is never before the time of a release: all of them have come out. */
function clockBehindAll(drafts: Draft[]): Clock {
  let second = 0
  let looked = 0
  const now = () => {
    for (; looked < drafts.length; looked++) {
      second = Math.max(second, drafts[looked]!.release.published)
    }
    return Math.max(second, systemClock.now())
  }
  return { now, passed: async (over) => void (second = Math.max(second, over + 1)) }
}

/** The service as it is, over a content folder and a database in memory. */
export async function serviceInMemory(
  directory: string,
  {
    baseUrl,
    ownAddress = baseUrl,
    isPreview = false,
    readers = readingInThreads,
    progress,
  }: Options,
) {
  const database = openDatabase(':memory:')
  await migrate(database, readMigrations())
  const content = createContentStore(database, { wordsOf })
  const drafts: Draft[] = []
  const unfinished: Draft[] = []
  const clock = isPreview ? clockBehindAll(drafts) : systemClock
  const problems: FileProblem[] = await bringInLine(
    directory,
    {
      ...content,
      async stage(batch, more, now, first) {
        drafts.push(...more)
        await content.stage(batch, more, now, first)
      },
    },
    {
      batch: randomUUID(),
      program: '',
      clock,
      readers,
      baseUrl: ownAddress,
      takesUnfinished(draft) {
        unfinished.push(draft)
        return isPreview
      },
      ...(progress && { progress }),
    },
  )
  const store = createReleaseStore(database)
  const service = composeNode({
    database,
    contentDirectory: directory,
    uploads: undefined,
    baseUrl,
    tokens: [],
    clock,
    problems: () => problems,
    memory: kept,
    write: () => {},
  })
  return {
    /** What is wrong with the folder; unless all are warnings, there is nothing to serve. */
    problems,
    /** The releases as they were read. */
    drafts,
    /** Those that say `draft: true`. Only a preview shows them. */
    unfinished,
    store,
    clock,
    fetch: async (request: Request) => service.fetch(request),
    close: () => database.close(),
  }
}
