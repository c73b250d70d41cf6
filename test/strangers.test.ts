// What the real server remembers of a flood of requests that are all different, with little memory.
import { readFileSync } from 'node:fs'
import { Agent, request, type RequestOptions } from 'node:http'
import { expect, test } from 'vitest'
import { markdown, temporaryFolder } from './content-folder.ts'
import { type Server, start } from './server.ts'
import { isTrial } from './trials.ts'

const topics = 7000
const requestsOfAKind = 2000
const clients = 20

/** Texts that are as long as a request may have, or short ones, all different. */
const long = (number: number) => `${number}-`.padEnd(12_000, 'abcdefghij')
const nameOf = (number: number) => `topic-${(number * 7919).toString(36)}-${number}`

/** By what strangers choose: a path, or a path and headers. */
const floods: Record<string, (number: number) => RequestOptions> = {
  'files that are not there': (number) => ({ path: `/media/${long(number)}.pdf` }),
  'releases that are not there': (number) => ({ path: `/releases/${long(number)}` }),
  'clients with wrong tokens': (number) => ({
    path: '/api/releases',
    headers: { 'X-Forwarded-For': long(number), Authorization: 'Bearer wrong' },
  }),
  'wrong tokens from many clients': (number) => ({
    path: '/api/releases',
    headers: { 'X-Forwarded-For': `${long(1)}, 192.0.2.${number}`, Authorization: 'Bearer wrong' },
  }),
  'readers with subscribers': (number) => ({
    path: `/${long(number)}`,
    headers: { 'User-Agent': `Feedly/1.0 (${number} subscribers)` },
  }),
  'long names of readers': (number) => ({
    path: '/feed.rss',
    headers: { 'User-Agent': long(number) },
  }),
  codings: (number) => ({
    path: '/feed.rss',
    headers: { 'Accept-Encoding': `gzip, ${long(number)}` },
  }),
  hosts: (number) => ({ path: '/feed.rss', headers: { Host: `${number}.example.org` } }),
  'topics that are not there': (number) => ({ path: `/topics/unknown-${number}.rss` }),
  spellings: (number) => ({ path: `/topics/${nameOf(number % topics)},EU.atom?x=${number}` }),
  questions: (number) => ({
    path: `/topics/${nameOf(number % topics)}+-${nameOf((number * 31) % topics)}.json`,
    headers: { 'Accept-Encoding': ['gzip', 'br', 'zstd', 'identity'][number % 4] },
  }),
  searches: (number) => ({ path: `/feed.rss?q=word${number}+text` }),
  tags: (number) => ({
    path: `/feed.atom?x=${number}`,
    headers: { 'If-None-Match': `"${number}", "${long(number)}"` },
  }),
  'lists of topics': (number) => ({
    path: `/feeds.opml?topics=${Array.from({ length: 100 }, (_, one) => nameOf((number * 100 + one) % topics)).join(',')}`,
  }),
  'pages of errors': (number) => ({ path: `/${number}/nothing`, headers: { Accept: 'text/html' } }),
}

test.skipIf(!isTrial)(
  'strangers who never ask the same twice do not end a server that has 128 MB',
  { timeout: 1_800_000 },
  async () => {
    const server = await start(vocabularyFolder(), {
      NODE_OPTIONS: '--max-old-space-size=128',
      PUBLISH_TOKENS: 'newsroom=a-secret-of-the-newsroom',
    })
    const grown: Record<string, number> = {}
    await flood(server, () => ({ path: '/feed.rss' }))
    const before = memoryOf(server)
    for (const [name, ask] of Object.entries(floods)) {
      const began = memoryOf(server)
      await flood(server, ask)
      grown[name] = memoryOf(server) - began
      console.log(`${name}: ${grown[name]} MB`)
      expect(server.process.exitCode, `${name} ended the server`).toBeNull()
    }
    console.log(`MB before: ${before}, grown by`, grown)
    expect(memoryOf(server) - before).toBeLessThan(160)
  },
)

test.skipIf(!isTrial)(
  'a poll beside twenty clients that ask for topics that are not there does not wait for them',
  { timeout: 600_000 },
  async () => {
    const server = await start(vocabularyFolder(), {})
    await fetch(`${server.url}/feed.rss`)
    // A service that has just begun reads its folder once more, and with it the vocabulary.
    await new Promise((resolve) => setTimeout(resolve, 10_000))
    const waited: number[] = []
    const flooding = { isOver: false }
    const polling = (async () => {
      while (!flooding.isOver) {
        const began = performance.now()
        await (await fetch(`${server.url}/feed.rss`)).arrayBuffer()
        waited.push(performance.now() - began)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    })()
    const began = performance.now()
    await flood(
      server,
      (number) => ({ path: `/topics/unknwon-${number},mgration${number},xyz.rss` }),
      2000,
    )
    flooding.isOver = true
    await polling
    const seconds = (performance.now() - began) / 1000
    waited.sort((a, b) => a - b)
    console.log(
      `2000 in ${seconds.toFixed(1)} s; polls waited for ${waited.at(-1)?.toFixed(0)} ms at most, ${waited[waited.length >> 1]?.toFixed(0)} ms mostly`,
    )
    expect(waited.at(-1)).toBeLessThan(500)
  },
)

/** Sends many requests by some clients at once, and waits for the answers. */
async function flood(
  { port }: Server,
  ask: (number: number) => RequestOptions,
  count = requestsOfAKind,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  let next = 0
  const client = async () => {
    while (next < count) {
      const number = next++
      await new Promise<void>((resolve) => {
        const sent = request({ port, host: '127.0.0.1', agent, ...ask(number) }, (response) => {
          response.resume().once('close', resolve)
        })
        sent.once('error', () => resolve())
        sent.end()
      })
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  agent.destroy()
}

/** MB that a process has in memory. */
function memoryOf({ process: { pid } }: Server): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1000)
}

/** Releases under a vocabulary with labels in three languages. */
function vocabularyFolder(): string {
  const vocabulary = Array.from({ length: topics }, (_, number) => {
    const name = nameOf(number)
    const labels = ['en', 'fi', 'sv'].map((language) => `${language}: "${name} ${language} label"`)
    return `${name}:\n  label: { ${labels.join(', ')} }\n`
  })
  const releases = Array.from({ length: 200 }, (_, number) => [
    `releases/release-${number}.en.md`,
    markdown(
      [
        `title: Release ${number}`,
        'published: 2024-01-24T09:00',
        `topics: [${nameOf(number)}, eu]`,
      ],
      `A text of the release. ${'It has some words. '.repeat(100)}`,
    ),
  ])
  return temporaryFolder({
    'topics.yaml': `eu:\n  label: { en: EU, fi: EU, sv: EU }\n${vocabulary.join('')}`,
    ...(Object.fromEntries(releases) as Record<string, string>),
  })
}
