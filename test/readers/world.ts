// What simulated weeks have in common: a service, a press office, readers with their feeds, and time
// that passes for all of them.
import type { FormatName } from '../../src/feeds/formats.ts'
import type { Fetch, nodePress } from '../platforms.ts'
import type { User } from './complaints.ts'
import { models } from './models.ts'
import { type NewsFeed, newsFeeds, type Newsroom, topics } from './newsroom.ts'
import { apache, nginx, sharedCache } from './proxies.ts'
import { createChance } from './reader.ts'
import type { SimulatedClock } from './simulated-clock.ts'

const minute = 60
const hour = 60 * minute

export type World = {
  press: Awaited<ReturnType<typeof nodePress>>
  newsroom: Newsroom
  clock: SimulatedClock
  users: User[]
  chance: () => number
}

/** A thing that happens at a second. */
export type Happening<W = World> = { at: number; run: (world: W) => void | Promise<void> }

/** Every reader gets three feeds, each through another way to the service. */
export function subscribe(
  fetch: Fetch,
  clock: SimulatedClock,
  { from, seed }: { from: number; seed: number },
): User[] {
  const chance = createChance(seed)
  const ways = [fetch, nginx(fetch), apache(fetch), sharedCache(fetch, () => clock.now())]
  return models.map((model, index) => {
    const reader = model.create(ways[(index + seed) % ways.length]!, createChance(seed + index))
    const feeds = new Map(
      [0, 1, 2].map((offset) => {
        const feed = newsFeeds[(index * 3 + offset + seed) % newsFeeds.length]!
        const format = reader.formats[(index + offset) % reader.formats.length]!
        return [addressOf(feed, format), feed] as const
      }),
    )
    for (const address of feeds.keys()) {
      reader.subscribe(address, from + Math.floor(chance() * hour))
    }
    return { model, reader, feeds, since: from + hour }
  })
}

/** Lets everything happen at its time, and every reader poll at its own pace in between. */
export async function live<W extends Pick<World, 'clock' | 'users'>>(
  world: W,
  happenings: Happening<W>[],
) {
  const { clock, users } = world
  const coming = happenings.toSorted((a, b) => a.at - b.at)
  const end = coming.at(-1)!.at
  while (clock.now() < end) {
    const polls = users.flatMap(({ reader }) =>
      reader.feeds().map((address) => ({ reader, address, at: reader.due(address) })),
    )
    const poll = polls.reduce((first, one) => (one.at < first.at ? one : first))
    if (poll.at < coming[0]!.at) {
      clock.moveTo(poll.at)
      await poll.reader.poll(poll.address, clock.now())
      // Time passes in which the service can finish what it does on the side.
      await new Promise((resolve) => setImmediate(resolve))
      continue
    }
    const happening = coming.shift()!
    clock.moveTo(happening.at)
    await happening.run(world)
  }
}

/** Somebody for each feed in each of these formats who has never asked before. */
export async function newcomers(
  { press, clock }: World,
  formats: FormatName[] = ['rss', 'atom', 'json'],
): Promise<User[]> {
  const [model] = models
  const users: User[] = []
  for (const feed of newsFeeds) {
    for (const format of formats) {
      const reader = model!.create(press.fetch)
      const address = addressOf(feed, format)
      reader.subscribe(address)
      await reader.poll(address, clock.now())
      users.push({ model: model!, reader, feeds: new Map([[address, feed]]), since: clock.now() })
    }
  }
  return users
}

function addressOf({ path, search = '' }: NewsFeed, format: string): string {
  return `${path}.${format}${search}`
}

/** Everybody presses the button. */
export async function pollAll({ users, clock }: Pick<World, 'clock' | 'users'>) {
  for (const { reader } of users) {
    for (const address of reader.feeds()) await reader.poll(address, clock.now())
  }
}

export async function takeUp({ press, newsroom, clock }: World) {
  await press.takeUp()
  newsroom.isTakenUp(clock.now())
}

/** A last release in every feed, when Feedbin is ready to look at old ones again. */
export async function close(world: World) {
  const { newsroom, clock } = world
  for (const language of ['en', 'fi']) {
    const named = [
      ['migration', 'eu', 'budget'],
      ['organised-crime', 'budget'],
    ]
    for (const [index, some] of named.entries()) {
      const slug = `last${index}`
      newsroom.publish({ slug, language, authored: clock.now(), topics: some })
    }
  }
  await takeUp(world)
  // Whatever a cache keeps is older than max-age by then.
  clock.moveTo(clock.now() + 10 * minute)
  await pollAll(world)
}

/** What a release is about, at random. */
export function subject(chance: () => number): string[] {
  const named = new Set([pick(topics, chance), pick([...topics, 'eu', 'eu'], chance)])
  return [...named, ...(chance() < 0.4 ? ['budget'] : [])]
}

export function pick<T>(list: T[], chance: () => number): T {
  return list[Math.floor(chance() * list.length)]!
}
