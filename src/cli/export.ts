import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { systemClock } from '../clock.ts'
import { readNodeConfig } from '../config.ts'
import { loadContent } from '../content/load-content.ts'
import { writeYaml } from '../content/yaml.ts'
import { isUnderEmbargo } from '../domain/embargo.ts'
import { type FileProblem, formatProblem } from '../domain/problem.ts'
import type { PublishingStore, ReleaseSummary } from '../domain/publishing-store.ts'
import { writeSiteDown } from '../domain/site.ts'
import { formatUtc } from '../domain/time.ts'
import { joinVocabularies, type VocabularySource, writeTopicDown } from '../domain/topic.ts'
import { asAuthored, writeDown } from '../domain/written-release.ts'
import { copyDatabase, removeDatabase } from '../store/backup.ts'
import { migrate } from '../store/migrate.ts'
import { openDatabase, readMigrations } from '../store/node-sqlite.ts'
import { createPublishingStore } from '../store/publishing-store.ts'
import { upgrading } from '../upgrading.ts'
import { databaseOf, mediaName } from './backup.ts'
import { allOrNothing } from './interruption.ts'
import { NotDone } from '../domain/tool.ts'
import { type Context, explain, type Register } from './program.ts'

type Exported = { releases: number; topics: number; hidden: number; problems: FileProblem[] }

/** Releases that are in memory at once. */
const atOnce = 200
const mostTold = 50

/** `export`: everything that a database holds, as a content folder. */
export const registerExport: Register = (program, context) => {
  const command = program
    .command('export')
    .description('Write everything that a database holds as a content folder (Node only).')
    .argument('[folder]', 'a new or an empty folder', 'export')
    .option('--database <file>', 'the database (default: DATABASE, or data/tiedote.db)')
    .action(async (folder: string, options: { database?: string }) =>
      exportTo(folder, options, context),
    )
  explain(
    command,
    ['export', 'export /srv/office/content --database /srv/tiedote/data/tiedote.db'],
    `Writes site.yaml, topics.yaml (with the topics that came through the API), releases/{year}.jsonl and the
files of CONTENT_DIR and of ${mediaName}/ beside the database. The service may run meanwhile. What is under
embargo is in it, too. Served with a new database the folder makes the same feeds, archives and pages, byte
for byte. Only Last-Modified is that of the new database, the history of who changed what stays behind,
and the seconds of releases that were deleted are forgotten.`,
  )
}

async function exportTo(
  folder: string,
  { database }: { database?: string },
  { terminal, environment }: Context,
) {
  const from = databaseOf(
    database === undefined ? environment : { ...environment, DATABASE: database },
  )
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new NotDone(`${folder} is not empty. Name a new folder.`)
  }
  const partial = `${folder}.partial-${process.pid}`
  const undo = () => rmSync(partial, { recursive: true, force: true })
  const { releases, topics, hidden, problems } = await allOrNothing(undo, async () => {
    mkdirSync(partial, { recursive: true })
    const exported = await writeExport(from, partial, (total) =>
      terminal.progress('Releases', total),
    )
    const { contentDirectory } = readNodeConfig(environment)
    // What stands in the content folder is served before what was uploaded under the same name.
    copyMedia(contentDirectory, partial)
    copyMedia(dirname(from), partial)
    const read = await readAgain(partial)
    renameSync(partial, folder)
    return { ...exported, problems: read }
  })
  terminal.say(`${folder} holds ${releases} releases and ${topics} topics of ${from}.`)
  if (hidden > 0) {
    terminal.say(
      `${hidden} of them are not public yet: keep the folder where nobody else can read it.`,
    )
  }
  if (problems.length === 0) return
  for (const problem of problems.slice(0, mostTold)) terminal.tell(formatProblem(problem))
  throw new NotDone(
    `The service does not start with ${folder} until ${problems.length === 1 ? 'this is' : `these ${problems.length} problems are`} mended.`,
  )
}

type Progress = { step(count?: number): void; end(): void }

/** Writes all but files, of one moment of the database. */
async function writeExport(
  from: string,
  folder: string,
  begin: (total: number) => Progress,
): Promise<Omit<Exported, 'problems'>> {
  const copy = join(folder, '.copy.db')
  await copyDatabase(from, copy)
  const database = openDatabase(copy)
  try {
    await migrate(database, readMigrations(), upgrading)
    const store = createPublishingStore(database, upgrading)
    const { site, content, published } = await store.siteAndTopics()
    const vocabulary = joinVocabularies(content, published)
    writeFileSync(join(folder, 'site.yaml'), writeYaml(writeSiteDown(site)))
    if (site.robots) writeFileSync(join(folder, 'robots.txt'), site.robots)
    writeFileSync(join(folder, 'topics.yaml'), writeYaml(topicsFile(vocabulary)))
    const lines = await listAll(store)
    mkdirSync(join(folder, 'releases'))
    const progress = begin(lines.length)
    for (let at = 0; at < lines.length; at += atOnce) {
      const portion = lines.slice(at, at + atOnce)
      const stored = await store.findReleases(portion, [])
      const inOrder = stored.toSorted((a, b) => a.key - b.key)
      for (const { isHistory, ...found } of inOrder) {
        // What was withdrawn before its time keeps the second that no clock shows, or it would come out elsewhere.
        const authored = found.release.draft ? asAuthored(found) : found.release
        const release = { ...authored, archived: isHistory }
        const year = formatUtc(release.published).slice(0, 4)
        const line = JSON.stringify(writeDown(release, site))
        appendFileSync(join(folder, 'releases', `${year}.jsonl`), `${line}\n`)
      }
      progress.step(portion.length)
    }
    progress.end()
    const now = systemClock.now()
    const hidden = lines.filter((one) => isUnderEmbargo(one.published, now)).length
    return { releases: lines.length, topics: vocabulary.topics.length, hidden }
  } finally {
    database.close()
    removeDatabase(copy)
  }
}

/** All releases, in the order of their keys, which reading them again keeps. */
async function listAll(store: PublishingStore): Promise<ReleaseSummary[]> {
  const lines: ReleaseSummary[] = []
  for (;;) {
    const everything = { publishers: undefined, now: 0 }
    const more = await store.list(lines.at(-1) ?? { slug: '', language: '' }, 1000, everything)
    lines.push(...more)
    if (more.length < 1000) break
  }
  return lines.toSorted((a, b) => a.key - b.key)
}

/** As people write it: without lists that are empty. */
function topicsFile({ topics, renamed }: VocabularySource): Record<string, unknown> {
  const written = topics.map((topic) => {
    const fields = Object.entries(writeTopicDown(topic))
    const filled = fields.filter(([, value]) => !(Array.isArray(value) && value.length === 0))
    return [topic.slug, Object.fromEntries(filled)] as const
  })
  const moved = Object.entries(renamed).map(([slug, now]) => [slug, { renamed: now }] as const)
  return Object.fromEntries([...written, ...moved])
}

function copyMedia(from: string, to: string) {
  const media = join(from, mediaName)
  if (!existsSync(media)) return
  const filter = (path: string) => !basename(path).startsWith('.')
  cpSync(media, join(to, mediaName), { recursive: true, force: false, filter })
}

/** Reads what was written as the service will. Answers what would keep it from starting. */
async function readAgain(folder: string): Promise<FileProblem[]> {
  const { problems } = await loadContent(folder, {
    stage: async () => {},
    now: systemClock.now(),
  })
  return problems.filter(({ warning }) => !warning)
}
