import { mkdirSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type Figure, type Found, digits, ratios, spreadOf } from './figures.ts'
import { contentFolder } from './folders.ts'
import { languages, topics } from './input.ts'
import { press } from './load.ts'
import {
  freePort,
  isInstalled,
  processorTime,
  type Server,
  startProcess,
  startScript,
  startService,
} from './processes.ts'
import type { Setup } from './setup.ts'
import { inFolder } from './workplace.ts'

const gzip = { 'accept-encoding': 'gzip' }

/** A server that takes part, and what it answers 304 to. */
type Contestant = { name: string; server: Server; addresses: string[]; etag: string }

/** Answers per second of documents that are at hand, beside a bare handler and nginx. */
export async function measureServing(setup: Setup): Promise<Found> {
  const content = contentFolder(setup, 2000, 'jsonl')
  return inFolder(async (folder) => {
    const service = await startService(content, join(folder, 'tiedote.db'))
    const servers = [service]
    try {
      const document = await read(`${service.url}/feed.rss`)
      const given = join(folder, 'given.json')
      const { headers, body } = document
      writeFileSync(given, JSON.stringify({ headers, body: body.toString('base64') }))
      const bare = await startScript('bare.ts', { GIVEN: given })
      servers.push(bare)
      const plain = await startScript('plain.ts', { GIVEN: given })
      servers.push(plain)
      const contestants: Contestant[] = [
        await contestant('the service', service, '/feed.rss'),
        await contestant('bare', bare, '/feed.rss'),
        await contestant('plain', plain, '/feed.rss'),
      ]
      if (isInstalled('nginx', '-v')) {
        const nginx = await startNginx(folder, document)
        servers.push(nginx)
        contestants.push(await contestant('nginx', nginx, '/feed.rss'))
      } else setup.tell('nginx is not installed and left out')
      const figures: Figure[] = []
      for (const status of [304, 200] as const) {
        figures.push(...(await compare(contestants, status, setup)))
      }
      figures.push(...(await manyFeeds(service, setup)))
      return { figures }
    } finally {
      for (const server of servers.toReversed()) await server.stop()
    }
  })
}

type Read = { headers: Record<string, string>; body: Buffer }

/** A document as it goes over the wire: `fetch` would decode it. */
async function read(address: string): Promise<Read> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(address, { headers: gzip }, resolve).on('error', reject).end()
  })
  const body = Buffer.concat(await answer.toArray())
  const { connection: _, 'keep-alive': __, date: ___, ...headers } = answer.headers
  return { headers: headers as Record<string, string>, body }
}

async function contestant(name: string, server: Server, path: string): Promise<Contestant> {
  const address = server.url + path
  const { headers } = await read(address)
  return { name, server, addresses: [address], etag: headers.etag! }
}

const names = { bare: 'a bare Hono handler', plain: "Node's server alone", nginx: 'nginx' }
/** Of what is only told there is none. */
const limits: Record<number, Record<string, number>> = {
  304: { bare: 0.9, nginx: 0.6 },
  200: { bare: 0.9, nginx: 0.75 },
}

async function compare(
  contestants: Contestant[],
  status: 200 | 304,
  setup: Setup,
): Promise<Figure[]> {
  const results = await inTurns(contestants, status, setup)
  const [ours, ...others] = results
  return others.map((other) => {
    const beside = names[other.name as keyof typeof names]
    const limit = limits[status]?.[other.name]
    return figureOf(`${status} answers per second beside ${beside}`, ours!, other, limit)
  })
}

type Result = { name: string; perSecond: number[]; processor: number[] }

/** Of its time that a server must work for its answers per second to be its own, and not the client's. */
const busy = 0.8

/**
 * Answers per second; or answers per second of processor time, where the load generator could not take
 * more: then all servers seem equally fast.
 */
function figureOf(work: string, ours: Result, theirs: Result, atLeast?: number): Figure {
  const share = ({ perSecond, processor }: Result) =>
    (spreadOf(perSecond).median * spreadOf(processor).median) / 1000
  const isByProcessor = Math.min(share(ours), share(theirs)) < busy
  const both = (read: (result: Result) => string) => `${read(ours)} : ${read(theirs)}`
  return {
    work: isByProcessor ? work.replace('per second', 'per second of processor time') : work,
    spread: isByProcessor
      ? ratios(theirs.processor, ours.processor)
      : ratios(ours.perSecond, theirs.perSecond),
    unit: '×',
    limit: atLeast === undefined ? undefined : { atLeast },
    detail: `${both((one) => digits(spreadOf(one.perSecond).median))} per second, ${both((one) => digits(1000 * spreadOf(one.processor).median))} µs of processor time each`,
  }
}

/** Every round lets all of them work once, in an order that turns. */
async function inTurns(
  contestants: Contestant[],
  status: 200 | 304,
  { isQuick, tell }: Setup,
): Promise<Result[]> {
  const rounds = isQuick ? 3 : 7
  const seconds = isQuick ? 2 : 4
  const results = contestants.map(({ name }) => ({
    name,
    perSecond: [] as number[],
    processor: [] as number[],
  }))
  // The first round is to warm up all that is compiled as it runs.
  for (let round = -1; round < rounds; round++) {
    for (const place of contestants.keys()) {
      const index = (place + round + 1) % contestants.length
      const { server, addresses, etag } = contestants[index]!
      const headers = status === 304 && etag ? { ...gzip, 'if-none-match': etag } : gzip
      const before = processorTime(server.process.pid!)
      const { perSecond, total } = await press({ addresses, headers, seconds, status })
      if (round < 0) continue
      results[index]!.perSecond.push(perSecond)
      results[index]!.processor.push((processorTime(server.process.pid!) - before) / total)
    }
    tell(`${status}, round ${round + 1} of ${rounds}`)
  }
  return results
}

/** The same service asked for one feed, and for a thousand in turn. */
async function manyFeeds(service: Server, setup: Setup): Promise<Figure[]> {
  const addresses = feedPaths(1000).map((path) => service.url + path)
  for (const address of addresses) await read(address)
  const single = `${service.url}/feed.rss`
  const { headers } = await read(single)
  const figures: Figure[] = []
  for (const status of [304, 200] as const) {
    // A tag of each is not needed: the asterisk matches whatever there is.
    const etag = status === 304 ? '*' : ''
    const contestants: Contestant[] = [
      { name: 'many', server: service, addresses, etag },
      { name: 'single', server: service, addresses: [single], etag: etag && headers.etag! },
    ]
    const [many, one] = await inTurns(contestants, status, setup)
    const work = `${status} answers per second of 1,000 feeds in turn beside one feed`
    figures.push(figureOf(work, many!, one!, 0.8))
  }
  return figures
}

/** Addresses of feeds that all have releases: of topics first, then of two topics. */
export function feedPaths(count: number): string[] {
  const pairs = topics.flatMap((one, index) =>
    topics.slice(index + 1).map((other) => [one, other].toSorted().join(',')),
  )
  const paths = [...topics, ...pairs].flatMap((expression) =>
    languages.flatMap((language) => {
      const folder = language === languages[0] ? '' : `/${language}`
      return ['rss', 'atom', 'json'].map((format) => `${folder}/topics/${expression}.${format}`)
    }),
  )
  return paths.slice(0, count)
}

async function startNginx(folder: string, { headers, body }: Read): Promise<Server> {
  const root = join(folder, 'static')
  mkdirSync(root)
  writeFileSync(join(root, 'feed.rss'), gunzipSync(body))
  writeFileSync(join(root, 'feed.rss.gz'), body)
  const port = await freePort()
  const ours = Object.entries(headers)
    .filter(
      ([name]) =>
        !/^(content-(type|length|encoding)|etag|last-modified|vary|accept-ranges)$/.test(name),
    )
    .map(([name, value]) => `add_header ${name} '${value.replaceAll("'", '')}';`)
  const configuration = `worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log /dev/null;
events {}
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  types { application/rss+xml rss; }
  keepalive_requests 100000000;
  server { listen 127.0.0.1:${port}; root ${root}; gzip_static on; gzip_vary on; ${ours.join(' ')} }
}
`
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configuration)
  // Alone it serves in the process that was started, whose processor time is looked at.
  const parameters = ['-c', file, '-g', 'master_process off;']
  return startProcess('nginx', parameters, port, {}, '/feed.rss')
}
