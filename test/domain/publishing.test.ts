import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Former, place, type Placement } from '../../src/domain/publishing.ts'

const written = fc.uniqueArray(
  fc.record({
    id: fc.uuid(),
    authored: fc.integer({ min: 0, max: 20 }),
    later: fc.integer({ min: 0, max: 5 }),
  }),
  { selector: ({ id }) => id, maxLength: 40 },
)

const filling = { now: 1000, since: undefined }

function toPlacements(releases: { id: string; authored: number; later: number }[]): Placement[] {
  return releases.map(({ id, authored, later }) => {
    return {
      id,
      rank: 0,
      authored,
      wanted: authored + later,
      topics: [],
      withdrawn: false,
      corrections: 0,
      dates: 'news',
    }
  })
}

function release(
  changed: Omit<Partial<Placement>, 'before'> & { before?: Partial<Former> },
): Placement {
  const { before, ...rest } = changed
  const one = {
    id: 'a',
    rank: 0,
    authored: 100,
    wanted: 100,
    topics: ['eu'],
    withdrawn: false,
    corrections: 0,
    dates: 'news' as const,
    ...rest,
  }
  if (!before) return one
  const kept = { published: 100, updated: 100, authored: 100, wanted: 100 }
  return { ...one, before: { ...kept, topics: ['eu'], withdrawn: false, ...before } }
}

const place1 = (one: Placement, moment = { now: 1000, since: 900 }) =>
  place([one], new Set(), new Set(), moment)[0]!

describe('filling an empty store', () => {
  test('every release gets a second of its own to be published and one to be updated (C-05, C-07)', () => {
    fc.assert(
      fc.property(written, (releases) => {
        const placed = place(toPlacements(releases), new Set(), new Set(), filling)
        expect(new Set(placed.map(({ published }) => published)).size).toBe(releases.length)
        expect(new Set(placed.map(({ updated }) => updated)).size).toBe(releases.length)
        for (const { published, updated } of placed) {
          expect(updated).toBeGreaterThanOrEqual(published)
        }
      }),
    )
  })

  test('the order in which releases are read does not matter', () => {
    fc.assert(
      fc.property(written, (releases) => {
        const sorted = (placed: ReturnType<typeof place>) =>
          placed.toSorted((a, b) => (a.id < b.id ? -1 : 1))
        const one = place(toPlacements(releases), new Set(), new Set(), filling)
        const other = place(toPlacements(releases.toReversed()), new Set(), new Set(), filling)
        expect(sorted(one)).toEqual(sorted(other))
      }),
    )
  })

  test('a release is never before its author’s time, and keeps the order of those times', () => {
    fc.assert(
      fc.property(written, (releases) => {
        const authored = new Map(releases.map(({ id, authored }) => [id, authored]))
        const placed = place(toPlacements(releases), new Set(), new Set(), filling)
        const inOrder = placed
          .toSorted((a, b) => a.published - b.published)
          .map(({ id }) => authored.get(id)!)
        expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b))
        for (const { id, published } of placed)
          expect(published).toBeGreaterThanOrEqual(authored.get(id)!)
      }),
    )
  })
})

describe('the publication clock', () => {
  test('whatever readers see for the first time has a later second than all they saw (C-05)', () => {
    const staged = fc.uniqueArray(
      fc.record({ id: fc.uuid(), authored: fc.integer({ min: 880, max: 1020 }) }),
      { selector: ({ id }) => id, minLength: 1, maxLength: 40 },
    )
    fc.assert(
      fc.property(staged, fc.integer({ min: 900, max: 999 }), (releases, since) => {
        const one = releases.map(({ id, authored }) => {
          return {
            id,
            rank: 0,
            authored,
            wanted: authored,
            topics: [],
            withdrawn: false,
            corrections: 0,
            dates: 'news' as const,
          }
        })
        const placed = place(one, new Set([since]), new Set([since]), { now: 1000, since })
        for (const { published } of placed) expect(published).toBeGreaterThan(since)
        expect(new Set(placed.map(({ published }) => published)).size).toBe(placed.length)
        const late = one.filter(({ authored }) => authored <= since).map(({ id }) => id)
        const seconds = placed.filter(({ id }) => late.includes(id))
        // All at once where there are seconds enough, and else one after the other.
        const room = 1000 - since
        if (releases.length <= room) {
          for (const { published } of seconds) expect(published).toBeLessThanOrEqual(1000)
        }
        const order = (id: string) => one.find((release) => release.id === id)!
        const inOrder = seconds.toSorted((a, b) => a.published - b.published)
        const authored = inOrder.map(({ id }) => order(id).authored)
        expect(authored).toEqual(authored.toSorted((a, b) => a - b))
      }),
    )
  })

  test('a release on time keeps its time, and one of the future waits for it', () => {
    expect(place1(release({ authored: 950, wanted: 950 }))).toMatchObject({ published: 950 })
    expect(place1(release({ authored: 5000, wanted: 5000 }))).toMatchObject({ published: 5000 })
  })

  test('a late release is published now', () => {
    expect(place1(release({ authored: 100 }))).toMatchObject({ published: 1000, updated: 1000 })
  })

  test('twenty releases lifted at the same second follow each other in a fixed order', () => {
    const twenty = Array.from({ length: 20 }, (_, index) =>
      release({ id: `id-${String(index).padStart(2, '0')}`, authored: 2000, wanted: 2000 }),
    )
    const placed = place(twenty.toReversed(), new Set(), new Set(), { now: 1000, since: 900 })
    const inOrder = placed.toSorted((a, b) => a.published - b.published)
    expect(inOrder.map(({ id }) => id)).toEqual(twenty.map(({ id }) => id))
    expect(inOrder.map(({ published }) => published)).toEqual(
      twenty.map((_, index) => 2000 + index),
    )
  })

  test('an office that brings its history keeps the old times, and what is late by days is news (C-06)', () => {
    const now = 100 * 86_400
    const since = now - 60
    const many = Array.from({ length: 60 }, (_, index) =>
      release({ id: `old-${index}`, authored: index * 1000, wanted: index * 1000 }),
    )
    const recent = release({ id: 'recent', authored: now - 86_400, wanted: now - 86_400 })
    const placed = place([...many, recent], new Set(), new Set(), { now, since })
    for (const { id, published } of placed.filter((one) => one.id !== 'recent')) {
      expect(published).toBe(many.find((one) => one.id === id)!.authored)
    }
    expect(placed.find(({ id }) => id === 'recent')!.published).toBe(now)
  })

  test('once public, a release keeps its second whatever its author writes (C-07)', () => {
    const moved = release({ authored: 90, wanted: 90, before: { published: 102 } })
    expect(place1(moved).published).toBe(102)
    const back = release({ authored: 90, before: {} })
    delete back.before!.topics
    expect(place1(back)).toMatchObject({ published: 100, updated: 1000 })
  })

  test('a release that is put off again becomes one of the future', () => {
    expect(place1(release({ authored: 3000, wanted: 3000, before: {} })).published).toBe(3000)
  })

  test('a correction, a withdrawal and a topic gained are changes of now; anything else is silent', () => {
    const updated = (changed: Parameters<typeof release>[0]) => place1(release(changed)).updated
    expect(updated({ wanted: 500, before: {} })).toBe(1000)
    expect(updated({ corrections: 1, before: {} })).toBe(1000)
    expect(updated({ withdrawn: true, before: {} })).toBe(1000)
    expect(updated({ withdrawn: false, before: { withdrawn: true } })).toBe(1000)
    expect(updated({ topics: ['eu', 'drugs'], before: {} })).toBe(1000)
    expect(updated({ topics: [], before: {} })).toBe(100)
    expect(updated({ before: { updated: 103 } })).toBe(103)
  })
})

describe('many at once that are due', () => {
  const due = Array.from({ length: 30 }, (_, index) => release({ id: `${index}`, authored: 1000 }))
  const seconds = (since: number | undefined, releases = due) =>
    place(releases, new Set(), new Set(), { now: 1000, since }).map(({ published }) => published)

  test('take seconds that have passed, as far as readers have seen nothing later', () => {
    expect(Math.max(...seconds(900))).toBe(1000)
    expect(Math.min(...seconds(900))).toBeGreaterThan(900)
    expect(Math.max(...seconds(undefined))).toBe(1000)
  })

  test('leave every other second of those to come to whoever corrects meanwhile', () => {
    const taken = seconds(998)
    expect(new Set(taken).size).toBe(due.length)
    const toCome = taken.filter((second) => second > 1000)
    expect(toCome.length).toBeGreaterThan(20)
    for (const second of toCome) expect(taken).not.toContain(second + 1)
  })

  test('keep their times where whoever brings them says so (C-06)', () => {
    const old = (dates: Placement['dates']) =>
      place([release({ authored: 10, dates })], new Set(), new Set(), { now: 1000, since: 900 })[0]!
    expect(old('keep')).toMatchObject({ published: 10, isHistory: false })
    expect(old('archive')).toMatchObject({ published: 10, isHistory: true })
    expect(old('news')).toMatchObject({ published: 1000, isHistory: false })
  })
})
