import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { systemClock } from '../clock.ts'
import { wordsOfRelease } from '../content/release-body.ts'
import { readReleases } from '../content/read-release.ts'
import { DomainError } from '../domain/errors.ts'
import { keyOf } from '../domain/identity.ts'
import { isMediaPath } from '../domain/names.ts'
import {
  apiSource,
  type PublishingStore,
  type ReleaseForAuthors,
} from '../domain/publishing-store.ts'
import { NotDone } from '../domain/tool.ts'
import { joinVocabularies } from '../domain/topic.ts'
import type { WrittenRelease } from '../domain/written-release.ts'
import { textsOf } from '../feeds/languages.ts'
import { erased } from '../publishing/erase.ts'
import { publish } from '../publishing/publish.ts'
import { filesOfNoOthers, forgetTexts, formerTexts, removeFreed } from '../store/forget.ts'
import { openStore } from '../store/open-store.ts'
import { createPublishingStore } from '../store/publishing-store.ts'
import { upgrading } from '../upgrading.ts'
import { databaseOf } from './backup.ts'
import { type Context, explain, type Register } from './program.ts'

type Options = { reason: string; language?: string; yes?: boolean }

/** `erase`: nothing of a release stays but that it was withdrawn. */
export const registerErase: Register = (program, context) => {
  const command = program
    .command('erase')
    .argument('<slug>', 'the name of the release in its address')
    .description(
      'Remove the text and the history of a release for good, and leave that it is gone.',
    )
    .requiredOption('--reason <sentence>', 'why it is gone; readers are told')
    .option('--language <language>', 'only the version in this language')
    .option('--yes', 'ask nothing')
    .action(async (slug: string, options: Options) => erase(slug, options, context))
  explain(
    command,
    ['erase ministers-meet --reason "It named a person by mistake."'],
    `Title, text, contacts, files and notes go, from feeds, pages, the search, the history and the file of the database,
while the service runs. Its address stays and answers 410, so that readers take it away. What stands in the
content folder is erased there first. Backups and caches keep what they have. Node only; deploy/README.md says
what to do on Workers.`,
  )
}

async function erase(slug: string, options: Options, { terminal, environment }: Context) {
  const path = databaseOf(environment)
  if (!existsSync(path)) throw new NotDone(`There is no ${path}.`)
  const database = await openStore(path, { mayBeMadeAnew: false, upgrading })
  try {
    if (database.readOnly) throw new NotDone(`${path} can only be read. Allow writing it.`)
    const store = createPublishingStore(database, { wordsOf: wordsOfRelease })
    const found = await findVersions(store, slug, options.language)
    const asked = found.map(({ release }) => `${keyOf(release)}: ${release.title}`).join('\n')
    if (!options.yes && !terminal.canAsk) {
      throw new NotDone(`${asked}\nIf these are to go for good, run it with --yes.`, 2)
    }
    if (!options.yes && !(await terminal.confirm(`${asked}\nShall all of it go for good?`))) {
      throw new NotDone('Nothing was done.')
    }
    const ids = found.map(({ release }) => release.id)
    const former = await formerFiles(store, await formerTexts(database, ids))
    const files = await filesOfNoOthers(database, ids, former)
    await eraseTexts(store, found, options.reason)
    // They are found in what is forgotten next, also by a second run.
    const told = removeFiles(files, dirname(path))
    await forgetTexts(database, ids, systemClock.now())
    const isLogEmpty = await removeFreed(database)
    for (const { release } of found) terminal.say(`${keyOf(release)} is erased.`)
    for (const sentence of told) terminal.say(sentence)
    if (!isLogEmpty) terminal.say('Restart the service: until then its log may hold the text.')
    terminal.say(
      `Delete what was kept before: backups, folders named replaced-… and files named …damaged-… beside ${path}.`,
    )
  } finally {
    database.close()
  }
}

/** The versions that are to go. Throws NotDone for none, and for one whose text stands in the content folder. */
async function findVersions(
  store: PublishingStore,
  slug: string,
  language: string | undefined,
): Promise<ReleaseForAuthors[]> {
  const { site } = await store.siteAndTopics()
  const languages = language === undefined ? site.languages : [language]
  const found = await store.findReleases(
    languages.map((one) => ({ slug, language: one })),
    [],
  )
  if (found.length === 0) throw new NotDone(`There is no release ${slug}.`)
  for (const { source, release } of found) {
    if (source.startsWith(apiSource) || release.withdrawn) continue
    throw new NotDone(
      `${keyOf(release)} stands in ${source}, and what stands there is shown. Take title and text out of that file, write withdrawn: { at: …, reason: … } into it, and run this again for what the database remembers. Git keeps the file as it was, unless you rewrite its history.`,
    )
  }
  return found
}

/** The files that releases named when they had other texts. */
async function formerFiles(store: PublishingStore, texts: unknown[]): Promise<string[]> {
  const { site, content, published } = await store.siteAndTopics()
  const vocabulary = joinVocabularies(content, published)
  const releases = texts.map((replaced) => {
    // Nothing else of it matters, and some of it may be refused by now.
    const { attachments, body } = Object(replaced) as WrittenRelease
    const address = { slug: 'former', language: site.languages[0]! }
    const written = { ...address, title: 'Former', published: '2000-01-01', attachments, body }
    return { written, origin: { source: 'former', origin: '' }, isNew: false, now: 0 }
  })
  const read = await readReleases(releases, { site, vocabulary })
  return read.flatMap(({ mentions }) => mentions.map(({ path }) => path)).filter(isMediaPath)
}

/** Takes the texts out of what readers are shown. Files in the content folder say for themselves what is shown. */
async function eraseTexts(store: PublishingStore, found: ReleaseForAuthors[], reason: string) {
  const now = systemClock.now()
  const ports = {
    store,
    readReleases,
    findMedia: async () => undefined,
    clock: systemClock,
    createBatch: () => crypto.randomUUID(),
  }
  const ofApi = found.filter(({ source }) => source.startsWith(apiSource))
  const requests = ofApi.map((one) => {
    const { slug, language, kind } = one.release
    const title = textsOf(language).documents.kinds[kind]
    const written = erased(one, { title, reason, now })
    return {
      slug,
      language,
      written,
      by: { name: 'erase' },
      dates: 'news' as const,
      isDryRun: false,
    }
  })
  for (const result of await publish(ports, requests)) {
    if (result instanceof DomainError) throw result
  }
}

/** Removes files that only the erased releases had, and says which are for somebody else to remove. */
function removeFiles(files: string[], uploads: string): string[] {
  return files.map((file) => {
    const path = join(uploads, file)
    if (!existsSync(path))
      return `No other release has ${file}. Where it is in the content folder, remove it there.`
    rmSync(path)
    return `${path} is removed, as no other release has it.`
  })
}
