import { slugOf } from '../content/slug.ts'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { absent } from '../content/folder.ts'
import { fingerprint } from '../domain/identity.ts'
import { NotReached } from '../web-client.ts'
import type { FetchDocument } from './fetch-document.ts'
import { writeWhole } from './import-folder.ts'
import type { LeftOut } from './read-entry.ts'
import type { KeptFiles } from './compose-release.ts'

/** What may be kept, and what servers call it. Nothing that a browser would run. */
const types: Record<string, RegExp> = {
  jpg: /^image\/jpe?g$/,
  jpeg: /^image\/jpe?g$/,
  png: /^image\/png$/,
  gif: /^image\/gif$/,
  webp: /^image\/webp$/,
  pdf: /^application\/(x-)?pdf$/,
  doc: /^application\/msword$/,
  docx: /^application\/vnd\.openxmlformats-officedocument\.wordprocessingml\.document$/,
  xls: /^application\/vnd\.ms-excel$/,
  xlsx: /^application\/vnd\.openxmlformats-officedocument\.spreadsheetml\.sheet$/,
  ppt: /^application\/vnd\.ms-powerpoint$/,
  pptx: /^application\/vnd\.openxmlformats-officedocument\.presentationml\.presentation$/,
  odt: /^application\/vnd\.oasis\.opendocument\.text$/,
  ods: /^application\/vnd\.oasis\.opendocument\.spreadsheet$/,
  csv: /^text\/(csv|plain)$/,
  txt: /^text\/plain$/,
  zip: /^application\/(x-)?zip(-compressed)?$/,
  mp3: /^audio\/(mpeg|mp3)$/,
  m4a: /^audio\/(mp4|x-m4a|m4a)$/,
  mp4: /^video\/mp4$/,
}

/** Workers serve no larger files. */
const largestFile = 25_000_000
const folder = 'imported'

type Options = {
  fetchDocument: FetchDocument
  /** Told after each file. */
  progress: () => void
}

/**
 * Copies files from the web into `media/imported/`. A file's name is made of its address, so that one
 * that is there already is that file, and no other is written over. What is not copied is told.
 */
export async function keepFiles(
  directory: string,
  urls: string[],
  { fetchDocument, progress }: Options,
): Promise<{ files: KeptFiles; leftOut: LeftOut[] }> {
  const target = join(directory, 'media', folder)
  const names = (await readdir(target).catch(absent)) ?? []
  const there = new Map(names.map((name) => [name.replace(/\.\w+$/, ''), name]))
  const files: KeptFiles = new Map()
  const leftOut: LeftOut[] = []
  const silent = new Set<string>()
  for (const url of new Set(urls)) {
    const stem = stemOf(url)
    const known = there.get(stem)
    const { host } = new URL(url)
    const name =
      known ??
      (silent.has(host)
        ? new Error(`${host} could not be reached before.`)
        : await keep(url, stem, target, fetchDocument).catch((error: Error) => error))
    // Whoever is gone is not asked for a thousand pictures, each of them three times.
    if (name instanceof NotReached) silent.add(host)
    if (name instanceof Error) leftOut.push({ what: url, reason: name.message })
    else {
      files.set(url, `${folder}/${name}`)
      there.set(stem, name)
    }
    progress()
  }
  return { files, leftOut }
}

function stemOf(url: string): string {
  const last = new URL(url).pathname.split('/').findLast((part) => part !== '') ?? ''
  const name = slugOf(last.replace(/%[0-9a-f]{2}/gi, '-').replace(/\.\w+$/, ''), 60)
  return `${name ?? 'file'}-${fingerprint(url).slice(0, 8)}`
}

async function keep(
  url: string,
  stem: string,
  target: string,
  fetchDocument: FetchDocument,
): Promise<string> {
  const stated = /\.(\w{1,5})$/.exec(new URL(url).pathname)?.[1]?.toLowerCase()
  const { bytes, contentType } = await fetchDocument(url, largestFile)
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase()
  const ending = endingOf(stated, type)
  if (!ending)
    throw new Error(
      `It is not copied, because its type (${type || 'unknown'}) is not among those that may be.`,
    )
  const name = `${stem}.${ending}`
  await writeWhole(join(target, name), bytes)
  return name
}

/** The ending that both the address and the server stand for. */
function endingOf(stated: string | undefined, type: string): string | undefined {
  const isVague = type === '' || /^(application|binary)\/octet-stream$/.test(type)
  if (stated && types[stated] && (isVague || types[stated].test(type))) return stated
  if (isVague) return undefined
  // An address such as /image?id=3 says nothing.
  const isSilent = !stated || !types[stated]
  return isSilent ? Object.keys(types).find((ending) => types[ending]!.test(type)) : undefined
}
