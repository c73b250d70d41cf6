import { randomUUID } from 'node:crypto'
import { systemClock } from '../clock.ts'
import { composeNode } from '../compose-node.ts'
import { bringInLine } from '../content/bring-in-line.ts'
import { wordsOf } from '../content/words.ts'
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
  /** Told now and then how many releases were read. */
  progress?: (count: number) => void
}

export type Service = Awaited<ReturnType<typeof serviceInMemory>>

/** The service as it is, over a content folder and a database in memory. */
export async function serviceInMemory(directory: string, { baseUrl, progress }: Options) {
  const database = openDatabase(':memory:')
  await migrate(database, readMigrations())
  const content = createContentStore(database, { wordsOf })
  const drafts: Draft[] = []
  const unfinished: Draft[] = []
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
      clock: systemClock,
      readers: readingInThreads,
      baseUrl,
      takesUnfinished(draft) {
        unfinished.push(draft)
        return false
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
    clock: systemClock,
    problems: () => problems,
    memory: kept,
    write: () => {},
  })
  return {
    /** What is wrong with the folder; unless all are warnings, there is nothing to serve. */
    problems,
    /** The releases as they were read. */
    drafts,
    /** Those that say `draft: true`, and are not served. */
    unfinished,
    store,
    fetch: async (request: Request) => service.fetch(request),
    close: () => database.close(),
  }
}
