import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { writeFolder } from '../content-folder.ts'
import { nodePress } from '../platforms.ts'
import { amount, isTrial } from '../trials.ts'
import { complaintsOf, type User } from './complaints.ts'
import { models } from './models.ts'
import { createNewsroom, type Written } from './newsroom.ts'
import { createChance } from './reader.ts'
import { createSimulatedClock } from './simulated-clock.ts'
import {
  close,
  type Happening,
  live,
  newcomers,
  pick,
  pollAll,
  subject,
  subscribe,
  takeUp,
  type World,
} from './world.ts'

const minute = 60
const hour = 60 * minute
const day = 24 * hour
/** A Monday, six in the morning. */
const monday = Date.UTC(2026, 2, 2, 6) / 1000

/** In which something happens: a few with everything in them, or a whole week. */
const days = Array.from({ length: amount(2, 7) }, (_, dayOfWeek) => dayOfWeek)

const seed = Number(process.env.WEEK_SEED ?? 7)

const newcomer = 'somebody new'
/** Complaints of one reader at one time that are worth reading. */
const mostNoted = 5

describe('a week of publishing, editing, retagging, restarts and outages', () => {
  let directory: string
  let world: World
  const complaints = new Map<string, string[]>()

  beforeAll(async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    directory = writeFolder()
    world = await begin(directory)
    const nights = days.map((dayOfWeek): Happening => {
      const run = () => checkAtNight(`at midnight of day ${dayOfWeek + 1}`)
      return { at: monday + dayOfWeek * day + 18 * hour, run }
    })
    const happenings = weekOf(world.chance)
    const away = outagesOf(happenings)
    // By then all releases of a burst are out.
    const looks = happenings
      .map(({ at }): Happening => ({ at: at + minute, run: checkNewcomers }))
      .filter(({ at }) => !away.some(({ from, until }) => at >= from && at <= until))
    await live(world, [...happenings, ...looks, ...nights])
    note('after a quiet day', Infinity)
    await close(world)
    // Of a day ago, and not older than what a feed still shows.
    note('after the last release', world.clock.now() - 7 * day)
  })

  afterAll(() => {
    vi.restoreAllMocks()
    rmSync(directory, { recursive: true, force: true })
  })

  /** By then everybody has polled since the last change of the day. */
  async function checkAtNight(when: string) {
    note(when, Infinity)
    for (const user of await newcomers(world)) noteOf(user, newcomer, when, Infinity)
  }

  /** Everybody finds at any time what stands, and in the format that is read fastest. */
  async function checkNewcomers() {
    for (const user of await newcomers(world, ['json'])) {
      noteOf(user, newcomer, `at ${new Date(world.clock.now() * 1000).toISOString()}`, Infinity)
    }
  }

  function note(when: string, lookedBackTo: number) {
    for (const user of world.users) noteOf(user, user.model.name, when, lookedBackTo)
  }

  function noteOf(user: User, name: string, when: string, lookedBackTo: number) {
    const found = complaintsOf(user, world.newsroom, lookedBackTo, world.clock.now()).slice(
      0,
      mostNoted,
    )
    const noted = complaints.get(name) ?? []
    complaints.set(name, [...noted, ...found.map((complaint) => `${when}: ${complaint}`)])
  }

  test('whoever subscribes, at night or after a change, finds exactly what a feed shows at the time (H-05)', () => {
    expect(complaints.get(newcomer)).toEqual([])
  })

  for (const { name } of models) {
    test(`${name} misses no release, doubles none, shows every edit it can and never gives up (H-05, H-10, H-12, H-14, H-29, C-03)`, () => {
      expect(complaints.get(name)).toEqual([])
    })
  }

  test('was a week with everything in it', () => {
    const releases = world.newsroom.releases()
    expect(releases.length).toBeGreaterThan(amount(24, 45))
    // NewsBlur reads no more of a feed.
    expect(releases.length).toBeLessThan(100)
    const retagged = releases.filter(({ history }) => history.length > 1)
    expect(retagged.length).toBeGreaterThan(amount(4, 8))
    const edited = releases.filter(({ version }) => version > 1)
    expect(edited.length).toBeGreaterThan(amount(6, 12))
    const answers = (status: number) =>
      world.users.reduce((sum, { reader }) => sum + (reader.answers.get(status) ?? 0), 0)
    expect(answers(304)).toBeGreaterThan(answers(200))
    for (const { reader, model } of world.users) {
      expect([...reader.answers.keys()].filter((one) => ![200, 304].includes(one))).toEqual([])
      if (!model.isConditional) continue
      expect(reader.answers.get(304), model.name).toBeGreaterThan(amount(25, 50))
    }
  })
})

async function begin(directory: string): Promise<World> {
  const chance = createChance(seed)
  const clock = createSimulatedClock(monday - day)
  const newsroom = createNewsroom(directory)
  for (let number = 1; number <= 8; number++) {
    const authored = monday - number * 9 * hour
    newsroom.publish({ slug: `old${number}`, language: 'en', authored, topics: subject(chance) })
  }
  const press = await nodePress(directory, clock)
  newsroom.isTakenUp(clock.now())
  clock.moveTo(monday)
  const users = subscribe(press.fetch, clock, { from: monday, seed })
  return { press, newsroom, clock, users, chance }
}

/** What happens from Monday on. After that it is quiet for a day and an hour. */
function weekOf(chance: () => number): Happening[] {
  const at = (dayOfWeek: number, hours: number) => monday + dayOfWeek * day + hours * hour
  const changes = days.flatMap((dayOfWeek) => {
    const count = dayOfWeek < 5 ? amount(9, 12) : 4
    return Array.from({ length: count }, (): Happening => {
      return { at: at(dayOfWeek, 1.5) + Math.floor(chance() * 10 * hour), run: change }
    })
  })
  // The last change of a day takes something out of feeds, which no later one covers up.
  const evenings = days.filter((dayOfWeek) => !isTrial || ![0, 5].includes(dayOfWeek))
  return [
    ...changes,
    ...evenings.map((dayOfWeek) => ({ at: at(dayOfWeek, 11.7), run: reword })),
    ...(isTrial ? incidentsOfWeek(at) : incidents(at)),
    { at: at(days.length, 12.5), run: () => {} },
  ]
}

type At = (dayOfWeek: number, hours: number) => number

/** Each kind once at least, close together. */
function incidents(at: At): Happening[] {
  return [
    { at: at(0, 5), run: flurry },
    { at: at(0, 8), run: changeAndRestart },
    // In the night, so that readers are told that nothing changed until the store is away.
    { at: at(0, 18.5), run: ({ press }) => press.restart() },
    { at: at(1, 0.5), run: breakStore },
    { at: at(1, 7), run: recover },
    { at: at(1, 9), run: deploy },
  ]
}

function incidentsOfWeek(at: At): Happening[] {
  return [
    { at: at(0, 5), run: flurry },
    { at: at(1, 4), run: flurry },
    // In the night, so that readers are told that nothing changed until the store is away.
    { at: at(1, 18.5), run: ({ press }) => press.restart() },
    { at: at(2, 0.5), run: breakStore },
    { at: at(2, 8), run: recover },
    { at: at(3, 2), run: changeAndRestart },
    { at: at(3, 6), run: deploy },
    { at: at(4, 3), run: flurry },
    { at: at(5, 4), run: breakStore },
    { at: at(5, 13), run: recover },
    { at: at(6, 5), run: changeAndRestart },
  ]
}

/** One change at random. While the store is away it waits in the folder. */
async function change(world: World) {
  const kind = world.chance()
  if (kind < 0.35) publish(world)
  else if (kind < 0.65) edit(world)
  else if (kind < 0.85) retag(world)
  else if (kind < 0.93) await waver(world)
  else translate(world)
  await takeUp(world).catch(() => {})
}

/** Changes within seconds, with every reader asking after each of them. */
async function flurry(world: World) {
  for (const step of [publishBurst, edit, publish, retag, edit]) {
    const now = world.clock.now()
    step(world)
    await takeUp(world)
    expect(world.clock.now() - now).toBeLessThanOrEqual(5)
    await pollAll(world)
  }
}

/** Releases lose a word that a search found them by, and others change topic. */
async function reword(world: World) {
  const { newsroom } = world
  const on = settled(world).find(({ topics: named }) => named.includes('budget'))
  if (on)
    newsroom.retag(
      on,
      on.topics.filter((topic) => topic !== 'budget'),
    )
  const off = settled(world).find(({ topics: named }) => !named.includes('drugs'))
  if (off) newsroom.retag(off, ['drugs'])
  await takeUp(world)
}

async function changeAndRestart(world: World) {
  edit(world)
  retag(world)
  await takeUp(world)
  await world.press.restart()
}

/** Another version of the program: every document may look different. */
async function deploy(world: World) {
  await world.press.restart('another version')
  await takeUp(world)
}

function breakStore({ press }: World): Promise<void> {
  return press.breakStore()
}

/** From when until when the store is away. */
function outagesOf(happenings: Happening[]): { from: number; until: number }[] {
  const times = (run: Happening['run']) =>
    happenings.filter((one) => one.run === run).map(({ at }) => at)
  return times(breakStore).map((from) => {
    return { from, until: Math.min(...times(recover).filter((at) => at > from)) }
  })
}

async function recover(world: World) {
  await world.press.mendStore()
  await takeUp(world)
}

function publish(world: World) {
  if (world.chance() < 0.2) publishBurst(world)
  else publishSome(world, 1)
}

/** Several at once, all of the very same second. */
function publishBurst(world: World) {
  publishSome(world, 4)
}

function publishSome({ newsroom, clock, chance }: World, count: number) {
  const number = newsroom.releases().length
  for (let index = 0; index < count; index++) {
    const slug = `r${number + index}`
    const language = chance() < 0.25 ? 'fi' : 'en'
    newsroom.publish({ slug, language, authored: clock.now(), topics: subject(chance) })
  }
}

function edit(world: World) {
  const { newsroom, clock, chance } = world
  newsroom.edit(pick(recent(world), chance), chance() < 0.5 ? clock.now() : undefined)
}

/** Releases that stand in feeds for long enough yet that everybody sees what becomes of them. */
function recent({ newsroom, clock }: World): Written[] {
  return newsroom.releases().filter(({ authored }) => clock.now() - authored < 6 * day)
}

/** Puts a release under other topics for good. */
function retag(world: World) {
  const { newsroom, chance } = world
  const candidates = settled(world)
  if (candidates.length > 0) newsroom.retag(pick(candidates, chance), subject(chance))
}

/** Releases that have stood under their topics for a day, so that everybody has them. */
function settled(world: World): Written[] {
  return recent(world).filter(({ history, authored, topics: named }) => {
    const [first] = history
    const isAsAtFirst = history.length === 1 && first!.topics === named
    return isAsAtFirst && world.clock.now() - Math.max(first!.from, authored) > day
  })
}

/** Edits and retags for some minutes, and takes both back: the documents are as they were. */
async function waver(world: World) {
  const { newsroom, clock, chance } = world
  const release = pick(recent(world), chance)
  const { topics: named } = release
  newsroom.edit(release)
  newsroom.retag(release, subject(chance))
  await takeUp(world).catch(() => {})
  clock.moveTo(clock.now() + 7 * minute)
  await pollAll(world)
  newsroom.takeBack(release)
  newsroom.retag(release, named)
}

/** The same release in another language, long after. */
function translate({ newsroom, clock, chance }: World) {
  const slugs = newsroom.releases().map(({ slug, language }) => `${slug}.${language}`)
  const sources = newsroom
    .releases()
    .filter(({ slug, language }) => language === 'en' && !slugs.includes(`${slug}.fi`))
  const { slug, topics: named } = pick(sources, chance)
  newsroom.publish({ slug, language: 'fi', authored: clock.now(), topics: named })
}
