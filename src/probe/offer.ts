import { NotDone } from '../domain/tool.ts'
import { ask, ourselves } from './ask.ts'
import type { Finding, KnownFormat, Subject } from './finding.ts'
import { readXml } from './read-xml.ts'

/** Addresses of a feed by the names of its formats. A service of another version may have others. */
type Addresses = Record<string, string>

type Counted = { feeds: Addresses; releases: number }

/** What `/topics.json` says, as far as it is needed. */
type Offer = {
  feeds: Addresses
  opml: string
  topics: { feeds: Addresses }[]
  /** Missing in earlier versions. */
  publishers?: Counted[]
  kinds?: Counted[]
  otherLanguages: { topics: string }[]
}

/** Which feeds a service offers, and whether it does so under the address that it was asked at. */
export async function readOffer(
  origin: string,
  formats: KnownFormat[],
): Promise<{ subjects: Subject[]; findings: Finding[] }> {
  const usual = formats[0]!.name
  const first = await askForOffer(`${origin}/topics.json`, usual)
  const here = (address: string) => origin + address.slice(new URL(address).origin.length)
  const others = await Promise.all(
    first.otherLanguages.map(async ({ topics }) => askForOffer(here(topics), usual)),
  )
  const offers = [first, ...others]
  const subjects = offers.flatMap(feedsToLookAt).flatMap((feeds) =>
    formats.flatMap((format) => {
      const address = feeds[format.name]
      return address === undefined ? [] : [{ address: here(address), format }]
    }),
  )
  const known = new Set(
    offers
      .flatMap(allFeeds)
      .flatMap(Object.values<string>)
      .map(here),
  )
  const says = new URL(first.feeds[usual]!).origin
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
    findings: [finding, await examineOpml(here(first.opml), known, says, origin)],
  }
}

function allFeeds({ feeds, topics, publishers = [], kinds = [] }: Offer): Addresses[] {
  return [feeds, ...[...topics, ...publishers, ...kinds].map((one) => one.feeds)]
}

/** Of publishers and of kinds only those that have releases, where there are several: the only one has everything. */
function feedsToLookAt({ publishers = [], kinds = [], ...offer }: Offer): Addresses[] {
  return allFeeds({ ...offer, publishers: severalOf(publishers), kinds: severalOf(kinds) })
}

function severalOf(some: Counted[]): Counted[] {
  const used = some.filter(({ releases }) => releases > 0)
  return used.length > 1 ? used : []
}

async function askForOffer(address: string, usual: string): Promise<Offer> {
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
    if (offer.feeds[usual] && offer.opml && Array.isArray(offer.topics)) return offer
  } catch {
    // Something else is there.
  }
  throw new NotDone(
    `There is no Tiedote at ${new URL(address).origin}: ${what}, and with no list of topics.`,
  )
}

async function examineOpml(
  address: string,
  known: Set<string>,
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
  const strange = listed.find((url) => !known.has(url))
  return strange
    ? wrong(`it names ${strange}`)
    : { check, state: 'ok', text: `${listed.length} feeds` }
}
