// The service on Deno, beside the one on Node over the same database, where Deno is installed.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { spawnServer, type Server, temporaryDatabaseFolder, until } from './server.ts'

const isInstalled = spawnSync('deno', ['--version']).status === 0
if (!isInstalled) console.warn('Skipped: the service on Deno, which is not installed')

const content = join(import.meta.dirname, '../content')
const token = 'a-secret-of-the-newsroom'

const decoders: Record<string, ((bytes: Buffer) => Buffer) | undefined> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
  deflate: inflateSync,
}

/** What a server answers, byte for byte. */
async function ask(
  server: Server,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  request(server.url + path, { headers, method, agent: false }, resolve)
    .on('error', reject)
    .end()
  const answer = await promise
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  const { date: _, connection: __, 'keep-alive': ___, ...rest } = answer.headers
  // How old an answer is depends on when it was asked for.
  delete rest.age
  const decode = decoders[rest['content-encoding'] ?? '']
  // Each has its own compression, of other lengths.
  if (decode) delete rest['content-length']
  const body = decode && method !== 'HEAD' ? decode(bytes) : bytes
  return { status: answer.statusCode, headers: rest, body }
}

describe.skipIf(!isInstalled)('on Deno', () => {
  let node: Server
  let deno: Server
  const { folder, remove } = temporaryDatabaseFolder()

  beforeAll(async () => {
    const settings = {
      DATABASE: join(folder, 'tiedote.db'),
      BASE_URL: 'https://releases.example.org',
      PUBLISH_TOKENS: `newsroom=${token}`,
    }
    node = await spawnServer(content, settings)
    await until(() => node.output().includes('Serving'))
    deno = await spawnServer(content, settings, {}, ['deno', 'run', '-A', 'src/node.ts'])
    await until(() => deno.output().includes('Serving'))
  })

  afterAll(async () => {
    node?.process.kill('SIGKILL')
    deno?.process.kill('SIGTERM')
    expect(await deno?.exit).toBe(0)
    remove()
  })

  async function expectSame(paths: string[], headers: Record<string, string> = {}, method = 'GET') {
    for (const path of paths) {
      const [here, there] = await Promise.all(
        [node, deno].map((one) => ask(one, path, headers, method)),
      )
      const what = `${method} ${path} ${JSON.stringify(headers)}`
      expect([there?.status, there?.headers], what).toEqual([here?.status, here?.headers])
      // All of both texts would be too much to be told.
      expect(there?.body.equals(here!.body), what).toBe(true)
    }
  }

  const documents =
    `/feed.rss /fi/feed.atom /all/feed.json /topics/migration.atom /topics/eu,drugs.json
    /topics/-eu+by:finnish-customs.rss /feed.json?q=borders /feed.ics /topics.json /feeds.opml /withdrawals.atom
    /sitemap.xml /robots.txt /openapi.json /style.css /favicon.ico`.split(/\s+/)
  const pages =
    '/ /fi /topics/migration /?q=ports /developers /api /nothing /topics/migraton'.split(' ')
  const others =
    '/topics/migraton.rss /feed.rss/ /feed /%25 /media/logo.png /media/nothing.png'.split(' ')

  test('documents, pages, errors and files are the same bytes, with the same headers', async () => {
    const { topics } = JSON.parse((await ask(node, '/topics.json')).body.toString()) as {
      topics: { feeds: Record<string, string> }[]
    }
    const feeds = topics.map(({ feeds: all }) => new URL(all.atom!).pathname)
    expect(feeds.length).toBeGreaterThan(15)
    await expectSame([...documents, ...others, ...feeds])
    await expectSame([...pages, '/topics/migration.atom'], {
      Accept: 'text/html',
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-Dest': 'document',
    })
    await expectSame(documents, {}, 'HEAD')
  })

  test('codings and conditions are the same', async () => {
    for (const coding of ['gzip', 'br', 'zstd', 'deflate', 'identity;q=0, br'])
      await expectSame(documents, { 'Accept-Encoding': coding })
    const { headers } = await ask(node, '/feed.atom')
    await expectSame(['/feed.atom'], { 'If-None-Match': String(headers.etag) })
    await expectSame(['/feed.atom'], { 'If-Modified-Since': String(headers['last-modified']) })
    await expectSame(['/media/logo.png'], { Range: 'bytes=0-9' })
  })

  test('what is sent to it is in the feeds of both, and wrong requests are answered', async () => {
    const send = (path: string, method: string, body: string) =>
      fetch(deno.url + path, {
        method,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body,
      })
    const path = '/api/releases/sent-to-deno/en'
    const release = { title: 'Sent to Deno', topics: [], body: { markdown: 'Text.' } }
    expect((await send(path, 'PUT', JSON.stringify(release))).status).toBe(201)
    expect((await send(path, 'PUT', '{')).status).toBe(400)
    const file = readFileSync(join(content, 'media/logo.png'))
    expect(
      (await fetch(`${deno.url}/api/media/sent.png`, { method: 'PUT', body: file })).status,
    ).toBe(401)
    await until(async () =>
      (await (await fetch(`${node.url}/feed.json`)).text()).includes('Sent to Deno'),
    )
    await expectSame(['/feed.rss', '/feed.atom', '/feed.json', '/releases/sent-to-deno.json'])
    expect((await send(`${path}/withdraw`, 'POST', '{"reason": "Wrong."}')).status).toBe(200)
    await until(async () => (await fetch(`${node.url}/releases/sent-to-deno`)).status === 410)
    await expectSame(['/feed.rss', '/withdrawals.json', '/releases/sent-to-deno'])
  })
})
