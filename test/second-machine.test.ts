// Two services behind nginx, in three arrangements, for a week: what readers lose when a machine fails. The
// services are real processes whose clock is ahead, the readers models of real programs.
import { cpSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { writeFolder } from './content-folder.ts'
import { fetchAt, hasNginx, Machine, removeFolder, startNginx, token } from './machines.ts'
import type { Fetch } from './platforms.ts'
import { complaintsOf, type User } from './readers/complaints.ts'
import {
  createNewsroom,
  keyOf,
  type Newsroom,
  textOf,
  titleOf,
  type Written,
} from './readers/newsroom.ts'
import { createChance } from './readers/reader.ts'
import { type Happening, live, pick, pollAll, subject, subscribe } from './readers/world.ts'
import { createSharedClock, freePort, type SharedClock, until } from './server.ts'
import { isTrial } from './trials.ts'

const minute = 60
const hour = 60 * minute
const day = 24 * hour
/** Six in the morning, some day ahead: what is written into folders now must be at rest by then. */
const firstDay = (Math.floor(Date.now() / 1000 / day) + 3) * day + 6 * hour
const days = Number(process.env.WEEK_DAYS ?? 7)
const changesOfDay = 6
const seed = Number(process.env.WEEK_SEED ?? 7)

/** A press office, its readers, and two machines. */
type Week = {
  folder: string
  clock: SharedClock
  chance: () => number
  newsroom: Newsroom
  users: User[]
  machines: Machine[]
  nginx: Fetch
  /** Brings what was written to whoever is to have it, and waits until it is there. */
  deliver: (week: Week, release: Written) => Promise<void>
  /** What could not be sent to a machine that was away. */
  unsent: Set<Written>
  /** What readers complained about at the end of a day, each once. */
  heard: Set<string>
  stop: () => Promise<void>
}

/** What a user complains about in the end, and how often. */
const kinds: Record<string, RegExp> = {
  missed: / is missing in /,
  doubled: / was shown \d+ times /,
  stale: / (still (reads|says)|does not say) /,
  refused: /(The status is|Status code) 50\d/,
  gaveUp: / gave up /,
}

type Count = Record<string, number>

const weeks: Week[] = []

afterEach(async () => {
  for (const week of weeks.splice(0)) await week.stop()
})

describe.runIf(isTrial && hasNginx)(
  'a week with two services behind nginx',
  { timeout: 900_000 },
  () => {
    test('two on one database: one at a time may be killed and upgraded, and nobody notices', async () => {
      const week = await begin({
        upstream: bothAlike,
        areOnOneDatabase: true,
        deliver: throughNginx,
      })
      for (const machine of week.machines) await machine.start()
      await open(week)
      await live(week, [
        ...changes(week),
        at(1, 3, ({ machines }) => machines[0]!.stop()),
        at(1, 8, ({ machines }) => machines[0]!.start()),
        at(3, 2, ({ machines }) => restart(machines[1]!)),
        at(3, 2.1, ({ machines }) => restart(machines[0]!)),
        at(5, 4, ({ machines }) => machines[1]!.stop()),
        at(6, 4, ({ machines }) => machines[1]!.start()),
      ])
      report('two on one database', week)
      expect([...week.heard, ...complaints(week)]).toEqual([])
    })

    test('one active, one standby, and a cache in nginx: what was sent within the last minute is lost until it is sent again, nothing else', async () => {
      const { week, before, lost } = await liveWithStandby({ hasCache: true, hours: 0.75 })
      const keys = lost.map(keyOf)
      expect(before.filter((one) => kinds.missed!.test(one))).not.toEqual([])
      expect(before.filter((one) => !keys.includes(releaseIn(one)))).toEqual([])
      const ofDates = /^the Microsoft connector: (\S+) was shown 2 times /
      const others = complaints(week).filter((one) => !keys.includes(ofDates.exec(one)?.[1] ?? ''))
      expect(others).toEqual([])
    })

    test('without a cache readers are refused until somebody switches, and one program gives up for good', async () => {
      // By then Thunderbird has polled, which it does every 100 minutes.
      const { week, before, lost } = await liveWithStandby({ hasCache: false, hours: 2 })
      const keys = lost.map(keyOf)
      expect(countsOf(week).Thunderbird!.gaveUp).toBeGreaterThan(0)
      const heard = before.filter((one) => !one.startsWith('Thunderbird: '))
      expect(heard.filter((one) => kinds.refused!.test(one))).not.toEqual([])
      const losses = heard.filter((one) => !kinds.refused!.test(one))
      expect(losses.filter((one) => !keys.includes(releaseIn(one)))).toEqual([])
    })

    test.each([
      { name: 'in turn', upstream: bothAlike },
      { name: 'each reader at one of them', upstream: eachReaderAtOne },
    ])(
      'two active with a database each, $name: readers with dates alone lose',
      async ({ name, upstream }) => {
        const week = await begin({ upstream, deliver: toEach })
        for (const machine of week.machines) await machine.start()
        await open(week)
        await live(week, [
          ...changes(week),
          at(3, 4, ({ machines }) => machines[0]!.stop()),
          at(3, 12, (all) => catchUp(all, all.machines[0]!)),
        ])
        report(`two active with a database each, ${name}`, week)
        const ofDates = countsOf(week)['the Microsoft connector']!
        expect(ofDates.missed! + ofDates.doubled!).toBeGreaterThan(0)
      },
    )
  },
)

test.skipIf(hasNginx)('two services behind nginx are not tried: nginx is not installed', () => {
  expect(hasNginx).toBe(false)
})

/** The active machine fails, somebody switches after some hours, and back on another day. */
async function liveWithStandby({ hasCache, hours }: { hasCache: boolean; hours: number }) {
  const week = await begin({ upstream: firstAlone, deliver: throughNginx, hasCache })
  const [active, standby] = week.machines as [Machine, Machine]
  await active.start()
  await open(week)
  const seconds = { backup: 0, switch: 0, switchBack: 0 }
  let lost: Written[] = []
  let before: string[] = []
  await live(week, [
    ...changes(week),
    at(3, 4, async () => {
      seconds.backup = await backUp(active, week, 'before the failure')
      lost = await publishWithinAMinute(week)
      // Half of the readers have seen it.
      await poll(week, (index) => index % 2 === 0)
      await active.stop()
    }),
    at(3, 4 + hours, async () => {
      seconds.switch = await takeOver(standby, week, 'before the failure')
      // nginx asks a machine again that did not answer.
      await pause(6500)
      await poll(week)
      before = complaints(week)
      for (const release of lost.filter(isSent)) await throughNginx(week, release)
    }),
    at(5, 4, async () => {
      await standby.stop('SIGTERM')
      const backup = await backUp(standby, week, 'before the way back')
      seconds.switchBack = backup + (await takeOver(active, week, 'before the way back'))
    }),
  ])
  const name = `one active, one standby, ${hasCache ? 'with' : 'without'} a cache`
  report(`${name}, before all was sent again`, week, before)
  report(name, week)
  console.log('Seconds:', seconds)
  return { week, before, lost }
}

/** Some readers poll all that they have not given up. */
async function poll(week: Week, isToPoll: (index: number) => boolean = () => true) {
  const users = week.users.filter(({ reader }, index) => {
    return isToPoll(index) && reader.givenUp().length === 0
  })
  await pollAll({ clock: week.clock, users })
}

/** Lines of nginx for two machines. */
type Upstream = (ports: number[]) => string[]

const bothAlike: Upstream = (ports) => ports.map((port) => `server 127.0.0.1:${port};`)
const firstAlone: Upstream = ([first, second]) => [
  `server 127.0.0.1:${first} fail_timeout=5s;`,
  `server 127.0.0.1:${second} fail_timeout=5s backup;`,
]
// All of them ask from one address here.
const eachReaderAtOne: Upstream = (ports) => [
  'hash $http_user_agent consistent;',
  ...bothAlike(ports),
]

async function begin({
  upstream,
  areOnOneDatabase = false,
  hasCache = false,
  deliver,
}: Pick<Week, 'deliver'> & {
  upstream: Upstream
  areOnOneDatabase?: boolean
  hasCache?: boolean
}): Promise<Week> {
  const folder = mkdtempSync(join(tmpdir(), 'tiedote-machines-'))
  const clock = createSharedClock(folder, firstDay - day)
  const ports = [await freePort(), await freePort()]
  const machines = ports.map((port, index) => {
    const own = join(folder, areOnOneDatabase ? 'both' : `machine-${index + 1}`)
    return new Machine(port, { data: join(own, 'data'), content: join(own, 'content'), clock })
  })
  const office = writeFolder()
  const newsroom = createNewsroom(office)
  const chance = createChance(seed)
  for (let number = 1; number <= 8; number++) {
    const authored = firstDay - number * 9 * hour
    newsroom.publish({ slug: `old${number}`, language: 'en', authored, topics: subject(chance) })
  }
  for (const { content } of machines) cpSync(office, content, { recursive: true })
  const nginx = await startNginx(folder, { upstream: upstream(ports), hasCache })
  const week: Week = {
    folder,
    clock,
    chance,
    newsroom,
    machines,
    deliver,
    nginx: nginx.fetch,
    users: [],
    unsent: new Set(),
    heard: new Set(),
    async stop() {
      await nginx.stop()
      for (const machine of machines) await machine.stop()
      for (const one of [folder, office]) removeFolder(one)
    },
  }
  weeks.push(week)
  return week
}

/** From now on there are readers. */
async function open(week: Week) {
  const { newsroom, clock, nginx } = week
  newsroom.isTakenUp(clock.now())
  clock.moveTo(firstDay)
  week.users.push(...subscribe(nginx, clock, { from: firstDay, seed }))
}

/** Something that happens so many hours after six o'clock of a day, if the week lasts so long. */
function at(dayOfWeek: number, hours: number, run: Happening<Week>['run']): Happening<Week> {
  return { at: firstDay + dayOfWeek * day + hours * hour, run }
}

/** Changes on every day, a look at all readers in every night, and a quiet day in the end. */
function changes({ chance }: Week): Happening<Week>[] {
  const all = Array.from({ length: days }, (_, dayOfWeek) => [
    ...Array.from({ length: changesOfDay }, () => at(dayOfWeek, 1 + chance() * 10, change)),
    at(dayOfWeek, 20, listen),
  ])
  return [...all.flat(), at(days, 21, listen)]
}

/** While nothing is served, the office waits with what it changes. */
async function change(week: Week) {
  const { newsroom, clock, chance, machines } = week
  if (!machines.some(({ isUp }) => isUp)) return undefined
  const kind = chance()
  const recent = newsroom.releases().filter(({ authored }) => clock.now() - authored < 4 * day)
  const settled = recent.filter(({ history, authored }) => {
    return history.length === 1 && clock.now() - authored > day
  })
  if (kind < 0.5 || recent.length === 0) return week.deliver(week, publish(week))
  const release = pick(kind < 0.8 || settled.length === 0 ? recent : settled, chance)
  if (kind < 0.8) newsroom.edit(release, chance() < 0.5 ? clock.now() : undefined)
  else newsroom.retag(release, subject(chance))
  return week.deliver(week, release)
}

/** Every second one is sent to the API, the others lie in the folder. */
function publish({ newsroom, clock, chance }: Week, way?: 'sent' | 'file'): Written {
  const number = newsroom.releases().length
  const slug = `${way ?? (number % 2 === 0 ? 'sent' : 'file')}${number}`
  const language = way === undefined && chance() < 0.25 ? 'fi' : 'en'
  newsroom.publish({ slug, language, authored: clock.now(), topics: subject(chance) })
  return newsroom.releases().at(-1)!
}

function isSent({ slug }: Written): boolean {
  return slug.startsWith('sent')
}

/** Through nginx to the API, and into the folder of every machine. */
async function throughNginx(week: Week, release: Written) {
  week.newsroom.isTakenUp(week.clock.now())
  if (isSent(release)) await send(release, week.nginx)
  else for (const machine of week.machines) copyFile(week, release, machine)
  const serving = week.machines.filter(({ isUp }) => isUp)
  for (const { port } of serving) await untilShown(release, fetchAt(port))
}

/** To each machine by itself: to the API of one after the other, and by a folder that each renews once a minute. */
async function toEach(week: Week, release: Written) {
  week.newsroom.isTakenUp(week.clock.now())
  for (const machine of week.machines) {
    if (!isSent(release)) copyFile(week, release, machine)
    if (machine.isUp) await bringTo(release, machine)
    else if (isSent(release)) week.unsent.add(release)
    if (!isSent(release)) week.clock.moveTo(week.clock.now() + Math.floor(week.chance() * minute))
  }
}

async function bringTo(release: Written, { port }: Machine) {
  if (isSent(release)) await send(release, fetchAt(port))
  await untilShown(release, fetchAt(port))
}

/** A machine is there again, and gets what could not be sent to it. */
async function catchUp(week: Week, machine: Machine) {
  await machine.start()
  for (const release of week.unsent) await bringTo(release, machine)
  week.unsent.clear()
}

function copyFile({ newsroom }: Week, release: Written, { content }: Machine) {
  const name = `releases/${keyOf(release)}.md`
  mkdirSync(dirname(join(content, name)), { recursive: true })
  cpSync(join(newsroom.directory, name), join(content, name))
}

/** Sends a release as a newsroom's system does: again, until it is answered for. */
async function send(release: Written, fetch: Fetch) {
  const { slug, language, corrections, topics, told, version } = release
  const onBudget = topics.includes('budget') ? ' It is about the budget.' : ''
  const body = JSON.stringify({
    title: titleOf(release),
    topics: topics.filter((topic) => topic !== 'budget'),
    body: { markdown: `${textOf(release)}${onBudget}` },
    ...(told === version &&
      version > 1 && { change: { kind: 'correction', note: corrections.at(-1)!.note } }),
  })
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  await until(async () => {
    const address = `/api/releases/${slug}/${language}`
    const answer = await fetch(address, { method: 'PUT', headers, body }).catch(() => undefined)
    if (answer && answer.status >= 400 && answer.status < 500)
      throw new Error(`${slug} is answered ${answer.status}: ${await answer.text()}`)
    return answer?.ok === true
  })
}

async function untilShown(release: Written, fetch: Fetch) {
  const { slug, language, topics } = release
  const wanted = topics
    .filter((topic) => topic !== 'budget')
    .toSorted()
    .join()
  await until(async () => {
    const headers = { Authorization: `Bearer ${token}` }
    const answer = await fetch(`/api/releases/${slug}/${language}`, { headers })
    if (!answer.ok) return false
    const { title, topics: named } = (await answer.json()) as { title: string; topics: string[] }
    return title === titleOf(release) && named.toSorted().join() === wanted
  })
}

/** A backup that begins with a minute, as one that is made each minute. Answers the seconds that it took. */
async function backUp(machine: Machine, { clock, folder }: Week, name: string): Promise<number> {
  clock.moveTo(Math.ceil(clock.now() / minute) * minute)
  return machine.run('backup', join(folder, name))
}

/** What the standby needs to be the active one: the newest backup and its service. */
async function takeOver(machine: Machine, { folder }: Week, name: string): Promise<number> {
  const restored = await machine.run('restore', join(folder, name))
  const began = performance.now()
  await machine.start()
  return restored + (performance.now() - began) / 1000
}

/** Before the next backup: two releases that are sent, one in a file, and a correction. */
async function publishWithinAMinute(week: Week): Promise<Written[]> {
  const { newsroom, clock } = week
  const known = newsroom.releases().findLast((one) => isSent(one) && one.language === 'en')!
  const steps = [
    () => publish(week, 'sent'),
    () => publish(week, 'file'),
    () => publish(week, 'sent'),
    () => {
      newsroom.edit(known, clock.now())
      return known
    },
  ]
  const lost: Written[] = []
  for (const step of steps) {
    const release = step()
    lost.push(release)
    await week.deliver(week, release)
  }
  return lost
}

async function restart(machine: Machine) {
  await machine.stop('SIGTERM')
  await machine.start()
}

function complaints({ users, newsroom, clock }: Week): string[] {
  return users.flatMap((user) =>
    complaintsOf(user, newsroom, Infinity, clock.now()).map((one) => `${user.model.name}: ${one}`),
  )
}

function listen(week: Week) {
  for (const complaint of complaints(week)) week.heard.add(complaint)
}

/** The release that a complaint is about. */
function releaseIn(complaint: string): string {
  return /: (\S+)/.exec(complaint)![1]!
}

/** What every program has to complain about: in the end, if nothing else is said. */
function countsOf(week: Week, all = complaints(week)): Record<string, Count> {
  return Object.fromEntries(
    week.users.map(({ model: { name } }) => {
      return [name, countKinds(all.filter((one) => one.startsWith(`${name}: `)))]
    }),
  )
}

function countKinds(all: string[]): Count {
  const counts = Object.entries(kinds).map(([name, kind]) => {
    return [name, all.filter((one) => kind.test(one)).length] as const
  })
  const known = Object.values(kinds)
  const other = all.filter((one) => !known.some((kind) => kind.test(one))).length
  return Object.fromEntries([...counts, ['other', other]])
}

/** A trial has figures. */
function report(name: string, week: Week, all = complaints(week)) {
  const answers = (status: number) =>
    week.users.reduce((sum, { reader }) => sum + (reader.answers.get(status) ?? 0), 0)
  const [full, unchanged] = [answers(200), answers(304)]
  const night = JSON.stringify(countKinds([...week.heard]))
  console.log(
    `${name}: ${week.newsroom.releases().length} releases, ${full} × 200, ${unchanged} × 304; heard at the end of a day: ${night}`,
  )
  console.table(countsOf(week, all))
  console.log([...new Set(all)].slice(0, 25).join('\n'))
}
