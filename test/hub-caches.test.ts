// A cache in front of the real server: what a subscriber gets from it that fetches the feed because it was pushed.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from './content-folder.ts'
import { freePort, start, until } from './server.ts'
import { confirming, release, startSubscriber, titlesIn } from './websub/hub-service.ts'

const deploy = join(import.meta.dirname, '../deploy')
const baseUrl = 'https://releases.example.org'
const token = '0123456789abcdef'
const path = '/topics/eu.atom'

function has(command: string, option: string): boolean {
  const isThere = spawnSync(command, [option]).error === undefined
  if (!isThere) console.error(`Skipped: a cache in front, because ${command} is not installed`)
  return isThere
}

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tiedote-cache-'))
  chmodSync(folder, 0o755)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function run(command: string, parameters: string[], port: number): Promise<string> {
  const child: ChildProcess = spawn(command, parameters, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()))
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  })
  const url = `http://127.0.0.1:${port}`
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`${command} ended: ${said}`)
    const answer = await fetch(`${url}/robots.txt`).catch(() => undefined)
    return answer?.status === 200
  })
  return url
}

/** nginx with our file, without TLS. */
async function startNginx(service: string): Promise<string> {
  const [folder, port] = [emptyFolder(), await freePort()]
  const text = readFileSync(join(deploy, 'nginx.conf'), 'utf8')
    .replace('127.0.0.1:3000', new URL(service).host)
    .replace('listen 80;', `listen unix:${folder}/http.sock;`)
    .replace('listen 443 ssl;', `listen 127.0.0.1:${port};`)
    .replaceAll(/^ *ssl_.*\n/gm, '')
    .replace('/var/cache/nginx/tiedote', `${folder}/cache`)
    .replace('/var/log/nginx', folder)
  const names = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const temporary = names.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
  const file = join(folder, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}
     http { access_log off; ${temporary} ${text} }`,
  )
  return run('nginx', ['-p', folder, '-c', file], port)
}

/** Varnish with our file. */
async function startVarnish(service: string): Promise<string> {
  const [folder, port] = [emptyFolder(), await freePort()]
  const { hostname, port: behind } = new URL(service)
  const text = readFileSync(join(deploy, 'varnish.vcl'), 'utf8')
    .replace('.host = "127.0.0.1"', `.host = "${hostname}"`)
    .replace('.port = "3000"', `.port = "${behind}"`)
  const file = join(folder, 'tiedote.vcl')
  writeFileSync(file, text)
  const parameters = ['-F', '-j', 'none', '-n', join(folder, 'work'), '-s', 'default,50m']
  return run('varnishd', [...parameters, '-a', `127.0.0.1:${port}`, '-f', file], port)
}

test.each([
  ['nginx', startNginx, !has('nginx', '-v')],
  ['Varnish', startVarnish, !has('varnishd', '-V')],
] as const)(
  'through %s a subscriber that fetches the feed finds what was pushed, though the cache has what was there before (W-73)',
  async (_, startCache, isMissing) => {
    if (isMissing) return
    const settings = {
      HUB: 'on',
      HUB_ALLOW: '127.0.0.0/8',
      BASE_URL: baseUrl,
      PUBLISH_TOKENS: `newsroom=${token}`,
    }
    const service = await start(
      temporaryFolder(release('first', ['eu'], { at: Date.UTC(2024, 0, 1) / 1000 })),
      settings,
    )
    const cache = await startCache(service.url)
    const newestFor = async (agent: string) => {
      const headers = { 'user-agent': agent, 'accept-encoding': 'gzip, deflate' }
      return titlesIn(await (await fetch(cache + path, { headers })).text())[0]
    }
    const newsBlur = 'NewsBlur Feed Fetcher - 12 subscribers - https://www.newsblur.com/'
    const found: (string | undefined)[] = []
    const subscriber = await startSubscriber(async (received) => {
      if (received.method === 'POST') found.push(await newestFor(newsBlur))
      return confirming(received)
    })
    const form = {
      'hub.mode': 'subscribe',
      'hub.topic': baseUrl + path,
      'hub.callback': subscriber.url(),
    }
    const body = new URLSearchParams(form)
    expect((await fetch(`${cache}/hub`, { method: 'POST', body })).status).toBe(202)
    await until(() => subscriber.verifications().length === 1)
    expect(await newestFor('a reader')).toBe('About first')
    const { status } = await fetch(`${service.url}/api/releases/second/en`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'About second', topics: ['eu'], body: { markdown: 'Text.' } }),
    })
    expect(status).toBe(201)
    // Readers have it when the cache asks again, and it is this that a push must not meet.
    expect(await newestFor('a reader')).toBe('About first')
    await until(() => found.length === 1)
    expect(found).toEqual(['About second'])
    expect(await newestFor('a reader')).toBe('About second')
  },
)
