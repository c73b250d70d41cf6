import { copyOf, filledDatabase, frameFolder } from './filled-store.ts'
import { digits } from './figures.ts'
import { createChance, topics } from './input.ts'
import { memoryOf, publishToken, type Server, startService } from './processes.ts'
import { feedPaths } from './serving.ts'
import { inFolder } from './workplace.ts'

/** What must be there in the end. */
type Acknowledged = { slug: string; id: string; topic: string }

const pollers = 8
const secondsBetweenRestarts = 45
/** Megabytes that the memory after a restart may grow by, beside what kept documents may take. */
const mostMemory = 350

/**
 * Pollers, publishers and restarts at once. Answers 0 when no request failed while the service was up,
 * every release that was answered for is found by a reader that walks its feed and archives, and the
 * memory stayed below its bound; 1 otherwise.
 */
export async function soak(minutes: number, tell: (text: string) => void): Promise<number> {
  return inFolder(async (folder) => {
    const database = copyOf(await filledDatabase(10_000, tell), folder)
    const until = Date.now() + minutes * 60_000
    const acknowledged: Acknowledged[] = []
    const errors: string[] = []
    const memories: number[] = []
    const counts = { polls: 0, unchanged: 0, restarts: 0 }
    let service = await startService(frameFolder(), database)
    let isRestarting = false
    const isOver = () => Date.now() > until

    const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds))

    async function poll(seed: number) {
      const chance = createChance(seed)
      const paths = feedPaths(120)
      const tags = new Map<string, string>()
      while (!isOver()) {
        const path = paths[Math.floor(chance() * paths.length)]!
        const tag = tags.get(path)
        const began = service
        try {
          const answer = await fetch(began.url + path, {
            headers: tag ? { 'if-none-match': tag } : {},
          })
          await answer.arrayBuffer()
          counts.polls++
          if (answer.status === 304) counts.unchanged++
          else if (answer.status !== 200) errors.push(`${path} is answered ${answer.status}`)
          tags.set(path, answer.headers.get('etag') ?? '')
        } catch (error) {
          if (!isRestarting && began === service)
            errors.push(`${path}: ${(error as Error).message}`)
          await pause(100)
        }
        await pause(5)
      }
    }

    async function publish() {
      const chance = createChance(99)
      for (let number = 0; !isOver(); number++) {
        const topic = topics[Math.floor(chance() * topics.length)]!
        const slug = `soak-${number}`
        // Sent again until it is answered for, as the API asks of those who publish.
        while (!isOver()) {
          const answer = await send(service, slug, topic).catch(() => undefined)
          if (answer?.ok) {
            acknowledged.push({ slug, topic, id: ((await answer.json()) as { id: string }).id })
            break
          }
          if (answer && answer.status !== 503) {
            errors.push(`${slug} is answered ${answer.status}: ${await answer.text()}`)
            break
          }
          await pause(200)
        }
        await pause(chance() * 2000)
      }
    }

    async function restart() {
      while (!isOver()) {
        const end = Math.min(until, Date.now() + secondsBetweenRestarts * 1000)
        while (Date.now() < end) {
          await pause(1000)
          memories.push(memoryOf(service.process.pid!).now)
        }
        if (isOver()) return
        isRestarting = true
        await service.stop()
        service = await startService(frameFolder(), database)
        isRestarting = false
        counts.restarts++
        tell(
          `${counts.polls} polls, ${acknowledged.length} published, ${counts.restarts} restarts, ${errors.length} errors, ${digits(memories.at(-1)!)} MB`,
        )
      }
    }

    const seeds = Array.from({ length: pollers }, (_, index) => index + 1)
    await Promise.all([...seeds.map(poll), publish(), restart()])
    const missed = await findMissed(service, acknowledged)
    await service.stop()
    const most = Math.max(...memories)
    console.log(
      `${minutes} minutes: ${counts.polls} polls (${counts.unchanged} of them 304), ${acknowledged.length} releases answered for, ${counts.restarts} restarts
errors: ${errors.length}${errors
        .slice(0, 5)
        .map((one) => `\n  ${one}`)
        .join('')}
missed: ${missed.length}${missed
        .slice(0, 5)
        .map(({ slug }) => `\n  ${slug}`)
        .join('')}
memory: ${digits(most)} MB at the most, ${digits(memories.at(-1)!)} MB at the end`,
    )
    return errors.length === 0 && missed.length === 0 && most <= mostMemory ? 0 : 1
  })
}

function send({ url }: Server, slug: string, topic: string) {
  return fetch(`${url}/api/releases/${slug}/en`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${publishToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ title: `About ${slug}`, topics: [topic], body: { markdown: 'Text.' } }),
  })
}

/** Reads the feed of each topic back to before the first release of this run, as a reader would. */
async function findMissed({ url }: Server, acknowledged: Acknowledged[]): Promise<Acknowledged[]> {
  const missed: Acknowledged[] = []
  for (const [topic, wanted] of Map.groupBy(acknowledged, (one) => one.topic)) {
    const left = new Set(wanted.map(({ id }) => id))
    let next: string | undefined = `${url}/topics/${topic}.json`
    for (let documents = 0; next && left.size > 0 && documents < 50; documents++) {
      const answer = await fetch(next)
      const read = (await answer.json()) as { items: { id: string }[]; next_url?: string }
      for (const { id } of read.items) left.delete(id)
      next = read.next_url
    }
    missed.push(...wanted.filter(({ id }) => left.has(id)))
  }
  return missed
}
