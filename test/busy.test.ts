// How long a poll waits, and how much memory the service takes, while what is dear to read is sent to a real one.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request, type RequestOptions } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { markdown, temporaryFolder } from './content-folder.ts'
import { costlyBodies } from './costly-bodies.ts'
import { type Server, start } from './server.ts'
import { isTrial } from './trials.ts'

/** Milliseconds and megabytes, as much as others may notice. */
const longestWait = 100
const mostGrowth = 200

const headers = { Authorization: 'Bearer a-secret-of-the-newsroom' }

/** What is taken, although it is much, with the time that SQLite takes to write it. */
const words = Array.from({ length: 120_000 }, (_, at) => `w${(at * 7919) % 30_011}`).join(' ')
const taken = [
  { what: 'a text of 800 KB', body: () => release(`<p>${words}</p>`) },
  { what: '20,000 paragraphs', body: () => release('<p>x</p>'.repeat(20_000)) },
]

function release(html: string): string {
  return JSON.stringify({ title: 'T', topics: [], body: { html } })
}

/** On a connection of its own: one that is kept may be closed at the moment in which it is used again. */
function ask(url: string, options: RequestOptions = {}, body = ''): Promise<{ status: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number }>()
  const asked = request(url, { ...options, agent: false }, (answer) => {
    answer.resume().once('end', () => resolve({ status: answer.statusCode! }))
  })
  asked.once('error', reject).end(body)
  return promise
}

type Noticed = { what: string; wait: number; growth: number }

/** Polls a feed that is kept every 20 ms while something is done. */
async function whilePolled(
  server: Server,
  what: string,
  work: () => Promise<unknown>,
): Promise<Noticed> {
  const before = memory(server)
  const isDone = new AbortController()
  const done = work().finally(() => isDone.abort())
  let wait = 0
  let most = before
  while (!isDone.signal.aborted) {
    const begun = performance.now()
    expect((await ask(`${server.url}/feed.rss`)).status).toBe(200)
    wait = Math.max(wait, performance.now() - begun)
    most = Math.max(most, memory(server))
    await pause(20)
  }
  await done
  return { what, wait: Math.round(wait), growth: Math.round(most - before) }
}

function memory({ process: { pid } }: Server): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1000
}

// A busy machine lets everybody wait, so that this is no test of every run.
test.runIf(isTrial && process.platform === 'linux')(
  'while anything is read that a token may send or a folder may hold, polls are answered',
  async () => {
    const directory = temporaryFolder({
      'releases/from-a-file.en.md': markdown(['title: A', 'published: 2024-01-24']),
    })
    const server = await start(directory, { PUBLISH_TOKENS: 'newsroom=a-secret-of-the-newsroom' })
    await ask(`${server.url}/feed.rss`)
    const noticed: Noticed[] = []
    const send = (path: string, method: string, type: string, body: string) =>
      ask(`${server.url}${path}`, { method, headers: { ...headers, 'Content-Type': type } }, body)
    for (const { what, path, method, type, body } of costlyBodies) {
      const text = body()
      for (const query of ['?dry-run', '']) {
        const work = () => send(`${path}${query}`, method, type, text)
        noticed.push(await whilePolled(server, `${what}${query}`, work))
      }
    }
    for (const { what, body } of taken) {
      const text = body()
      const path = `/api/releases/taken-${noticed.length}/en`
      const work = () => send(path, 'PUT', 'application/json', text)
      noticed.push(await whilePolled(server, what, work))
    }
    for (const [what, text] of inFolder) {
      const file = join(directory, 'releases/costly.en.md')
      const at = server.log().length
      const work = async () => {
        writeFileSync(file, text)
        // Ten seconds of processor time may be minutes.
        while (!server.log().slice(at).includes('costly.en.md')) await pause(100)
        rmSync(file)
        // The log says nothing twice, so that it has to be well in between.
        while (!(await (await fetch(`${server.url}/healthz`)).text()).includes('"status":"ok"')) {
          await pause(100)
        }
      }
      noticed.push(await whilePolled(server, `folder: ${what}`, work))
    }
    console.table(noticed)
    expect(noticed.filter(({ wait }) => wait > longestWait)).toEqual([])
    expect(noticed.filter(({ growth }) => growth > mostGrowth)).toEqual([])
  },
  600_000,
)

const keys = Array.from({ length: 50_000 }, (_, at) => `key-${at}: 1`).join('\n')
const inFolder = [
  ['50,000 fields', `---\ntitle: A\npublished: 2024-01-24\n${keys}\n---\nText.\n`],
  [
    'stray end tags',
    `${markdown(['title: A', 'published: 2024-01-24'])}${'<ul></x><li>'.repeat(33_000)}`,
  ],
  [
    'delimiters',
    `${markdown(['title: A', 'published: 2024-01-24'])}${'*'.repeat(200_000)}a${'*'.repeat(200_000)}`,
  ],
  [
    'cells',
    `${markdown(['title: A', 'published: 2024-01-24'])}${'|a'.repeat(2_000)}|\n${'|-'.repeat(2_000)}|\n${'x\n'.repeat(20_000)}`,
  ],
] as const
