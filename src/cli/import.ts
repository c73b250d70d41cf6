import { readFileSync } from 'node:fs'
import { systemClock } from '../clock.ts'
import { isTimezone } from '../domain/time.ts'
import { NotDone } from '../domain/tool.ts'
import { identityInAtom } from '../feeds/atom.ts'
import { importInto } from '../import/import-into.ts'
import { languageTag } from '../import/site-file.ts'
import { readingInThreads } from '../read-in-threads.ts'
import { type Context, explain, list, positiveNumber, type Register } from './program.ts'

type Options = {
  into: string
  language?: string
  timezone: string
  least: number
  most?: number
  media?: boolean
  pages?: true
  type?: string[]
}

/** `import`: the releases of a feed or of an export of WordPress into a content folder. */
export const registerImport: Register = (program, context) => {
  const command = program
    .command('import')
    .description(
      'Take the releases of a feed, or of an export of WordPress, into a content folder.',
    )
    .argument('<source>', 'the address of a feed, or a file')
    .option('--into <folder>', 'the content folder; made if it is not there', 'content')
    .option('--language <tag>', 'the language of every release, whatever the feed says')
    .option('--timezone <name>', 'of a new folder, and of times that name none', 'UTC')
    .option(
      '--least <count>',
      'releases that a category must have to become a topic',
      positiveNumber,
      2,
    )
    .option('--most <count>', 'releases to read at most, the newest first', positiveNumber)
    .option('--media', 'copy pictures and attachments into media/ (unless told otherwise)')
    .option('--no-media', 'leave pictures and attachments where they are')
    .option('--pages', 'take the pages of an export of WordPress, too')
    .option('--type <names>', 'further types of posts to take from such an export', list)
    .action(async (source: string, options: Options) => importSource(source, options, context))
  explain(
    command,
    [
      'import https://old.example.org/feed/',
      'import wordpress-export.xml --into content --timezone Europe/Helsinki',
    ],
    'Reads RSS, Atom, RDF, JSON Feed and WordPress exports, with all archives and pages that a feed leads to.\n' +
      'Every release keeps its date and its identity, so that nobody who subscribed sees it twice. Writes\n' +
      'releases/imported/, proposes topics at the end of topics.yaml, copies pictures into media/imported/,\n' +
      'writes to redirects.map where old pages are now, and lists in import-report.txt what was left out.\n' +
      'Ends with 1 when anything was left out, although the rest is there. Run it again to go on after an\n' +
      'interruption, or to take what changed.',
  )
}

async function importSource(source: string, options: Options, { terminal }: Context) {
  checkOptions(options)
  const { into, language, timezone, least, most = Infinity, media = true } = options
  const types = ['post', ...(options.pages ? ['page'] : []), ...(options.type ?? [])]
  const address = addressOf(source)
  await importInto(
    { source, address, into, language, timezone, least, most, media, types },
    {
      output: terminal,
      userAgent: userAgent(),
      clock: systemClock,
      reading: readingInThreads,
      identityInAtom,
    },
  )
}

function checkOptions({ language, timezone }: Options) {
  if (language !== undefined && !languageTag(language)) {
    throw new NotDone(`${language} is not a language tag. Write one such as en, fi or pt-br.`, 2)
  }
  if (!isTimezone(timezone)) {
    throw new NotDone(`${timezone} is not a time zone. Write one such as Europe/Helsinki.`, 2)
  }
}

/** The address of a feed; undefined for a file. */
function addressOf(source: string): string | undefined {
  const text = source.replace(/^feed:(\/\/)?(?=https?:)/i, '').replace(/^feed:\/\//i, 'http://')
  if (/^https?:\/\//i.test(text)) {
    if (URL.canParse(text)) return new URL(text).href
    throw new NotDone(`${source} is not a web address.`, 2)
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text) && !/^file:/i.test(text)) {
    throw new NotDone(
      `${source} can be neither an address nor a file. Write one that begins with https://.`,
      2,
    )
  }
  return undefined
}

function userAgent(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { name, version } = JSON.parse(text) as { name: string; version: string }
  return `${name[0]!.toUpperCase()}${name.slice(1)}/${version} (import of releases)`
}
