import { type FormatName, formatNames, preferredFormat } from '../feeds/formats.ts'
import { type Answer, ask } from './ask.ts'
import { browser, feedChecks, kindOf, type Observed, opaque, readers } from './probe-checks.ts'
import { NotDone } from './not-done.ts'
import { type Context, explain, positiveNumber, type Register } from './program.ts'
import { readXml } from './read-xml.ts'
import type { Mark, Terminal } from './terminal.ts'

/** What one check came to. */
type Finding = { check: string; state: Mark; text: string; advice?: string }

type Subject = { address: string; format: FormatName }

/** Requests at the same time: no more than a browser makes. */
const atOnce = 4
const name = { 'User-Agent': 'tiedote-probe' }
const ourselves = { ...name, 'Accept-Encoding': 'gzip' }

/** `probe`: a deployed service as readers meet it. */
export const registerProbe: Register = (program, context) => {
  const command = program
    .command('probe')
    .description('Check a deployed service from outside, as readers meet it.')
    .argument('<address>', 'its public address')
    .option('--most <feeds>', 'look at no more feeds than this', positiveNumber, 300)
    .option('--json', 'write a report for programs')
    .action(async (address: string, options: Options) => probe(address, options, context))
  explain(
    command,
    ['probe https://releases.example.org', 'probe http://localhost:3000 --most 30'],
    'Asks for every feed three times, four at once, and for the first ones as several readers do. Nothing is\nchanged there.',
  )
}

type Options = { most: number; json?: true }

async function probe(address: string, { most, json }: Options, { terminal }: Context) {
  const origin = originOf(address)
  const { subjects, findings } = await readOffer(origin)
  const looked = subjects.slice(0, most)
  findings.push(...(await examineAll(looked, terminal)))
  for (const { address, format } of looked.slice(0, formatNames.length)) {
    findings.push(...(await examineClosely(address, format)))
  }
  findings.push(await examineReaders(looked.slice(0, formatNames.length)))
  findings.push(await examineMissing(origin), await examineHealth(origin))
  if (origin.startsWith('https:')) findings.push(await examineUnencrypted(looked[0]!.address))
  const wrong = findings.filter(({ state }) => state === 'wrong').length
  const left = subjects.length - looked.length
  if (json) {
    terminal.say(
      JSON.stringify({ origin, ok: wrong === 0, feeds: looked.length, findings }, undefined, 2),
    )
  } else {
    for (const { check, state, text, advice } of findings) {
      terminal.say(`${terminal.mark(state)}  ${check}${text ? `: ${text}` : ''}`)
      if (advice) terminal.say(`${' '.repeat(9)}${advice}`)
    }
    const rest = left > 0 ? ` of ${subjects.length}; --most looks at more` : ''
    terminal.say(`${looked.length} feeds looked at${rest}`)
  }
  if (wrong > 0) throw new NotDone(`Something is wrong at ${origin}.`)
}

function originOf(address: string): string {
  const whole = /^https?:\/\//.test(address) ? address : `https://${address}`
  if (URL.canParse(whole)) return new URL(whole).origin
  throw new NotDone(
    `${address} is no web address. Write one such as https://releases.example.org.`,
    2,
  )
}

/** Addresses of a feed. A service of another version may have other formats. */
type Feeds = { [format in FormatName]?: string }

/** What `/topics.json` says, as far as it is needed. */
type Offer = {
  feeds: Feeds
  opml: string
  topics: { feeds: Feeds }[]
  otherLanguages: { topics: string }[]
}

/** Which feeds a service offers, and whether it does so under the address that it was asked at. */
async function readOffer(origin: string): Promise<{ subjects: Subject[]; findings: Finding[] }> {
  const first = await askForOffer(`${origin}/topics.json`)
  const here = (address: string) => origin + address.slice(new URL(address).origin.length)
  const others = await Promise.all(
    first.otherLanguages.map(async ({ topics }) => askForOffer(here(topics))),
  )
  const addresses = [first, ...others].flatMap(({ feeds, topics }) => [
    feeds,
    ...topics.map((topic) => topic.feeds),
  ])
  const subjects = addresses.flatMap((feeds) =>
    formatNames.flatMap((format) => {
      const address = feeds[format]
      return address === undefined ? [] : [{ address: here(address), format }]
    }),
  )
  const says = new URL(first.feeds[preferredFormat]!).origin
  const check = 'Addresses are those that the service was asked at'
  const finding: Finding =
    says === origin
      ? { check, state: 'ok', text: says }
      : {
          check,
          state: 'wrong',
          text: `they begin with ${says}`,
          advice: `Set BASE_URL to ${origin}, and start the service again.`,
        }
  return {
    subjects,
    findings: [finding, await examineOpml(here(first.opml), subjects, says, origin)],
  }
}

async function askForOffer(address: string): Promise<Offer> {
  const answer = await ask(address, ourselves)
  const what = `${address} is answered ${answer.status}`
  if (answer.headers['cf-mitigated']) {
    throw new NotDone(`${what} with a challenge of Cloudflare. Turn it off for addresses of feeds.`)
  }
  if ([401, 403, 429].includes(answer.status)) {
    throw new NotDone(`${what}: programs are refused. Look for a rule about bots or User-Agents.`)
  }
  if (answer.status >= 500) {
    throw new NotDone(`${what}: the service does not run, or the proxy does not reach it.`)
  }
  try {
    const offer = JSON.parse(new TextDecoder().decode(answer.body)) as Offer
    if (offer.feeds[preferredFormat] && offer.opml && Array.isArray(offer.topics)) return offer
  } catch {
    // Something else is there.
  }
  throw new NotDone(
    `There is no Tiedote at ${new URL(address).origin}: ${what}, and with no list of topics.`,
  )
}

async function examineOpml(
  address: string,
  subjects: Subject[],
  says: string,
  origin: string,
): Promise<Finding> {
  const check =
    'The list of feeds for readers (OPML) is well-formed and names feeds that are offered'
  const wrong = (text: string): Finding => ({
    check,
    state: 'wrong',
    text,
    advice: 'Let the proxy pass /feeds.opml through.',
  })
  const answer = await ask(address, ourselves)
  if (answer.status !== 200) return wrong(`it is answered ${answer.status}`)
  const text = new TextDecoder().decode(answer.body)
  try {
    readXml(text)
  } catch (error) {
    return wrong((error as Error).message)
  }
  const listed = Array.from(text.matchAll(/xmlUrl="([^"]+)"/g), ([, url = '']) =>
    url.replaceAll('&amp;', '&').replace(says, origin),
  )
  const known = new Set(subjects.map((subject) => subject.address))
  const strange = listed.find((url) => !known.has(url))
  return strange
    ? wrong(`it names ${strange}`)
    : { check, state: 'ok', text: `${listed.length} feeds` }
}

/** Looks at each feed, some at once, and says of each check how many feeds it found wanting. */
async function examineAll(subjects: Subject[], terminal: Terminal): Promise<Finding[]> {
  const progress = terminal.progress('Feeds', subjects.length)
  const troubles = new Map(feedChecks.map(({ name }) => [name, [] as string[]]))
  const waiting = [...subjects]
  const work = async () => {
    for (let subject = waiting.shift(); subject; subject = waiting.shift()) {
      const observed = await observe(subject)
      for (const { name, trouble } of feedChecks) {
        const isThere = observed.plain.status === 200 || name === feedChecks[0]!.name
        const found = isThere && trouble(observed)
        if (found) troubles.get(name)!.push(`${subject.address} ${found}`)
      }
      progress.step()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work)).finally(() => progress.end())
  return feedChecks.map(({ name, advice, isWarning }) => {
    // Some are asked at once, and the same faults are to be told in the same words.
    const place = (text: string) =>
      subjects.findIndex(({ address }) => text.startsWith(`${address} `))
    const found = troubles.get(name)!.toSorted((a, b) => place(a) - place(b))
    if (found.length === 0)
      return { check: name, state: 'ok', text: `${subjects.length} of ${subjects.length}` }
    const more = found.length > 3 ? `; and ${found.length - 3} more` : ''
    const text = `${found.slice(0, 3).join('; ')}${more}`
    return { check: name, state: isWarning ? 'warning' : 'wrong', text, advice }
  })
}

async function observe(subject: Subject): Promise<Observed> {
  const once = async (): Promise<Observed> => {
    const plain = await ask(subject.address, ourselves)
    const etag = plain.headers.etag
    const again = etag ? await ask(subject.address, { ...ourselves, 'If-None-Match': etag }) : plain
    return { ...subject, plain, again, head: await ask(subject.address, ourselves, 'HEAD') }
  }
  const observed = await once()
  const { plain, again, head } = observed
  // A release may have come out between the questions.
  const isMoved = [again, head].some(
    ({ headers }) => opaque(headers.etag) !== opaque(plain.headers.etag),
  )
  return isMoved && plain.headers.etag ? once() : observed
}

/** What one feed of each format shows of all: codings and conditions. */
async function examineClosely(address: string, format: FormatName): Promise<Finding[]> {
  const at = new URL(address).pathname
  const plain = await ask(address, name)
  const same = (answer: Answer) => Buffer.from(answer.body).equals(plain.body)
  const finding = (
    check: string,
    trouble: string | undefined,
    advice: string,
    state: Mark = 'wrong',
  ): Finding =>
    trouble
      ? { check: `${check} (${at})`, state, text: trouble, advice }
      : { check: `${check} (${at})`, state: 'ok', text: '' }

  const codings: string[] = []
  const uncoded: string[] = []
  if (plain.headers['content-encoding']) codings.push('a coding comes unasked')
  for (const coding of ['gzip', 'br']) {
    const coded = await ask(address, { ...name, 'Accept-Encoding': coding })
    const sent = coded.headers['content-encoding']
    if (!sent) uncoded.push(coding)
    else if (sent !== coding) codings.push(`${sent} comes for ${coding}`)
    else if (coded.garbled || !same(coded))
      codings.push(`${coding} ${coded.garbled ?? 'holds something else'}`)
  }
  const since = { ...name, 'If-Modified-Since': plain.headers['last-modified'] ?? '' }
  const byDate = plain.headers['last-modified'] ? (await ask(address, since)).status : 304
  const pageLiking = kindOf(
    await ask(address, { ...name, Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }),
    format,
  )
  const policies = ['x-content-type-options', 'access-control-allow-origin']
  const missing = policies.filter((name) => !plain.headers[name])
  return [
    finding(
      'Codings are those that were asked for, and decode',
      codings.join(', ') || undefined,
      'Let the proxy leave Accept-Encoding and Content-Encoding alone.',
    ),
    finding(
      'Answers are compressed',
      uncoded.length > 0 ? `not with ${uncoded.join(' or ')}` : undefined,
      'Let the proxy pass Accept-Encoding on.',
      'warning',
    ),
    finding(
      'Who sends a date alone is told 304, too',
      byDate === 304 ? undefined : `is answered ${byDate}`,
      'Let the proxy pass If-Modified-Since on.',
    ),
    finding(
      'The feed is a feed also for who likes pages',
      pageLiking === 'feed' ? undefined : `a ${pageLiking} comes`,
      'Let the proxy not choose by Accept.',
    ),
    finding(
      'Other headers come through',
      missing.length > 0 ? `${missing.join(', ')} missing` : undefined,
      'Let the proxy leave them alone.',
      'warning',
    ),
  ]
}

/** Whether a rule about bots stands before the feeds. */
async function examineReaders(subjects: Subject[]): Promise<Finding> {
  const check = 'Every reader is served as a browser is'
  const refused: string[] = []
  for (const { address, format } of subjects) {
    const show = (answer: Answer) => {
      const challenge = answer.headers['cf-mitigated'] ? ' with a challenge of Cloudflare' : ''
      return `${answer.status} ${kindOf(answer, format)}${challenge}`
    }
    const usual = show(await ask(address, { 'User-Agent': browser, 'Accept-Encoding': 'gzip' }))
    if (usual !== '200 feed') refused.push(`a browser gets ${usual} at ${address}`)
    for (const [name, agent] of Object.entries(readers)) {
      const headers = { 'Accept-Encoding': 'gzip', ...(agent && { 'User-Agent': agent }) }
      const shown = show(await ask(address, headers))
      if (shown !== usual) refused.push(`${name} gets ${shown} at ${address}`)
    }
  }
  if (refused.length === 0) return { check, state: 'ok', text: Object.keys(readers).join(', ') }
  const more = refused.length > 8 ? `; and ${refused.length - 8} more` : ''
  return {
    check,
    state: 'wrong',
    text: `${refused.slice(0, 8).join('; ')}${more}`,
    advice:
      'Turn off challenges and rules about User-Agents for addresses of feeds (README.md, "Behind a proxy").',
  }
}

async function examineMissing(origin: string): Promise<Finding> {
  const check = 'What is not there is answered 404'
  const { status } = await ask(
    `${origin}/topics/no-such-topic-as-this.${preferredFormat}`,
    ourselves,
  )
  if (status === 404) return { check, state: 'ok', text: '' }
  return {
    check,
    state: 'warning',
    text: `it is answered ${status}`,
    advice: 'Let the proxy pass errors through.',
  }
}

async function examineHealth(origin: string): Promise<Finding> {
  const check = '/healthz'
  const { status, body } = await ask(`${origin}/healthz`, ourselves)
  if ([401, 403, 404].includes(status))
    return { check, state: 'ok', text: 'not for everybody, as it should be' }
  const text = new TextDecoder().decode(body)
  if (status !== 200) {
    return {
      check,
      state: 'wrong',
      text: `it is answered ${status}`,
      advice: 'Look at the log of the service.',
    }
  }
  if (text.includes('"status":"ok"')) {
    return {
      check,
      state: 'ok',
      text: 'the service is well. In public, deny this address to others',
    }
  }
  return { check, state: 'warning', text: text.trim().slice(0, 500), advice: 'Mend the content.' }
}

async function examineUnencrypted(address: string): Promise<Finding> {
  const check = 'http leads to https in one step'
  const advice = 'Redirect with 301 or 308 to the same path (README.md, "Behind a proxy").'
  try {
    const { status, headers } = await ask(address.replace(/^https:/, 'http:'), ourselves)
    const isRight = [301, 308].includes(status) && headers.location === address
    if (isRight) return { check, state: 'ok', text: '' }
    return {
      check,
      state: 'warning',
      text: `it is answered ${status} ${headers.location ?? ''}`,
      advice,
    }
  } catch (error) {
    return { check, state: 'warning', text: (error as Error).message, advice }
  }
}
