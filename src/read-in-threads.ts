import type { FilesToRead, Readers } from './content/reading.ts'
import { fingerprint } from './domain/identity.ts'
import type { Problem } from './domain/problem.ts'
import type { FileText, FileToRead, ReadBody, ReadText, ReleaseToRead } from './domain/reading.ts'
import { Pool, TooCostly } from './pool.ts'

/**
 * Reads in threads, so that nobody who polls waits for it. What takes too long or too much memory in spite
 * of all limits is given up there, and told like any other problem.
 */
export function readInThreads(pool: Pool): Readers {
  const readBodies = (some: Uint8Array[]) => {
    const size = some.reduce((sum, { length }) => sum + length, 0)
    return pool.run('readBodies', some, size) as Promise<ReadBody[]>
  }
  return {
    bodies: (bodies) => eachAlone(bodies, readBodies, () => refusedBody),
    releases(releases, surroundings) {
      const read = (some: typeof releases) =>
        pool.run('readReleases', some, sizeOfReleases(some), surroundings) as Promise<ReadText[]>
      return eachAlone(releases, read, () => refusedRelease)
    },
    files(asked, surroundings) {
      const read = (files: FileToRead[]) =>
        pool.run('readFiles', { ...asked, files }, sizeOfFiles(files), surroundings) as Promise<
          FileText[]
        >
      return readFiles(asked, read)
    },
    frame: (texts) => pool.run('readFrame', texts, 0) as ReturnType<Readers['frame']>,
  }
}

/** Characters of the texts of releases, which is what takes time. */
function sizeOfReleases(releases: ReleaseToRead[]): number {
  return releases.reduce((sum, { written }) => {
    const { body } = Object(written) as { body?: unknown }
    const { html, markdown } = Object(body) as { html?: unknown; markdown?: unknown }
    const text = html ?? markdown
    return sum + (typeof text === 'string' ? text.length : 0)
  }, 0)
}

function sizeOfFiles(files: FileToRead[]): number {
  return files.reduce((sum, { text }) => sum + text.length, 0)
}

/** Of the one pool of this process. It starts with the first work that it is given. */
export const readingInThreads = readInThreads(new Pool())

const givenUp: Problem = {
  field: '',
  message:
    'Reading this takes more than 10 seconds or 200 MB of memory. Write it more plainly, or in parts.',
}

const refusedRelease: ReadText = { published: undefined, mentions: [], problems: [givenUp] }
const refusedBody: ReadBody = {
  refusal: { code: 'wrong', message: givenUp.message, details: { errors: [givenUp] } },
}

/**
 * Does all inputs at once. If that is given up, it does each alone, so that only the costly ones are given up.
 */
async function eachAlone<Input, Output>(
  inputs: Input[],
  work: (some: Input[]) => Promise<Output[]>,
  instead: (input: Input) => Output,
): Promise<Output[]> {
  try {
    return await work(inputs)
  } catch (error) {
    if (!(error instanceof TooCostly)) throw error
    if (inputs.length === 1) return [instead(inputs[0]!)]
  }
  const outputs: Output[] = []
  for (const input of inputs) outputs.push(...(await eachAlone([input], work, instead)))
  return outputs
}

/** When files were given up, in milliseconds: the folder is looked at every half minute. */
const lastGivenUp = new Map<string, number>()
const mostRemembered = 100
/** Milliseconds after which they are tried again, because the machine may have been busy with other things. */
const tryAgain = 600_000

async function readFiles(
  { basis, files }: Pick<FilesToRead, 'basis' | 'files'>,
  read: (files: FileToRead[]) => Promise<FileText[]>,
): Promise<FileText[]> {
  const leftOut = new Set<FileToRead>()
  for (const file of lastGivenUp.size > 0 ? files : []) {
    const since = lastGivenUp.get(markOf(basis, file))
    if (since !== undefined && Date.now() - since < tryAgain) leftOut.add(file)
  }
  const tried = files.filter((file) => !leftOut.has(file))
  const texts = tried.length > 0 ? await eachAlone(tried, read, fileGivenUp) : []
  for (const [index, { isGivenUp }] of texts.entries()) {
    if (isGivenUp) remember(markOf(basis, tried[index]!))
  }
  return files.map((file) => (leftOut.has(file) ? fileGivenUp(file) : texts.shift()!))
}

function markOf(basis: string, { path, text }: FileToRead): string {
  return fingerprint(`${basis}\n${path}\n${text}`)
}

function remember(mark: string) {
  lastGivenUp.set(mark, Date.now())
  if (lastGivenUp.size > mostRemembered) lastGivenUp.delete(lastGivenUp.keys().next().value!)
}

function fileGivenUp({ path, line }: FileToRead): FileText {
  return {
    source: line === undefined ? path : `${path}#${line}`,
    ...(line !== undefined && { line }),
    published: undefined,
    mentions: [],
    problems: [givenUp],
    isGivenUp: true,
  }
}
