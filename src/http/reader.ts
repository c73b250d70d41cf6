import { cacheSizes, createRemembered } from '../domain/remembered.ts'

/** Who asks, as far as the User-Agent tells. `subscribers`: people it says it fetches for. */
export type Reader = { family: string; subscribers?: number | undefined }

/** Nobody who means it writes more, and whoever writes more must not cost more. */
const longest = 500
const mostSubscribers = 100_000_000

/** What an aggregator fetches is shown to all its subscribers, so that its count is believed. */
type Family = { name: string; sign: RegExp; aggregator?: true }

/**
 * The first sign found decides. Readers that call themselves like others (`like FeedFetcher-Google`,
 * `Mozilla/5.0`) stand before those, and programs named after a library before the library.
 */
const families: Family[] = [
  { name: 'Feedly', sign: /feedly/, aggregator: true },
  { name: 'Inoreader', sign: /inoreader/, aggregator: true },
  { name: 'Feedbin', sign: /feedbin/, aggregator: true },
  { name: 'NewsBlur', sign: /newsblur/, aggregator: true },
  { name: 'The Old Reader', sign: /theoldreader/, aggregator: true },
  { name: 'BazQux', sign: /bazqux/, aggregator: true },
  { name: 'Feedspot', sign: /feedspot/, aggregator: true },
  { name: 'FeedHQ', sign: /feedhq/, aggregator: true },
  { name: 'LiveJournal', sign: /livejournal/, aggregator: true },
  { name: 'Netvibes', sign: /netvibes/, aggregator: true },
  { name: 'PlainFeeder', sign: /plainfeeder/, aggregator: true },
  { name: 'Superfeedr', sign: /superfeedr/, aggregator: true },
  { name: 'Miniflux', sign: /miniflux/ },
  { name: 'FreshRSS', sign: /freshrss/ },
  { name: 'Tiny Tiny RSS', sign: /tiny tiny rss|tt-rss/ },
  { name: 'CommaFeed', sign: /commafeed/ },
  { name: 'Nextcloud News', sign: /nextcloud-news/ },
  { name: 'yarr', sign: /\byarr\// },
  { name: 'NetNewsWire', sign: /netnewswire/ },
  { name: 'Reeder', sign: /\breeder\b/ },
  { name: 'Unread', sign: /\bunread\b/ },
  { name: 'Feeder', sign: /spacecowboys|\bfeeder\b/ },
  { name: 'Thunderbird', sign: /thunderbird\// },
  { name: 'Newsboat', sign: /newsboat|newsbeuter/ },
  { name: 'Akregator', sign: /akregator/ },
  { name: 'Liferea', sign: /liferea/ },
  { name: 'RSS Guard', sign: /rssguard/ },
  { name: 'Elfeed', sign: /elfeed/ },
  { name: 'Slack', sign: /slackbot|slack-imgproxy/ },
  {
    name: 'Microsoft',
    sign: /azure-logic-apps|microsoft-flow|powerapps|skypeuripreview|teams\/|microsoft (office|outlook)|windows-rss-platform/,
  },
  { name: 'Zapier', sign: /zapier/ },
  { name: 'SimplePie', sign: /simplepie/ },
  { name: 'feedparser', sign: /feedparser/ },
  { name: 'python-reader', sign: /python-reader\// },
  { name: 'gofeed', sign: /gofeed\// },
  { name: 'rss-parser', sign: /\brss-parser\b/ },
  {
    name: 'Google',
    sign: /(?<!like )feedfetcher-google|googlebot|googleother|google-inspectiontool|apis-google/,
  },
  { name: 'Bing', sign: /bingbot|bingpreview/ },
  { name: 'Applebot', sign: /applebot/ },
  { name: 'curl', sign: /^curl\// },
  { name: 'Wget', sign: /^wget\// },
  { name: 'Python', sign: /python-(requests|urllib|httpx)|aiohttp/ },
  { name: 'Go', sign: /^go-http-client\// },
  { name: 'okhttp', sign: /^okhttp\// },
  { name: 'Node', sign: /^node$|^node\/|node-fetch|undici|^axios\// },
  { name: 'other', sign: /bot\b|crawl|spider|compatible;/ },
  { name: 'browser', sign: /^mozilla\/.+(firefox|fxios|chrome|crios|safari)\// },
]

/** Every family that a reader can belong to: the well-known ones, `browser`, `other` and `none`. */
export const readerFamilies: ReadonlySet<string> = new Set([
  ...families.map(({ name }) => name),
  'none',
])

const amount = String.raw`(\d{1,3}(?:,\d{3})+|\d{1,15})`
/** `45 subscribers`, `1 subscriber`, `1,234 readers`, `20_subscribers`. */
const before = new RegExp(String.raw`(?<![a-z\d.,-])${amount}[ _](?:subscriber|reader)s?(?![a-z])`)
/** `Subscriber Count: 12`, `subscribers 1`, `subscribers=1`. */
const after = new RegExp(String.raw`subscribers?(?: count)?[:= _]{1,3}${amount}(?![\d.,])`)

/**
 * Who asks, read from the User-Agent of a request (H-45): one of `readerFamilies`, and the number of
 * subscribers where an aggregator reports a believable one. Looks at the beginning of the text only.
 */
export function readUserAgent(text: string | undefined): Reader {
  if (!text) return { family: 'none' }
  const known = knownReaders.get(text)
  if (known) return known
  const reader = recogniseReader(text)
  knownReaders.set(text, reader)
  return reader
}

/** Readers come back with the same User-Agent, and looking through the families takes a while. */
const knownReaders = createRemembered<Reader>(cacheSizes.headers)

function recogniseReader(text: string): Reader {
  const agent = text.slice(0, longest).trim().toLowerCase()
  if (agent === '') return { family: 'none' }
  const family = families.find(({ sign }) => sign.test(agent))
  if (!family) return { family: 'other' }
  const subscribers = family.aggregator && readSubscribers(agent)
  return subscribers === undefined ? { family: family.name } : { family: family.name, subscribers }
}

function readSubscribers(agent: string): number | undefined {
  const digits = (before.exec(agent) ?? after.exec(agent))?.[1]
  if (digits === undefined) return undefined
  const subscribers = Number(digits.replaceAll(',', ''))
  return subscribers <= mostSubscribers ? subscribers : undefined
}
