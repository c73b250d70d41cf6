import { fingerprint } from '../domain/identity.ts'
import type { FileText, FileToRead, Surroundings } from '../domain/reading.ts'
import { readBodies } from './read-body.ts'
import { readerFor, readReleases, type TextReader } from './read-release.ts'
import { readSite, readTopics } from './read-site.ts'
import { type WrittenInFile, writtenInJsonLine, writtenInMarkdown } from './written-file.ts'

/**
 * All reading that may take long, as pure functions of plain values. On Node threads run them
 * (`read-in-threads.ts`). Elsewhere, and where nobody waits, they run in the calling thread.
 */
export const reading = {
  bodies: readBodies,
  releases: readReleases,
  files: readFiles,
  frame: readFrame,
}

/** Who reads the texts: this thread, or others. */
export type Readers = typeof reading

/** Files of a content folder. `basis` goes into the fingerprint of each whose `origin` is not told. */
export type FilesToRead = { basis: string; now: number; files: FileToRead[] }

async function readFiles(
  { basis, now, files }: FilesToRead,
  surroundings: Surroundings,
): Promise<FileText[]> {
  const reader = readerFor(surroundings)
  const texts: FileText[] = []
  for (const { path, text, line, origin: known, withdrawn } of files) {
    const found =
      line === undefined ? writtenInMarkdown(path, text) : writtenInJsonLine(path, line, text)
    const origin = known ?? fingerprint(`${basis}\n${text}`)
    const isWithdrawn = withdrawn?.includes(found.source) ?? false
    texts.push(await readFound(found, { origin, now, isWithdrawn }, reader))
  }
  return texts
}

async function readFound(
  { source, line, written, problems: found, inFile }: WrittenInFile,
  { origin, ...when }: { origin: string; now: number; isWithdrawn: boolean },
  reader: TextReader,
): Promise<FileText> {
  const place = { source, ...(line !== undefined && { line }) }
  if (written === undefined)
    return { ...place, published: undefined, mentions: [], problems: found }
  const { mentions, problems, ...rest } = await reader.read({
    written,
    origin: { source, origin },
    isNew: false,
    ...when,
  })
  return {
    ...place,
    ...rest,
    mentions: mentions.map((mention) => ({
      ...mention,
      line: inFile({ field: mention.field, message: '' }).line,
    })),
    problems: [...found, ...problems.map(inFile)],
  }
}

/** `site.yaml` and `topics.yaml`. */
async function readFrame({ siteText, topicsText }: { siteText: string; topicsText: string }) {
  const { site, languages, problems } = readSite(siteText)
  const topics = languages && readTopics(topicsText, languages, site?.timezone ?? 'UTC')
  return { site, problems, topics }
}
