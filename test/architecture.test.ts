import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const source = join(import.meta.dirname, '../src')
const entries = [
  'node.ts',
  'serve.ts',
  'writer.ts',
  'writing.ts',
  'writer-thread.ts',
  'sent-error.ts',
  'content-updates.ts',
  'worker.ts',
  'node-caller.ts',
  'running-hub.ts',
  'hub-object.ts',
  'worker-caller.ts',
  'compose.ts',
  'compose-api.ts',
  'compose-node.ts',
  'config.ts',
  'clock.ts',
  'later.ts',
  'upgrading.ts',
  'advice.ts',
  'bundle.ts',
  'pool.ts',
  'thread.ts',
  'tasks.ts',
  'read-in-threads.ts',
  'bundle-content.ts',
  'bundle-worker.ts',
  'no-xml.ts',
  'version.ts',
  'give-way.ts',
]

/** Puts everything together, as the entries do. */
const commands = 'cli'

/** Which folders the files of a folder may import, beside their own. */
const arrows: Record<string, string[]> = {
  domain: [],
  publishing: ['domain'],
  content: ['domain'],
  store: ['domain'],
  feeds: ['domain'],
  websub: ['domain'],
  http: ['domain', 'publishing', 'feeds', 'websub'],
  // Tools that stand beside the service, which knows nothing of them.
  import: ['domain', 'content', 'web-client.ts'],
  push: ['domain', 'content', 'web-client.ts'],
  probe: ['domain', 'content'],
  'web-client.ts': [],
}

/** Which files may know something outside. */
const knowledge: { what: RegExp; where: RegExp }[] = [
  { what: /^hono(\/|$)/, where: /^(http\/|worker\.ts)/ },
  { what: /^@valibot\/to-json-schema$/, where: /^http\/api\/operations\.ts/ },
  { what: /^file-type$/, where: /^http\/api\/file-type\.ts/ },
  { what: /^@hono\/node-server/, where: /^http\/(listen|media)\.ts/ },
  { what: /^feed$/, where: /^feeds\/(rss|json-feed)\.ts/ },
  { what: /^ical-generator$/, where: /^feeds\/calendar\.ts/ },
  { what: /^yaml$/, where: /^content\/yaml(-\w+)?\.ts$/ },
  { what: /^marked$/, where: /^content\/markdown\.ts/ },
  { what: /^(parse5|xss)$/, where: /^content\/html(-\w+)?\.ts$/ },
  { what: /^(@orama\/stemmers\/|porter2$)/, where: /^content\/stemmers\.ts/ },
  { what: /^any-ascii$/, where: /^content\/slug\.ts/ },
  { what: /^image-size$/, where: /^content\/picture-size\.ts/ },
  { what: /^mrmime$/, where: /^content\/folder\.ts/ },
  { what: /^node:(zlib|util)$/, where: /^(http\/answers\/codings|probe\/ask|cli\/terminal)\.ts/ },
  { what: /^node:crypto$/, where: /^domain\/digest\.ts/ },
  { what: /^commander$/, where: /^cli\/program\.ts/ },
  { what: /^@bomb\.sh\/tab\/commander$/, where: /^cli\/complete\.ts/ },
  { what: /^@clack\/prompts$/, where: /^cli\/terminal\.ts/ },
  { what: /^saxes$/, where: /^(probe\/read-xml|import\/wordpress-parser)\.ts/ },
  { what: /^feedsmith$/, where: /^import\/(read-(feed|rss|atom|json-feed)|entry-fields)\.ts/ },
  {
    what: /^node:sqlite$/,
    where: /^store\/(node-sqlite|connect-sqlite|backup|integrity-check)\.ts/,
  },
  {
    what: /^node:/,
    where:
      /^(cli|import|push|probe)\/|^(node|node-caller|serve|pool|thread|writer|writing|writer-thread|give-way|version|advice|bundle|bundle-content|bundle-worker|http\/(client|listen|request-faults))\.ts|^store\/(node-sqlite|connect-sqlite|database-file|backup|integrity-(check|check-thread|monitor))\.ts|^content\/(folder|media-folder|picture-file|load-content|watch)\.ts/,
  },
  { what: /^(@cloudflare\/|cloudflare:)/, where: /^worker\.ts/ },
  { what: /^esbuild$/, where: /^bundle-worker\.ts/ },
  {
    what: /^valibot$/,
    where: /^(domain\/|content\/|config\.ts|http\/(hub-form|api\/(schemas|operations))\.ts)/,
  },
]

const files = globSync('**/*.ts', { cwd: source })
  .map((file) => file.replaceAll('\\', '/'))
  .map((file) => ({ file, text: readFileSync(join(source, file), 'utf8') }))

const imports = files.flatMap(({ file, text }) => {
  return Array.from(text.matchAll(/from '([^']+)'/g), ([, target = '']) => ({ file, target }))
})

function folderOf(file: string): string {
  return file.includes('/') ? file.split('/')[0]! : file
}

test('the check sees the imports it is about', () => {
  expect(imports.length).toBeGreaterThan(100)
  expect(imports).toContainEqual({ file: 'http/app.ts', target: '../domain/errors.ts' })
})

test('folders import only what the arrows allow', () => {
  const wrong = imports.flatMap(({ file, target }) => {
    if (!target.startsWith('.')) return []
    const imported = relative(source, join(source, file, '..', target)).replaceAll('\\', '/')
    const from = folderOf(file)
    const to = folderOf(imported)
    if ([...entries, commands].includes(from) || from === to || arrows[from]?.includes(to))
      return []
    return [`${file} → ${imported}`]
  })
  expect(wrong).toEqual([])
})

test('no file imports itself by way of others, not even for types', () => {
  const graph = new Map<string, string[]>()
  for (const { file, target } of imports) {
    if (!target.startsWith('.')) continue
    const imported = relative(source, join(source, file, '..', target)).replaceAll('\\', '/')
    graph.set(file, [...(graph.get(file) ?? []), imported])
  }
  const circles = [...graph.keys()].filter((file) => reachable(file, graph).has(file))
  expect(circles).toEqual([])
})

/** The files that a file imports, and those that these import. */
function reachable(file: string, graph: Map<string, string[]>): Set<string> {
  const found = new Set<string>()
  const waiting = [...(graph.get(file) ?? [])]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue
    found.add(next)
    waiting.push(...(graph.get(next) ?? []))
  }
  return found
}

test('each library and runtime is known in one place', () => {
  const wrong = imports.flatMap(({ file, target }) => {
    if (target.startsWith('.')) return []
    const rules = knowledge.filter(({ what }) => what.test(target))
    return rules.some(({ where }) => where.test(file)) ? [] : [`${file} → ${target}`]
  })
  expect(wrong).toEqual([])
})

test('only the store knows SQL', () => {
  const statement = /\b(select|insert into|delete from|update)\b[^']*\b(from|where|set|values)\b/i
  const wrong = files.filter(({ file, text }) => {
    return !file.startsWith('store/') && statement.test(text.replace(/\/\*\*[^]*?\*\/|\/\/.*/g, ''))
  })
  expect(wrong.map(({ file }) => file)).toEqual([])
})

test('only the table of formats lists them, and who reads feeds back or those of others', () => {
  const ofFormat = /'(rss|atom|json)'|application\/(?:feed\+)?(rss|atom|json)\b/g
  const wrong = files.filter(({ file, text }) => {
    const named = Array.from(text.matchAll(ofFormat), ([, name, type]) => name ?? type)
    return new Set(named).size > 1 && !/^(feeds\/formats|probe\/read-feed|import\/)/.test(file)
  })
  expect(wrong.map(({ file }) => file)).toEqual([])
})

test('rendering reads neither clock nor chance nor locale (H-17)', () => {
  const impure = /Date\.now|new Date\(\)|Math\.random|randomUUID|toLocale|Intl\./
  const wrong = files.filter(
    ({ file, text }) =>
      /^(feeds|domain\/(addresses|release|topic))/.test(file) && impure.test(text),
  )
  expect(wrong.map(({ file }) => file)).toEqual([])
})

const root = join(source, '..')

/** What explains the code: a page for the whole, and one in each room. */
const pages = globSync(['src/**/README.md', 'test/README.md'], { cwd: root })
  .map((file) => file.replaceAll('\\', '/'))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))

test('every dependency is pinned exactly and named in the README of its room', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string>>
  const all = { ...dependencies, ...devDependencies, ...optionalDependencies }
  const isExact = (version: string) => /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)
  expect(Object.entries(all).filter(([, version]) => !isExact(version))).toEqual([])
  const names = pages.flatMap(({ text }) => text.split(/[\s|,]+/))
  expect(Object.keys(all).filter((name) => !names.includes(name))).toEqual([])
})

test('the page of the whole has at most 2,500 words', () => {
  const { text } = pages.find(({ file }) => file === 'src/README.md')!
  expect(text.split(/\s+/).filter(Boolean).length).toBeLessThanOrEqual(2500)
})

test('every room has a page of its own', () => {
  const rooms = [...Object.keys(arrows).filter((name) => !name.endsWith('.ts')), commands]
  const there = pages.map(({ file }) => file)
  expect(rooms.filter((room) => !there.includes(`src/${room}/README.md`))).toEqual([])
})

test('every file that a page under src names is there', () => {
  const missing = pages
    .filter(({ file }) => file.startsWith('src/'))
    .flatMap(({ file, text }) => {
      const folders = [dirname(file), 'src', '.']
      const isThere = (name: string) =>
        folders.some((folder) => globSync(join(root, folder, name)).length > 0)
      const named = Array.from(text.matchAll(/`([^`\s]+\.ts)`/g), ([, name = '']) => name)
      const linked = Array.from(
        text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g),
        ([, name = '']) => name,
      )
      return [...named, ...linked]
        .filter((name) => !isThere(name))
        .map((name) => `${name} in ${file}`)
    })
  expect(missing).toEqual([])
})
