import { fingerprint } from '../domain/identity.ts'
import { outputVersion } from '../domain/output-version.ts'
import type { FileProblem } from '../domain/problem.ts'
import type {
  Draft,
  FileStamp,
  FolderContent,
  KnownContent,
  KnownDraft,
} from '../domain/publishing.ts'
import type { Site } from '../domain/site.ts'
import type { VocabularySource } from '../domain/topic.ts'
import { findUnread, isSettled, type LoadedRelease, mediaIn } from './find-unread.ts'
import { absent, type Folder, type FolderFile, openFolder, tooLarge } from './folder.ts'
import type { Readers } from './reading.ts'
import { readRobots } from './robots.ts'
import { readUnread } from './read-unread.ts'
import { brokenReferences, referencesOf, type ReleaseReference } from './release-references.ts'
import type { Rest } from './rest.ts'
import { addressOf, fileOf } from './sources.ts'

/** What loading a folder came to. Without `content` something was wrong, and nothing may be used. */
export type LoadedContent = {
  content?: FolderContent
  /** Sources that say `draft: true` and were left out. */
  unfinished?: string[]
  problems: FileProblem[]
}

type Options = {
  /** What the store has already. It is not read again. Nothing if it is left out. */
  known?: KnownContent
  /** Takes the releases that are new or different, at most a hundred at a time. */
  stage: (drafts: Draft[]) => Promise<void>
  /** Second at which the folder is read. */
  now: number
  /** Told now and then how many releases have been looked at, while some of them are new. */
  progress?: (count: number) => void
  /** Requests are answered meanwhile, so the process must not block. */
  isServing?: boolean
  /**
   * Tells which files are at rest. While it holds, nothing is read; later, files that are not at rest keep
   * their last version. A start waits until all are at rest. Without it, all files may be read.
   */
  rest?: Rest | undefined
  /** Who reads the texts; this thread if it is left out, which then loads what it reads them with. */
  readers?: Readers
  /** BASE_URL, so that texts may have our own full addresses. */
  baseUrl?: string | undefined
  /**
   * Asked of each release that says `draft: true` whether it is staged all the same, as for a preview.
   * Without it none is.
   */
  takesUnfinished?: ((draft: Draft) => boolean) | undefined
}

type Collecting = Pick<Options, 'stage' | 'now' | 'progress' | 'takesUnfinished'> & {
  known: KnownContent
  /** What the store has of each release: source → draft. */
  drafts: Map<string, KnownDraft>
}

const nothing: KnownContent = { lastChange: '', files: new Map(), drafts: async () => new Map() }

const stagedAtOnce = 100

/**
 * Reads a content folder: `site.yaml`, `topics.yaml`, `releases/**`. Only what changed since the
 * store last saw it is parsed. Every problem of the folder is reported, not only the first.
 */
export async function loadContent(directory: string, options: Options): Promise<LoadedContent> {
  const { known = nothing, now, isServing = false, rest, baseUrl } = options
  const readers = options.readers ?? (await import('./reading.ts')).reading
  const open = async () => openFolder(directory, { isServing })
  if (rest && !isServing) await rest.untilAtRest(async () => filesOf(await open()))
  const folder = await open()
  const restWhileServing = isServing ? rest : undefined
  if (restWhileServing && (await isHeld(folder, known, restWhileServing))) return { problems: [] }
  const { frame, problems } = await readFrame(directory, folder, readers)
  if (!frame) return { problems }
  const { site, vocabulary, basis } = frame
  if (isUntouched(folder, known.files, frame)) {
    return usable({ site, vocabulary, files: known.files, removed: [] }, problems)
  }
  const drafts = await known.drafts()
  if (folder.releases.length === 0 && drafts.size > 0) problems.push(noReleases())

  const load = { directory, folder, rest: restWhileServing, basis }
  const surroundings = { site, vocabulary, baseUrl }
  const collector = new ReleaseCollector(frame, problems, { ...options, known, drafts })
  const steps = findUnread(load, known.files, drafts)
  const batches = readUnread(steps, { ...load, now, surroundings, readers })
  for await (const batch of batches) {
    for (const release of batch) await collector.take(release)
  }
  const { files, removed } = await collector.finish()
  const { unfinished } = collector
  return { ...usable({ site, vocabulary, files, removed }, problems), unfinished }
}

/** Nothing of a folder is used while something is wrong anywhere in it. */
function usable(content: FolderContent, problems: FileProblem[]): LoadedContent {
  return problems.some((problem) => !problem.warning) ? { problems } : { content, problems }
}

/** Collects what the releases of a folder came to: the drafts for the store, and the problems. */
class ReleaseCollector {
  /** Sources that were left out. */
  readonly unfinished: string[] = []
  #problems: FileProblem[]
  #options: Collecting
  #files: Map<string, FileStamp>
  /** Which release has an address or an identity: `slug.language` or identity → source. */
  #owners = new Map<string, string>()
  #sources = new Set<string>()
  #unstaged: Draft[] = []
  #references: ReleaseReference[] = []

  constructor({ site, basis }: LoadedFrame, problems: FileProblem[], options: Collecting) {
    this.#problems = problems
    this.#options = options
    // Releases depend on site and topics. Their stamp makes a change of these known also in a folder without
    // releases.
    this.#files = new Map([['site.yaml', { stamp: basis, media: {} }]])
    if (site.robots) this.#files.set('robots.txt', { stamp: site.robots, media: {} })
  }

  async take(release: LoadedRelease) {
    const { source, line, stamp, id, draft, media, problems } = release
    const { known, drafts, stage, progress, takesUnfinished } = this.#options
    const isLeftOut = release.isUnfinished && !(draft && takesUnfinished?.(draft))
    if (isLeftOut) return this.#leaveOut(release)
    this.#problems.push(...problems)
    this.#sources.add(source)
    const file = this.#files.get(fileOf(source)) ?? { stamp, media: {} }
    this.#files.set(fileOf(source), file)
    Object.assign(file.media, media)
    this.#claim(release)
    if (draft) this.#references.push(...referencesOf(draft, line))
    const isUnchanged = !draft && drafts.has(source)
    // What the store has of this file it does not have of the API.
    if (!isUnchanged && (await known.isPublished?.(id ?? '', addressOf(source)))) {
      // Whatever the file says, what the API has may be to come.
      this.#problems.push(cameThroughApi(source, line))
      return
    }
    if (draft && drafts.get(source)?.hash !== draft.hash) this.#unstaged.push(draft)
    if (this.#unstaged.length < stagedAtOnce) return
    await stage(this.#unstaged.splice(0))
    progress?.(this.#sources.size)
  }

  /**
   * Leaves out a release that is not finished: nothing that is wrong with it keeps others from coming out, and
   * nobody learns of it. It has no stamp, so that no change of it is one of the store.
   */
  async #leaveOut({ source, line, id, problems }: LoadedRelease) {
    this.unfinished.push(source)
    const { known, drafts, now } = this.#options
    const asked = [id ?? drafts.get(source)?.id ?? '', addressOf(source)] as const
    if (await known.isPublished?.(...asked)) this.#problems.push(cameThroughApi(source, line))
    else if (await known.isShown?.(...asked, now)) this.#problems.push(wasPublic(source, line))
    for (const { published: _, ...problem } of problems) {
      this.#problems.push({ ...problem, warning: true })
    }
  }

  /** Notes the address and identity of a release, and tells if another release has one of them. */
  #claim({ source, line, id, draft }: LoadedRelease) {
    const address = addressOf(source)
    const owner = this.#owners.get(address) ?? (id && this.#owners.get(id))
    if (owner) {
      const problem = writtenTwice(source, owner, line)
      this.#problems.push({ ...problem, published: draft?.release.published })
    }
    for (const key of [address, id ?? source]) {
      if (!this.#owners.has(key)) this.#owners.set(key, source)
    }
  }

  /** Stages what is left. Returns the stamps of the files, and the sources that are no longer there. */
  async finish(): Promise<Pick<FolderContent, 'files' | 'removed'>> {
    const { drafts, stage } = this.#options
    if (this.#unstaged.length > 0) await stage(this.#unstaged)
    const broken = brokenReferences(this.#references, (address) => this.#owners.has(address))
    this.#problems.push(...broken)
    const removed = [...drafts.keys()].filter((source) => !this.#sources.has(source))
    return { files: this.#files, removed }
  }
}

function filesOf({ releases, media, frame }: Folder): FolderFile[] {
  return [...releases, ...media.values(), ...frame.values()]
}

/**
 * Whether to wait with all that changed, because some of it is still being written. What is copied in
 * together is published together: many old releases at once are taken for an office's past, not for news.
 */
async function isHeld(folder: Folder, known: KnownContent, rest: Rest): Promise<boolean> {
  const isChanged = ({ path, size, modified }: FolderFile) =>
    !known.files.get(path)?.stamp.endsWith(`-${size}-${modified}`)
  const changed = [...folder.releases.filter(isChanged), ...folder.frame.values()]
  const texts = changed
    .filter((file) => rest.mayBeWritten(file))
    .map(async (file) => ({ file, end: await folder.read(file.path).catch(() => '') }))
  return rest.holds(await Promise.all(texts))
}

/**
 * Whether a folder is as the store was last brought in line with it, which most looks find. Files that the store has
 * no release of are looked at each time: something is to be told of them.
 */
function isUntouched(
  folder: Folder,
  files: KnownContent['files'],
  { basis, site }: LoadedFrame,
): boolean {
  const isSameFrame =
    files.get('site.yaml')?.stamp === basis && files.get('robots.txt')?.stamp === site.robots
  const count = folder.releases.length + (site.robots ? 2 : 1)
  return (
    isSameFrame &&
    folder.releases.length > 0 &&
    files.size === count &&
    folder.releases.every((file) => {
      const before = files.get(file.path)
      return isSettled(file, { folder, basis, before }) && !tooLarge(file.path, file.size)
    })
  )
}

/** `basis`: fingerprint of all that releases are read with. */
type LoadedFrame = { site: Site; vocabulary: VocabularySource; basis: string }

/** Reads `site.yaml` and `topics.yaml`. Without `frame` no release can be read. */
async function readFrame(
  directory: string,
  folder: Folder,
  readers: Readers,
): Promise<{ frame?: LoadedFrame; problems: FileProblem[] }> {
  const siteText = await folder.read('site.yaml').catch(absent)
  if (siteText === undefined) return { problems: [noSite(directory)] }
  const topicsText = (await folder.read('topics.yaml').catch(absent)) ?? ''
  const { site, topics, ...written } = await readFrameTexts({ siteText, topicsText }, readers)
  if (!topics) return { problems: [...written.problems] }
  const { vocabulary } = topics
  const problems = [...written.problems, ...folder.problems, ...topics.problems]
  // Without a single topic to know, every release would seem wrong.
  const noTopicIsKnown = vocabulary.topics.length === 0 && topics.problems.length > 0
  if (!site || noTopicIsKnown) return { problems }
  if (site.logo && !mediaIn(folder, site.logo)) problems.push(noLogo(site.logo))
  const basis = fingerprint(JSON.stringify([outputVersion, siteText, topicsText]))
  // No release depends on it.
  const { robots, ...found } = await readRobots(folder)
  problems.push(...found.problems)
  return { frame: { site: { ...site, ...(robots && { robots }) }, vocabulary, basis }, problems }
}

type FrameTexts = Parameters<Readers['frame']>[0]
type ReadFrame = Awaited<ReturnType<Readers['frame']>>

/** What both files came to last: they rarely change, and thousands of topics take seconds. */
let lastRead: { texts: FrameTexts; result: ReadFrame } | undefined

async function readFrameTexts(texts: FrameTexts, readers: Readers): Promise<ReadFrame> {
  const isSame =
    lastRead?.texts.siteText === texts.siteText && lastRead.texts.topicsText === texts.topicsText
  if (!lastRead || !isSame) lastRead = { texts, result: await readers.frame(texts) }
  return lastRead.result
}

function writtenTwice(source: string, owner: string, line = 1): FileProblem {
  const message = `The same release is in ${owner} already. Remove one, or change its slug, language or "formerly".`
  return { file: fileOf(source), line, field: 'slug', message }
}

function wasPublic(source: string, line = 1): FileProblem {
  const message =
    'This release was public already, so it cannot be a draft again. Remove the field, or withdraw the release.'
  return { file: fileOf(source), line, field: 'draft', message }
}

function cameThroughApi(source: string, line = 1): FileProblem {
  const message =
    'This release came in through the API, which has it. The file is not used. Remove it, or give it another slug.'
  return { file: fileOf(source), line, field: 'slug', message, warning: true }
}

function noLogo(logo: string): FileProblem {
  const message = `There is no file ${logo}. Put it there, or leave the logo out.`
  return { file: 'site.yaml', line: 1, field: 'logo', message }
}

/** A folder that has just been moved away must not empty every feed. */
function noReleases(): FileProblem {
  const message =
    'There is no release any more. Put the folder back; the last release cannot be removed.'
  return { file: 'releases', line: 1, field: '', message }
}

function noSite(directory: string): FileProblem {
  const message = `There is no such file in ${directory}. Write one, or set CONTENT_DIR to a folder that has it.`
  return { file: 'site.yaml', line: 1, field: '', message }
}
