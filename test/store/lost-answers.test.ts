// What authors are told, where several processes publish at once and answers of the database are lost.
import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { bringInLine } from '../../src/content/bring-in-line.ts'
import { readReleases } from '../../src/content/read-release.ts'
import { wordsOf } from '../../src/content/words.ts'
import { DomainError } from '../../src/domain/errors.ts'
import type { Release } from '../../src/domain/release.ts'
import { publish } from '../../src/publishing/publish.ts'
import type { PublishRequest, Receipt } from '../../src/publishing/request.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import type { Database, Statement } from '../../src/store/database.ts'
import type { NodeDatabase } from '../../src/store/node-sqlite.ts'
import { createPublishingStore } from '../../src/store/publishing-store.ts'
import { temporaryFolder } from '../content-folder.ts'
import { newDatabase } from '../new-database.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'
import { amount } from '../trials.ts'

const start = Date.UTC(2026, 2, 2, 6) / 1000

/** What an author wants: each asks under a name of its own, and again with the same body where that failed. */
type Deed = 'write' | 'correct' | 'create' | 'withdraw'
type Wish = { slug: string; deed: Deed }

const wish: fc.Arbitrary<Wish> = fc.record({
  slug: fc.constantFrom('a', 'b'),
  deed: fc.constantFrom<Deed>('write', 'write', 'correct', 'create', 'withdraw'),
})

/** How the network treats a statement: after how many steps of others it is run, and whether it fails. */
type Fate = { steps: number; fails: 'not' | 'before' | 'after' | 'too early' }

const fate: fc.Arbitrary<Fate> = fc.record({
  steps: fc.nat(30),
  fails: fc.oneof(
    { weight: 40, arbitrary: fc.constant('not' as const) },
    { weight: 3, arbitrary: fc.constantFrom('before', 'after', 'too early') },
  ),
})

async function steps(count: number) {
  for (let step = 0; step < count; step++) await Promise.resolve()
}

/** A database behind a network. What fails `too early` is run all the same, later. */
function distant(database: Database, nextFate: () => Fate): Database {
  const near = new Map<Statement, Statement>()
  const send = async <T>(run: () => Promise<T>): Promise<T> => {
    const { steps: count, fails } = nextFate()
    const isDown = new Error('the network is down')
    await steps(count)
    if (fails === 'before') throw isDown
    if (fails === 'too early') {
      void steps(10 * count)
        .then(run)
        .catch(() => {})
      throw isDown
    }
    const answer = await run()
    if (fails === 'after') throw isDown
    return answer
  }
  const around = (statement: Statement): Statement => {
    const self: Statement = {
      bind: (...values) => around(statement.bind(...values)),
      all: <T>() => send(() => statement.all<T>()),
      first: <T>() => send(() => statement.first<T>()),
    }
    near.set(self, statement)
    return self
  }
  return {
    prepare: (sql) => around(database.prepare(sql)),
    batch: (statements) => send(() => database.batch(statements.map((one) => near.get(one)!))),
  }
}

function requestOf({ slug, deed }: Wish, name: string): PublishRequest {
  const request = { slug, language: 'en', by: { name }, dates: 'news' as const, isDryRun: false }
  if (deed === 'withdraw') return { ...request, withdrawal: { reason: name } }
  return {
    ...request,
    written: { title: name, topics: ['eu'], body: { html: '<p>x</p>' }, withdrawn: null },
    ...(deed === 'correct' && { change: { kind: 'correction', note: name } }),
    ...(deed === 'create' && { condition: { isNew: true } }),
  }
}

/** What an author was told, the last after at most three attempts. */
type Told = { name: string; results: (Receipt | Error)[] }

async function publishAll(database: NodeDatabase, wishes: Wish[][], fates: Fate[]) {
  const clock = createSimulatedClock(start)
  const content = createContentStore(database, { wordsOf })
  const isUsable = { batch: 'a', program: 'test', clock }
  expect(await bringInLine(temporaryFolder(), content, isUsable)).toEqual([])
  clock.moveTo(start + 10)
  let sent = 0
  const nextFate = () => fates[sent++ % fates.length]!
  const told: Told[] = []
  const authors = wishes.map(async (all, author) => {
    const ports = {
      store: createPublishingStore(distant(database, nextFate), { wordsOf }),
      readReleases,
      findMedia: async () => undefined,
      clock,
      createBatch: () => crypto.randomUUID(),
    }
    for (const [number, one] of all.entries()) {
      const name = `author-${author}-${number}`
      const results: (Receipt | Error)[] = []
      told.push({ name, results })
      for (let attempt = 0; attempt < 3; attempt++) {
        const [result] = await publish(ports, [requestOf(one, name)]).catch((error: Error) => [
          error,
        ])
        results.push(result!)
        if (!isToRepeat(result!)) break
      }
    }
  })
  await Promise.all(authors)
  await steps(1000)
  return told
}

function isToRepeat(result: Receipt | Error): boolean {
  if (!(result instanceof Error)) return false
  return !(result instanceof DomainError) || result.code === 'unavailable'
}

/** Whether somebody was told that it may have been done all the same. */
function isOpen(result: Receipt | Error): boolean {
  if (!(result instanceof Error)) return false
  return !(result instanceof DomainError) || result.message.includes('taken all the same')
}

test('whatever is lost, who is told that something changed changed it once, and all others nothing', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => log.mockRestore())
  const wishes = fc.array(fc.array(wish, { minLength: 1, maxLength: 4 }), {
    minLength: 2,
    maxLength: 4,
  })
  const fates = fc.array(fate, { minLength: 200, maxLength: 200 })
  const property = fc.asyncProperty(wishes, fates, async (all, each) => {
    const database = await newDatabase()
    const told = await publishAll(database, all, each)
    const store = createPublishingStore(database, { wordsOf })
    const addresses = ['a', 'b'].map((slug) => ({ slug, language: 'en' }))
    const releases = (await store.findReleases(addresses, [])).map(({ release }) => release)
    const history = await Promise.all(releases.map(({ id }) => store.history(id, 200)))
    database.close()
    for (const { name, results } of told) {
      const done = history.flat().filter(({ by }) => by === name)
      const changes = results.flatMap((one) => (one instanceof Error ? [] : [one.change]))
      const certain = changes.filter((change) => change !== 'unchanged')
      const most = certain.length + results.filter(isOpen).length
      const context = JSON.stringify([name, results.map((one) => (one as Receipt).change ?? one)])
      expect(done.length, context).toBeGreaterThanOrEqual(certain.length)
      expect(done.length, context).toBeLessThanOrEqual(most)
      if (done.length !== 1 || certain.length !== 1) continue
      expect(certain, context).toEqual([done[0]!.replaced === undefined ? 'created' : 'revised'])
    }
    const says = ({ title, withdrawn }: Release) => withdrawn?.reason ?? title
    expect(releases.map(says)).toEqual(history.map(([last]) => last!.by))
  })
  await fc.assert(property, { numRuns: amount(100, 6000), endOnFailure: true })
}, 600_000)
