// Who is told of what: compared with what every feed shows as new, through random histories.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAddresses } from '../../src/domain/addresses.ts'
import { anyOf, type TopicExpression } from '../../src/domain/topic-expression.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import type { CallAnswer, CallRequest } from '../../src/websub/caller.ts'
import { anchorsOf } from '../../src/websub/matching.ts'
import { markdown, topicsYaml } from '../content-folder.ts'
import { baseUrl } from '../platforms.ts'
import { expressions, topics } from '../questions.ts'
import { amount } from '../trials.ts'
import { start, startHub } from './hub-service.ts'

const timeLimit = amount(60_000, 900_000)

type Written = {
  language: string
  topics: string[]
  publisher: string
  kind: string
  corrections: number
  isWithdrawn: boolean
  at: number
}

const step = fc.record({
  deed: fc.constantFrom(
    'publish',
    'publish',
    'publish later',
    'correct',
    'edit',
    'retag',
    'retag',
    'move',
    'withdraw',
    'remove',
    'end a topic',
    'put a topic under another',
    'rename a topic',
  ),
  which: fc.nat(),
  topic: fc.constantFrom(...topics),
  topics: fc.subarray(topics, { maxLength: 3 }),
  language: fc.constantFrom('en', 'fi', 'sv'),
  publisher: fc.constantFrom('ministry', 'customs'),
  kind: fc.constantFrom('press-release', 'speech'),
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A content folder that changes. */
class Folder {
  readonly releases = new Map<string, Written>()
  #ended = new Map<string, number>()
  #broader = new Map<string, string>()
  #renamed = new Map<string, string>()
  #edits = 0
  #count = 0

  /** Does a step, and answers the files that are another for it. */
  change(one: Step, now: number): Record<string, string> {
    const known = [...this.releases.keys()]
    const name = known[one.which % Math.max(known.length, 1)]
    const release = name === undefined ? undefined : this.releases.get(name)
    const { language, publisher, kind } = one
    if (one.deed.startsWith('publish') || !name || !release) {
      const at = one.deed === 'publish later' ? now + 50 : now - 10
      const fresh = { corrections: 0, isWithdrawn: false, at }
      const added = `r${++this.#count}.${language}`
      this.releases.set(added, { language, topics: one.topics, publisher, kind, ...fresh })
      return this.#file(added)
    }
    if (one.deed === 'correct') release.corrections++
    else if (one.deed === 'edit') this.#edits++
    else if (one.deed === 'retag') release.topics = one.topics
    else if (one.deed === 'move') Object.assign(release, { publisher, kind })
    else if (one.deed === 'withdraw') release.isWithdrawn = true
    else if (one.deed === 'end a topic') this.#ended.set(one.topic, now - 1)
    else if (one.deed === 'put a topic under another') this.#broader.set('eu', one.topic)
    else if (one.deed === 'rename a topic') this.#renamed.set('drugs', 'narcotics')
    else {
      this.releases.delete(name)
      return { [`releases/${name}.md`]: '' }
    }
    return { ...this.#file(name), 'topics.yaml': this.#topics() }
  }

  #file(name: string): Record<string, string> {
    const { topics: tags, publisher, kind, corrections, isWithdrawn, at } = this.releases.get(name)!
    const time = new Date(at * 1000).toISOString()
    const past = new Date((start - 60) * 1000).toISOString()
    const changes = Array.from({ length: corrections }, (_, index) => {
      return `{ at: ${past}, kind: correction, note: Correction ${index} }`
    })
    const fields = [
      `title: ${name.replace('.', ' in ')}`,
      `published: ${time}`,
      `topics: [${tags.join()}]`,
      `publisher: ${publisher}`,
      `kind: ${kind}`,
      ...(changes.length > 0 ? [`changes: [${changes.join()}]`] : []),
      ...(isWithdrawn ? [`withdrawn: { at: ${past}, reason: Wrong }`] : []),
    ]
    return { [`releases/${name}.md`]: markdown(fields, `Text ${this.#edits}.`) }
  }

  #topics(): string {
    let text = topicsYaml
    const add = (slug: string, line: string) => {
      text = text.replace(new RegExp(`^${slug}:\n`, 'm'), `${slug}:\n  ${line}\n`)
    }
    for (const [slug, at] of this.#ended) {
      add(slug, `retired: { at: ${new Date(at * 1000).toISOString()} }`)
    }
    for (const [slug, broader] of this.#broader)
      if (slug !== broader) add(slug, `broader: ${broader}`)
    for (const [slug, now] of this.#renamed) {
      text = `${text.replace(new RegExp(`^${slug}:\n`, 'm'), `${now}:\n`)}${slug}: { renamed: ${now} }\n`
    }
    return text
  }
}

/**
 * Entries of the Atom document at a path, each with its last change. The one that says that the feed has ended, which
 * leads to no release, gets another identity when a term of the feed is renamed.
 */
function entriesIn(body: string, path: string): string[] {
  return body
    .split('<entry ')
    .slice(1)
    .map((entry) => {
      const id = entry.includes('/releases/') ? /<id>([^<]*)/.exec(entry)![1] : path
      return `${id} ${/<updated>([^<]*)/.exec(entry)![1]}`
    })
}

const firstSeed = Number(process.env.HISTORY_SEED ?? Math.floor(Math.random() * 2 ** 30))
/** Histories that wait for their hubs together. */
const together = amount(1, 10)

test.each(Array.from({ length: amount(1, 100) }, (_, index) => firstSeed + index * together))(
  'whoever subscribes is told of exactly those entries that the feed shows as new, in random histories from %i on (W-04, W-49, W-50)',
  async (first) => {
    const seeds = Array.from({ length: together }, (_, index) => first + index)
    // With 500 expressions a history takes ten seconds.
    await Promise.all(seeds.map((seed) => expectNews(seed, seed === first ? amount(40, 500) : 40)))
  },
  timeLimit,
)

async function expectNews(seed: number, count: number) {
  const history = fc.array(step, { minLength: 12, maxLength: 12 })
  const [steps = []] = fc.sample(history, { numRuns: 1, seed })
  const told = new Map<string, string[]>()
  const call = async ({ method, address, body }: CallRequest): Promise<CallAnswer> => {
    const { pathname, searchParams } = new URL(address)
    if (method === 'GET') return { status: 200, body: searchParams.get('hub.challenge') ?? '' }
    told.set(pathname, [
      ...(told.get(pathname) ?? []),
      ...entriesIn(new TextDecoder().decode(body), pathname),
    ])
    return { status: 200, body: '' }
  }
  const hub = await startHub({
    files: { 'releases/r.en.md': markdown(['title: R', 'published: 2024-01-01', 'topics: [eu]']) },
    caller: { call },
  })
  const store = createReleaseStore(hub.database())
  const { site } = await store.state(hub.clock.now())
  const addresses = createAddresses(baseUrl, site)
  const asked: TopicExpression[] = [[], ...fc.sample(expressions, { numRuns: count, seed })]
  const paths = new Set(
    asked.flatMap((expression, index) => {
      const language = ['en', 'fi', 'sv', 'all'][index % 4]!
      const query = { language, topics: anyOf([expression]), words: [] }
      const address = addresses.feed(query, 'atom')
      return address.length < 200 ? [new URL(address).pathname] : []
    }),
  )
  for (const path of paths) {
    // Each has a host of its own, so that no limit for a host is met.
    await hub.post({
      'hub.mode': 'subscribe',
      'hub.topic': baseUrl + path,
      'hub.callback': `http://127.0.${Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 250)}${path}`,
    })
  }
  // A call of the hub verifies some.
  await hub.wait(amount(1, 60))
  const { n: subscribed } = (await hub
    .database()
    .prepare('select count(*) as n from hub_subscription')
    .first<{ n: number }>())!
  expect(subscribed).toBe(paths.size)
  const folder = new Folder()
  const seen = new Set<string>()
  const look = async () => {
    const shown = new Map<string, string[]>()
    for (const path of paths) {
      const response = await hub.fetch(path)
      // Of a topic that was renamed.
      const body =
        response.status === 308
          ? await (await hub.fetch(new URL(response.headers.get('location')!).pathname)).text()
          : await response.text()
      shown.set(path, entriesIn(body, path))
    }
    return shown
  }
  for (const entries of (await look()).values()) for (const entry of entries) seen.add(entry)
  for (const one of steps) {
    told.clear()
    await hub.publish(folder.change(one, hub.clock.now()))
    await hub.wait(one.deed === 'publish later' ? 60 : 6)
    const after = await look()
    const expected = new Map<string, string[]>()
    for (const [path, entries] of after) {
      const fresh = entries.filter((entry) => !seen.has(entry))
      if (fresh.length > 0) expected.set(path, fresh.toSorted())
    }
    const got = new Map(Array.from(told, ([path, entries]) => [path, entries.toSorted()]))
    expect(Object.fromEntries(got), `${seed}: ${JSON.stringify(one)}`).toEqual(
      Object.fromEntries(expected),
    )
    for (const entries of after.values()) for (const entry of entries) seen.add(entry)
  }
}

test('a feed is looked for at the rarest term of each alternative', () => {
  const count = (term: string) => ({ eu: 500, crime: 20, 'by:customs': 3 })[term] ?? 0
  const anchors = (topics: TopicExpression) =>
    anchorsOf({ language: 'en', topics, words: [] }, count)
  expect(anchors([])).toEqual([''])
  expect(
    anchors([
      { with: ['crime', 'eu'], without: ['drugs'] },
      { with: ['by:customs', 'eu'], without: [] },
    ]),
  ).toEqual(['crime', 'by:customs'])
  expect(anchors([{ with: [], without: ['eu'] }])).toEqual([''])
})
