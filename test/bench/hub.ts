// How soon many subscribers have what is published, and what that costs those who poll.
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../../src/clock.ts'
import { openStore } from '../../src/store/open-store.ts'
import { subscribeAll, type Wanted } from '../websub/subscriptions.ts'
import { percentile, pollBeside, type Seen } from './beside.ts'
import { digits, type Figure, type Found, spreadOf } from './figures.ts'
import { copyOf, filledDatabase, frameFolder } from './filled-store.ts'
import { measureFanOut } from './hub-fan-out.ts'
import { topics } from './input.ts'
import { memoryOf, publishToken, type Server, startService } from './processes.ts'
import type { Received, ReceiverGiven } from './receiver.ts'
import type { Setup } from './setup.ts'
import { inFolder } from './workplace.ts'

const hosts = 1000
const subscriptions = 10_000
/** Of the hosts, one in so many is dead, and one in so many answers late. */
const dead = 100
const slow = 20
const slowAfter = 8000

/** Seconds after which a round is over. */
const longestRound = 120

const baseUrl = 'https://releases.example.org'
const topic = topics[0]!

/** Figures of the hub with 10,000 subscriptions on 1,000 hosts, over https. */
export async function measureHub(setup: Setup): Promise<Found> {
  const { isQuick, tell } = setup
  const fanOut = await measureFanOut(setup)
  return inFolder(async (folder) => {
    const receiver = await startReceiver(folder)
    const database = copyOf(await filledDatabase(isQuick ? 2000 : 12_000, tell), folder)
    const environment = {
      HUB: 'on',
      HUB_ALLOW: '127.0.0.0/8',
      NODE_EXTRA_CA_CERTS: join(folder, 'certificate.pem'),
    }
    const options = { baseUrl, environment }
    await startService(frameFolder(), database, options).then((first) => first.stop())
    const one = await measureOne(folder, database, receiver, options)
    await fillDatabase(database, receiver.port)
    const service = await startService(frameFolder(), database, options)
    const beside = pollBeside(service.url, { betweenWrites: 1e9 })
    try {
      await pause(3000)
      // Publishing takes memory of its own: the code of the API, and a thread that reads Markdown.
      await publish(service, 'for-nobody', topics.at(-1))
      await beside.take()
      await pause(isQuick ? 5000 : 20_000)
      const idle = waitsOfUnchanged(await beside.take())
      const memoryBefore = memoryOf(service.process.pid!).now
      let memory = 0
      const watching = setInterval(() => {
        memory = Math.max(memory, memoryOf(service.process.pid!).now - memoryBefore)
      }, 250)
      const rounds: Round[] = []
      for (let round = 0; round < (isQuick ? 1 : 3); round++) {
        rounds.push(await distribute(service, receiver, `all-${round}`))
        tell(
          `round ${round + 1}: ${digits(rounds.at(-1)!.last)} s until the last of ${rounds.at(-1)!.count}`,
        )
      }
      const polls = waitsOfUnchanged(await beside.take())
      clearInterval(watching)
      return { figures: [...fanOut, one, ...figuresOf(rounds, { idle, polls, memory })] }
    } finally {
      await beside.stop()
      await service.stop()
      receiver.process.kill()
    }
  })
}

/** Waits for 304, as W-65 counts them: whoever gets a feed anew after a change waits for it in any case. */
function waitsOfUnchanged({ polls }: Seen): number[] {
  return polls.filter(({ status }) => status === 304).map(({ wait }) => wait)
}

type Receiver = { process: ChildProcess; port: number; take(): Promise<Received> }

/** Certificates, each for a part of the addresses: one for all would take longer to read than a real one. */
const certificates = 50

/** A server at all of the addresses. */
async function startReceiver(folder: string): Promise<Receiver> {
  const key = join(folder, 'key.pem')
  openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key])
  const files = Array.from({ length: certificates }, (_, group) => {
    return makeCertificate(folder, key, group)
  })
  writeFileSync(join(folder, 'certificate.pem'), files.map((file) => readFileSync(file)).join(''))
  const given: ReceiverGiven = { key, certificates: files, slowAfter }
  const child = fork(join(import.meta.dirname, 'receiver.ts'), {
    env: { ...process.env, GIVEN: JSON.stringify(given) },
  })
  const [port] = (await once(child, 'message')) as [number]
  return {
    process: child,
    port,
    async take() {
      child.send('take')
      const [received] = (await once(child, 'message')) as [Received]
      return received
    },
  }
}

function makeCertificate(folder: string, key: string, group: number): string {
  const members = Array.from({ length: hosts }, (_, host) => host)
  const names = members.filter((host) => host % certificates === group).map(addressOf)
  const file = join(folder, `certificate-${group}.pem`)
  const alternatives = `subjectAltName=${names.map((name) => `IP:${name}`).join(',')}`
  const about = ['-subj', `/CN=bench ${group}`, '-addext', alternatives, '-days', '2']
  openssl(['req', '-x509', '-key', key, ...about, '-out', file])
  return file
}

function openssl(parameters: string[]) {
  const { status, stderr } = spawnSync('openssl', parameters)
  if (status !== 0) throw new Error(`openssl made no certificate: ${String(stderr)}`)
}

function addressOf(host: number): string {
  return `127.1.${host >> 8}.${host & 255}`
}

/** Subscribers of a hundred feeds that all have the topic, some dead, some slow. */
async function fillDatabase(path: string, port: number) {
  const wanted = Array.from({ length: subscriptions }, (_, number): Wanted => {
    const host = number % hosts
    const isDead = host % dead === 1
    const kind = host % slow === 2 ? 'slow' : 'healthy'
    const without = topics[1 + (number % 33)]!
    const query = {
      language: ['en', 'all'][number % 2]!,
      topics: [{ with: [topic], without: without === topic ? [] : [without] }],
      words: [],
    }
    // Nobody listens on the port of those that are dead.
    const callback = `https://${addressOf(host)}:${isDead ? 1025 : port}/${kind}/${number}`
    return { query, format: ['atom', 'rss', 'json'][number % 3]!, callback }
  })
  const database = await openStore(path, { mayBeMadeAnew: false })
  await subscribeAll(database, wanted, { baseUrl, now: systemClock.now() })
  database.close()
}

/** Seconds from the answer to whoever published. */
type Round = { count: number; p99: number; last: number; perSecond: number }

async function publish({ url }: Server, slug: string, about = topic): Promise<number> {
  const answer = await fetch(`${url}/api/releases/${slug}/en`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${publishToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ title: slug, topics: [about], body: { markdown: 'A text.' } }),
  })
  if (!answer.ok) throw new Error(`${slug} was answered ${answer.status}`)
  return Date.now()
}

/** Publishes a release and waits until every healthy subscriber has it. */
async function distribute(service: Server, receiver: Receiver, slug: string): Promise<Round> {
  const healthy = subscriptions - subscriptions / dead - subscriptions / slow
  await receiver.take()
  const published = await publish(service, slug)
  const times: number[] = []
  const end = published + longestRound * 1000
  while (times.length < healthy && Date.now() < end) {
    await pause(200)
    for (const { path, at } of await receiver.take()) {
      if (path.startsWith('/healthy')) times.push((at - published) / 1000)
    }
  }
  const [first, last] = [Math.min(...times), Math.max(...times)]
  return {
    count: times.length,
    p99: percentile(times, 0.99),
    last: times.length < healthy ? Infinity : last,
    perSecond: times.length / (last - first),
  }
}

/** A single subscriber. */
async function measureOne(
  folder: string,
  database: string,
  receiver: Receiver,
  options: Parameters<typeof startService>[2],
): Promise<Figure> {
  const path = copyOf(database, folder)
  const store = await openStore(path, { mayBeMadeAnew: false })
  const query = { language: 'en', topics: [{ with: [topic], without: [] }], words: [] }
  const callback = `https://${addressOf(0)}:${receiver.port}/healthy/one`
  await subscribeAll(store, [{ query, format: 'atom', callback }], {
    baseUrl,
    now: systemClock.now(),
  })
  store.close()
  const service = await startService(frameFolder(), path, options)
  const times: number[] = []
  for (let round = 0; round < 3; round++) {
    await receiver.take()
    const published = await publish(service, `one-${round}`)
    for (let came: Received = []; came.length === 0;) {
      await pause(50)
      came = await receiver.take()
      times.push(...came.map(({ at }) => (at - published) / 1000))
    }
    await pause(1000)
  }
  await service.stop()
  return {
    work: 'one subscriber, from the answer to whoever published to the push',
    spread: spreadOf(times),
    unit: 's',
    limit: { atMost: 5 },
    detail: 'two seconds of it are waited for further news',
  }
}

function figuresOf(
  rounds: Round[],
  { idle, polls, memory }: { idle: number[]; polls: number[]; memory: number },
): Figure[] {
  const of = `${subscriptions} subscriptions on ${hosts} hosts, 1 in ${dead} dead, 1 in ${slow} slow`
  const [p99Idle, p99] = [percentile(idle, 0.99), percentile(polls, 0.99)]
  const spread = (value: (round: Round) => number) => spreadOf(rounds.map(value))
  return [
    {
      work: `${of}: 99 of 100 healthy ones have it`,
      spread: spread((round) => round.p99),
      unit: 's',
      limit: { atMost: 20 },
      detail: 'from the answer to whoever published, over https',
    },
    {
      work: 'the last healthy one has it',
      spread: spread(({ last }) => last),
      unit: 's',
      limit: { atMost: 30 },
      detail: '',
    },
    {
      work: 'deliveries',
      spread: spread(({ perSecond }) => perSecond),
      unit: '/s',
      limit: { atLeast: 600 },
      detail: 'between the first and the last',
    },
    {
      work: 'memory that the deliveries take',
      spread: { median: memory, least: memory, most: memory },
      unit: 'MB',
      limit: { atMost: 64 },
      detail: 'the peak, above what was in use before',
    },
    {
      work: '304 meanwhile, 99 of 100 of them',
      spread: { median: p99 / p99Idle, least: p99 / p99Idle, most: p99 / p99Idle },
      unit: '×',
      limit: { atMost: 2 },
      detail: `${digits(p99)} ms instead of ${digits(p99Idle)} ms`,
    },
  ]
}
