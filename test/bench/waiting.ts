// How long readers and newsrooms wait while the service has much to do: seen from outside, by another process.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Beside, percentile, pollBeside, type Seen } from './beside.ts'
import { type Figure, type Found, digits, spreadOf } from './figures.ts'
import { copyOf, filledDatabase } from './filled-store.ts'
import { madeFolder, writeMarkdown } from './folders.ts'
import { type Line, releases, siteYaml, topicsYaml } from './input.ts'
import { publishToken, type Server, startService } from './processes.ts'
import type { Setup } from './setup.ts'
import { inFolder, writeFiles } from './workplace.ts'

/** What readers and newsrooms may wait at the most, and a start until its first answer. */
const longest = { poll: 500, write: 5000, start: 1000 }

/** Releases whose files are changed before a start. */
const changedFiles = 100

/** Minutes after which something that does not end is given up. */
const longestWork = 30

const project = join(import.meta.dirname, '../..')

/** The waits beside every kind of work, for each number of releases. */
export async function measureWaiting(setup: Setup): Promise<Found> {
  const sizes = setup.namedSizes ?? [setup.isQuick ? 2000 : 12_000]
  const figures: Figure[] = []
  for (const size of sizes) {
    figures.push(...(await inFolder((folder) => measureStarts(size, folder, setup))))
    figures.push(...(await inFolder((folder) => measureWork(size, folder, setup))))
  }
  return { figures }
}

type Start = {
  what: string
  /** What is done to the content before. */
  prepare?: (round: number) => void
  options?: { baseUrl?: string; program?: string }
}

/** Starts with a database that has all releases already. */
async function measureStarts(size: number, folder: string, setup: Setup): Promise<Figure[]> {
  const { isQuick, tell } = setup
  const content = join(folder, 'content')
  cpSync(madeFolder(size, 'markdown'), content, { recursive: true, preserveTimestamps: true })
  const filled = join(folder, 'filled.db')
  const baseUrl = 'https://releases.example.org'
  const log = join(folder, 'log')
  const first = await startService(content, filled, { baseUrl, log })
  await untilTakenUp(log)
  await first.stop()
  tell(`first load of ${size} releases: ${digits(first.startedAfter / 1000)} s`)
  const lines = [...releases(changedFiles)]
  const starts: Start[] = [
    { what: 'nothing changed' },
    { what: 'another BASE_URL', options: { baseUrl: 'https://news.example.org' } },
    { what: 'another version', options: { program: otherVersion(folder) } },
    { what: 'changed content', prepare: (round) => changeFiles(content, lines, round) },
  ]
  const figures: Figure[] = []
  for (const start of starts) {
    const work = `start with ${size} releases, ${start.what}`
    const times: number[] = []
    const seen: Seen[] = []
    const until: number[] = []
    for (let round = 0; round < (isQuick ? 1 : 3); round++) {
      start.prepare?.(round)
      const options = { baseUrl, log, ...start.options }
      const service = await startService(content, copyOf(filled, folder), options)
      const beside = pollBeside(service.url)
      times.push(service.startedAfter)
      const began = performance.now()
      await untilTakenUp(log)
      until.push(service.startedAfter + performance.now() - began)
      // So that there is somebody who asked also where all is taken up at once.
      await pause(2000)
      seen.push(await stopBeside(beside))
      await service.stop()
    }
    tell(`${work}: ${digits(spreadOf(times).median)} ms, ${telling(joined(seen))}`)
    figures.push({
      work: `${work}: first answer`,
      spread: spreadOf(times.map((time) => time / 1000)),
      unit: 's',
      limit: { atMost: longest.start / 1000 },
      detail: `the folder is read and taken up after ${digits(spreadOf(until).median / 1000)} s`,
    })
    figures.push(...waitsOf(`after a ${work}`, joined(seen)))
  }
  return figures
}

/** Says what the service says when it has brought its database in line. */
async function untilTakenUp(log: string) {
  await until(async () => /^(Serving|What was there)/m.test(readFileSync(log, 'utf8')))
}

/** This program as one whose documents are others. */
function otherVersion(folder: string): string {
  const program = join(folder, 'program')
  for (const name of ['src', 'package.json'])
    cpSync(join(project, name), join(program, name), { recursive: true })
  symlinkSync(join(project, 'node_modules'), join(program, 'node_modules'))
  const file = join(program, 'src/domain/output-version.ts')
  const text = readFileSync(file, 'utf8')
  const other = text.replace(/(outputVersion = )\d+/, '$199999')
  if (other === text) throw new Error(`${file} names no version`)
  writeFileSync(file, other)
  return program
}

function changeFiles(content: string, lines: Line[], round: number) {
  for (const line of lines) writeMarkdown(content, { ...line, title: `Changed ${round}` })
}

/** What is done to a service that runs. */
type Work = { what: string; run: (service: Server) => Promise<void> }

/** Everything that takes long, while the service is polled and written to. */
async function measureWork(size: number, folder: string, setup: Setup): Promise<Figure[]> {
  const content = join(folder, 'content')
  writeFiles(content, { 'site.yaml': siteYaml, 'topics.yaml': topicsYaml, 'releases/.keep': '' })
  const database = copyOf(await filledDatabase(size, setup.tell), folder)
  const count = setup.isQuick ? 2000 : 12_000
  const prepared = join(folder, 'prepared')
  for (const line of releases(count))
    writeMarkdown(prepared, { ...line, slug: `loaded-${line.slug}` })
  const works: Work[] = [
    { what: 'nothing else is done', run: () => pause(setup.isQuick ? 4000 : 20_000) },
    { what: 'a backup is made', run: () => backUp(database, join(folder, 'backup')) },
    { what: 'a broad topic is moved', run: (service) => moveTopic(service, content) },
    {
      what: `${count} releases are loaded`,
      run: (service) => load(service, prepared, content, count),
    },
  ]
  const service = await startService(content, database)
  const beside = pollBeside(service.url)
  try {
    // Until the feeds are kept and the code is compiled.
    await pause(3000)
    const figures: Figure[] = []
    let idle: Seen | undefined
    for (const { what, run } of works) {
      await beside.take()
      const began = performance.now()
      await run(service)
      // Those who still wait for an answer count too.
      await pause(2000)
      const seconds = (performance.now() - began - 2000) / 1000
      const seen = await beside.take()
      await findLost(service, seen)
      idle ??= seen
      const work = `with ${size} releases, while ${what}`
      setup.tell(`${work} (${digits(seconds)} s): ${telling(seen)}`)
      figures.push(...waitsOf(work, seen, { seconds, idle }))
    }
    return figures
  } finally {
    await beside.stop()
    await service.stop()
  }
}

async function backUp(database: string, target: string) {
  const child = spawn(process.execPath, ['src/cli/tiedote.ts', 'backup', target], {
    cwd: project,
    env: { ...process.env, DATABASE: database },
    stdio: 'ignore',
  })
  const [code] = (await once(child, 'exit')) as [number]
  if (code !== 0) throw new Error(`The backup ended with ${code}`)
}

/** The most frequent topic, with all that is narrower, goes below another one. */
async function moveTopic({ url }: Server, content: string) {
  const moved = topicsYaml.replace(/^migration:\n/m, '$&  broader: crime\n')
  if (moved === topicsYaml) throw new Error('There is no topic to be moved')
  writeFiles(content, { 'topics.yaml': moved })
  await until(async () => {
    const answer = await fetch(`${url}/topics.json`)
    const { topics } = (await answer.json()) as { topics: { slug: string; broader?: string }[] }
    return topics.find(({ slug }) => slug === 'migration')?.broader === 'crime'
  })
}

/** Releases come into the folder at once. */
async function load({ url }: Server, prepared: string, content: string, count: number) {
  const last = [...releases(count)].at(-1)!
  const folder = last.language === 'en' ? '' : `/${last.language}`
  mkdirSync(join(content, 'releases'), { recursive: true })
  renameSync(join(prepared, 'releases'), join(content, 'releases/loaded'))
  await until(async () => {
    const answer = await fetch(`${url}${folder}/releases/loaded-${last.slug}`)
    await answer.arrayBuffer()
    return answer.ok
  })
}

/** What the process saw in the end, when its last requests were answered. */
async function stopBeside(beside: Beside): Promise<Seen> {
  const seen = await beside.take()
  await beside.stop()
  return seen
}

/** Notes releases that were accepted and are not there. */
async function findLost({ url }: Server, { writes }: Seen) {
  for (const write of writes.filter(({ status }) => isAccepted(status))) {
    const answer = await fetch(`${url}/api/releases/${write.slug}/en`, {
      headers: { authorization: `Bearer ${publishToken}` },
    })
    await answer.arrayBuffer()
    if (!answer.ok) write.status = 'accepted and lost'
  }
}

function isAccepted(status: number | string): boolean {
  return status === 200 || status === 201
}

function joined(all: Seen[]): Seen {
  return {
    polls: all.flatMap(({ polls }) => polls),
    writes: all.flatMap(({ writes }) => writes),
    latest: Math.max(...all.map(({ latest }) => latest)),
  }
}

/** The lines of the table for one kind of work: the longest wait of a poll, and that of a write. */
function waitsOf(
  work: string,
  { polls, writes, latest }: Seen,
  { seconds, idle }: { seconds?: number; idle?: Seen } = {},
): Figure[] {
  const waits = polls.map(({ wait }) => wait)
  const writeWaits = writes.map(({ wait }) => wait)
  const time = seconds === undefined ? '' : `, in ${digits(seconds)} s`
  const beside = idle && idle.polls !== polls ? ` (else ${percentiles(idle)})` : ''
  return [
    {
      work: `longest wait of a poll, ${work}`,
      spread: spreadOf([Math.max(...waits)]),
      unit: 'ms',
      limit: { atMost: longest.poll },
      detail: `${percentiles({ polls })}${beside}, ${polls.length} polls${time}${faultsOf(polls.filter(({ status }) => status !== 200 && status !== 304))}; sent ${digits(latest)} ms late at the most`,
    },
    // Within a short time none may be answered.
    ...(writes.length === 0
      ? []
      : [
          {
            work: `longest wait of a release that is sent, ${work}`,
            spread: spreadOf([Math.max(...writeWaits, 0)]),
            unit: 'ms',
            limit: { atMost: longest.write },
            detail: `${writes.filter(({ status }) => isAccepted(status)).length} of ${writes.length} accepted${faultsOf(writes.filter(({ status }) => !isAccepted(status)))}`,
          } satisfies Figure,
        ]),
  ]
}

function percentiles({ polls }: Pick<Seen, 'polls'>): string {
  const waits = polls.map(({ wait }) => wait)
  const [middle, most] = [percentile(waits, 0.5), percentile(waits, 0.99)]
  return `half within ${digits(middle)} ms, 99 of 100 within ${digits(most)} ms`
}

/** How often what was answered that should not be. */
function faultsOf(wrong: { status: number | string; retryAfter?: string | undefined }[]): string {
  const names = wrong.map(({ status, retryAfter }) =>
    retryAfter === undefined ? String(status) : `${status} with Retry-After`,
  )
  const counts = [...Map.groupBy(names, (name) => name)].map(
    ([name, all]) => `${all.length} × ${name}`,
  )
  return counts.length === 0 ? '' : `, **${counts.join(', ')}**`
}

function telling(seen: Seen): string {
  return waitsOf('', seen)
    .map(({ spread, detail }) => `longest ${digits(spread.most)} ms, ${detail}`)
    .join('; sent: ')
}

async function until(isSo: () => Promise<boolean>) {
  const end = performance.now() + longestWork * 60_000
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`Not there after ${longestWork} minutes`)
    await pause(250)
  }
}
