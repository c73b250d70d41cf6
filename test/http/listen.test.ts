import { existsSync, readdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import { dirname } from 'node:path'
import { afterEach, beforeAll, describe, expect, test, type TestContext, vi } from 'vitest'
import { usualLimits } from '../../src/http/limits.ts'
import { type Fetch, listen } from '../../src/http/listen.ts'
import { markdown } from '../content-folder.ts'
import { exchange, open } from '../raw-client.ts'
import { createClockAhead, type Server, startForAll, until } from '../server.ts'

const host = 'Host: releases.example.org\r\n'
const close = 'Connection: close\r\n'
const megabyte = 1_000_000

/** A request for the main feed, or one that differs from it. */
function request({
  method = 'GET',
  target = '/feed.rss',
  version = 'HTTP/1.1',
  headers = host + close,
  body = '',
}): string {
  return `${method} ${target} ${version}\r\n${headers}\r\n${body}`
}

const files = {
  'releases/a.en.md': markdown([
    'title: A',
    'published: 2024-01-24T09:00:00+02:00',
    'topics: [eu, asylum]',
  ]),
}

const size = 20 * megabyte
const withFile = {
  ...files,
  'media/large.bin': Buffer.alloc(size, 'a'),
  'releases/large.en.md': markdown([
    'title: Large',
    'published: 2024-01-24T09:00:00+02:00',
    'attachments: [{ file: large.bin }]',
  ]),
}

const settings = {
  ...createClockAhead().environment,
  BASE_URL: 'https://releases.example.org',
  PUBLISH_TOKENS: 'newsroom=a-secret-of-the-newsroom',
}
const newsroom = 'Bearer a-secret-of-the-newsroom'

/** Whatever is sent to it, and then it is stopped. */
const started = startForAll(withFile, settings)

describe('whatever is sent', () => {
  let server: Server
  beforeAll(() => void (server = started()))

  afterEach(async () => {
    expect(server.log().trim().split('\n')).toHaveLength(1)
    expect((await fetch(`${server.url}/feed.rss`)).status).toBe(200)
  })

  /** Sends one request, and expects one complete answer with a reason that a person can read. */
  async function ask(bytes: string | Buffer) {
    const { answers, closed, took } = await exchange(server.port, bytes)
    expect(answers).toHaveLength(1)
    const { status, headers, body } = answers[0]!
    let quickest = took
    // A busy machine makes some of them slow, and what waits for a limit is slow each time.
    for (let again = 0; again < 4 && quickest >= 1000; again++) {
      quickest = Math.min(quickest, (await exchange(server.port, bytes)).took)
    }
    expect(quickest).toBeLessThan(1000)
    expect(headers.has('date')).toBe(true)
    if (headers.get('content-type') === 'application/problem+json') {
      const problem = JSON.parse(body) as Record<string, unknown>
      expect(problem).toMatchObject({ type: 'about:blank', status })
      expect(problem.detail).toMatch(/^[A-Z].*[.?]$/s)
    }
    if (status === 405) expect(headers.get('allow')).toBe('GET, HEAD, OPTIONS')
    return { status, headers, body, closed }
  }

  test.each([
    ['of 100 KB', `/${'a'.repeat(100_000)}`, 431],
    ['of 15 KB', `/topics/${'a+'.repeat(7500)}`, 400],
    ['with a percent sign alone', '/topics/%.rss', 400],
    ['with a percent sign before letters', '/topics/%zz.rss', 400],
    ['with an encoded NUL', '/topics/%00.rss', 404],
    ['with an encoded NUL in a slug', '/releases/%00', 404],
    ['with an encoded NUL in a file name', '/media/%00', 404],
    ['with an encoded NUL in words', '/feed.rss?q=%00', 200],
    ['that is not UTF-8', '/topics/%ff.rss', 400],
    ['that is not UTF-8 in words', '/feed.rss?q=%ff', 200],
    ['that is not UTF-8 in a file name', '/media/%ff', 404],
    ['with overlong UTF-8', '/topics/%c0%ae.rss', 400],
    ['with overlong UTF-8 in a file name', '/media/%c0%ae%c0%ae/site.yaml', 404],
    ['above the files', '/media/..%2fsite.yaml', 404],
    ['above the files, written twice', '/media/%252e%252e/site.yaml', 404],
    ['with two slashes', '//evil.example/feed.rss', 404],
    ['with a backslash', '/\\evil', 400],
    ['with two backslashes', '/\\\\evil', 400],
    ['with an address of another server', 'http://evil.example/feed.rss', 200],
    ['with a user', 'http://user:secret@evil.example/feed.rss', 200],
    ['with an address without a server', 'http:///feed.rss', 400],
    ['with another scheme', 'ftp://evil.example/feed.rss', 400],
    ['that is a star', '*', 400],
    ['that is empty', '', 400],
    ['without a slash', 'feed.rss', 400],
    ['with a space', '/a b', 400],
    ['with a fragment', '/feed.rss#part', 200],
    ['with a NUL', '/feed.rss\0', 400],
    ['with bytes beyond ASCII', '/\xff', 400],
    ['with dots', '/../../etc/passwd', 404],
  ])('a target %s is answered', async (_, target, expected) => {
    const { status, closed } = await ask(request({ target }))
    expect(status).toBe(expected)
    expect(closed).toBe(true)
  })

  test.each([
    ['POST', 405],
    ['PUT', 405],
    ['DELETE', 405],
    ['PROPFIND', 405],
    ['TRACE', 405],
    ['QUERY', 405],
    ['TRACK', 400],
    ['FOO', 400],
    ['get', 400],
    ['G'.repeat(200), 400],
    ['HEAD', 200],
    ['OPTIONS', 204],
  ])('the method %s is answered', async (method, expected) => {
    const { status, body } = await ask(request({ method }))
    expect(status).toBe(expected)
    expect(body).not.toContain('releases.example.org\r\n')
  })

  test('what is refused before it is read is in the log like every other answer', async () => {
    // The last line of the tests before this one may still be on its way.
    await new Promise((resolve) => setTimeout(resolve, 100))
    const before = server.output().length
    for (const bytes of [
      request({ target: '/a b' }),
      request({ method: 'CONNECT', target: 'evil.example:443' }),
      request({ headers: `${host}${close}${'X: y\r\n'.repeat(150)}User-Agent: curl/8\r\n` }),
      request({ target: '/\\evil' }),
    ]) {
      await ask(bytes)
    }
    // Lines are written after the answers, those of one moment together.
    const lines = () => server.output().slice(before).trim().split('\n')
    await until(() => lines().length >= 4)
    const logged = lines().map((line) => JSON.parse(line) as { status: number; bytes: number })
    expect(logged.map(({ status }) => status)).toEqual([400, 405, 431, 400])
    for (const line of logged) expect(line.bytes).toBeGreaterThan(100)
  })

  test('OPTIONS may ask about the whole server', async () => {
    expect((await ask(request({ method: 'OPTIONS', target: '*' }))).status).toBe(204)
  })

  test('CONNECT is told that this is no proxy', async () => {
    const { status, body } = await ask(request({ method: 'CONNECT', target: 'evil.example:443' }))
    expect(status).toBe(405)
    expect(body).toContain('no proxy')
  })

  test.each([
    ['missing', '', 400],
    ['twice', host + host, 400],
    ['two at once', 'Host: a,b\r\n', 400],
    ['with a space', 'Host: a b\r\n', 400],
    ['with a space before the colon', 'Host : a\r\n', 400],
    ['with a path', 'Host: evil.example/path\r\n', 400],
    ['with a user', 'Host: user@evil.example\r\n', 400],
    ['with a port that is none', 'Host: evil.example:99999\r\n', 400],
    ['in short digits', 'Host: 127.1:99\r\n', 400],
    ['with an escaped letter', 'Host: %41\r\n', 400],
    ['of 5000 letters', `Host: ${'a'.repeat(5000)}\r\n`, 400],
    ['empty', 'Host: \r\n', 200],
    ['an IPv6 address', 'Host: [::1]:3000\r\n', 200],
    ['in capitals', 'HOST: RELEASES.EXAMPLE.ORG\r\n', 200],
  ])('a Host %s is answered', async (_, headers, expected) => {
    expect((await ask(request({ headers: headers + close }))).status).toBe(expected)
  })

  test.each([
    ['HTTP/1.0 without Host', request({ version: 'HTTP/1.0', headers: '' }), 200],
    ['HTTP/1.0 without a path', request({ version: 'HTTP/1.0', headers: '', target: '*' }), 400],
    ['HTTP/0.9 with a version', request({ version: 'HTTP/0.9', headers: '' }), 400],
    ['HTTP/2.0', request({ version: 'HTTP/2.0' }), 400],
    ['HTTP/1.2', request({ version: 'HTTP/1.2' }), 400],
    ['the beginning of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 400],
    ['the beginning of TLS', `\x16\x03\x01\0\xa5\x01\0\0\xa1\x03\x03${'\x01'.repeat(160)}`, 400],
    ['lines that end with LF alone', 'GET /feed.rss HTTP/1.1\nHost: a\n\n', 400],
    ['a header that goes on', request({ headers: `${host}X: a\r\n b\r\n` }), 400],
    ['1000 headers', request({ headers: host + 'x: y\r\n'.repeat(1000) }), 431],
    ['101 headers', request({ headers: host + close + 'x: y\r\n'.repeat(99) }), 431],
    ['100 headers', request({ headers: host + close + 'x: y\r\n'.repeat(98) }), 200],
    ['one header of 100 KB', request({ headers: `${host}x: ${'y'.repeat(100_000)}\r\n` }), 431],
    ['an expectation', request({ headers: `${host}Expect: the-best\r\n` }), 417],
  ])('%s is answered', async (_, bytes, expected) => {
    expect((await ask(bytes)).status).toBe(expected)
  })

  test('two dates are none, also for an answer that is at hand', async () => {
    const { headers: said } = await ask(request({ headers: host + close }))
    const date = `If-Modified-Since: ${said.get('last-modified')}\r\n`
    const statuses = async (headers: string) => {
      const answers = []
      for (let times = 0; times < 3; times++) {
        answers.push((await ask(request({ headers: host + close + headers }))).status)
      }
      return answers
    }
    expect(await statuses(date)).toEqual([304, 304, 304])
    expect(await statuses(date + date)).toEqual([200, 200, 200])
  })

  test('HTTP/1.0 clients are told that the connection ends', async () => {
    const { closed } = await ask(request({ version: 'HTTP/1.0', headers: '' }))
    expect(closed).toBe(true)
  })

  test.each([
    ['two lengths', 'Content-Length: 1\r\nContent-Length: 2\r\n', 'ab'],
    ['a length and chunks', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
    ['an unknown coding', 'Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'],
    ['a coding hidden by a space', 'Transfer-Encoding : chunked\r\n', '0\r\n\r\n'],
    ['a negative length', 'Content-Length: -1\r\n', ''],
    ['a length of words', 'Content-Length: 1x\r\n', 'a'],
  ])('a request with %s smuggles nothing (RFC 9112 section 11.2)', async (_, headers, body) => {
    const smuggled = request({ target: '/topics.json' })
    const bytes = request({ method: 'POST', headers: host + headers, body: body + smuggled })
    const { status, closed } = await ask(bytes)
    expect(status).toBe(400)
    expect(closed).toBe(true)
  })

  test('a body that is not read ends the connection, so nothing behind it is taken for a request', async () => {
    const smuggled = request({ target: '/topics.json' })
    for (const headers of [
      `${host}Content-Length: ${smuggled.length}\r\n`,
      `${host}Content-Length: 5\r\n`,
      `${host}Transfer-Encoding: chunked\r\n`,
    ]) {
      for (const method of ['GET', 'POST']) {
        const { status, closed } = await ask(request({ method, headers, body: smuggled }))
        expect(status).toBeLessThan(500)
        expect(closed).toBe(true)
      }
    }
  })

  test('a body of 10 MB is refused before it is read, and the answer arrives', async () => {
    const headers = `${host}Content-Length: ${10 * megabyte}\r\n`
    const bytes = request({ method: 'POST', headers, body: 'a'.repeat(10 * megabyte) })
    const { answers, took, closed } = await exchange(server.port, bytes, { silence: 1500 })
    expect(answers.map(({ status }) => status)).toEqual([405])
    expect(took).toBeLessThan(500)
    expect(closed).toBe(true)
  })

  test('a body without end is refused, and soon no more of it is taken', async () => {
    const socket = await open(server.port, { allowHalfOpen: true })
    const headers = `${host}Transfer-Encoding: chunked\r\n`
    socket.write(request({ method: 'POST', headers }))
    const chunk = Buffer.from(`400000\r\n${'a'.repeat(0x400000)}\r\n`)
    const write = () => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', write)
    let answer = ''
    socket.on('data', (data) => (answer += data.toString()))
    const started = Date.now()
    write()
    await new Promise((resolve) => socket.once('close', resolve))
    expect(answer).toMatch(/^HTTP\/1\.1 405 /)
    expect(Date.now() - started).toBeLessThan(2000)
    expect(socket.bytesWritten).toBeLessThan(30 * megabyte)
  })

  test('pipelined requests are answered in order, and the last one may be garbage', async () => {
    const requests = ['/feed.rss', '/nothing', '/feed.atom'].map((target) => {
      return request({ target, headers: host })
    })
    const { answers, closed } = await exchange(server.port, `${requests.join('')}garbage\r\n\r\n`)
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 200, 400])
    expect(answers.map(({ body }) => /<rss|<feed|"about/.exec(body)?.[0])).toEqual([
      '<rss',
      '"about',
      '<feed',
      '"about',
    ])
    expect(closed).toBe(true)
  })

  test('a hundred requests may wait on a connection, and whoever sends more is cut', async () => {
    const { answers } = await exchange(server.port, request({ headers: host }).repeat(100))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200))
    const sockets = await Promise.all(Array.from({ length: 10 }, () => open(server.port)))
    for (const socket of sockets) socket.write(request({ headers: host }).repeat(2000))
    const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    for (const socket of sockets) socket.resume()
    await Promise.all(closed)
    expect((await fetch(`${server.url}/feed.rss`)).status).toBe(200)
  })

  test('nobody is told to go on with a body that nobody reads (RFC 9110 section 10.1.1)', async () => {
    const headers = `${host}Expect: 100-continue\r\nContent-Length: 5\r\n`
    const { answers, informational } = await exchange(
      server.port,
      request({ method: 'POST', headers }),
    )
    expect(answers.map(({ status }) => status)).toEqual([405])
    expect(informational).toEqual([])
  })

  test('an upgrade to what is not spoken here is left alone', async () => {
    for (const upgrade of ['websocket', 'h2c']) {
      const headers = `${host}Connection: Upgrade\r\nUpgrade: ${upgrade}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n`
      expect((await ask(request({ headers }))).status).toBe(200)
    }
  })

  test('what was wrong with a request is kept by no cache for its address', async () => {
    for (const bytes of [
      request({ headers: `${host}x: ${'y'.repeat(20_000)}\r\n` }),
      request({ headers: `${host}x: \0\r\n` }),
      request({ headers: 'Host: a/b\r\n' }),
      request({ headers: 'Host: a:99999\r\n' }),
    ]) {
      expect((await ask(bytes)).headers.get('cache-control')).toBe('no-store')
    }
  })

  test('a client that goes away in the middle leaves no trace in the log', async () => {
    for (const bytes of ['', 'GET /feed', request({ headers: host }).repeat(50)]) {
      const socket = await open(server.port)
      socket.write(bytes)
      socket.resetAndDestroy()
    }
    await until(async () => (await fetch(`${server.url}/feed.rss`)).ok)
  })

  test('500 idle connections and 500 half requests keep nobody from being answered', async () => {
    const sockets = await Promise.all(Array.from({ length: 1000 }, () => open(server.port)))
    for (const socket of sockets.slice(500)) socket.write('GET /feed.rss HTTP/1.1\r\nHost:')
    const started = Date.now()
    expect((await fetch(`${server.url}/feed.rss`)).status).toBe(200)
    expect(Date.now() - started).toBeLessThan(500)
    for (const socket of sockets) socket.destroy()
  })

  const addresses = [
    '/',
    '/feed.rss',
    '/feed.atom',
    '/feed.json',
    '/fi/feed.atom',
    '/TOPICS/Turvapaikka.rss',
    '/topics/border-policy.rss',
    '/topics/border-policy',
    '/topics/none.json',
    '/releases/a',
    '/fi/releases/a',
    '/topics.json',
    '/feeds.opml',
    '/style.css',
    '/healthz',
  ]
  test.each([
    ['Host', 'Host: evil.example\r\n'],
    ['Host with a port', 'Host: evil.example:8443\r\n'],
    ['X-Forwarded-Host', `${host}X-Forwarded-Host: evil.example\r\n`],
    [
      'X-Forwarded-Proto and its like',
      `${host}X-Forwarded-Proto: evil\r\nX-Forwarded-Port: 6666\r\nX-Forwarded-Prefix: /evil\r\n`,
    ],
    ['Forwarded', `${host}Forwarded: host=evil.example;proto=evil;for=evil\r\n`],
    [
      'headers of proxies',
      `${host}X-Original-URL: /evil\r\nX-Rewrite-URL: /evil\r\nX-Host: evil\r\nX-HTTP-Method-Override: EVIL\r\n`,
    ],
  ])('every address is that of BASE_URL, whatever %s says', async (_, headers) => {
    for (const target of addresses) {
      for (const form of ['', 'http://evil.example']) {
        const {
          status,
          headers: sent,
          body,
        } = await ask(request({ target: form + target, headers: headers + close }))
        expect(status).toBeLessThan(500)
        expect([...sent.values(), body].join('\n')).not.toMatch(/evil|6666/)
        for (const name of ['location', 'content-location']) {
          const value = sent.get(name)
          if (value) expect(value).toMatch(/^https:\/\/releases\.example\.org\//)
        }
        const links = sent.get('link')
        if (links)
          expect(links).toMatch(
            /^<https:\/\/releases\.example\.org\/[^,]*, <https:\/\/releases\.example\.org\//,
          )
      }
    }
    const renamed = await ask(
      request({ target: '/topics/border-policy.rss', headers: headers + close }),
    )
    expect(renamed.headers.get('location')).toBe(
      'https://releases.example.org/topics/migration.rss',
    )
  })
})

describe('what no client sends to the API', () => {
  test('what no HTTP client sends is refused as clearly, and no secret is in the log', async () => {
    const server = started()
    const body = '{"title":"M","body":{"markdown":"T."}}'
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    const put = (slug: string, header: string, sent: string) => {
      const headers = [
        'Host: releases.example.org',
        `Authorization: ${newsroom}`,
        'Content-Type: application/json',
        'Connection: close',
        header,
      ]
      return `PUT /api/releases/${slug}/en HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${sent}`
    }
    const refused: [bytes: string, status: number][] = [
      [put('a', `Content-Length: ${body.length - 5}`, body), 400],
      [put('b', 'Content-Length: -1', body), 400],
      [put('c', 'Content-Length: 5\r\nContent-Length: 38', body), 400],
      [put('d', 'Content-Length: 5\r\nTransfer-Encoding: chunked', chunk), 400],
      [put('e', 'Transfer-Encoding: chunked', `zz\r\n${body}`), 400],
      [put('f', 'Content-Length: 99999999999', body), 413],
      [put('g', 'Transfer-Encoding: chunked', `26;${'x'.repeat(20_000)}\r\n${body}`), 413],
      [put('%00', `Content-Length: ${body.length}`, body), 422],
      [put('\0', `Content-Length: ${body.length}`, body), 400],
      [put('a'.repeat(15_000), `Content-Length: ${body.length}`, body), 422],
    ]
    for (const [bytes, status] of refused) {
      // Whoever reads it is another thread, which starts with the first.
      const { answers } = await exchange(server.port, bytes, { silence: 10_000 })
      expect(answers.map((one) => [one.status, one.headers.get('content-type')])).toEqual([
        [status, 'application/problem+json'],
      ])
      expect(JSON.parse(answers[0]!.body)).toMatchObject({ status })
    }
    // A body that breaks off is no release, also if what came of it would be one.
    for (const header of [`Content-Length: ${body.length + 9}`, 'Transfer-Encoding: chunked']) {
      const cut = header.startsWith('T') ? `ff\r\n${body}` : body
      const { answers } = await exchange(server.port, put('cut', header, cut), { patience: 500 })
      expect(answers).toEqual([])
    }
    const guess = { Authorization: 'Bearer a-guess-of-a-stranger' }
    expect((await fetch(`${server.url}/api/releases`, { headers: guess })).status).toBe(401)
    const headers = { Authorization: newsroom }
    const list = await fetch(`${server.url}/api/releases`, { headers })
    const { releases } = (await list.json()) as { releases: { slug: string; title: string }[] }
    const known = releases.map(({ slug, title }) => `${slug} ${title}`)
    expect(known.toSorted()).toEqual(['a A', 'large Large'])
    expect(server.log().trim().split('\n')).toHaveLength(1)
    expect(server.output()).not.toMatch(/a-secret|a-guess/)
  })

  const head = (target: string, type: string, length: string) =>
    `${target} HTTP/1.1\r\nHost: a\r\nAuthorization: ${newsroom}\r\nContent-Type: ${type}\r\n${length}\r\n\r\n`

  test('a body that is too large is answered, also for who reads nothing before all is sent', async () => {
    const server = started()
    const cases: [target: string, type: string, size: number][] = [
      ['PUT /api/releases/a/en', 'application/json', 8_000_000],
      ['POST /api/releases', 'application/x-ndjson', 21_000_000],
      ['PUT /api/media/a.txt', 'application/octet-stream', 30_000_000],
    ]
    for (const [target, type, size] of cases) {
      for (const isChunked of [false, true]) {
        const length = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${size}`
        const socket = await open(server.port)
        socket.pause()
        socket.write(head(target, type, length))
        if (isChunked) socket.write(`${size.toString(16)}\r\n`)
        socket.write(Buffer.alloc(size, ' '))
        const fault = await new Promise((resolve) => {
          socket.write(isChunked ? '\r\n0\r\n\r\n' : '', resolve)
        })
        expect([target, length, fault ?? undefined]).toEqual([target, length, undefined])
        let answer = ''
        socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
        socket.resume()
        await new Promise((resolve) => socket.once('end', resolve))
        expect(answer).toMatch(/^HTTP\/1\.1 413 [^]*"status":413/)
        socket.destroy()
      }
    }
    const waits = head(
      cases[0]![0],
      cases[0]![1],
      'Content-Length: 8000000\r\nExpect: 100-continue',
    )
    const { answers, informational } = await exchange(server.port, waits)
    expect([answers[0]?.status, informational]).toEqual([413, []])
  })

  test('a body that breaks off leaves nothing of a file, under no name', async () => {
    const server = started()
    const folder = dirname(server.database)
    const before = readdirSync(folder, { recursive: true })
    for (const length of ['Content-Length: 2000000', 'Transfer-Encoding: chunked']) {
      const socket = await open(server.port)
      socket.write(head('PUT /api/media/2026/half.txt', 'application/octet-stream', length))
      if (length.startsWith('T')) socket.write('1e8480\r\n')
      await new Promise((resolve) => void socket.write('x'.repeat(1_000_000), resolve))
      socket.destroy()
    }
    // The log tells when the server is done with both.
    await until(() => server.output().split('/api/media/2026/half.txt').length > 2)
    expect(readdirSync(folder, { recursive: true })).toEqual(before)
    const asked = { headers: { Authorization: newsroom } }
    expect((await fetch(`${server.url}/api/media/2026/half.txt`, asked)).status).toBe(404)
    const put = { ...asked, method: 'PUT', body: 'whole' }
    expect((await fetch(`${server.url}/api/media/2026/half.txt`, put)).status).toBe(201)
  })
})

// All of them wait, and none of them for another.
describe.concurrent('clients that take their time', () => {
  const limits = {
    ...usualLimits,
    headersTime: 300,
    requestTime: 500,
    checkingInterval: 50,
    silence: 300,
    keepAlive: 300,
    lingeringTime: 200,
    stoppingTime: 200,
  }

  async function serve({ onTestFinished }: TestContext, fetch: Fetch, withLimits = limits) {
    const server = await listen(fetch, { port: 0, host: '127.0.0.1', limits: withLimits })
    onTestFinished(() => server.close())
    return server
  }

  const hello = () => new Response('hello')

  /** Where the time of a request is what ends it, a client may be silent for longer than a busy machine stands still. */
  const patient = { ...limits, silence: 3000 }

  function closing(socket: Socket): Promise<void> {
    return new Promise((resolve) => void socket.once('close', () => resolve()))
  }

  test('headers that come byte by byte are given up with 408', async (context) => {
    const { port } = await serve(context, hello, patient)
    const socket = await open(port)
    let answer = ''
    socket.on('data', (data) => (answer += data.toString()))
    const bytes = request({ headers: host }).split('')
    const timer = setInterval(() => socket.write(bytes.shift() ?? '\n'), 40)
    const started = Date.now()
    await closing(socket)
    clearInterval(timer)
    expect(Date.now() - started).toBeLessThan(patient.silence)
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
    expect(answer).toContain('"status":408')
  })

  test('a body that comes byte by byte is given up with 408', async (context) => {
    const echo = async (request: Request) => new Response(await request.text())
    const { port } = await serve(context, echo, patient)
    const socket = await open(port)
    let answer = ''
    socket.on('data', (data) => (answer += data.toString()))
    socket.write(request({ method: 'POST', headers: `${host}Content-Length: 1000\r\n` }))
    const timer = setInterval(() => socket.write('a'), 40)
    await closing(socket)
    clearInterval(timer)
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
  })

  test('a connection on which nothing was asked is closed without a word', async (context) => {
    const { port } = await serve(context, hello)
    const { answers, closed } = await exchange(port, '', { silence: 2000 })
    expect(answers).toEqual([])
    expect(closed).toBe(true)
  })

  test('a connection is kept for the next request, and closed when none comes', async (context) => {
    const { port } = await serve(context, hello)
    const bytes = request({ headers: host }).repeat(2)
    const { answers, closed } = await exchange(port, bytes, { silence: 3000 })
    expect(answers.map(({ status, headers }) => [status, headers.get('connection')])).toEqual([
      [200, 'keep-alive'],
      [200, 'keep-alive'],
    ])
    expect(closed).toBe(true)
  })

  const large = Buffer.alloc(20 * megabyte, 'a')

  test('a client that reads nothing is cut', async (context) => {
    const { port } = await serve(context, () => new Response(large))
    const socket = await open(port)
    socket.pause()
    socket.write(request({}))
    await new Promise((resolve) => setTimeout(resolve, 1200))
    let read = 0
    socket.on('data', ({ length }) => (read += length))
    socket.resume()
    await closing(socket)
    expect(read).toBeLessThan(large.length)
  })

  test('a client that reads slowly gets everything', async (context) => {
    // On a busy machine both may stand still for a while, which is no silence.
    const silence = 1000
    const { port } = await serve(context, () => new Response(large), { ...limits, silence })
    const socket = await open(port)
    let read = 0
    const started = Date.now()
    // When the first silence would be over, more is to come than the system keeps for a connection.
    const slowly = 4 * silence
    socket.on('data', ({ length }) => {
      read += length
      const early = started + (slowly * read) / large.length - Date.now()
      if (early < 1) return
      socket.pause()
      setTimeout(() => socket.resume(), early)
    })
    socket.write(request({}))
    await closing(socket)
    expect(Date.now() - started).toBeGreaterThan(silence)
    expect(read).toBeGreaterThan(large.length)
  })

  test('an answer that takes longer than a client may be silent comes, and the next one on its connection', async (context) => {
    const { port } = await serve(context, async (request) => {
      const body = await request.text()
      await new Promise((resolve) => setTimeout(resolve, 3 * limits.silence))
      return new Response(`after ${body.length}`)
    })
    const get = request({ headers: host })
    const post = request({ method: 'POST', headers: `${host}Content-Length: 5\r\n`, body: 'hello' })
    const { answers } = await exchange(port, get + post, { silence: 3000 })
    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [200, 'after 0'],
      [200, 'after 5'],
    ])
  })

  test('a client that reads nothing of an answer that took long is cut', async (context) => {
    const { port } = await serve(context, async () => {
      await new Promise((resolve) => setTimeout(resolve, 2 * limits.silence))
      return new Response(large)
    })
    const socket = await open(port)
    socket.pause()
    socket.write(request({}))
    await new Promise((resolve) => setTimeout(resolve, 1800))
    expect(socket.destroyed).toBe(false)
    let read = 0
    socket.on('data', ({ length }) => (read += length))
    socket.resume()
    await closing(socket)
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThan(large.length)
  })

  test('a client that stops in the middle of its body is cut', async (context) => {
    const { port } = await serve(context, async (request) => new Response(await request.text()))
    const socket = await open(port)
    socket.resume()
    const started = Date.now()
    socket.write(
      request({ method: 'POST', headers: `${host}Content-Length: 10\r\n`, body: 'hello' }),
    )
    await closing(socket)
    expect(Date.now() - started).toBeLessThan(1500)
  })

  test('who asks before sending a body is told to go on when somebody reads it', async (context) => {
    const { port } = await serve(context, async (request) => new Response(await request.text()))
    const socket = await open(port)
    let answer = ''
    socket.on('data', (data) => {
      answer += data.toString()
      if (answer === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write('hello')
    })
    const headers = `${host}Expect: 100-continue\r\nContent-Length: 5\r\n`
    socket.write(request({ method: 'POST', headers }))
    await closing(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 [^]*hello$/)
  })

  test('what nobody caught is answered 503, and the log says what it was', async (context) => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    context.onTestFinished(() => log.mockRestore())
    const { port } = await serve(context, () => Promise.reject(new Error('unforeseen')))
    const { answers } = await exchange(port, request({}))
    expect(answers.map(({ status }) => status)).toEqual([503])
    expect(answers[0]!.body).not.toContain('unforeseen')
    const told = () => String(log.mock.calls[0]?.[0])
    await expect.poll(told, { timeout: 10_000 }).toContain('unforeseen')
  })

  test('a busy connection is told to close when the server stops, an idle one is closed at once', async (context) => {
    let finish = () => {}
    const finished = new Promise<void>((resolve) => (finish = resolve))
    const server = await serve(context, async () => {
      await finished
      return new Response('hello')
    })
    const busy = exchange(server.port, request({ headers: host }).repeat(2), { silence: 2000 })
    const idle = await open(server.port)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const stopped = server.close()
    await closing(idle)
    await expect(open(server.port)).rejects.toThrow('ECONNREFUSED')
    finish()
    const { answers, closed } = await busy
    expect(answers.map(({ headers }) => headers.get('connection'))).toEqual(['keep-alive', 'close'])
    expect(closed).toBe(true)
    await stopped
  })

  test('what is not answered in time is cut when the server stops', async (context) => {
    const server = await serve(context, () => new Promise(() => {}))
    const socket = await open(server.port)
    socket.write(request({}))
    await new Promise((resolve) => setTimeout(resolve, 50))
    const started = Date.now()
    await Promise.all([server.close(), closing(socket)])
    expect(Date.now() - started).toBeGreaterThanOrEqual(limits.stoppingTime - 5)
    expect(Date.now() - started).toBeLessThan(limits.stoppingTime + 500)
  })

  test('a port that is taken is told in a sentence', async (context) => {
    const { port } = await serve(context, hello)
    await expect(listen(hello, { port, host: '127.0.0.1' })).rejects.toThrow(
      new RegExp(`^PORT ${port} at HOST 127\\.0\\.0\\.1 cannot be used: .*\\.$`),
    )
  })

  test('a host that is not of this machine is told in a sentence', async () => {
    await expect(listen(hello, { port: 3000, host: '192.0.2.1' })).rejects.toThrow(
      /^PORT 3000 at HOST 192\.0\.2\.1 cannot be used: .* no address of this/,
    )
  })
})

describe('stopping', () => {
  /** Asks for a large file, and stops reading after the first of it. */
  async function beginReading({ port }: Server) {
    const socket = await open(port)
    const reader = { socket, read: 0, closed: false }
    socket.on('data', ({ length }) => (reader.read += length))
    socket.on('close', () => (reader.closed = true))
    socket.write(request({ target: '/media/large.bin', headers: host }))
    await new Promise((resolve) => socket.once('data', resolve))
    socket.pause()
    return reader
  }

  async function isRefused(port: number): Promise<boolean> {
    try {
      const socket = await open(port)
      socket.destroy()
      return false
    } catch {
      return true
    }
  }

  test('SIGTERM refuses connections, closes idle ones, finishes running answers and exits with 0', async () => {
    const server = started()
    const reader = await beginReading(server)
    const idle = await open(server.port)
    idle.write(request({ headers: host }))
    await new Promise((resolve) => idle.once('data', resolve))
    server.process.kill('SIGTERM')
    await new Promise((resolve) => idle.once('close', resolve))
    await until(() => isRefused(server.port))
    reader.socket.resume()
    await until(() => reader.closed)
    expect(reader.read).toBeGreaterThan(size)
    expect(await server.exit).toBe(0)
    expect(existsSync(`${server.database}-wal`)).toBe(false)
    expect(server.log().trim().split('\n')).toHaveLength(1)
  })
})
