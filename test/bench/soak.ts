import { setTimeout as pause } from 'node:timers/promises'
import { copyOf, filledDatabase, frameFolder } from './filled-store.ts'
import { digits, spreadOf } from './figures.ts'
import { createChance, topics } from './input.ts'
import { memoryOf, publishToken, type Server, startService } from './processes.ts'
import { feedPaths } from './serving.ts'
import { createSubscriber, type Subscriber, walk } from './subscriber.ts'
import { inFolder } from './workplace.ts'

/** A release of this run, as it was last answered for. */
type Published = { slug: string; topic: string; id: string; version: number; isWithdrawn: boolean }

const pollers = 6
const milliseconds = { betweenPolls: 20, betweenSubscriptions: 50, betweenChanges: 1500 }
const secondsBetweenRestarts = 45
/** Of the time, restarts come in the first part; after it the memory has to show that it stays flat. */
const withRestarts = 0.4
/** Memory at the end beside that soon after the last restart. */
const mostGrowth = 1.15
const mostMemory = 250

/**
 * Pollers, subscribers, a publisher and restarts at once. Answers 0 when no request failed while the
 * service was up, every subscriber learned of every release, correction and withdrawal that was answered
 * for and of none twice or too late, walks through the archives find all of them, and the memory stayed
 * flat; 1 otherwise.
 */
export async function soak(minutes: number, tell: (text: string) => void): Promise<number> {
  return inFolder(async (folder) => {
    const database = copyOf(await filledDatabase(10_000, tell), folder)
    const began = Date.now()
    const until = began + minutes * 60_000
    const lastRestart = began + withRestarts * minutes * 60_000
    const published: Published[] = []
    const errors: string[] = []
    const memories: { at: number; megabytes: number }[] = []
    const counts = { polls: 0, unchanged: 0, changes: 0, restarts: 0 }
    const subscribers = new Map(topics.map((topic) => [topic, createSubscriber(topic, errors)]))
    let service = await startService(frameFolder(), database)
    let isRestarting = false
    const isOver = () => Date.now() > until

    /** Asks, and says what went wrong unless the service was being started anew. */
    async function ask(path: string, headers: Record<string, string>) {
      const asked = service
      try {
        const answer = await fetch(asked.url + path, { headers })
        const text = await answer.text()
        counts.polls++
        if (answer.status === 304) counts.unchanged++
        else if (answer.status !== 200) errors.push(`${path} is answered ${answer.status}`)
        return { status: answer.status, headers: answer.headers, text }
      } catch (error) {
        if (!isRestarting && asked === service) errors.push(`${path}: ${(error as Error).message}`)
        await pause(100)
        return undefined
      }
    }

    async function poll(seed: number) {
      const chance = createChance(seed)
      const paths = feedPaths(120)
      const tags = new Map<string, string>()
      while (!isOver()) {
        const path = paths[Math.floor(chance() * paths.length)]!
        const tag = tags.get(path)
        // As NewsBlur does, which spells an address anew each time.
        const spelled = chance() < 0.1 ? `${path}?_=${Math.floor(chance() * 1e9)}` : path
        const answer = await ask(spelled, tag ? { 'if-none-match': tag } : {})
        if (answer) tags.set(path, answer.headers.get('etag') ?? '')
        await pause(milliseconds.betweenPolls)
      }
    }

    /** Until everything that was answered for must have come to everybody. */
    async function subscribe() {
      while (!isOver()) await pollAll(subscribers.values())
      await publishing
      await pause(2000)
      await pollAll(subscribers.values())
    }

    async function pollAll(some: Iterable<Subscriber>) {
      for (const subscriber of some) {
        await subscriber.poll(ask)
        await pause(milliseconds.betweenSubscriptions)
      }
    }

    async function publish() {
      const chance = createChance(99)
      while (!isOver()) {
        const draw = chance()
        const standing = published.filter(({ isWithdrawn }) => !isWithdrawn)
        const known = standing[Math.floor(chance() * standing.length)]
        if (!known || draw < 0.6) await publishNew(topics[Math.floor(chance() * topics.length)]!)
        else if (draw < 0.9) await correct(known)
        else await withdraw(known)
        await pause(chance() * milliseconds.betweenChanges)
      }
    }

    async function publishNew(topic: string) {
      const one = { slug: `soak-${published.length}`, topic, version: 1, isWithdrawn: false }
      const answer = await insist(one.slug, '', 'PUT', written(one))
      if (answer) published.push({ ...one, id: answer.id })
    }

    async function correct(one: Published) {
      const next = { ...one, version: one.version + 1 }
      const change = { kind: 'correction', note: `Version ${next.version} is right.` }
      if (await insist(one.slug, '', 'PUT', { ...written(next), change })) one.version++
    }

    async function withdraw(one: Published) {
      const reason = `${one.slug} was wrong.`
      if (await insist(one.slug, '/withdraw', 'POST', { reason })) one.isWithdrawn = true
    }

    /** Sends a change again until it is answered for, as the API asks of those who publish. */
    async function insist(slug: string, action: string, method: string, body: object) {
      for (;;) {
        const answer = await send(service, `${slug}/en${action}`, method, body).catch(
          () => undefined,
        )
        if (answer?.ok) {
          counts.changes++
          return (await answer.json()) as { id: string }
        }
        if (answer && answer.status !== 503) {
          errors.push(`${slug} is answered ${answer.status}: ${await answer.text()}`)
          return undefined
        }
        await pause(200)
      }
    }

    async function restart() {
      while (!isOver()) {
        const end = Math.min(until, Date.now() + secondsBetweenRestarts * 1000)
        while (Date.now() < end) {
          await pause(1000)
          memories.push({ at: Date.now(), megabytes: memoryOf(service.process.pid!).now })
        }
        tell(
          `${counts.polls} polls, ${counts.changes} changes, ${counts.restarts} restarts, ${errors.length} errors, ${digits(memories.at(-1)!.megabytes)} MB`,
        )
        if (isOver() || Date.now() > lastRestart) continue
        isRestarting = true
        await service.stop()
        service = await startService(frameFolder(), database)
        isRestarting = false
        counts.restarts++
      }
    }

    const seeds = Array.from({ length: pollers }, (_, index) => index + 1)
    const publishing = publish()
    await Promise.all([...seeds.map(poll), subscribe(), publishing, restart()])
    const missed = await findMissed(service, published, subscribers)
    await service.stop()
    const { early, late, most } = growth(memories)
    const isFlat = late <= early * mostGrowth && most <= mostMemory
    console.log(
      `${minutes} minutes: ${counts.polls} polls (${counts.unchanged} of them 304), ${counts.changes} changes of ${published.length} releases, ${counts.restarts} restarts
errors: ${sample(errors)}
missed: ${sample(missed)}
memory: ${digits(most)} MB at the most; without restarts ${digits(early)} MB at first, ${digits(late)} MB in the end: ${isFlat ? 'flat' : 'NOT FLAT'}`,
    )
    return errors.length === 0 && missed.length === 0 && isFlat ? 0 : 1

    /** The middle of the second and of the last fifth of the time without restarts. */
    function growth(seen: typeof memories) {
      const after = seen.filter(({ at }) => at > lastRestart + secondsBetweenRestarts * 1000)
      const fifth = Math.ceil(after.length / 5)
      const middle = (some: typeof memories) =>
        spreadOf(some.map(({ megabytes }) => megabytes)).median
      return {
        early: middle(after.slice(fifth, 2 * fifth)),
        late: middle(after.slice(-fifth)),
        most: Math.max(...seen.map(({ megabytes }) => megabytes)),
      }
    }
  })
}

function written({ slug, topic, version }: Pick<Published, 'slug' | 'topic' | 'version'>) {
  const body = { markdown: `Text of version ${version}.` }
  return { title: `About ${slug}, version ${version}`, topics: [topic], body }
}

function send({ url }: Server, path: string, method: string, body: object) {
  return fetch(`${url}/api/releases/${path}`, {
    method,
    headers: { authorization: `Bearer ${publishToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

/** What a subscriber of its topic did not learn of a release, and what no walk through the archives finds. */
async function findMissed(
  { url }: Server,
  published: Published[],
  subscribers: Map<string, Subscriber>,
): Promise<string[]> {
  const missed = published.flatMap((one) => {
    const fault = subscribers.get(one.topic)!.faultOf(one)
    return fault ? [fault] : []
  })
  for (const [topic, all] of Map.groupBy(published, (one) => one.topic)) {
    const standing = all.filter(({ isWithdrawn }) => !isWithdrawn)
    const found = await walk(`${url}/topics/${topic}.json`, new Set(standing.map(({ id }) => id)))
    missed.push(...found.map((id) => `${topic}: no document has ${id}`))
  }
  return missed
}

function sample(faults: string[]): string {
  return [faults.length, ...faults.slice(0, 5)].join('\n  ')
}
