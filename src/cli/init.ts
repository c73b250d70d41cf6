import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { slugOf } from '../content/slug.ts'
import { writeYaml } from '../content/yaml.ts'
import { languagePattern } from '../domain/names.ts'
import { formatInZone, isTimezone } from '../domain/time.ts'
import { NotDone } from '../domain/tool.ts'
import { allOrNothing } from './interruption.ts'
import { type Context, explain, list, type Register } from './program.ts'
import type { Terminal } from './terminal.ts'

/** `init`: a content folder of one's own. */
export const registerInit: Register = (program, context) => {
  const command = program
    .command('init')
    .argument('[folder]', 'a folder that is new or empty', 'my-content')
    .description('Begin a content folder of your own: site, topics, and a first release.')
    .option('--title <title>', 'the name of the whole: "Ministry of the Interior: releases"')
    .option('--language <languages>', 'en, or several: en,fi; the first is the default', list)
    .option('--timezone <timezone>', 'such as Europe/Helsinki')
    .option('--publisher <publisher>', 'the organisation that issues releases')
    .option('--topics <topics>', 'labels in the default language, parted by commas', list)
    .option('--homepage <address>', "the office's own site")
    .option('--license <address>', 'of all releases')
    .action(async (folder: string, options: Options) => begin(folder, options, context))
  explain(
    command,
    [
      'init ../releases',
      'init ../releases --title "Customs: releases" --language en,fi --timezone Europe/Helsinki --publisher "Finnish Customs"',
    ],
    'With a title nothing is asked, and what is left out is as in the examples above.',
  )
}

type Options = {
  title?: string
  language?: string[]
  timezone?: string
  publisher?: string
  topics?: string[]
  homepage?: string
  license?: string
}

/** What a new site is made of. Homepage and license are empty where there is none. */
type Beginning = Required<Options>

async function begin(folder: string, options: Options, { terminal }: Context) {
  const directory = resolve(folder)
  const isTaken = existsSync(directory) && readdirSync(directory).length > 0
  if (isTaken) {
    throw new NotDone(`There is something in ${directory}. Name a folder that is new or empty.`)
  }
  refuseWrong(options)
  if (options.title === undefined && !terminal.canAsk) {
    throw new NotDone(
      'Nobody can be asked here. Write the answers as options: --title "…", and if need be --language, --timezone, --publisher, --topics.',
      2,
    )
  }
  const beginning = await complete(options, terminal)
  const files = filesOf(beginning)
  const isNew = !existsSync(directory)
  const undo = () => {
    if (isNew) rmSync(directory, { recursive: true, force: true })
  }
  await allOrNothing(undo, async () => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true })
      writeFileSync(join(directory, path), text)
    }
  })
  terminal.say(nextSteps(directory, Object.keys(files)))
}

/** Says what is wrong with the options, before anything is asked. */
function refuseWrong({ title, language = [], timezone, homepage, license }: Options) {
  const addresses = { homepage, license }
  const wrong = [
    ...(title?.trim() === '' ? ['--title is empty. Write what the feeds are to be called.'] : []),
    ...language.map(wrongLanguage),
    ...(timezone === undefined ? [] : [wrongTimezone(timezone)]),
    ...Object.entries(addresses).map(([name, address]) => {
      const sentence = address === undefined ? undefined : wrongAddress(address)
      return sentence && `--${name}: ${sentence}`
    }),
  ].filter((sentence) => sentence !== undefined)
  if (wrong.length > 0) throw new NotDone(wrong.join('\n'), 2)
}

function wrongLanguage(tag: string): string | undefined {
  const isTag = languagePattern.test(tag) && !['all', 'api', 'hub'].includes(tag)
  return isTag ? undefined : `"${tag}" is not a language tag. Write one such as en, fi or sv.`
}

function wrongTimezone(name: string): string | undefined {
  return isTimezone(name)
    ? undefined
    : `"${name}" is not a time zone. Write one such as Europe/Helsinki.`
}

/** An office may have none, which is an empty answer. */
function wrongAddress(address: string): string | undefined {
  return address === '' || /^https?:\/\/\S+$/.test(address)
    ? undefined
    : `"${address}" is not a whole web address. Write one such as https://example.org/.`
}

const usual = {
  language: 'en',
  timezone: 'Europe/Helsinki',
  publisher: 'Press office',
  topics: 'migration, organised crime',
}

async function complete(options: Options, terminal: Terminal): Promise<Beginning> {
  const isAsked = options.title === undefined
  const ask = async (
    question: string,
    initial: string,
    check?: (answer: string) => string | undefined,
  ) => (isAsked ? terminal.ask(question, { initial, ...(check && { check }) }) : initial)
  const firstWrong = (text: string) => list(text).map(wrongLanguage).find(Boolean)
  return {
    title:
      options.title ??
      (await terminal.ask('What are the feeds to be called?', {
        check: (text) => (text.trim() ? undefined : 'Write a title.'),
      })),
    language:
      options.language ??
      list(await ask('Which languages? The first is the default', usual.language, firstWrong)),
    timezone: options.timezone ?? (await ask('Which time zone?', usual.timezone, wrongTimezone)),
    publisher: options.publisher ?? (await ask('Who issues the releases?', usual.publisher)),
    topics: options.topics ?? list(await ask('A few topics, parted by commas', usual.topics)),
    homepage:
      options.homepage ?? (await ask("The office's own site, if there is one", '', wrongAddress)),
    license:
      options.license ??
      (await ask('The address of the licence of all releases, if there is one', '', wrongAddress)),
  }
}

/** The files of the folder: path → text. */
function filesOf({ title, language, timezone, publisher, topics, homepage, license }: Beginning) {
  const [first = ''] = language
  const site = {
    id: crypto.randomUUID(),
    title: { [first]: title },
    languages: language,
    timezone,
    publishers: { [slugFor(publisher)]: { name: { [first]: publisher } } },
    ...(homepage && { homepage }),
    ...(license && { license }),
  }
  const vocabulary = Object.fromEntries(
    topics.map((label) => [slugFor(label), { label: { [first]: label } }]),
  )
  const now = Math.floor(Date.now() / 1000)
  const release = {
    title: 'The first release',
    draft: 'true',
    published: formatInZone(now, timezone).slice(0, 16),
    topics: Object.keys(vocabulary).slice(0, 1),
  }
  return {
    'site.yaml': `# The id is the namespace of every identity. Never change it: readers would see every release as new.\n${writeYaml(site)}`,
    'topics.yaml': writeYaml(vocabulary),
    [`releases/the-first-release.${first}.md`]: `---\n${writeYaml(release)}---\n\nWrite the text here. Take the line "draft" out, and the release is published.\n`,
    '.gitignore': '.import/\n.push/\n',
  }
}

/** The name in addresses. */
function slugFor(label: string): string {
  const slug = slugOf(label)
  if (slug !== undefined) return slug
  throw new NotDone(`"${label}" has no letter or digit that an address could be made of.`, 2)
}

function nextSteps(directory: string, files: string[]): string {
  return `${files.map((file) => join(directory, file)).join('\n')}

1. Write the first release, and look whether all is well: npm run tiedote -- check ${directory}
2. Start with it: CONTENT_DIR=${directory} npm start
3. Keep the folder in Git, and read deploy/README.md before others read the feeds: BASE_URL, a proxy, backups.`
}
