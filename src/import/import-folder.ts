import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { absent, openFolder } from '../content/folder.ts'
import { splitFrontMatter } from '../content/front-matter.ts'
import { readSite, readTopics } from '../content/read-site.ts'
import { formatProblem } from '../domain/problem.ts'
import type { Site } from '../domain/site.ts'
import type { VocabularySource } from '../domain/topic.ts'
import { NotImported } from './read-entry.ts'
import { redirectsFile } from './redirects.ts'
import type { TakenAddresses } from './assign-slugs.ts'
import type { ImportedRelease } from './settle.ts'

/** A line of `releases/imported/{year}.jsonl`. Without `id` somebody wrote something else there. */
type Line = { text: string; id?: string; published?: string }

/** A release as a line, ready to be written. */
export type ReleaseLine = Required<Line>

/** What a content folder holds before an import. */
export type ImportFolder = {
  topicsText: string
  /** Where old pages are now. */
  redirects: string
  site: Site
  vocabulary: VocabularySource
  /** Lines of what was imported before, by the file they are in. */
  lines: Map<string, Line[]>
  /** Releases that were imported before, by their identity. */
  imported: Map<string, ImportedRelease>
  /** Identities of releases in other files, with the file. */
  elsewhere: Map<string, string>
  taken: TakenAddresses
}

const importedFile = /^releases\/imported\/[^/]+\.jsonl$/

/** The text of `site.yaml`, if there is one. */
export async function readSiteFile(directory: string): Promise<string | undefined> {
  return readFile(join(directory, 'site.yaml'), 'utf8').catch(absent)
}

/** Looks a folder through. Throws NotImported when it says of itself what cannot be understood. */
export async function readImportFolder(directory: string, siteText: string): Promise<ImportFolder> {
  const folder = await openFolder(directory)
  const topicsText = (await folder.read('topics.yaml').catch(absent)) ?? ''
  const { site, problems } = readSite(siteText)
  const { vocabulary, problems: topicProblems } = readTopics(
    topicsText,
    site?.languages ?? ['en'],
    site?.timezone ?? 'UTC',
  )
  const wrong = [...problems, ...topicProblems].filter(({ warning }) => !warning)
  if (!site || wrong.length > 0) {
    throw new NotImported(
      `${directory} has mistakes. Mend them first:\n${wrong.map(formatProblem).join('\n')}`,
    )
  }
  const found: ImportFolder = {
    topicsText,
    redirects: (await folder.read(redirectsFile).catch(absent)) ?? '',
    site,
    vocabulary,
    lines: new Map(),
    imported: new Map(),
    elsewhere: new Map(),
    taken: new Map(),
  }
  for (const { path } of folder.releases) {
    const text = await folder.read(path).catch(() => '')
    if (path.endsWith('.md')) addMarkdown(found, path, text)
    else addLines(found, path, text)
  }
  return found
}

function addMarkdown({ elsewhere, taken }: ImportFolder, path: string, text: string) {
  const [, slug, language] = /([^/]*?)\.([^./]+)\.md$/.exec(path) ?? []
  const { id } = Object(splitFrontMatter(text)?.fields.value) as { id?: unknown }
  if (typeof id === 'string') elsewhere.set(id, path)
  if (slug && language)
    taken.set(`${slug}/${language.toLowerCase()}`, typeof id === 'string' ? id : path)
}

function addLines({ lines, imported, elsewhere, taken }: ImportFolder, path: string, text: string) {
  const isImported = importedFile.test(path)
  const found = text.split('\n').filter((line) => line.trim())
  for (const line of found) {
    const { slug, language, id, title, published } = fieldsOf(line)
    const key = typeof id === 'string' ? id : path
    if (typeof slug === 'string' && typeof language === 'string')
      taken.set(`${slug}/${language}`, key)
    if (typeof id !== 'string') continue
    if (isImported && typeof slug === 'string') {
      imported.set(id, { slug, title: String(title), published: String(published) })
    } else elsewhere.set(id, path)
  }
  if (!isImported) return
  lines.set(
    path,
    found.map((text): Line => {
      const { id, published } = fieldsOf(text)
      return {
        text,
        ...(typeof id === 'string' && { id }),
        ...(typeof published === 'string' && { published }),
      }
    }),
  )
}

function fieldsOf(line: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line)) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** What an import changes in the files of releases. */
export type Difference = {
  files: Map<string, string>
  added: number
  changed: number
  same: number
}

/** The files of `releases/imported/` with these releases in them, each in the year it came out. */
export function mergeReleases(folder: ImportFolder, releases: ReleaseLine[]): Difference {
  const fileOf = new Map<string, string>()
  const before = new Map<string, string>()
  const lines = new Map([...folder.lines].map(([file, all]) => [file, [...all]]))
  for (const [file, all] of lines) {
    for (const { id, text } of all) {
      if (id === undefined) continue
      fileOf.set(id, file)
      before.set(id, text)
    }
  }
  const difference: Difference = { files: new Map(), added: 0, changed: 0, same: 0 }
  const touched = new Set<string>()
  const leaving = new Map<string, Set<string>>()
  const coming = new Map<string, Line[]>()
  for (const release of releases) {
    const { text } = release
    const file = `releases/imported/${release.published.slice(0, 4)}.jsonl`
    const from = fileOf.get(release.id)
    if (before.get(release.id) === text && from === file) {
      difference.same++
      continue
    }
    if (from === undefined) difference.added++
    else {
      difference.changed++
      leaving.set(from, (leaving.get(from) ?? new Set()).add(release.id))
      touched.add(from)
    }
    coming.set(file, [...(coming.get(file) ?? []), release])
    touched.add(file)
  }
  for (const file of touched) {
    const gone = leaving.get(file)
    const stays = (lines.get(file) ?? []).filter(({ id }) => id === undefined || !gone?.has(id))
    const all = [...stays, ...(coming.get(file) ?? [])]
    const place = ({ published, id }: Line) => `${published} ${id}`
    all.sort((a, b) => (place(a) < place(b) ? -1 : 1))
    difference.files.set(file, all.map(({ text }) => `${text}\n`).join(''))
  }
  return difference
}

/**
 * Writes files, or takes away those without text. Nothing of the process runs in between, so that
 * Ctrl+C leaves all of them as they were or all as they are to be.
 */
export function writeFiles(directory: string, files: Map<string, string>) {
  const changes = Array.from(files, ([path, text]) => {
    const target = join(directory, path)
    const half = join(dirname(target), `.${basename(target)}.part`)
    mkdirSync(dirname(target), { recursive: true })
    if (text) writeFileSync(half, text)
    return { target, half, text }
  })
  for (const { target, half, text } of changes) {
    if (text) renameSync(half, target)
    else rmSync(target, { force: true })
  }
}

/** Writes one file. Until it is whole it has a name that begins with a dot, which is not read. */
export async function writeWhole(target: string, content: string | Uint8Array) {
  await mkdir(dirname(target), { recursive: true })
  const half = join(dirname(target), `.${process.pid}.part`)
  await writeFile(half, content)
  await rename(half, target)
}
