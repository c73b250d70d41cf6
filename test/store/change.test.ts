import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { composeApi } from '../../src/compose-api.ts'
import { readNodeConfig } from '../../src/config.ts'
import { wordsOf } from '../../src/content/words.ts'
import type { Clock } from '../../src/domain/clock.ts'
import { bringInLine } from '../../src/content/bring-in-line.ts'
import { readReleases } from '../../src/content/read-release.ts'
import { DomainError } from '../../src/domain/errors.ts'
import { allReleases } from '../../src/domain/feed-query.ts'
import type { MediaStore } from '../../src/domain/media-store.ts'
import type { PublishingStore } from '../../src/domain/publishing-store.ts'
import { formatUtc } from '../../src/domain/time.ts'
import { publishTopic } from '../../src/publishing/publish-topic.ts'
import { publish } from '../../src/publishing/publish.ts'
import type { PublishRequest } from '../../src/publishing/request.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import type { Database, Statement } from '../../src/store/database.ts'
import { createPublishingStore } from '../../src/store/publishing-store.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import { WriterThread } from '../../src/writer-thread.ts'
import { markdown, temporaryFolder, topicsYaml } from '../content-folder.ts'
import type { startD1 } from '../d1.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'
import { databaseFile } from '../server.ts'
import { isQuick } from '../trials.ts'
import { newDatabase } from '../new-database.ts'

const start = Date.UTC(2026, 2, 2, 6) / 1000
const by = { name: 'newsroom' }

const file = (title: string, second: number) =>
  markdown([`title: ${title}`, `published: ${formatUtc(second)}`, 'topics: [eu]'])

/** A service over a database that others may be at work on, by a clock that stands still. */
async function service<Time extends Clock>(
  database: Database,
  files: Record<string, string>,
  clock: Time,
  forAuthors = database,
) {
  const directory = temporaryFolder(files)
  const takeUp = () =>
    bringInLine(directory, createContentStore(database, { wordsOf }), {
      batch: 'a',
      program: 'test',
      clock,
    })
  expect(await takeUp()).toEqual([])
  const publishing = createPublishingStore(forAuthors, { wordsOf }, undefined, database)
  const ports = {
    store: publishing,
    readReleases,
    findMedia: async () => undefined,
    clock,
    createBatch: () => crypto.randomUUID(),
  }
  const request = (slug: string, written = {}): PublishRequest => ({
    slug,
    language: 'en',
    by,
    written: { title: slug, topics: ['eu'], body: { html: '<p>x</p>' }, ...written },
    dates: 'news',
    isDryRun: false,
  })
  const store = createReleaseStore(database)
  return {
    clock,
    takeUp,
    request,
    publish: (requests: PublishRequest[]) => publish(ports, requests),
    state: () => store.state(clock.now()),
    put: async (slug: string, written = {}) => {
      const [result] = await publish(ports, [request(slug, written)])
      if (result instanceof DomainError) throw result
      return result!
    },
    history: (id: string) => publishing.history(id, 10),
    staged: async () => {
      const found = await database
        .prepare('select count(*) as count from incoming')
        .first<{ count: number }>()
      return found!.count
    },
    slugsUnder: async (topic: string) => {
      const topics = [{ with: [topic], without: [] }]
      const state = await store.state(clock.now())
      const found = await store.find({ ...allReleases('en'), topics }, state, 100)
      return found.map(({ slug }) => slug)
    },
    titles: async () => {
      const query = allReleases('en')
      const found = await store.find(query, await store.state(clock.now()), 100)
      return found.map(({ title }) => title)
    },
  }
}

/** Something happens between all that is asked before a change is made, and the change. */
function interrupted(database: Database) {
  let next: (() => Promise<void>) | undefined
  const around: Database = {
    prepare: (sql) => database.prepare(sql),
    async batch(statements) {
      const work = next
      next = undefined
      await work?.()
      return database.batch(statements)
    },
  }
  return { database: around, beforeNextBatch: (work: () => Promise<void>) => void (next = work) }
}

const databases: Record<string, () => Promise<Database>> = {
  'node:sqlite': async () => newDatabase(),
  ...(isQuick ? {} : { D1: emptyD1 }),
}

let d1: Awaited<ReturnType<typeof startD1>> | undefined
afterAll(() => d1?.close())

/** The same one each time, with nothing in it. */
async function emptyD1(): Promise<Database> {
  d1 ??= await (await import('../d1.ts')).startD1()
  const { database } = d1
  const tables =
    'release state departed departure content_file history topic_broader topic_count published_topic topic_preparation topic_change topic_move topic_count_change'
  await database.batch(tables.split(' ').map((table) => database.prepare(`delete from ${table}`)))
  return database
}

/** A clock whose seconds are shorter. */
function quickClock(milliseconds: number): Clock {
  const begun = performance.now()
  const now = () => start + Math.floor((performance.now() - begun) / milliseconds)
  return {
    now,
    async passed(second) {
      const wait = (second + 1 - start) * milliseconds - (performance.now() - begun)
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    },
  }
}

describe.each(Object.entries(databases))(
  'two states never share a second, on %s (H-10)',
  (name, open) => {
    test('when an embargo ends after a change was decided, and before it is made', async () => {
      const { database, beforeNextBatch } = interrupted(await open())
      const files = {
        'releases/a.en.md': file('A', start - 100),
        'releases/embargo.en.md': file('Embargo', start + 11),
      }
      const press = await service(database, files, createSimulatedClock(start))
      press.clock.moveTo(start + 10)
      let shown: number | undefined
      beforeNextBatch(async () => {
        press.clock.moveTo(start + 11)
        const { since } = await press.state()
        shown = since
        expect(await press.titles()).toEqual(['Embargo', 'A'])
      })
      const receipt = await press.put('sent')
      expect(shown).toBe(start + 11)
      expect(receipt.published).toBe(start + 12)
      expect((await press.state()).since).toBe(start + 12)
      expect(await press.titles()).toEqual(['sent', 'Embargo', 'A'])
    })

    // What is left is the same statements again.
    if (name === 'D1') return

    test('nor when a topic ends meanwhile', async () => {
      const { database, beforeNextBatch } = interrupted(await open())
      const ending = topicsYaml.replace(
        'space-travel:\n  label: { en: space travel }',
        `space-travel:\n  label: { en: space travel }\n  retired: ${formatUtc(start + 11)}`,
      )
      const files = { 'releases/a.en.md': file('A', start - 100), 'topics.yaml': ending }
      const press = await service(database, files, createSimulatedClock(start))
      press.clock.moveTo(start + 10)
      beforeNextBatch(async () => {
        press.clock.moveTo(start + 11)
        expect((await press.state()).since).toBe(start + 11)
      })
      expect((await press.put('sent')).published).toBe(start + 12)
      expect((await press.state()).since).toBe(start + 12)
    })

    test('what an embargo makes public in the second of a change, before anybody was shown it, comes with it', async () => {
      const files = {
        'releases/a.en.md': file('A', start - 100),
        'releases/embargo.en.md': file('Embargo', start + 11),
      }
      const press = await service(await open(), files, createSimulatedClock(start))
      press.clock.moveTo(start + 11)
      expect((await press.put('sent')).published).toBe(start + 11)
      expect(await press.titles()).toEqual(['sent', 'Embargo', 'A'])
      expect((await press.state()).since).toBe(start + 11)
      // The next one waits for its second.
      expect((await press.put('next')).published).toBe(start + 12)
    })
  },
)

describe.each(Object.entries(databases))('what many send at once, on %s', (name, open) => {
  const files = { 'releases/a.en.md': file('A', start - 100) }

  test('is public within two seconds, in three changes at most, though each has a process of its own', async () => {
    const [count, millisecondsOfSecond] = name === 'D1' ? [8, 1500] : [80, 800]
    const press = await service(await open(), files, quickClock(millisecondsOfSecond))
    await press.clock.passed(press.clock.now())
    const slugs = Array.from({ length: count }, (_, index) => `release-${index}`)
    const receipts = await Promise.all(slugs.map((slug) => press.put(slug)))
    expect(new Set(receipts.map(({ published }) => published)).size).toBeLessThanOrEqual(3)
    expect((await press.titles()).toSorted()).toEqual(['A', ...slugs].toSorted())
  })

  test('of one release and of one slug becomes one change after the other', async () => {
    const press = await service(await open(), files, createSimulatedClock(start))
    press.clock.moveTo(start + 10)
    const sent = ['x', 'x', 'y', 'x', 'z'].map((slug, index) =>
      press.put(slug, { title: `Title ${index}` }),
    )
    const receipts = await Promise.all(sent)
    const ofX = receipts.filter(({ slug }) => slug === 'x')
    expect(ofX.map(({ change }) => change).toSorted()).toEqual(['created', 'revised', 'revised'])
    expect(new Set(ofX.map(({ id }) => id)).size).toBe(1)
    expect((await press.titles()).length).toBe(4)
  })

  // What is left is the same statements again.
  if (name === 'D1') return

  test('comes out together, also if one is large', async () => {
    const database = await open()
    const clock = createSimulatedClock(start)
    const { promise: isAwake, resolve: wake } = Promise.withResolvers<void>()
    let isAsleep = false
    const sleepy: Database = {
      prepare: (sql) => database.prepare(sql),
      async batch(statements) {
        await database.batch(statements)
        if (isAsleep) await isAwake
      },
    }
    const others = await service(sleepy, files, clock)
    const press = await service(database, files, clock)
    clock.moveTo(start + 10)
    isAsleep = true
    const lines = Array.from({ length: 500 }, (_, line) => {
      const formerly = [1, 2, 3].map((number) => `line-${line}-${number}`)
      return press.request(`line-${line}`, { formerly })
    })
    const large = others.publish(lines)
    while ((await press.staged()) < 500) await pause(5)
    clock.moveTo(clock.now() + 1)
    const small = others.put('small')
    while ((await press.staged()) < 501) await pause(5)
    await press.put('last')
    expect(await press.staged()).toBe(0)
    wake()
    for (const one of [...(await large), await small]) {
      expect(one).toMatchObject({ change: 'created' })
    }
  })

  test('that is refused keeps nothing staged, and none of the others', async () => {
    const press = await service(await open(), files, createSimulatedClock(start))
    press.clock.moveTo(start + 10)
    const results = await Promise.allSettled([
      press.put('b'),
      press.put('wrong', { topics: ['no-topic'] }),
      press.put('c'),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await press.staged()).toBe(0)
  })

  test('is told once in the history of each, with the second in which it was made', async () => {
    const press = await service(await open(), files, createSimulatedClock(start))
    press.clock.moveTo(start + 10)
    const receipts = await Promise.all(['b', 'c', 'd'].map((slug) => press.put(slug)))
    for (const { id, published } of receipts) {
      expect(await press.history(id)).toMatchObject([
        { at: published, by: 'newsroom', action: 'publish' },
      ])
    }
  })
})

describe.each(Object.entries(databases))('a topic that moves, on %s', (name, open) => {
  test('lets others publish before it is made, and is told to come again', async () => {
    const database = await open()
    const press = await service(database, {}, createSimulatedClock(start))
    const marking = { wordsOf, characters: 1, portions: 1 }
    const ports = { store: createPublishingStore(database, marking), clock: press.clock }
    const sendTopic = (broader?: string) => {
      press.clock.moveTo(press.clock.now() + 2)
      const written = { label: { en: 'ports' }, ...(broader && { broader }) }
      return publishTopic(ports, { slug: 'ports', written, by, isDryRun: false })
    }
    expect(await sendTopic()).toBe('created')
    const sent = ['a', 'b']
    for (const slug of sent) await press.put(slug, { topics: ['ports'] })
    const refusals: unknown[] = []
    for (;;) {
      const change = await sendTopic('eu').catch((error: unknown) => error)
      if (change === 'revised') break
      refusals.push(change)
      expect(change).toMatchObject({ code: 'unavailable', details: { retryAfter: 10 } })
      expect(await press.slugsUnder('eu')).toEqual([])
      if (sent.length > 4) continue
      const slug = `meanwhile-${sent.length}`
      await press.put(slug, { topics: ['ports'] })
      // Another release, and another topic that moves nothing.
      const other = { slug: `new-${sent.length}`, written: { label: { en: slug } }, by }
      await publishTopic(ports, { ...other, isDryRun: false })
      sent.push(slug)
      expect((await press.slugsUnder('ports')).toSorted()).toEqual(sent.toSorted())
    }
    expect(refusals.length).toBeGreaterThan(3)
    expect((await press.slugsUnder('eu')).toSorted()).toEqual(sent.toSorted())
    const content = createContentStore(database, marking)
    while (!(await content.tidy(press.clock.now()))) continue
    expect((await press.slugsUnder('eu')).toSorted()).toEqual(sent.toSorted())
    const left = await database.prepare('select * from topic_move').all()
    expect(left.results).toEqual([])
  })

  // What is left is the same statements again.
  if (name === 'D1') return

  test('waits while another one is being moved, and not for one that nobody sends again', async () => {
    const database = await open()
    const press = await service(database, {}, createSimulatedClock(start))
    const marking = { wordsOf, characters: 1, portions: 1 }
    const ports = { store: createPublishingStore(database, marking), clock: press.clock }
    const sendTopic = (slug: string, broader?: string) => {
      press.clock.moveTo(press.clock.now() + 2)
      const written = { label: { en: slug }, ...(broader && { broader }) }
      return publishTopic(ports, { slug, written, by, isDryRun: false })
    }
    for (const slug of ['ports', 'ships']) await sendTopic(slug)
    for (const slug of ['a', 'b', 'c']) await press.put(slug, { topics: ['ports', 'ships'] })
    const comeAgain = 'Send it again in ten seconds'
    await expect(sendTopic('ports', 'eu')).rejects.toThrow(comeAgain)
    await expect(sendTopic('ships', 'eu')).rejects.toThrow(comeAgain)
    await expect(sendTopic('ports', 'eu')).rejects.toThrow(comeAgain)
    press.clock.moveTo(press.clock.now() + 60)
    const sendShips = () => sendTopic('ships', 'eu').catch(() => undefined)
    while ((await sendShips()) !== 'revised') continue
    expect((await press.slugsUnder('eu')).toSorted()).toEqual(['a', 'b', 'c'])
    const sendPorts = () => sendTopic('ports', 'crime').catch(() => undefined)
    while ((await sendPorts()) !== 'revised') continue
    expect((await press.slugsUnder('crime')).toSorted()).toEqual(['a', 'b', 'c'])
  })
})

test('what was told to have failed does not come out with what others send later', async () => {
  const database = await newDatabase()
  const press = await service(database, {}, createSimulatedClock(start))
  press.clock.moveTo(start + 10)
  // Nothing can be made public, nor taken back.
  await database
    .prepare(
      "create trigger full before delete on incoming begin select raise(abort, 'the disk is full'); end",
    )
    .all()
  await expect(press.put('x')).rejects.toThrow('cannot be written')
  await database.prepare('drop trigger full').all()
  press.clock.moveTo(start + 60)
  await press.put('y')
  expect(await press.titles()).toEqual(['y'])
  await press.put('x')
  expect(await press.titles()).toEqual(['x', 'y'])
})

/** A thread that writes into a new database. */
async function openedWriter() {
  const path = databaseFile()
  const config = readNodeConfig({ DATABASE: path, CONTENT_DIR: temporaryFolder() })
  const ignore = () => {}
  const listeners = {
    onContent: ignore,
    onDatabaseError: (error: Error) => error,
    onHub: () => {},
    onDamage: ignore,
    onWritten: ignore,
    onDeath: ignore,
  }
  const writer = new WriterThread({ config, path, mayBeMadeAnew: true }, listeners)
  await writer.open()
  onTestFinished(() => writer.close())
  return writer
}

test.each([1_500_000, 6_000_000])(
  'what was told to come again while something was written is not public (%i steps long)',
  async (steps) => {
    const writer = await openedWriter()
    const clock = createSimulatedClock(start)
    let working: Promise<unknown> | undefined
    const press = await service(
      writer.forReaders(),
      {},
      {
        ...clock,
        // The thread is at work once the release is staged.
        async passed(second) {
          working ??= writer
            .forReaders()
            .prepare(
              `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${steps}) select count(*) from n`,
            )
            .all()
          await clock.passed(second)
        },
      },
      writer.forAuthors(150),
    )
    await expect(press.put('x')).rejects.toThrow('Send it again in ten seconds')
    await working
    await press.put('y')
    expect(await press.titles()).toEqual(['y'])
  },
)

test('what was taken for abandoned while it waited is sent again before it is answered for', async () => {
  const database = await newDatabase()
  const clock = createSimulatedClock(start + 10)
  const others = createContentStore(database, { wordsOf })
  let isAsleep = false
  const press = await service(
    database,
    {},
    {
      ...clock,
      async passed(second) {
        await clock.passed(second)
        if (!isAsleep) return
        isAsleep = false
        clock.moveTo(second + 3600)
        for (const batch of await others.abandoned(clock.now())) await others.discard(batch)
      },
    },
  )
  await press.put('x')
  isAsleep = true
  await press.put('y')
  expect(isAsleep).toBe(false)
  expect(await press.titles()).toEqual(['y', 'x'])
})

test('what a folder staged long before it is put in is not taken for abandoned meanwhile', async () => {
  const database = await newDatabase()
  const clock = createSimulatedClock(start + 10)
  const others = createContentStore(database, { wordsOf })
  const around = interrupted(database)
  const directory = temporaryFolder({ 'releases/a.en.md': file('A', start) })
  const problems = await bringInLine(directory, createContentStore(around.database, { wordsOf }), {
    batch: 'a',
    program: 'test',
    clock,
    beforeChange() {
      clock.moveTo(start + 500)
      around.beforeNextBatch(async () => {
        expect(await others.abandoned(start + 1000)).toEqual([])
      })
    },
  })
  expect(problems).toEqual([])
})

test('what another commits along, just before it is committed, is told as what it was', async () => {
  const database = await newDatabase()
  const clock = createSimulatedClock(start + 10)
  const others = await service(database, {}, clock)
  let isAlone = true
  let theirs = 0
  const press = await service(
    {
      prepare(sql) {
        const asked = database.prepare(sql)
        if (isAlone || !sql.startsWith('select batch, count(*)')) return asked
        isAlone = true
        return afterwards(asked, () => others.put('x', { title: `Theirs ${++theirs}` }))
      },
      batch: (statements) => database.batch(statements),
    },
    {},
    clock,
  )
  isAlone = false
  expect(await press.put('y')).toMatchObject({ change: 'created' })
  isAlone = false
  const again = await press.put('y', { title: 'Another title' })
  expect(again).toMatchObject({ change: 'revised' })
  expect((await press.titles()).toSorted()).toEqual(['Another title', 'Theirs 2'])
  expect(await press.history(again.id)).toHaveLength(2)
})

test('what was discarded as abandoned while the clock was ahead is sent again before it is answered for', async () => {
  const database = await newDatabase()
  const others = createContentStore(database, { wordsOf })
  let now = start + 10
  let isAhead = false
  const clock: Clock = {
    now: () => now,
    async passed(second) {
      now = second + 1
      if (!isAhead) return
      isAhead = false
      for (const batch of await others.abandoned(now + 3600)) await others.discard(batch)
    },
  }
  const press = await service(database, {}, clock)
  await press.put('x')
  isAhead = true
  expect(await press.put('y')).toMatchObject({ change: 'created' })
  expect(isAhead).toBe(false)
  expect(await press.titles()).toEqual(['y', 'x'])
})

test.each([undefined, { isNew: true } as const])(
  'what another commits along and a third one corrects is told as what it was, and stays corrected: %o',
  async (condition) => {
    const database = await newDatabase()
    const clock = createSimulatedClock(start + 10)
    const others = await service(database, {}, clock)
    let isAlone = true
    const press = await service(
      database,
      {},
      {
        ...clock,
        async passed(second) {
          await clock.passed(second)
          if (isAlone) return
          isAlone = true
          await others.put('b')
          await others.put('y', { title: 'Corrected by a third' })
        },
      },
    )
    await press.put('x')
    isAlone = false
    const request = { ...press.request('y', { title: 'Ours' }), ...(condition && { condition }) }
    expect(await press.publish([request])).toMatchObject([{ change: 'created' }])
    expect(await press.titles()).toContain('Corrected by a third')
  },
)

test.each([undefined, { isNew: true } as const])(
  'what another commits along is told as what it was, and stays corrected, though the answer to staging it was lost: %o',
  async (condition) => {
    const database = await newDatabase()
    const clock = createSimulatedClock(start + 10)
    const others = await service(database, {}, clock)
    let isLost = false
    const press = await service(
      {
        prepare: (sql) => database.prepare(sql),
        async batch(statements) {
          await database.batch(statements)
          if (!isLost) return
          isLost = false
          await others.put('b')
          await others.put('y', { title: 'Corrected by a third' })
          throw new Error('the network is down')
        },
      },
      {},
      clock,
    )
    await press.put('x')
    isLost = true
    const request = { ...press.request('y', { title: 'Ours' }), ...(condition && { condition }) }
    expect(await press.publish([request])).toMatchObject([{ change: 'created' }])
    expect(await press.titles()).toContain('Corrected by a third')
  },
)

test('what another commits along is told as what it was, also by who sleeps meanwhile, or not at all', async () => {
  const database = await newDatabase()
  const clock = createSimulatedClock(start + 10)
  const others = await service(database, {}, clock)
  let meanwhile: (() => Promise<void>) | undefined
  const press = await service(
    database,
    {},
    {
      ...clock,
      async passed(second) {
        await clock.passed(second)
        const work = meanwhile
        meanwhile = undefined
        await work?.()
      },
    },
  )
  await press.put('x')
  meanwhile = async () => {
    await others.put('b')
    clock.moveTo(clock.now() + 3600)
    await others.put('c')
  }
  expect(await press.put('y')).toMatchObject({ change: 'created' })
  // Nobody knows any more what became of it.
  meanwhile = async () => {
    for (let change = 0; change < 40; change++) await others.put('x', { title: `${change}` })
  }
  await expect(press.put('z')).rejects.toThrow('does not become public twice')
  expect(await press.titles()).toContain('z')
  expect(await press.put('z')).toMatchObject({ change: 'unchanged' })
})

test('of what is taken back nothing comes out, also if another one is about to commit it', async () => {
  const database = await newDatabase()
  const clock = createSimulatedClock(start + 10)
  const others = await service(database, {}, clock)
  let step: 'staged' | 'refused' | undefined
  let deletions = 0
  const limited: Database = {
    prepare(sql) {
      if (step === 'staged' && sql.startsWith('select batch, count(*)')) step = 'refused'
      return step === 'refused' ? refuse() : database.prepare(sql)
    },
    batch: (statements) => database.batch(statements),
  }
  const patient: Database = {
    prepare(sql) {
      const asked = database.prepare(sql)
      if (step !== 'refused' || !sql.startsWith('delete from incoming')) return asked
      return ++deletions === 2 ? afterwards(asked, () => others.put('theirs')) : asked
    },
    batch: (statements) => database.batch(statements),
  }
  const press = await service(patient, {}, clock, limited)
  await press.put('x')
  step = 'staged'
  const requests = Array.from({ length: 300 }, (_, number) => press.request(`many-${number}`))
  const results = await press.publish(requests)
  expect(results.every((one) => one instanceof DomainError)).toBe(true)
  expect(await press.titles()).toEqual(['x'])
})

test('what is taken back while another one commits it along is not told to be public', async () => {
  const database = await newDatabase()
  const clock = createSimulatedClock(start + 10)
  const chosen = Promise.withResolvers<void>()
  const takenBack = Promise.withResolvers<void>()
  let theirBatches = 0
  const others = await service(database, {}, clock, {
    prepare: (sql) => database.prepare(sql),
    async batch(statements) {
      // The first one stages.
      if (++theirBatches === 2) {
        chosen.resolve()
        await takenBack.promise
      }
      return database.batch(statements)
    },
  })
  let theirs: Promise<unknown> | undefined
  const limited: Database = {
    prepare(sql) {
      const asked = database.prepare(sql)
      if (theirs || !sql.startsWith('select batch, count(*)')) return asked
      return afterwards(asked, async () => {
        theirs = others.put('theirs')
        await chosen.promise
        refuse()
      })
    },
    batch: (statements) => database.batch(statements),
  }
  const patient: Database = {
    prepare(sql) {
      const asked = database.prepare(sql)
      if (!theirs || !sql.startsWith('delete from incoming')) return asked
      return answeringNothing(asked, async () => {
        takenBack.resolve()
        await theirs
      })
    },
    batch: (statements) => database.batch(statements),
  }
  const press = await service(patient, {}, clock, limited)
  expect(await press.put('ours')).toMatchObject({ change: 'created' })
  expect((await press.titles()).toSorted()).toEqual(['ours', 'theirs'])
})

/** Nothing more is done for who waited too long. */
function refuse(): never {
  throw new DomainError('unavailable', 'Something large is being written.', { retryAfter: 10 })
}

test('who loses a race after waiting as long as one may is told to come again, and the log nothing', async () => {
  const database = await newDatabase()
  let batches = 0
  const limited: Database = {
    prepare: (sql) => (batches > 1 ? refuse() : database.prepare(sql)),
    async batch(statements) {
      // The first one stages. Another change is made before the second one, which commits.
      if (++batches > 1) {
        await database.prepare("update state set value = value + 1 where key = 'revision'").all()
      }
      return database.batch(statements)
    },
  }
  const clock = createSimulatedClock(start)
  const press = await service(database, {}, clock, limited)
  clock.moveTo(start + 10)
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => log.mockRestore())
  await expect(press.put('y')).rejects.toThrow('Something large')
  expect(log.mock.calls).toEqual([])
})

test.each(['staging', 'committing'])(
  'a release before which something else is always published is told to come again, and the log nothing (while %s)',
  async (moment) => {
    const database = await newDatabase()
    const clock = createSimulatedClock(start)
    let batches = 0
    const beaten: Database = {
      prepare: (sql) => database.prepare(sql),
      async batch(statements) {
        if (++batches > 100) throw new Error('it is tried again for good')
        const other = database.prepare("update state set value = value + 1 where key = 'revision'")
        const isStaging = statements.length === 1
        if (!isStaging && moment === 'committing') await other.all()
        await database.batch(statements)
        if (isStaging && moment === 'staging') await other.all()
      },
    }
    const press = await service(database, {}, clock, beaten)
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => log.mockRestore())
    await expect(press.put('y')).rejects.toThrow('Something else becomes public every second')
    expect(log.mock.calls).toEqual([])
    expect(await press.staged()).toBe(0)
  },
)

test('what is committed is answered for, though nothing more is done for its request', async () => {
  const database = await newDatabase()
  const clock = createSimulatedClock(start)
  await service(database, {}, clock)
  clock.moveTo(start + 10)
  const patient: Database = {
    prepare: (sql) => database.prepare(sql),
    batch: (statements) => database.batch(statements),
  }
  const limited: Database = {
    ...patient,
    forRequest() {
      let batches = 0
      return {
        prepare: (sql) => (batches > 1 ? refuse() : database.prepare(sql)),
        async batch(statements) {
          await database.batch(statements)
          batches++
        },
      }
    },
  }
  const api = composeApi({
    database: limited,
    patientDatabase: patient,
    media: { find: async () => undefined } as unknown as MediaStore,
    clock,
    tokens: [{ name: 'newsroom', secret: 'a-secret-of-the-newsroom' }],
    clientOf: () => '',
    baseUrl: 'https://releases.example.org',
  })
  const authorization = 'Bearer a-secret-of-the-newsroom'
  const release = { title: 'A', topics: ['eu'], body: { html: '<p>x</p>' } }
  const ask = async (method: string, path: string, type = '', body?: string) => {
    const answer = await api.request(`https://releases.example.org/api/${path}`, {
      method,
      headers: { authorization, ...(type && { 'content-type': type }) },
      ...(body && { body }),
    })
    return { status: answer.status, tag: answer.headers.get('etag'), text: await answer.text() }
  }
  const published = (text: string) => (JSON.parse(text) as { published: string }).published
  const put = await ask('PUT', 'releases/a/en', 'application/json', JSON.stringify(release))
  expect([put.status, put.text]).toEqual([201, put.text])
  const there = await ask('GET', 'releases/a/en')
  expect([put.tag, published(put.text)]).toEqual([there.tag, published(there.text)])
  const line = JSON.stringify({ ...release, slug: 'b', language: 'en' })
  const lines = await ask('POST', 'releases', 'application/x-ndjson', line)
  expect(JSON.parse(lines.text)).toMatchObject({ line: 1, status: 201, change: 'created' })
})

/** A statement before which something else is done. */
function afterwards(statement: Statement, work: () => Promise<unknown>): Statement {
  return {
    bind: (...values) => afterwards(statement.bind(...values), work),
    async all<T>() {
      await work()
      return statement.all<T>()
    },
    async first<T>() {
      await work()
      return statement.first<T>()
    },
  }
}

test('what was taken back is not told to be public, though the answer was lost', async () => {
  const database = await newDatabase()
  const clock = createSimulatedClock(start + 10)
  let step: 'waits' | 'takes back' | undefined
  const press = await service(
    {
      prepare(sql) {
        const statement = database.prepare(sql)
        if (step !== 'takes back' || !sql.startsWith('delete from incoming')) return statement
        step = undefined
        return answeringNothing(statement)
      },
      batch: (statements) => database.batch(statements),
    },
    {},
    {
      ...clock,
      async passed(second) {
        await clock.passed(second)
        if (step !== 'waits') return
        step = 'takes back'
        // Another change is made meanwhile, so that this one is to be decided anew.
        await database.prepare("update state set value = value + 1 where key = 'revision'").all()
      },
    },
  )
  await press.put('x')
  step = 'waits'
  await press.put('y')
  expect(step).toBe(undefined)
  expect(await press.titles()).toEqual(['y', 'x'])
})

test('what is refused at the second look does not come out with the rest of its request', async () => {
  const database = await newDatabase()
  const clock = createSimulatedClock(start + 10)
  let isWaiting = false
  let failures = 0
  const others = await service(database, {}, clock)
  const press = await service(
    {
      prepare(sql) {
        if (failures === 0 || !sql.startsWith('delete from incoming')) return database.prepare(sql)
        failures--
        return database.prepare('select * from no_table where batch = ?1')
      },
      batch: (statements) => database.batch(statements),
    },
    {},
    {
      ...clock,
      async passed(second) {
        await clock.passed(second)
        if (!isWaiting) return
        isWaiting = false
        await others.put('x', { title: 'Theirs' })
        failures = 2
      },
    },
  )
  const { tag } = await press.put('x', { title: 'First' })
  isWaiting = true
  const [refused, made] = await press.publish([
    { ...press.request('x', { title: 'Ours' }), condition: { tags: [tag] } },
    press.request('y'),
  ])
  expect(failures).toBe(0)
  expect([refused, made]).toMatchObject([{ code: 'changed' }, { change: 'created' }])
  expect((await press.titles()).toSorted()).toEqual(['Theirs', 'y'])
})

test.each([true, false])(
  'a release that comes out while it is being made a draft stays out (somebody polls: %s)',
  async (isPolled) => {
    const { database, beforeNextBatch } = interrupted(await newDatabase())
    const files = { 'releases/a.en.md': file('A', start) }
    const office = await service(database, files, createSimulatedClock(start + 60))
    const lift = start + 120
    await office.put('plan', { published: formatUtc(lift) })
    office.clock.moveTo(lift - 2)
    beforeNextBatch(async () => {
      office.clock.moveTo(lift + 5)
      if (isPolled) expect(await office.titles()).toEqual(['plan', 'A'])
    })
    const refused = { code: isPolled ? 'wrong' : 'unavailable' }
    await expect(office.put('plan', { draft: true })).rejects.toMatchObject(refused)
    expect(await office.titles()).toEqual(['plan', 'A'])
    expect(await office.staged()).toBe(0)
    await expect(office.put('plan', { draft: true })).rejects.toMatchObject({ code: 'wrong' })
  },
)

test('a draft that is sent too late keeps nobody else from publishing', async () => {
  const database = await newDatabase()
  const clock = createSimulatedClock(start + 60)
  const slow = interrupted(database)
  const office = await service(slow.database, {}, clock)
  const others = await service(database, {}, clock)
  const lift = start + 120
  await office.put('plan', { published: formatUtc(lift) })
  clock.moveTo(lift - 2)
  // It is staged, and about to be committed.
  slow.beforeNextBatch(async () => {
    slow.beforeNextBatch(async () => {
      clock.moveTo(lift + 5)
      expect(await others.put('y')).toMatchObject({ change: 'created' })
    })
  })
  await expect(office.put('plan', { draft: true })).rejects.toMatchObject({ code: 'wrong' })
  expect(await others.titles()).toEqual(['y', 'plan'])
})

test('a topic before which something else is always published is told to come again', async () => {
  const { database, beforeNextBatch } = interrupted(await newDatabase())
  const clock = createSimulatedClock(start)
  await service(database, {}, clock)
  const other = async () => {
    await database.prepare("update state set value = value + 1 where key = 'revision'").all()
    beforeNextBatch(other)
  }
  beforeNextBatch(other)
  const ports = { store: createPublishingStore(database, { wordsOf }), clock }
  const topic = { slug: 'new', written: { label: { en: 'new' } }, by, isDryRun: false }
  await expect(publishTopic(ports, topic)).rejects.toThrow('Send it again in ten seconds')
})

test('a topic whose change was made is told as what it was, and stays corrected, though the answer was lost', async () => {
  const database = await newDatabase()
  const clock = createSimulatedClock(start)
  await service(database, {}, clock)
  const send = (store: PublishingStore, en: string) =>
    publishTopic({ store, clock }, { slug: 'new', written: { label: { en } }, by, isDryRun: false })
  const others = createPublishingStore(database, { wordsOf })
  let isLost = true
  const press = createPublishingStore(
    {
      prepare: (sql) => database.prepare(sql),
      async batch(statements) {
        await database.batch(statements)
        if (!isLost) return
        isLost = false
        expect(await send(others, 'Corrected by a third')).toBe('revised')
        throw new Error('the network is down')
      },
    },
    { wordsOf },
  )
  expect(await send(press, 'Ours')).toBe('created')
  const { published } = await others.siteAndTopics()
  expect(published.topics).toMatchObject([{ label: { en: 'Corrected by a third' } }])
  expect(await others.history('topic:new', 10)).toHaveLength(2)
})

/** The connection breaks once the statement has taken effect, and something else is done. */
function answeringNothing(statement: Statement, work = async () => {}): Statement {
  const fail = async () => {
    await work()
    throw new Error('the network is down')
  }
  return {
    bind: (...values) => answeringNothing(statement.bind(...values), work),
    all: () => statement.all().then(fail),
    first: () => statement.first().then(fail),
  }
}

test('a topic that takes longer to decide than releases that are sent all the time gets its turn', async () => {
  const database = await newDatabase()
  const clock = quickClock(1000)
  const press = await service(database, { 'releases/a.en.md': file('A', start - 100) }, clock)
  const near = new Map<Statement, Statement>()
  const slow = (statement: Statement): Statement => {
    const self: Statement = {
      bind: (...values) => slow(statement.bind(...values)),
      all: async () => (await pause(40), statement.all()),
      first: async () => (await pause(40), statement.first()),
    }
    near.set(self, statement)
    return self
  }
  const distant: Database = {
    prepare: (sql) => slow(database.prepare(sql)),
    batch: async (statements) => {
      await pause(40)
      return database.batch(statements.map((one) => near.get(one)!))
    },
  }
  const isDone = new AbortController()
  let sent = 0
  const writers = [0, 1, 2].map(async (writer) => {
    while (!isDone.signal.aborted) {
      await press.put(`release-${writer}-${sent++}`)
      await pause(20)
    }
  })
  await pause(400)
  const begun = clock.now()
  const written = {
    slug: 'ports',
    label: { en: 'ports' },
    aliases: [],
    exactMatch: [],
    closeMatch: [],
  }
  const historyEntry = { at: start, by: 'newsroom', action: 'publish' as const, note: '' }
  await createPublishingStore(distant, { wordsOf }).publishTopic('ports', clock, async () => ({
    written,
    historyEntry,
  }))
  const taken = clock.now() - begun
  isDone.abort()
  await Promise.all(writers)
  expect(taken).toBeLessThan(15)
  expect(sent).toBeGreaterThan(3)
}, 30_000)

test('Markdown that was sent is kept beside what readers get, for as long as the text is made of it', async () => {
  const database = await newDatabase()
  const statements: string[] = []
  const listening: Database = {
    prepare: (sql) => (statements.push(sql), database.prepare(sql)),
    batch: (all) => database.batch(all),
  }
  const press = await service(listening, {}, createSimulatedClock(start))
  const kept = async () =>
    (await database.prepare('select markdown from release').first<{ markdown: string | null }>())!
      .markdown
  await press.put('x', { body: { markdown: 'At *nine*.' } })
  expect(await kept()).toBe('At *nine*.')
  await press.put('x', { body: { html: '<p>At <em>nine</em>.</p>' }, topics: ['eu', 'drugs'] })
  expect(await kept()).toBe('At *nine*.')
  statements.length = 0
  expect(await press.titles()).toEqual(['x'])
  expect(statements.join()).not.toContain('markdown')
  await press.put('x', { body: { html: '<p>At ten.</p>' } })
  expect(await kept()).toBe(null)
})

describe('a clock that was set back', () => {
  const files = {
    'releases/a.en.md': file('A', start - 100),
    'releases/embargo.en.md': file('Embargo', start + 50),
  }

  /** Time goes on, and then it is said to be earlier. */
  async function afterSettingBack(seconds: number) {
    const database = await newDatabase()
    const press = await service(database, files, createSimulatedClock(start))
    press.clock.moveTo(start + 60)
    expect(await press.titles()).toEqual(['Embargo', 'A'])
    const before = await press.state()
    const clock = createSimulatedClock(start + 60 - seconds)
    const store = createReleaseStore(database)
    return { database, before, clock, store }
  }

  test('hides nothing that was public', async () => {
    for (const seconds of [15, 3600, 400 * 86_400]) {
      const { before, clock, store, database } = await afterSettingBack(seconds)
      const state = await store.state(clock.now())
      expect([state.since, state.horizon]).toEqual([before.since, before.horizon])
      const found = await store.find(allReleases('en'), state, 10)
      expect(found.map(({ title }) => title)).toEqual(['Embargo', 'A'])
      database.close()
    }
  })

  test('by less than a minute delays nothing, and what comes is dated later than all before', async () => {
    const { before, clock, store, database } = await afterSettingBack(40)
    const publishing = createPublishingStore(database, { wordsOf })
    const ports = {
      store: publishing,
      readReleases,
      findMedia: async () => undefined,
      clock,
      createBatch: () => 'b',
    }
    const written = { title: 'Late', topics: ['eu'], body: { html: '' } }
    const request = { slug: 'late', language: 'en', by, written, isDryRun: false }
    const [receipt] = await publish(ports, [{ ...request, dates: 'news' }])
    expect(receipt).toMatchObject({ change: 'created', published: before.since + 1 })
    const state = await store.state(clock.now())
    const found = await store.find(allReleases('en'), state, 10)
    expect(found.map(({ title }) => title)).toEqual(['Late', 'Embargo', 'A'])
    database.close()
  })

  test('is not left further behind by all that comes one after the other', async () => {
    const database = await newDatabase()
    let now = start
    const clock = { now: () => now, passed: async (second: number) => void (now = second + 1) }
    const press = await service(database, files, clock)
    now = start + 10
    await press.put('first')
    now -= 5
    const slugs = Array.from({ length: 70 }, (_, index) => `release-${index}`)
    for (const slug of slugs) {
      expect((await press.put(slug)).published).toBeLessThanOrEqual(now + 5)
    }
    database.close()
  })
})
