import { type Curve, type Figure, type Found, digits, spreadOf } from './figures.ts'
import { type InProcess, baseUrl, startFilled } from './in-process.ts'
import { publishers, topics, wordsOf } from './input.ts'
import type { Setup } from './setup.ts'
import { inFolder } from './workplace.ts'

/** Kinds of questions that nobody asked before, with the addresses of some. */
function questions(count: number): Record<string, string[]> {
  const [words, frequent] = [wordsOf('en'), topics.slice(0, 24)]
  const at = <T>(list: T[], index: number) => list[index % list.length]!
  const many = (address: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => address(index))
  const other = (index: number, step: number) => at(frequent, index + 1 + (step % 22))
  return {
    'one topic': many((index) => `/topics/${at(frequent, index)}.${index < 24 ? 'rss' : 'json'}`),
    'three topics, any': many((i) =>
      path([at(frequent, i), other(i, 3 + i), other(i, 7 + i)].join(',')),
    ),
    'two topics and one': many((i) =>
      path(`${at(frequent, i)}+${other(i, 2 + i)},${other(i, 9 + i)}`),
    ),
    // A topic, the one above it, and another: they meet often enough to fill a document of either store.
    'all three topics': many((i) => `/all/topics/${topics[0]}+${topics[1]}+${topics[4 + i]}.atom`),
    'three topics that hardly meet': many((i) =>
      path(`${topics[i % 5]}+${topics[5 + (i % 4)]}+${topics[9 + (i % 5)]}`),
    ),
    'one without another': many((i) => path(`${at(frequent, i)}+-${other(i, 1 + i)}`)),
    'without a topic': many((i) => path(`-${at(frequent, i)}`)),
    'a topic by a publisher': many((i) => path(`${at(frequent, i)}+by:${at(publishers, i)}`)),
    // Every release is of that kind: a mark that nearly all have is the most work.
    'a publisher and a kind, without a topic': many((i) =>
      path(`-${at(frequent, i)}+by:${at(publishers, i)}+kind:press-release`),
    ),
    'a frequent word': many((i) => `/feed.atom?q=${words[20 + i]}`),
    'a rare word': many((i) => `/feed.atom?q=${words[2500 + 40 * i]}`),
    'a word in a topic': many((i) => `/topics/${at(frequent, i)}.atom?q=${words[60 + i]}`),
    'two words': many((i) => `/feed.atom?q=${words[30 + i]}+${words[90 + i]}`),
  }
}

function path(expression: string): string {
  return `/topics/${expression}.atom`
}

/** First answers to questions, from few releases and from many, one right after the other. */
export async function measureAsking(setup: Setup): Promise<Found> {
  const { sizes, isQuick, tell } = setup
  return inFolder(async (folder) => {
    const services = await startFilled(sizes, folder, tell)
    try {
      // What is compiled as it runs, and pages of the file that every question needs.
      for (const service of services) {
        for (const warm of ['/feed.rss', '/feed.atom', '/feed.json', '/feed.atom?q=ka']) {
          await service.ask(warm)
          await service.ask(`/fi${warm}`)
        }
      }
      const kinds: [string, Asked][] = []
      for (const [kind, addresses] of Object.entries(questions(isQuick ? 6 : 24))) {
        const asked = await askAll(services, addresses)
        kinds.push([kind, asked])
        tell(`${kind}: ${asked.times.map((own) => digits(spreadOf(own).median)).join(' → ')} ms`)
      }
      const archives = await askArchives(services, isQuick ? 8 : 30)
      kinds.push(['an archive', { times: archives, differing: 0, areLeftOut: false }])
      return {
        figures: kinds.map(([kind, asked]) => figureOf(kind, asked, sizes)),
        curves: kinds.map(([name, { times }]) => curveOf(`first answer: ${name}`, times, sizes)),
      }
    } finally {
      for (const service of services) service.close()
    }
  })
}

/** What was asked of each service, and how many questions got documents of other lengths. */
type Asked = { times: number[][]; differing: number; areLeftOut: boolean }

/**
 * Milliseconds for each service and question. A document of fewer releases is less work, whatever the number
 * of those that were looked through, so questions with such are left out, unless that are nearly all.
 */
async function askAll(services: InProcess[], addresses: string[]): Promise<Asked> {
  const rows: { times: number[]; isAlike: boolean }[] = []
  for (const [turn, address] of addresses.entries()) {
    const times: number[] = []
    const lengths: number[] = []
    for (const place of services.keys()) {
      const index = (place + turn) % services.length
      const { milliseconds, status, text } = await services[index]!.ask(address)
      if (status !== 200) throw new Error(`${address} is answered ${status}`)
      times[index] = milliseconds
      lengths.push(text.length)
    }
    rows.push({ times, isAlike: Math.min(...lengths) >= 0.7 * Math.max(...lengths) })
  }
  const alike = rows.filter(({ isAlike }) => isAlike)
  const areLeftOut = alike.length >= rows.length / 4
  const shown = areLeftOut ? alike : rows
  return {
    times: services.map((_, index) => shown.map(({ times }) => times[index]!)),
    differing: rows.length - alike.length,
    areLeftOut,
  }
}

/** Archives, one after the other from the newest back. */
async function askArchives(services: InProcess[], count: number): Promise<number[][]> {
  const times = services.map((): number[] => [])
  for (const [index, service] of services.entries()) {
    let next = '/topics/economy.atom'
    for (let step = 0; step <= count && next; step++) {
      const { text, milliseconds } = await service.ask(next)
      if (step > 0) times[index]!.push(milliseconds)
      const link = /<link[^>]*rel="prev-archive"[^>]*>/.exec(text)?.[0]
      next = (/href="([^"]+)"/.exec(link ?? '')?.[1] ?? '').replace(baseUrl, '')
    }
  }
  return times
}

function figureOf(kind: string, { times, differing, areLeftOut }: Asked, sizes: number[]): Figure {
  const [few, many] = [times[0]!, times.at(-1)!]
  const pairs = many.slice(0, few.length).map((one, index) => one / few[index]!)
  const ratio = spreadOf(many).median / spreadOf(few).median
  return {
    work: `first answer, ${kind}: ${sizes.at(-1)} releases beside ${sizes[0]}`,
    spread: { ...spreadOf(pairs), median: ratio },
    unit: '×',
    limit: { atMost: 1.5 },
    detail: `${times.map((own) => `${digits(spreadOf(own).median)} ms`).join(' → ')}, ${few.length} questions${differing ? `, ${differing} ${areLeftOut ? 'more' : 'of them'} with documents of other lengths` : ''}`,
  }
}

export function curveOf(name: string, times: number[][], sizes: number[]): Curve {
  const points = times.map((own, index) => ({
    releases: sizes[index]!,
    milliseconds: spreadOf(own).median,
  }))
  return { name, points }
}
