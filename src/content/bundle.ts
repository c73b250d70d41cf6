import type { Clock } from '../domain/clock.ts'
import type { Draft, FileStamp } from '../domain/publishing.ts'
import type { ContentStore } from '../domain/release-store.ts'
import type { Site } from '../domain/site.ts'
import type { VocabularySource } from '../domain/topic.ts'
import { addressOf } from './sources.ts'

/** The first line of a bundle. */
export type BundleHeader = {
  /** Fingerprint of everything in the bundle. */
  fingerprint: string
  /** Second when it was made. */
  made: number
  /** The versions of the program that made it. Another one makes another fingerprint, and so a later bundle. */
  outputVersion: number
  programVersion: string
  site: Site
  vocabulary: VocabularySource
  /** The store's migrations, because a Worker has no disk to read them from. */
  migrations: { name: string; sql: string }[]
  /** What follows, a draft a line, in this order. */
  releases: Pick<Draft, 'source' | 'hash'>[]
  /** Sources that say `draft: true`: what is public of them stays. */
  unfinished?: string[]
}

/**
 * A content folder as one text: a header, and a line for each draft, so that only the drafts that are needed
 * are parsed.
 */
export type Bundle = { header: BundleHeader; lines: string[] }

export function readBundle(text: string): Bundle {
  const [header = '', ...lines] = text.trimEnd().split('\n')
  return { header: JSON.parse(header) as BundleHeader, lines }
}

/**
 * V8 holds a text with one byte for each character if none is above U+00FF, and otherwise with two for all. So
 * such characters are escaped, which means the same in JSON, unless there are so many that escaping takes
 * more.
 */
export function writeBundle({ header, lines }: Bundle): string {
  const text = [JSON.stringify(header), ...lines].map((line) => `${line}\n`).join('')
  const escaped = text.replace(wide, escape)
  return escaped.length <= 2 * text.length ? escaped : text
}

const wide = /[\u0100-\uffff]/g

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Characters and releases to a step: D1 takes 2 MB in one value. */
const stepSize = 400_000
const stepCount = 100
/** Portions of an abandoned batch that are deleted at a time: a request may make few queries. */
const portionsAtOnce = 5

/**
 * Brings the store in line with a bundle in at most `steps` steps, each of which stays done even
 * if the platform stops us after it. `program` names what makes documents of it (`outputName`).
 * Answers whether all is done; if not, call again. Readers see the old content until the last step
 * and all of the new after it. A bundle that was made before the one that is there changes nothing.
 */
export async function bringBundleInLine(
  { header, lines }: Bundle,
  store: ContentStore,
  { program, clock, steps }: { program: string; clock: Clock; steps: number },
): Promise<boolean> {
  const { fingerprint, made, site, vocabulary, releases, unfinished = [] } = header
  const there = await store.bundle()
  // While a new version is rolled out, the old one must not bring back what it replaced.
  if (there && there.made > made) return true
  for (const batch of await store.abandoned(clock.now())) {
    if (batch !== fingerprint) await store.discard(batch, portionsAtOnce)
  }
  if (there?.fingerprint === fingerprint && (await store.program()) === program) {
    return store.tidy(clock.now())
  }
  const { drafts, isShown } = await store.known()
  const known = await drafts()
  const staged = await store.staged(fingerprint)
  const missing = releases.flatMap(({ source, hash }, index) => {
    const isKnown = known.get(source)?.hash === hash || staged.get(source) === hash
    return isKnown ? [] : [{ line: lines[index]!, index }]
  })
  for (let step = 0; missing.length > 0; step++) {
    if (step === steps) return false
    const first = missing[0]!.index
    const drafts = nextStep(missing).map(({ line }) => JSON.parse(line) as Draft)
    await store.stage(fingerprint, drafts, clock.now(), first)
  }
  const sources = new Set(releases.map(({ source }) => source))
  for (const source of unfinished) {
    const id = known.get(source)?.id
    if (id === undefined || !(await isShown?.(id, addressOf(source), clock.now()))) continue
    // Whoever made the bundle could not be told.
    console.error(`${source} is public, so it cannot be a draft again: it stays. Withdraw it.`)
    sources.add(source)
  }
  const removed = [...known.keys()].filter((source) => !sources.has(source))
  const update = { site, vocabulary, files: new Map<string, FileStamp>(), removed, program }
  return store.apply(fingerprint, update, clock, { fingerprint, made })
}

/** Takes the lines of one step from the front. */
function nextStep<Step extends { line: string }>(lines: Step[]): Step[] {
  let size = 0
  const end = lines.slice(0, stepCount).findIndex(({ line }, count) => {
    size += line.length
    return count > 0 && size > stepSize
  })
  return lines.splice(0, end === -1 ? stepCount : end)
}
