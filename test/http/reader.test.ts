import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readerFamilies, readUserAgent } from '../../src/http/reader.ts'

const safari =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15'

/** Aggregators as they are found in the logs of servers, with the count that they report. */
const aggregators: [agent: string, family: string, subscribers: number | undefined][] = [
  [
    'Feedly/1.0 (+http://www.feedly.com/fetcher.html; 16 subscribers; like FeedFetcher-Google)',
    'Feedly',
    16,
  ],
  ['Feedly/1.0 (poller; 131 subscribers;)', 'Feedly', 131],
  ['FeedlyBot/1.0 (http://feedly.com)', 'Feedly', undefined],
  ['Inoreader/1.0 (+http://www.inoreader.com/feed-fetcher; 12 subscribers; )', 'Inoreader', 12],
  ['Mozilla/5.0 (compatible; inoreader.com; 7 subscribers)', 'Inoreader', 7],
  ['Feedbin feed-id:1373711 - 142 subscribers', 'Feedbin', 142],
  ['NewsBlur Feed Fetcher - 1 subscriber - https://www.newsblur.com/site/7/press', 'NewsBlur', 1],
  [
    `NewsBlur Feed Fetcher - 1,234 subscribers - https://www.newsblur.com/site/6865328/99-readers ("${safari}")`,
    'NewsBlur',
    1234,
  ],
  [
    'Mozilla/5.0 (compatible; theoldreader.com; 5 subscribers; feed-id=0719795c4d27c784217b0bc0)',
    'The Old Reader',
    5,
  ],
  ['Mozilla/5.0 (compatible; BazQux/2.4; +https://bazqux.com/fetcher; 6 subscribers)', 'BazQux', 6],
  [
    'Feedspot/1.0 (+https://www.feedspot.com/fs/fetcher; like FeedFetcher-Google)',
    'Feedspot',
    undefined,
  ],
  [
    'FeedHQ/1.2 (https://github.org/feedhq/feedhq; 1 subscriber; https://github.com/feedhq/feedhq/wiki/User-Agent; like FeedFetcher-Google)',
    'FeedHQ',
    1,
  ],
  ['LiveJournal.com_(webmaster@livejournal.com;_for_your_url/;_1_readers)', 'LiveJournal', 1],
  ['PlainFeeder v0.0.1 (+http://plainfeeder.com/about ; Subscriber Count: 31)', 'PlainFeeder', 31],
  [
    'Superfeedr bot/2.0 http://superfeedr.com - Make your feeds realtime: get in touch - feed-id:46271263',
    'Superfeedr',
    undefined,
  ],
]

/** Everybody else: one reader each, or programs that fetch for somebody else. */
const others: [agent: string | undefined, family: string][] = [
  ['Mozilla/5.0 (compatible; Miniflux/2.2.3; +https://miniflux.app)', 'Miniflux'],
  ['FreshRSS/1.29.1 (Linux; https://freshrss.org)', 'FreshRSS'],
  ['Tiny Tiny RSS/23.05-a4543de (Unsupported) (https://tt-rss.org/)', 'Tiny Tiny RSS'],
  ['NextCloud-News/1.0', 'Nextcloud News'],
  ['Yarr/1.0', 'yarr'],
  ['NetNewsWire (RSS Reader; https://netnewswire.com/)', 'NetNewsWire'],
  ['Reeder/5050102 CFNetwork/3860.700.2 Darwin/25.6.0', 'Reeder'],
  ['Unread RSS Reader - https://www.goldenhillsoftware.com/unread/', 'Unread'],
  ['SpaceCowboys Android RSS Reader / 2.13.0(3764)', 'Feeder'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.6.1', 'Thunderbird'],
  ['newsboat/2.13 (Linux x86_64)', 'Newsboat'],
  ['Newsboat/2.40.0', 'Newsboat'],
  ['Akregator/5.22.3; syndication', 'Akregator'],
  ['Liferea/1.13.5 (Linux; https://lzone.de/liferea/) AppleWebKit (KHTML, like Gecko)', 'Liferea'],
  ['Emacs Elfeed 3.4.2', 'Elfeed'],
  ['Slackbot 1.0 (+https://api.slack.com/robots)', 'Slack'],
  ['Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)', 'Slack'],
  [
    'azure-logic-apps/1.0 (workflow 860ad96c0b444dc99214a54c93918663; version 08585764630720889319) microsoft-flow/1.0',
    'Microsoft',
  ],
  [
    'Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com',
    'Microsoft',
  ],
  ['SimplePie/1.5.6 (Feed Parser; http://simplepie.org; Allow like Gecko)', 'SimplePie'],
  ['UniversalFeedParser/5.0.1 +http://feedparser.org/', 'feedparser'],
  ['feedparser/6.0.11 +https://github.com/kurtmckee/feedparser/', 'feedparser'],
  ['python-reader/3.18 (+https://github.com/lemon24/reader)', 'python-reader'],
  ['Gofeed/1.0', 'gofeed'],
  ['rss-parser', 'rss-parser'],
  ['FeedFetcher-Google; (+http://www.google.com/feedfetcher.html)', 'Google'],
  [
    'Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.7339.207 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Google',
  ],
  [
    'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36',
    'Bing',
  ],
  [`${safari} (Applebot/0.1; +http://www.apple.com/go/applebot)`, 'Applebot'],
  ['curl/8.5.0', 'curl'],
  ['Wget/1.21.4', 'Wget'],
  ['python-requests/2.32.3', 'Python'],
  ['Python-urllib/3.12', 'Python'],
  ['Go-http-client/2.0', 'Go'],
  ['okhttp/4.12.0', 'okhttp'],
  ['node-fetch/1.0 (+https://github.com/bitinn/node-fetch)', 'Node'],
  ['undici', 'Node'],
  ['node', 'Node'],
  [safari, 'browser'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0', 'browser'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0',
    'browser',
  ],
  [
    'Mozilla/5.0 (Linux; Android 7.0;) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; PetalBot;+https://webmaster.petalsearch.com/site/petalbot)',
    'other',
  ],
  ['Playarr/1.0', 'other'],
  ['GuzzleHttp/6.2.1 curl/7.29.0 PHP/7.0.27', 'other'],
  ['Somebody/1.0 (like FeedFetcher-Google)', 'other'],
  [undefined, 'none'],
  ['  ', 'none'],
]

describe('the readers of a newsroom (H-45)', () => {
  test('aggregators are known by their names, with the subscribers they report', () => {
    for (const [agent, family, subscribers] of aggregators) {
      expect({ subscribers: undefined, ...readUserAgent(agent) }, agent).toEqual({
        family,
        subscribers,
      })
    }
  })

  test('other readers and programs are known by their names and have no count', () => {
    for (const [agent, family] of others) expect(readUserAgent(agent), agent).toEqual({ family })
  })

  test('every family is in the closed list', () => {
    for (const [agent] of [...aggregators, ...others]) {
      expect(readerFamilies).toContain(readUserAgent(agent).family)
    }
    fc.assert(fc.property(fc.string(), (text) => readerFamilies.has(readUserAgent(text).family)))
  })
})

describe('counts that cannot be', () => {
  test('a browser or a reader of one person that claims subscribers has none', () => {
    for (const agent of [`${safari} 45 subscribers`, 'curl/8.5.0 (9 subscribers)', '7 readers']) {
      expect(readUserAgent(agent)).not.toHaveProperty('subscribers')
    }
  })

  test('a count beyond a hundred million, in parts or below zero is ignored', () => {
    const counts = [
      '100000001',
      '999,999,999',
      '1000000000000000000005',
      '1,000,000,000,000,000,000,005',
      '-5',
      '2.5',
      'NaN',
      '1e3',
    ]
    for (const count of counts) {
      const { family, subscribers } = readUserAgent(`Feedbin feed-id:1 - ${count} subscribers`)
      expect({ count, family, subscribers }).toEqual({
        count,
        family: 'Feedbin',
        subscribers: undefined,
      })
    }
    expect(readUserAgent('Feedbin feed-id:1 - 100,000,000 subscribers').subscribers).toBe(1e8)
  })

  test('what stands beyond the first 500 characters is not read', () => {
    expect(readUserAgent(`Feedbin ${' '.repeat(500)} 5 subscribers`)).toEqual({ family: 'Feedbin' })
  })

  test('a User-Agent of 16 KB costs no more than a short one', () => {
    const parts = [
      '1',
      '1,',
      '1 ',
      'mozilla/',
      'subscribers ',
      'subscriber count: 1',
      'feedly ',
      '(',
    ]
    const hostile = parts.map((part) => part.repeat(16_384 / part.length))
    hostile.push(...parts.map((part) => `Feedly Mozilla/5.0 ${part.repeat(16_384 / part.length)}`))
    const start = performance.now()
    for (let round = 0; round < 100; round++) hostile.forEach((agent) => readUserAgent(agent))
    expect((performance.now() - start) / (100 * hostile.length)).toBeLessThan(1)
  })
})
