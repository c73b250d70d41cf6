// What the models of feed readers have in common. Each model stands in a file of its own and
// says which headers the program sends, how it decides that nothing changed, and how it keys and
// updates entries; so that a fault of the service does to the model what it does to its user.
import type { FormatName } from '../../src/feeds/formats.ts'
import type { Fetch } from '../platforms.ts'
import type { Item } from './documents.ts'
import { type Answer, ask } from './exchange.ts'
import { secondOf } from './validators.ts'

/** An entry as its user sees it. All times are seconds. */
export type Held = {
  id: string
  title: string
  content: string
  link: string | undefined
  published: number | undefined
  tags: string[]
  /** Addresses of attachments; undefined where the program reads none. */
  files: string[] | undefined
  /** When it was shown as new: more than once is a double. */
  shown: number[]
  /** The feed it stands in, for programs that know an entry once across all feeds. */
  feed: string
  /** What the program compares to find out whether an entry changed. */
  fingerprint: string
}

/** Entries by what the program keys them with. */
export type Shelf = Map<string, Held>

/** One poll of one feed, as the rules of a program see it. */
export type Poll<Memory> = {
  /** What the program remembers of the feed, to be changed. */
  memory: Memory
  address: string
  now: number
  /** Asks once more within the same poll. */
  again: (headers: Record<string, string>) => Promise<Answer>
}

/** How long a program leaves a feed, or the whole host, alone. */
export type Rest = { seconds: number; of: 'feed' | 'host' }

/** The rules of a program. */
export type Program<Memory> = {
  name: string
  formats: FormatName[]
  /** Whether an entry is known once across all feeds of the program. */
  isGlobal: boolean
  begin: () => Memory
  /** The headers of a request, and where it goes if not to the address. */
  request: (poll: Poll<Memory>, chance: () => number) => Request
  /** The entries that an answer brings; undefined when it says that nothing changed. Throws what counts as an error. */
  receive: (poll: Poll<Memory>, answer: Answer) => Received | Promise<Received>
  /** Puts entries on the shelf. */
  keep: (items: Item[], shelf: Shelf, poll: Poll<Memory>) => void
  /** Seconds until the next poll. */
  interval: (poll: Poll<Memory>, answer: Answer) => number
  /** What becomes of the feed after an error; without an answer the document could not be read. */
  afterError: (poll: Poll<Memory>, answer: Answer | undefined) => Rest
}

export type Request = { headers: Record<string, string>; address?: string }
export type Received = Item[] | undefined

/** A model of a program with its subscriptions. */
export type Reader = {
  name: string
  formats: FormatName[]
  isGlobal: boolean
  /** The addresses it polls. */
  feeds: () => string[]
  /** Polls from a second on. */
  subscribe: (address: string, from?: number) => void
  /** When it polls an address next; infinite when it has given up. */
  due: (address: string) => number
  /** Polls, whether or not it is time. */
  poll: (address: string, now: number) => Promise<void>
  /** What the user finds in a feed. Programs that know entries once show them in one feed only. */
  held: (address: string) => Held[]
  /** All that the user finds. */
  all: () => Held[]
  /** How often each status was answered. */
  answers: Map<number, number>
  /** The status of every answer of a feed in turn. */
  statuses: (address: string) => number[]
  /** Everything the program took for an error. */
  errors: string[]
  /** The feeds that it does not poll any more. */
  givenUp: () => string[]
}

/** Chance that is the same in every run (Numerical Recipes' linear congruence). */
export function createChance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Brings a program to life. It asks through `fetch`, which may be a proxy's. */
export function createReader<Memory>(
  program: Program<Memory>,
  fetch: Fetch,
  chance: () => number = createChance(1),
): Reader {
  const feeds = new Map<string, Subscription<Memory>>()
  const common: Shelf = new Map()
  const answers = new Map<number, number>()
  const errors: string[] = []
  let hostRestsUntil = 0

  async function poll(address: string, now: number) {
    const feed = feeds.get(address)!
    const hear = (answer: Answer) => {
      feed.statuses.push(answer.status)
      answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1)
      return answer
    }
    let place = address
    const again = async (headers: Record<string, string>) => hear(await ask(fetch, place, headers))
    const turn = { memory: feed.memory, address, now, again }
    let answer: Answer | undefined
    try {
      const request = program.request(turn, chance)
      place = request.address ?? address
      answer = await again(request.headers)
      const items = await program.receive(turn, answer)
      if (items) program.keep(items, feed.shelf, turn)
      feed.due = now + program.interval(turn, answer)
    } catch (error) {
      errors.push(`${address} at ${now}: ${(error as Error).message}`)
      const rest = program.afterError(turn, answer)
      feed.due = now + rest.seconds
      if (rest.of === 'host') hostRestsUntil = Math.max(hostRestsUntil, feed.due)
    }
  }

  return {
    name: program.name,
    formats: program.formats,
    isGlobal: program.isGlobal,
    feeds: () => [...feeds.keys()],
    subscribe(address, from = 0) {
      const shelf: Shelf = program.isGlobal ? common : new Map()
      feeds.set(address, { memory: program.begin(), shelf, due: from, statuses: [] })
    },
    due: (address) => Math.max(feeds.get(address)!.due, hostRestsUntil),
    poll,
    held: (address) =>
      [...feeds.get(address)!.shelf.values()].filter(({ feed }) => feed === address),
    all: () => [...new Set([...feeds.values()].flatMap(({ shelf }) => [...shelf.values()]))],
    answers,
    statuses: (address) => feeds.get(address)!.statuses,
    errors,
    givenUp: () => [...feeds].flatMap(([address, { due }]) => (due === Infinity ? [address] : [])),
  }
}

type Subscription<Memory> = { memory: Memory; shelf: Shelf; due: number; statuses: number[] }

/** What a status means to most programs. */
export function refuse({ status }: Answer) {
  if (status >= 400) throw new Error(`The status is ${status}.`)
}

/** An entry as most programs show it: the full text, else the summary. */
export function shownAs(item: Item, { address, now }: { address: string; now: number }): Held {
  return {
    id: item.id ?? item.link ?? '',
    title: item.title,
    content: item.content ?? item.summary ?? '',
    link: item.link,
    published: secondOf(item.published ?? item.updated),
    tags: item.tags,
    files: item.files,
    shown: [now],
    feed: address,
    fingerprint: '',
  }
}

/** Keeps a new entry, and answers the one that was there before. */
export function keepNew(shelf: Shelf, key: string, entry: Held): Held | undefined {
  const known = shelf.get(key)
  if (!known) shelf.set(key, entry)
  return known
}

/** Gives a known entry what it shows now. The date and the first sight of it stay. */
export function overwrite(known: Held, { title, content, link, tags, files, fingerprint }: Held) {
  Object.assign(known, { title, content, link, tags, files, fingerprint })
}
