import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readNodeConfig } from '../config.ts'
import { absent, openFolder } from '../content/folder.ts'
import { readSite, readTopics } from '../content/read-site.ts'
import { slugOf } from '../content/slug.ts'
import { formatProblem } from '../domain/problem.ts'
import { type Kind, kinds } from '../domain/kind.ts'
import { explainTime, readTimeAsMeant } from '../domain/explain-time.ts'
import { formatFileName, longestSlug, readFileName, slugPattern } from '../domain/names.ts'
import { inLanguage, type Site } from '../domain/site.ts'
import { formatInZone, parseTime, wallTime } from '../domain/time.ts'
import { createVocabulary, type Vocabulary } from '../domain/topic.ts'
import { allOrNothing } from './interruption.ts'
import { NotDone } from '../domain/tool.ts'
import { placeholders } from '../domain/placeholders.ts'
import { type Context, explain, list, type Register } from './program.ts'
import type { Choice, Terminal } from './terminal.ts'
import { translationOf } from './translation.ts'

/** `new`: a file for a release, ready to be written. */
export const registerNew: Register = (program, context) => {
  const command = program
    .command('new')
    .description('Begin a release: answer a few questions, and get a file to write it in.')
    .option('--title <title>', 'the headline')
    .option(
      '--language <languages>',
      'en, or several: en,fi (default: the first of the site)',
      list,
    )
    .option('--topics <topics>', 'slugs, labels or aliases, parted by commas', list)
    .option('--publisher <publisher>', 'short name in site.yaml (default: the first)')
    .option('--kind <kind>', `${kinds.join(', ')} (default: ${kinds[0]})`)
    .option(
      '--published <time>',
      'now, or a time: 2026-12-01T09:00, "1.12.2026 9:00" (default: tomorrow at 09:00)',
    )
    .option('--slug <slug>', 'end of the address (default: made of the title)')
    .option('--translation-of <file>', 'begin a translation of this release, beside it')
    .option('--folder <folder>', 'the content folder (default: CONTENT_DIR, or content)')
    .action(async (options: Options) => begin(options, context))
  explain(
    command,
    [
      'new',
      'new --title "New border station opens" --topics border-control --language en,fi',
      'new --translation-of content/releases/2026/new-border-station-opens.en.md --language fi --title "Uusi raja-asema"',
    ],
    'What is given as an option is not asked. Nothing comes out by mistake: unless told otherwise the\nrelease is published tomorrow at 09:00 in the time zone of the site.',
  )
}

type Options = {
  title?: string
  language?: string[]
  topics?: string[]
  publisher?: string
  kind?: string
  published?: string
  slug?: string
  translationOf?: string
  folder?: string
}

/** A release as it begins: the same in all its languages, but for the title. */
type Beginning = {
  slug: string
  titles: Map<string, string>
  topics: string[]
  publisher: string
  kind: Kind
  /** Seconds since 1970. */
  published: number
}

type Office = { site: Site; vocabulary: Vocabulary; releases: string[] }

async function begin(options: Options, { terminal, environment }: Context) {
  const directory = options.folder ?? readNodeConfig(environment).contentDirectory
  const office = await readOffice(directory)
  const { site } = office
  checkOptions(options, office)
  if (!terminal.canAsk && !options.title) {
    throw new NotDone(
      'Nobody can be asked here. Write the answers as options: --title "…", and if need be --language, --topics, --publisher, --kind, --published.',
      2,
    )
  }
  if (options.translationOf !== undefined) {
    const made = await translate(options.translationOf, options, office, terminal)
    terminal.say(`${made.join(', ')}: translate what stands there, and write the text.`)
    return
  }
  const beginning = await complete(options, office, terminal)
  const paths = await write(beginning, office, directory)
  const files = paths.map((path) => join(directory, path))
  terminal.say(`${files.join(', ')}: ${nextStep(beginning.published, site)}`)
  if (files.length === 1 && !options.language) await offerTranslations(files[0]!, office, terminal)
}

/** Whoever begins a release in one language may want it in others. What need not be translated is filled in there. */
async function offerTranslations(file: string, office: Office, terminal: Terminal) {
  const name = readFileName(file.replaceAll('\\', '/'))!
  const lacking = lackingLanguages(name, office).filter((language) => language !== name.language)
  if (!terminal.canAsk || lacking.length === 0) return
  const question = 'Begin it in another language, too? Enter alone for none.'
  const language = await terminal.chooseSeveral(question, choicesOf(lacking))
  if (language.length === 0) return
  const made = await translate(file, { language }, office, terminal)
  terminal.say(`${made.join(', ')}: translate what stands there, and write the text.`)
}

async function readOffice(directory: string): Promise<Office> {
  const folder = await openFolder(directory)
  const text = await folder.read('site.yaml').catch(absent)
  if (text === undefined) {
    throw new NotDone(`There is no site.yaml in ${directory}. Name a content folder with --folder.`)
  }
  const { site, problems } = readSite(text)
  if (!site) throw new NotDone(problems.map(formatProblem).join('\n'))
  const topics = (await folder.read('topics.yaml').catch(absent)) ?? ''
  const { vocabulary } = readTopics(topics, site.languages, site.timezone)
  const releases = folder.releases.map(({ path }) => path)
  return { site, vocabulary: createVocabulary(vocabulary), releases }
}

/** Says what is wrong with what was given, before anything is asked. */
function checkOptions(options: Options, { site, vocabulary }: Office) {
  const { language = [], topics = [], publisher, kind, published, slug, title } = options
  const oneOf = (what: string, values: string[], known: string[]) =>
    values
      .filter((value) => !known.includes(value))
      .map((value) => `${what} has no ${value}. Write ${known.join(', ')}.`)
  const unknown = topics.filter((topic) => !vocabulary.resolve(topic))
  const wrong = [
    ...oneOf('--language', language, site.languages),
    ...oneOf('--publisher', publisher ? [publisher] : [], Object.keys(site.publishers)),
    ...oneOf('--kind', kind ? [kind] : [], [...kinds]),
    ...unknown.map((topic) => {
      const nearest = vocabulary.nearest(topic).slice(0, 2).join(' or ')
      return `--topics has no ${topic}. ${nearest ? `Write ${nearest}.` : 'Add it to topics.yaml.'}`
    }),
    ...(published
      ? [wrongWhen(published, site)].map((told) => told && `--published: ${told}`)
      : []),
    ...(slug !== undefined ? [wrongSlug(slug)] : []),
    ...(title?.trim() === '' ? ['--title is empty. Write a headline.'] : []),
  ].filter((sentence) => sentence !== undefined)
  if (wrong.length > 0) throw new NotDone(wrong.join('\n'), 2)
}

function wrongSlug(slug: string): string | undefined {
  if (slugPattern.test(slug) && slug.length <= longestSlug) return undefined
  return `A slug has lower-case letters a–z, digits and hyphens, and at most ${longestSlug} characters.`
}

async function complete(options: Options, office: Office, terminal: Terminal): Promise<Beginning> {
  const { site } = office
  const languages = options.language ?? (await askLanguages(office, terminal))
  const titles = await askTitles(options, languages, terminal)
  const made = slugOf(titles.values().next().value!)
  const slug = options.slug ?? (await askSlug(made, terminal))
  refuseTaken(slug, languages, office)
  const topics = options.topics ?? (await askTopics(office, languages[0]!, terminal))
  const slugs = topics.map((topic) => office.vocabulary.resolve(topic)!.slug)
  return {
    slug,
    titles,
    topics: [...new Set(slugs)],
    publisher: options.publisher ?? (await askPublisher(office, terminal)),
    kind: (options.kind ?? (await askKind(options, terminal))) as Kind,
    published: await askWhen(options.published, site, terminal),
  }
}

/** Writes a file for each language of a translation, beside the original. Answers their paths. */
async function translate(
  path: string,
  options: Options,
  office: Office,
  terminal: Terminal,
): Promise<string[]> {
  const name = readFileName(path.replaceAll('\\', '/'))
  const original = existsSync(path) ? readFileSync(path, 'utf8') : undefined
  if (!name || original === undefined) {
    throw new NotDone(`There is no release ${path}. Name a file such as x.en.md.`, 2)
  }
  const languages = options.language ?? lackingLanguages(name, office)
  if (languages.length === 0) throw new NotDone(`${name.slug} is there in every language.`)
  refuseTaken(name.slug, languages, office)
  const titles = await askTitles(options, languages, terminal)
  const written: string[] = []
  const undo = () => written.forEach((one) => rmSync(one, { force: true }))
  return allOrNothing(undo, async () => {
    for (const [language, title] of titles) {
      const text = translationOf(original, asYaml(title))
      if (text === undefined) throw new NotDone(`${path} does not begin with its fields.`)
      const beside = join(dirname(path), formatFileName({ slug: name.slug, language }))
      writeFileSync(beside, text, { flag: 'wx' })
      written.push(beside)
    }
    return written
  })
}

/** Languages of the site in which a release is not there yet. */
function lackingLanguages({ slug }: { slug: string }, { site, releases }: Office): string[] {
  const there = new Set(releases.map((path) => path.split('/').at(-1)!.toLowerCase()))
  return site.languages.filter((language) => !there.has(formatFileName({ slug, language })))
}

async function askLanguages({ site }: Office, terminal: Terminal): Promise<string[]> {
  const [first = ''] = site.languages
  if (!terminal.canAsk || site.languages.length === 1) return [first]
  const chosen = await terminal.chooseSeveral('In which languages?', choicesOf(site.languages), {
    isNeeded: true,
    ticked: [first],
  })
  return site.languages.filter((language) => chosen.includes(language))
}

function choicesOf(languages: string[]): Choice[] {
  const names = new Intl.DisplayNames('en', { type: 'language' })
  return languages.map((value) => ({ value, label: names.of(value) ?? value }))
}

async function askTitles(
  { title }: Options,
  languages: string[],
  terminal: Terminal,
): Promise<Map<string, string>> {
  const titles = new Map<string, string>()
  const check = (answer: string) => (answer.trim() ? undefined : 'Write a headline.')
  for (const language of languages) {
    const question = languages.length > 1 ? `Title (${language})?` : 'Title?'
    const given = title ?? (await terminal.ask(question, { check }))
    titles.set(language, given.replace(/\s+/g, ' ').trim())
  }
  return titles
}

async function askSlug(made: string | undefined, terminal: Terminal): Promise<string> {
  if (made) return made
  if (!terminal.canAsk) {
    throw new NotDone('No address can be made of this title. Write one: --slug new-station.', 2)
  }
  return terminal.ask('End of the address, in Latin letters?', { check: wrongSlug })
}

/** What is there is never written over, and no release is written twice. */
function refuseTaken(slug: string, languages: string[], { releases }: Office) {
  const names = languages.map((language) => formatFileName({ slug, language }))
  const there = releases.filter((path) => names.includes(path.split('/').at(-1)!.toLowerCase()))
  if (there.length === 0) return
  throw new NotDone(`There is ${there.join(', ')} already. Name another address with --slug.`)
}

async function askTopics(
  { site, vocabulary }: Office,
  language: string,
  terminal: Terminal,
): Promise<string[]> {
  const going = [...vocabulary.topics.values()].filter(({ retired }) => !retired)
  if (!terminal.canAsk || going.length === 0) return []
  const choices = going.map(({ slug, label }) => {
    return { value: slug, label: inLanguage(label, language, site), hint: slug }
  })
  return terminal.chooseSeveral('On which topics?', choices)
}

async function askPublisher({ site }: Office, terminal: Terminal): Promise<string> {
  const publishers = Object.entries(site.publishers).filter(([, { retired }]) => !retired)
  const [first = ''] = Object.keys(site.publishers)
  if (!terminal.canAsk || publishers.length <= 1) return first
  const choices = publishers.map(([value, { name }]) => {
    return { value, label: inLanguage(name, site.languages[0]!, site) }
  })
  return terminal.choose('Who publishes it?', choices, first)
}

/** Whoever gives a title gives all that matters: nearly every release is a press release. */
async function askKind({ title }: Options, terminal: Terminal): Promise<string> {
  if (!terminal.canAsk || title) return kinds[0]
  const choices = kinds.map((value) => ({ value, label: value.replace('-', ' ') }))
  return terminal.choose('What is it?', choices, kinds[0])
}

async function askWhen(given: string | undefined, site: Site, terminal: Terminal): Promise<number> {
  const usual = tomorrow(site)
  if (given) return readWhen(given, site)!
  if (!terminal.canAsk) return usual
  const answer = await terminal.ask(`When does it come out (now, or a time in ${site.timezone})?`, {
    initial: formatLocal(usual, site),
    check: (text) => wrongWhen(text, site),
  })
  const when = readWhen(answer, site)!
  if (when > now()) return when
  const isMeant = await terminal.confirm(
    'Then it is public as soon as the service sees the file, before you have written it. Is that right?',
  )
  return isMeant ? when : usual
}

function now(): number {
  return Math.floor(Date.now() / 1000)
}

function readWhen(text: string, site: Site): number | undefined {
  if (text.trim().toLowerCase() === 'now') return now()
  return parseTime(text, site.timezone) ?? readTimeAsMeant(text, site)
}

function wrongWhen(text: string, site: Site): string | undefined {
  return readWhen(text, site) === undefined ? explainTime(text, site) : undefined
}

/** Nine o'clock of the day after this one, where the office is. */
function tomorrow(site: Site): number {
  const { year, month, day } = wallTime(now(), site.timezone)
  const date = new Date(Date.UTC(year, month - 1, day + 1)).toISOString().slice(0, 10)
  return parseTime(`${date}T09:00`, site.timezone)!
}

/** What stands in a file: with the difference from UTC only where clocks show the same twice. */
function writtenTime(seconds: number, site: Site): string {
  const local = formatLocal(seconds, site)
  const minute = seconds - (seconds % 60)
  return readWhen(local, site) === minute ? local : formatInZone(minute, site.timezone)
}

/** A second as authors write it: `2026-12-01T09:00`, in the time zone of the site. */
function formatLocal(seconds: number, { timezone }: Site): string {
  const { year, month, day, hour, minute } = wallTime(seconds, timezone)
  return new Date(Date.UTC(year, month - 1, day, hour, minute)).toISOString().slice(0, 16)
}

/** Writes a file for each language. Answers their paths below the folder. */
async function write(beginning: Beginning, office: Office, directory: string): Promise<string[]> {
  const year = formatLocal(beginning.published, office.site).slice(0, 4)
  const written: string[] = []
  const undo = () => written.forEach((path) => rmSync(join(directory, path), { force: true }))
  return allOrNothing(undo, async () => {
    for (const language of beginning.titles.keys()) {
      const path = `releases/${year}/${formatFileName({ slug: beginning.slug, language })}`
      mkdirSync(dirname(join(directory, path)), { recursive: true })
      // Refused when somebody else has just written it.
      writeFileSync(join(directory, path), fileText(beginning, language, office.site), {
        flag: 'wx',
      })
      written.push(path)
    }
    return written
  })
}

function fileText(beginning: Beginning, language: string, site: Site): string {
  const { titles, topics, publisher, kind, published } = beginning
  return `---
title: ${asYaml(titles.get(language)!)}
# One paragraph of plain text. Without it, the beginning of the text is shown.
# lead: ${placeholders.lead}
published: ${writtenTime(published, site)}
${topics.length > 0 ? `topics: [${topics.join(', ')}]` : '# topics: [one, another]'}
${publisher === Object.keys(site.publishers)[0] ? '' : `publisher: ${publisher}\n`}${kind === kinds[0] ? '' : `kind: ${kind}\n`}# Newsrooms look for contacts first.
# contacts:
#   - name: Communications Unit
#     phone: "${placeholders.phone}"
#     email: ${placeholders.email}
#     for: media enquiries
# Files lie in the folder media. Of a picture say what it shows (alt), and who made it (credit).
# attachments:
#   - file: agenda.pdf
#     title: Agenda (PDF)
---

${placeholders.text}
`
}

/** Plain where nothing in it means anything in YAML, else in double quotes. */
function asYaml(text: string): string {
  return /^[\p{L}\p{N}][\p{L}\p{N} ,.()/–’-]*$/u.test(text) ? text : JSON.stringify(text)
}

function nextStep(published: number, site: Site): string {
  if (published <= now()) {
    return 'write the text at once; it is public as soon as the service sees the file.'
  }
  const time = formatLocal(published, site).replace('T', ' at ')
  return `write the text. It comes out on ${time} (${site.timezone}).`
}
