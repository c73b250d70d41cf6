import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { registerProbe } from '../../src/cli/probe.ts'
import { type Service, serviceInMemory } from '../../src/cli/service.ts'
import { markdown, writeFolder } from '../content-folder.ts'
import { runCommand } from '../cli/run.ts'

type Reply = { status: number; headers: Record<string, string>; body: Buffer }
type Ask = { path: string; method: string; headers: Record<string, string> }

/** What stands between a reader and the service: changes questions and answers, or answers itself. */
type Proxy = {
  question?: (ask: Ask) => void
  answer?: (reply: Reply, ask: Ask) => void
}

async function addressOf(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function stop(server: Server): void {
  server.closeAllConnections()
  server.close()
}

/** The same for one test. */
async function listen(server: Server): Promise<string> {
  onTestFinished(() => stop(server))
  return addressOf(server)
}

function asAsked({ url = '/', method = 'GET', headers }: IncomingMessage): Ask {
  return { path: url, method, headers: headers as Record<string, string> }
}

/** What stands before the app in the test that runs. */
let proxy: Proxy = {}
let origin: string
let folder: string
let service: Service
const server = createServer((request, response) => {
  void (async () => {
    const asked = asAsked(request)
    proxy.question?.(asked)
    const { method, headers, path } = asked
    const given = await service.fetch(new Request(`${origin}${path}`, { method, headers }))
    const reply: Reply = {
      status: given.status,
      headers: Object.fromEntries(given.headers),
      body: Buffer.from(await given.arrayBuffer()),
    }
    proxy.answer?.(reply, asked)
    delete reply.headers['content-length']
    response.writeHead(reply.status, reply.headers).end(method === 'HEAD' ? undefined : reply.body)
  })()
})

beforeAll(async () => {
  folder = writeFolder({
    'site.yaml': `id: 0c0f5b1e-3d0c-4a7e-9c55-1f1f6a0d7a10
title: News
languages: [en, fi]
timezone: Europe/Helsinki
publishers: { ministry: { name: The Ministry } }
`,
    'topics.yaml': 'eu: { label: { en: EU } }\n',
    'releases/a.en.md': markdown(['title: A', 'published: 2024-01-24T09:00', 'topics: [eu]']),
  })
  origin = await addressOf(server)
  service = await serviceInMemory(folder, { baseUrl: origin })
})

afterEach(() => {
  proxy = {}
})

afterAll(() => {
  stop(server)
  service.close()
  rmSync(folder, { recursive: true, force: true })
})

type Finding = { check: string; state: string; text: string }

/** What the probe finds to be other than well, on one feed of each format. */
async function found(): Promise<{ code: number; findings: string[] }> {
  const { code, output } = await runCommand(registerProbe, [
    'probe',
    origin,
    '--json',
    '--most',
    '3',
  ])
  const { findings } = JSON.parse(output) as { findings: Finding[] }
  const told = findings.filter(({ state }) => state !== 'ok')
  return { code, findings: told.map(({ check, state, text }) => `${state} ${check}: ${text}`) }
}

test('a service without fault is found well, feed by feed, in lines for people', async () => {
  const { code, output, errors } = await runCommand(registerProbe, ['probe', origin])
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  const lines = output.split('\n')
  expect(lines.at(-1)).toBe('18 feeds looked at')
  expect(lines.slice(0, -1).every((line) => line.startsWith('ok'))).toBe(true)
  expect(output).toContain('ok  Who has the newest document is told so (304): 18 of 18')
  expect(output).toContain('Feedly, Feedbin, NetNewsWire')
  const few = await runCommand(registerProbe, ['probe', origin, '--most', '3'])
  expect(few.output).toContain('3 feeds looked at of 18; --most looks at more')
})

const isFeed = ({ path }: Ask) => /\.(rss|atom)$/.test(path)

/** What proxies do to feeds, and what is found of it. */
const faults: [string, Proxy, RegExp][] = [
  [
    'strips ETags',
    { answer: ({ headers }) => delete headers.etag },
    /^wrong ETag and Last-Modified come through: \S+\/feed\.rss has no ETag/,
  ],
  [
    'strips dates',
    { answer: ({ headers }) => delete headers['last-modified'] },
    /^wrong ETag.*has no Last-Modified/,
  ],
  [
    'drops If-None-Match',
    { question: ({ headers }) => delete headers['if-none-match'] },
    /^wrong Who has the newest.*is answered 200 to its own ETag/,
  ],
  [
    'drops If-Modified-Since',
    { question: ({ headers }) => delete headers['if-modified-since'] },
    /^wrong Who sends a date alone.*answered 200/,
  ],
  [
    'changes the type',
    { answer: (reply, ask) => isFeed(ask) && (reply.headers['content-type'] = 'text/html') },
    /^wrong Content types.*is sent as text\/html/,
  ],
  [
    'sets cookies',
    { answer: ({ headers }) => (headers['set-cookie'] = 'a=b') },
    /^wrong Every feed.*sets a cookie/,
  ],
  [
    'redirects',
    {
      answer: (reply, ask) =>
        isFeed(ask) && Object.assign(reply, { status: 302, headers: { location: '/x' } }),
    },
    /^wrong Every feed.*is redirected to \/x/,
  ],
  [
    'forbids caching',
    { answer: ({ headers }) => (headers['cache-control'] = 'no-store') },
    /^warning Caching headers.*Cache-Control: no-store/,
  ],
  [
    'keeps answers for too long',
    { answer: ({ headers }) => (headers.age = '100000') },
    /^warning Caching headers.*is 100000 seconds old/,
  ],
  [
    'varies by cookie',
    { answer: ({ headers }) => (headers.vary = 'Accept-Encoding, Cookie') },
    /^warning Caching headers.*Vary: Accept-Encoding, Cookie/,
  ],
  [
    'drops Accept-Encoding',
    { question: ({ headers }) => delete headers['accept-encoding'] },
    /^warning Answers are compressed.*not with gzip or br/,
  ],
  [
    'garbles gzip',
    {
      answer: (reply) =>
        reply.headers['content-encoding'] === 'br' && (reply.body = Buffer.from('x')),
    },
    /^wrong Codings are those.*br /,
  ],
  [
    'codes unasked',
    { question: ({ headers }) => (headers['accept-encoding'] ??= 'gzip') },
    /^wrong Codings.*a coding comes unasked/,
  ],
  [
    'answers HEAD otherwise',
    { answer: (reply, { method }) => method === 'HEAD' && (reply.status = 405) },
    /^warning HEAD says the same.*is answered 405 to HEAD/,
  ],
  [
    'breaks documents',
    {
      question: ({ headers }) => delete headers['accept-encoding'],
      answer: (reply, ask) =>
        isFeed(ask) &&
        (reply.body = Buffer.from(reply.body.toString().replace('</title>', '<br></title>'))),
    },
    /^wrong Documents are well-formed/,
  ],
  [
    'links elsewhere',
    {
      question: ({ headers }) => delete headers['accept-encoding'],
      answer: (reply, ask) =>
        isFeed(ask) &&
        (reply.body = Buffer.from(reply.body.toString().replaceAll('http://127', 'https://127'))),
    },
    /^wrong Each document says.*its address is https:\/\/127/,
  ],
  [
    'challenges a reader',
    {
      answer: (reply, { headers }) =>
        /Feedbin/.test(headers['user-agent'] ?? '') &&
        Object.assign(reply, {
          status: 403,
          headers: { 'cf-mitigated': 'challenge' },
          body: Buffer.from('<!DOCTYPE html>'),
        }),
    },
    /^wrong Every reader.*Feedbin gets 403 page with a challenge of Cloudflare/,
  ],
  [
    'wants a name',
    {
      answer: (reply, { headers }) =>
        !headers['user-agent'] &&
        Object.assign(reply, { status: 403, headers: {}, body: Buffer.from('no') }),
    },
    /^wrong Every reader.*a reader without a name gets 403 other/,
  ],
  [
    'shows pages for errors',
    { answer: (reply) => reply.status === 404 && (reply.status = 200) },
    /^warning What is not there.*answered 200/,
  ],
  [
    'chooses by Accept',
    { answer: (reply, { headers }) => headers.accept && (reply.body = Buffer.from('<html>')) },
    /^wrong The feed is a feed also.*a page comes/,
  ],
  [
    'strips nosniff',
    { answer: ({ headers }) => delete headers['x-content-type-options'] },
    /^warning Other headers.*x-content-type-options missing/,
  ],
  [
    'hides the service',
    { answer: (reply, { path }) => path === '/healthz' && (reply.status = 503) },
    /^wrong \/healthz: it is answered 503/,
  ],
  [
    'cuts the list',
    { answer: (reply, { path }) => path === '/feeds.opml' && (reply.status = 404) },
    /^wrong The list of feeds.*answered 404/,
  ],
]

test.for(faults)('a proxy that %s is found out', async ([, fault, finding]) => {
  proxy = fault
  const { code, findings } = await found()
  expect(findings).toContainEqual(expect.stringMatching(finding))
  expect(code).toBe(findings.some((text) => text.startsWith('wrong')) ? 1 : 0)
})

test('a wrong BASE_URL is said, and the feeds are looked at all the same', async () => {
  const right = service
  service = await serviceInMemory(folder, { baseUrl: 'https://elsewhere.example' })
  onTestFinished(() => {
    service.close()
    service = right
  })
  const { code, findings } = await found()
  expect(code).toBe(1)
  expect(findings).toEqual([
    'wrong Addresses are those that the service was asked at: they begin with https://elsewhere.example',
    expect.stringMatching(
      /^wrong Each document says.*its address is https:\/\/elsewhere\.example\/feed\.rss/,
    ),
  ])
})

test('what is no Tiedote, or cannot be asked, is said in a sentence', async () => {
  const other = await listen(createServer((_, response) => response.end('<html>Hello')))
  const outcome = async (address: string) => {
    const { code, errors } = await runCommand(registerProbe, ['probe', address])
    return `${code} ${errors}`
  }
  expect(await outcome(other)).toMatch(/^1 There is no Tiedote at http:\/\/127/)
  expect(await outcome(other.replace('http:', 'https:'))).toMatch(/cannot be asked\. TLS failed/)
  expect(await outcome('http://127.0.0.1:1')).toMatch(
    /^1 .*cannot be asked\. Nothing listens there/,
  )
  expect(await outcome('http://no.such.host.invalid')).toMatch(
    /^1 .*cannot be asked\. (There is no host|The name could not)/,
  )
  expect(await outcome('http://')).toMatch(/^2 .*is no web address/)
  const refused = await listen(createServer((_, response) => response.writeHead(403).end()))
  expect(await outcome(refused)).toMatch(/^1 .*answered 403: programs are refused/)
})

test('a proxy that marks the ETag of what it compressed, as Apache does, is well', async () => {
  proxy = {
    question({ headers }) {
      const etag = headers['if-none-match']
      if (etag) headers['if-none-match'] = etag.replace('-gzip"', '"')
    },
    answer({ status, headers }) {
      if (status === 200) headers.etag = headers.etag?.replace(/"$/, '-gzip"') ?? ''
    },
  }
  expect(await found()).toEqual({ code: 0, findings: [] })
})

/** When the release came out, by the clock of a machine that is behind. */
const behind = (seconds: number) =>
  new Date(Date.UTC(2024, 0, 24, 7) - seconds * 1000).toUTCString()

test('clocks that differ by less than a minute are well, and by more are told', async () => {
  proxy = { answer: ({ headers }) => (headers.date = behind(50)) }
  expect((await found()).findings).toEqual([])
  proxy = { answer: ({ headers }) => (headers.date = behind(70)) }
  expect((await found()).findings).toContainEqual(
    expect.stringMatching(/^wrong Documents are well-formed.*lies in the future/),
  )
})

test('a release that comes out between two questions is no fault', async () => {
  const asked = new Set<string>()
  proxy = {
    answer(reply, { path, method }) {
      if (isFeed({ path, method, headers: {} }) && !asked.has(path)) reply.headers.etag = '"before"'
      asked.add(path)
    },
  }
  expect((await found()).findings).toEqual([])
})

test('a list that never comes to an end is not read to its end', async () => {
  proxy = {
    answer(reply, { path }) {
      if (path === '/feeds.opml') reply.body = Buffer.alloc(6_000_000)
    },
  }
  const { code, errors } = await runCommand(registerProbe, ['probe', origin])
  expect([code, errors]).toEqual([1, expect.stringContaining('it has more than 5000000 bytes')])
})
