import type { Clock } from '../domain/clock.ts'
import { DomainError } from '../domain/errors.ts'
import type { FileProblem } from '../domain/problem.ts'
import type { Draft, FileStamp } from '../domain/publishing.ts'
import type { ContentStore } from '../domain/release-store.ts'
import { loadContent } from './load-content.ts'
import type { Readers } from './reading.ts'
import type { Rest } from './rest.ts'

type Options = {
  /** Names the batch of drafts. */
  batch: string
  /** Names what makes documents of the content (`outputName`); undefined to leave it as it is in the store. */
  program: string | undefined
  clock: Clock
  /** Told now and then how many releases have been looked at. */
  progress?: (count: number) => void
  /** Told how many releases are new or different, before they are made public. Another process may be first. */
  beforeChange?: (count: number) => void
  /** Told the same when they are public, and the first of them. */
  afterChange?: (count: number, first: Draft[]) => void
  /** Requests are answered meanwhile. */
  isServing?: boolean
  /** Tells which files may be read while somebody writes into the folder. */
  rest?: Rest | undefined
  /** Who reads the texts; this thread if it is left out. */
  readers?: Readers | undefined
  /** BASE_URL, so that texts may have our own full addresses. */
  baseUrl?: string | undefined
  /** Whether a release that says `draft: true` is brought in all the same, as for a preview. */
  takesUnfinished?: ((draft: Draft) => boolean) | undefined
}

/** Releases of a change that are named. */
const mostNamed = 5

/**
 * Brings the store in line with a content folder: reads what changed and makes it public at once. Returns
 * every problem of the folder. Unless all are warnings, the store stays as it was.
 */
export async function bringInLine(
  directory: string,
  store: ContentStore,
  options: Options,
): Promise<FileProblem[]> {
  for (;;) {
    try {
      return await look(directory, store, options)
    } catch (error) {
      // Another process was first. What it took up may be newer than what was read here.
      if (!(error instanceof DomainError && error.code === 'changed')) throw error
    }
  }
}

async function look(
  directory: string,
  store: ContentStore,
  {
    batch,
    program,
    clock,
    progress = () => {},
    beforeChange = () => {},
    afterChange = () => {},
    isServing = false,
    rest,
    readers,
    baseUrl,
    takesUnfinished,
  }: Options,
): Promise<FileProblem[]> {
  const known = await store.known()
  let staged = 0
  const firstStaged: Draft[] = []
  const stage = async (drafts: Parameters<ContentStore['stage']>[1]) => {
    const first = staged
    staged += drafts.length
    firstStaged.push(...drafts.slice(0, mostNamed - firstStaged.length))
    await store.stage(batch, drafts, clock.now(), first)
  }
  try {
    const { content, problems } = await loadContent(directory, {
      known,
      stage,
      now: clock.now(),
      progress,
      isServing,
      baseUrl,
      takesUnfinished,
      rest,
      ...(readers && { readers }),
    })
    if (!content) return problems
    const filesAreKnown =
      content.files.size > 0 &&
      content.files.size === known.files.size &&
      [...content.files].every(([path, file]) => isSame(file, known.files.get(path)))
    const programBefore = await store.program()
    const programNow = program ?? programBefore ?? ''
    const isChanged =
      !filesAreKnown || staged > 0 || content.removed.length > 0 || programBefore !== programNow
    if (!isChanged) return problems
    beforeChange(staged)
    const decidedFor = known.lastChange
    const update = { ...content, program: programNow, decidedFor, drafts: staged }
    await store.apply(batch, update, clock)
    afterChange(staged, firstStaged)
    return problems
  } finally {
    // Only if there are some, because a store that cannot be written need not be while nothing is new.
    if (staged > 0) await store.discard(batch)
  }
}

function isSame(file: FileStamp, before: FileStamp | undefined): boolean {
  return file.stamp === before?.stamp && JSON.stringify(file.media) === JSON.stringify(before.media)
}
