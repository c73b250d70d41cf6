// The files of `deploy/`, each tried by the program that it is for, where that is installed; and links of READMEs.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readNodeConfig, readWorkerConfig } from '../src/config.ts'
import { nodeService } from './platforms.ts'
import { freePort, until } from './server.ts'

const root = join(import.meta.dirname, '..')
const deploy = join(root, 'deploy')

function run(command: string, ...options: string[]) {
  const { status, stdout, stderr, error } = spawnSync(command, options, { encoding: 'utf8' })
  return { isThere: error === undefined, status, said: `${stdout}${stderr}` }
}

function temporary(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), name))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function has(command: string, ...options: string[]): boolean {
  const { isThere } = run(command, ...options)
  if (!isThere) console.error(`Skipped: a file of deploy/, because ${command} is not installed`)
  return isThere
}

test.skipIf(!has('systemd-analyze', '--version'))('systemd takes the units', () => {
  const folder = temporary('tiedote-units-')
  for (const name of globSync('tiedote*.*', { cwd: deploy })) {
    // The program is not installed here.
    const text = readFileSync(join(deploy, name), 'utf8')
    writeFileSync(
      join(folder, name),
      text.replace('ExecStart=node ', `ExecStart=${process.execPath} `),
    )
  }
  const units = globSync('*', { cwd: folder }).map((name) => join(folder, name))
  expect(units).toHaveLength(3)
  const { said } = run('systemd-analyze', 'verify', '--recursive-errors=no', ...units)
  expect(said.split('\n').filter((line) => line.includes(folder))).toEqual([])
})

test('Node gets the same flags however the service is started', () => {
  const files = ['package.json', 'deploy/tiedote.service', 'deploy/Dockerfile']
  const flags = files.map((file) => {
    const [line] = /^.*src\/start\.js.*$/m.exec(readFileSync(join(root, file), 'utf8'))!
    return line.match(/--[a-z-]+(=\d+)?/g)
  })
  expect(flags).toEqual(files.map(() => flags[0]))
  expect(flags[0]).toContain('--expose-gc')
})

test.skipIf(!has('nginx', '-v'))('nginx takes its file', () => {
  const folder = temporary('tiedote-nginx-')
  const key = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=a']
  const files = ['-keyout', join(folder, 'privkey.pem'), '-out', join(folder, 'fullchain.pem')]
  expect(run('openssl', ...key, ...files).status).toBe(0)
  mkdirSync(join(folder, 'logs'))
  const text = readFileSync(join(deploy, 'nginx.conf'), 'utf8')
    .replaceAll('/etc/ssl/tiedote', folder)
    .replace('/var/cache/nginx/tiedote', join(folder, 'cache'))
    .replace('/var/log/nginx', folder)
  const whole = `pid ${folder}/pid; error_log stderr; events {} http { access_log off; ${text} }`
  writeFileSync(join(folder, 'whole.conf'), whole)
  const { status, said } = run('nginx', '-t', '-p', folder, '-c', join(folder, 'whole.conf'))
  expect([status, said]).toEqual([0, expect.stringContaining('test is successful')])
})

test.skipIf(!has('caddy', 'version'))('Caddy takes its file', () => {
  const file = join(deploy, 'Caddyfile')
  const { status, said } = run('caddy', 'validate', '--adapter', 'caddyfile', '--config', file)
  expect([status, said]).toEqual([0, expect.stringContaining('Valid configuration')])
})

test.skipIf(!has('varnishd', '-V'))('Varnish takes its file', () => {
  const folder = temporary('tiedote-varnish-')
  // It reads the file as another user.
  chmodSync(folder, 0o755)
  cpSync(join(deploy, 'varnish.vcl'), join(folder, 'tiedote.vcl'))
  const { status, said } = run('varnishd', '-C', '-f', join(folder, 'tiedote.vcl'), '-n', folder)
  expect([status, said.slice(0, 2000)]).toEqual([0, expect.any(String)])
})

const base = 'docker.io/library/node:24-slim'

/** Whether the image that ours is made of is here, or can be fetched. */
function hasBase(): boolean {
  if (!has('buildah', '--version')) return false
  const isThere = run('buildah', 'images', '-q', base).status === 0
  if (isThere || run('buildah', 'pull', '-q', base).status === 0) return true
  console.error(`Skipped: the Dockerfile, because ${base} cannot be fetched`)
  return false
}

test.skipIf(!hasBase())(
  'buildah makes an image of the Dockerfile, and the service in it is well',
  async () => {
    const isolation = ['--isolation', 'chroot', '--network', 'host']
    const name = `tiedote-test-${process.pid}`
    const file = join(deploy, 'Dockerfile')
    const built = run(
      'buildah',
      'bud',
      ...isolation,
      '--pull-never',
      '--format',
      'docker',
      '-q',
      '-t',
      name,
      '-f',
      file,
      root,
    )
    expect([built.status, built.said.slice(-2000)]).toEqual([0, expect.any(String)])
    onTestFinished(() => void run('buildah', 'rmi', '-f', name))
    const container = run('buildah', 'from', '--pull-never', name).said.trim()
    onTestFinished(() => void run('buildah', 'rm', container))
    const port = await freePort()
    const inside = ['run', ...isolation, '--env', `PORT=${port}`, container, '--']
    const service = spawn('buildah', [...inside, 'node', 'src/start.js'])
    const ended = once(service, 'exit')
    await until(
      async () =>
        (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.status === 200,
    )
    const asked = run(
      'buildah',
      ...inside,
      'node',
      '-p',
      'process.getuid() + " " + process.env.DATABASE',
    )
    expect(asked.said.trim()).toBe('1000 /data/tiedote.db')
    const made = run(
      'buildah',
      ...inside,
      'node',
      'src/cli/tiedote.ts',
      'backup',
      '/data/backups/1',
    )
    expect([made.status, made.said]).toEqual([
      0,
      expect.stringContaining('looked through and whole'),
    ])
    service.kill('SIGTERM')
    await ended
  },
  300_000,
)

test('every link of a README leads to a file and a heading that are there', () => {
  const pages = globSync(
    ['*.md', '.github/*.md', '{deploy,content,test}/**/README.md', 'src/**/README.md'],
    {
      cwd: root,
    },
  )
  expect(pages.length).toBeGreaterThan(15)
  const dead = pages.flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8').replace(/```[^]*?```|`[^`\n]*`/g, '')
    return Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(page, link))
      .map((link) => `${page}: ${link}`)
  })
  expect(dead).toEqual([])
})

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', heading] = link.split('#')
  const target = path === '' ? join(root, page) : join(root, dirname(page), path)
  if (!existsSync(target)) return false
  return heading === undefined || headingsOf(readFileSync(target, 'utf8')).includes(heading)
}

/** The names that GitHub gives to headings. */
function headingsOf(text: string): string[] {
  return Array.from(text.matchAll(/^#+ (.+)$/gm), ([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test('the README has every setting that is read, and no other', () => {
  const text = readFileSync(join(root, 'README.md'), 'utf8')
  const table = text.slice(text.indexOf('## Settings'), text.indexOf('## Where the rest is'))
  const named = Array.from(table.matchAll(/`([A-Z][A-Z_]+)`/g), ([, name = '']) => name)
  const read = new Set<string>()
  const watched = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get: (_, name) => void read.add(String(name)),
      has: (_, name) => Boolean(read.add(String(name))),
    },
  )
  readNodeConfig(watched)
  readWorkerConfig(watched, 'http://localhost/')
  expect([...read].toSorted()).toEqual([...new Set(named)].toSorted())
})

test('every address of the README is one of the sample, and a feed begins as it shows', async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const shown = /curl http:\/\/localhost:3000(\S+)`[^]*?```xml\n([^]*?)```/.exec(readme)!
  const [, address = '', lines = ''] = shown
  const fetch = await nodeService(join(root, 'content'))
  const table = readme.slice(readme.indexOf('## Feeds'), readme.indexOf('## Writing'))
  const addresses = Array.from(table.matchAll(/`(\/[^`{]+)`/g), ([, path = '']) => path)
  expect(addresses.length).toBeGreaterThan(15)
  for (const path of addresses) expect((await fetch(path)).status, path).toBe(200)
  const feed = await (await fetch(address)).text()
  for (const [index, line] of lines.trimEnd().split('\n').entries()) {
    const [before = '', after = ''] = line.split('…')
    const told = feed.split('\n')[index]!
    expect([told.startsWith(before), told.endsWith(after)], told).toEqual([true, true])
  }
})
