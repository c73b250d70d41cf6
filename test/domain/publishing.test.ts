import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyAt, placesOfSecond, secondOf } from '../../src/domain/key.ts'
import { chooseKeys, earliest, type Former, type Placement } from '../../src/domain/publishing.ts'

type Written = { id: string; authored: number; later: number }

const written = fc.uniqueArray(
  fc.record({
    id: fc.uuid(),
    authored: fc.integer({ min: -5, max: 20 }),
    later: fc.integer({ min: 0, max: 5 }),
  }),
  { selector: ({ id }) => id, maxLength: 40 },
)

const filling = { second: 1000, since: undefined }

function toPlacements(releases: Written[]): Placement[] {
  return releases.map(({ id, authored, later }, number) => {
    return {
      id,
      batch: 'a',
      number,
      authored,
      wanted: authored + later,
      terms: [],
      withdrawn: false,
      corrections: 0,
      dates: 'news',
    }
  })
}

type Changed = Omit<Partial<Placement>, 'before'> & {
  before?: Partial<Omit<Former, 'key' | 'updatedKey'>> & { published?: number; updated?: number }
}

function release({ before, ...changed }: Changed): Placement {
  const one = {
    id: 'a',
    batch: 'a',
    number: 0,
    authored: 100,
    wanted: 100,
    terms: ['eu'],
    withdrawn: false,
    corrections: 0,
    dates: 'news' as const,
    ...changed,
  }
  if (!before) return one
  const { published = 100, updated = published, ...rest } = before
  const kept = { authored: 100, wanted: 100, terms: ['eu'], withdrawn: false, ...rest }
  return { ...one, before: { ...kept, key: keyAt(published), updatedKey: keyAt(updated) } }
}

function inSeconds({ key, updatedKey, ...rest }: ReturnType<typeof chooseKeys>[number]) {
  return { ...rest, published: secondOf(key), updated: secondOf(updatedKey) }
}

const place1 = (one: Placement, moment = { second: 1000, since: 900 }) =>
  inSeconds(chooseKeys([one], [], moment)[0]!)

describe('filling an empty store', () => {
  test('every release keeps its author’s time, and has a key of its own (C-05, C-07)', () => {
    fc.assert(
      fc.property(written, (releases) => {
        const placed = chooseKeys(toPlacements(releases), [], filling)
        expect(new Set(placed.map(({ key }) => key)).size).toBe(releases.length)
        expect(new Set(placed.map(({ updatedKey }) => updatedKey)).size).toBe(releases.length)
        for (const [index, { key, updatedKey }] of placed.entries()) {
          expect(updatedKey).toBeGreaterThanOrEqual(key)
          expect(secondOf(key)).toBe(releases[index]!.authored)
          expect(secondOf(updatedKey)).toBe(releases[index]!.authored + releases[index]!.later)
        }
      }),
    )
  })

  test('releases of one time follow each other as they came in', () => {
    fc.assert(
      fc.property(written, (releases) => {
        const placed = chooseKeys(toPlacements(releases), [], filling)
        const inOrder = placed.toSorted((a, b) => a.key - b.key).map(({ id }) => id)
        const expected = releases.toSorted((a, b) => a.authored - b.authored).map(({ id }) => id)
        expect(inOrder).toEqual(expected)
      }),
    )
  })

  test('what no second has a place for any more takes the next one', () => {
    const many = Array.from({ length: placesOfSecond + 5 }, (_, number) =>
      release({ id: `${number}`, number }),
    )
    const keys = chooseKeys(many, [], filling).map(({ key }) => key)
    expect(new Set(keys).size).toBe(many.length)
    expect(keys.filter((key) => secondOf(key) === 101)).toHaveLength(5)
    expect(keys).toEqual(keys.toSorted((a, b) => a - b))
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
        const placements = toPlacements(releases.map((one) => ({ ...one, later: 0 })))
        const placed = chooseKeys(placements, [keyAt(since)], { second: 1000, since })
        expect(new Set(placed.map(({ key }) => key)).size).toBe(placed.length)
        for (const [index, { key }] of placed.entries()) {
          const { authored } = releases[index]!
          expect(secondOf(key)).toBe(authored > since ? authored : 1000)
        }
      }),
    )
  })

  test('a release on time keeps its time, and one of the future waits for it', () => {
    expect(place1(release({ authored: 950, wanted: 950 }))).toMatchObject({ published: 950 })
    expect(place1(release({ authored: 5000, wanted: 5000 }))).toMatchObject({ published: 5000 })
    // A change is never dated in the future.
    expect(place1(release({ authored: 950, wanted: 5000 }))).toMatchObject({ updated: 1000 })
    expect(place1(release({ authored: 5000, wanted: 6000 }))).toMatchObject({ updated: 5000 })
  })

  test('a late release is published in the second of the change', () => {
    expect(place1(release({ authored: 100 }))).toMatchObject({ published: 1000, updated: 1000 })
  })

  test('eighty that come late together share the second, in the order of their times', () => {
    const eighty = Array.from({ length: 80 }, (_, number) =>
      release({ id: `${number}`, number, authored: 500 - number, wanted: 500 - number }),
    )
    const placed = chooseKeys(eighty, [keyAt(1000), keyAt(1000, 1)], { second: 1000, since: 900 })
    const inOrder = placed.toSorted((a, b) => a.key - b.key)
    expect(inOrder.map(({ id }) => id)).toEqual(eighty.toReversed().map(({ id }) => id))
    // Behind what becomes public by itself in that second.
    expect(inOrder.map(({ key }) => key)).toEqual(eighty.map((_, index) => keyAt(1000, index + 2)))
  })

  test('twenty embargoes of one second end in it together, whenever each was sent', () => {
    const twenty = Array.from({ length: 20 }, (_, number) =>
      release({ id: `id-${number}`, number, authored: 2000, wanted: 2000 }),
    )
    const first = chooseKeys(twenty.slice(0, 15), [], { second: 1000, since: 900 })
    const taken = first.map(({ key }) => key)
    const placed = [...first, ...chooseKeys(twenty.slice(15), taken, { second: 1100, since: 1000 })]
    expect(placed.map(({ key }) => key)).toEqual(twenty.map((_, index) => keyAt(2000, index)))
  })

  test('one of them that is sent again keeps its chooseKeys, and gives it up with its time', () => {
    const again = (authored: number) => {
      const one = release({
        authored,
        wanted: authored,
        before: { authored: 2000, published: 2000 },
      })
      one.before!.key = one.before!.updatedKey = keyAt(2000, 3)
      return chooseKeys([one], [keyAt(2000), keyAt(2000, 7)], { second: 1000, since: 900 })[0]!.key
    }
    expect(again(2000)).toBe(keyAt(2000, 3))
    expect(again(3000)).toBe(keyAt(3000))
  })

  test('an office that brings its history keeps the old times, and what is late by days is news (C-06)', () => {
    const second = 100 * 86_400
    const since = second - 60
    const many = Array.from({ length: 60 }, (_, number) =>
      release({ id: `old-${number}`, number, authored: number * 1000, wanted: number * 1000 }),
    )
    const recent = release({ id: 'recent', authored: second - 86_400, wanted: second - 86_400 })
    const placed = chooseKeys([...many, recent], [], { second, since }).map(inSeconds)
    for (const { id, published, isHistory } of placed.filter((one) => one.id !== 'recent')) {
      expect(published).toBe(many.find((one) => one.id === id)!.authored)
      expect(isHistory).toBe(true)
    }
    expect(placed.find(({ id }) => id === 'recent')!.published).toBe(second)
  })

  test('what many send at once is news, however old, as long as nobody sends more than fifty (C-06)', () => {
    const second = 100 * 86_400
    const since = second - 60
    const sixty = (batchOf: (number: number) => string) =>
      Array.from({ length: 60 }, (_, number) =>
        release({ id: `${number}`, batch: batchOf(number), number, authored: 1000, wanted: 1000 }),
      )
    const news = chooseKeys(sixty(String), [], { second, since }).map(inSeconds)
    expect(new Set(news.map(({ published }) => published))).toEqual(new Set([second]))
    const history = chooseKeys(
      sixty(() => 'one'),
      [],
      { second, since },
    ).map(inSeconds)
    expect(new Set(history.map(({ published }) => published))).toEqual(new Set([1000]))
  })

  test('once public, a release keeps its second whatever its author writes (C-07)', () => {
    const moved = release({ authored: 90, wanted: 90, before: { published: 102 } })
    expect(place1(moved).published).toBe(102)
    const back = release({ authored: 90, before: {} })
    delete back.before!.terms
    expect(place1(back)).toMatchObject({ published: 100, updated: 1000 })
  })

  test('only what is on time looks for a place before what was shown last', () => {
    const moment = { second: 1000, since: 900 }
    const revised = release({ id: 'b', before: {}, corrections: 1 })
    expect(earliest([release({}), revised], moment)).toBe(900)
    expect(earliest([release({ dates: 'keep' }), revised], moment)).toBe(100)
    expect(earliest([release({ authored: 3000 })], moment)).toBe(900)
  })

  test('a release that is put off again becomes one of the future', () => {
    expect(place1(release({ authored: 3000, wanted: 3000, before: {} })).published).toBe(3000)
  })

  test('a release that is withdrawn before anybody saw it has a second that no clock will show', () => {
    const { published } = place1(release({ authored: 3000, wanted: 3000, withdrawn: true }))
    expect(new Date(published * 1000).getUTCFullYear()).toBe(9000)
    expect(Number.isSafeInteger(keyAt(published, placesOfSecond - 1))).toBe(true)
  })

  test('nor does it come out when it is written again after its time, unless it is reinstated', () => {
    const unseen = place1(release({ authored: 3000, wanted: 3000, withdrawn: true })).published
    const later = { second: 4000, since: 3500 }
    const before = { published: unseen, authored: 3000, wanted: 3000 }
    const again = (withdrawn: boolean) => {
      const one = release({ authored: 3000, wanted: 3000, withdrawn, before })
      return inSeconds(chooseKeys([one], [], later)[0]!).published
    }
    expect(again(true)).toBe(unseen)
    expect(again(false)).toBe(4000)
  })

  test('what is not finished has such a second too, which it gives up when it is', () => {
    const unfinished = release({ isUnfinished: true })
    const { published } = place1(unfinished)
    expect(new Date(published * 1000).getUTCFullYear()).toBe(9000)
    expect(place1(release({ isUnfinished: true, before: { published } }))).toMatchObject({
      published,
    })
    expect(place1(release({ before: { published } }))).toMatchObject({ published: 1000 })
    const later = { authored: 5000, wanted: 5000, before: { published } }
    expect(place1(release(later))).toMatchObject({ published: 5000 })
    expect(place1(release({ isUnfinished: true, before: { published: 5000 } })).published).toBe(
      published,
    )
  })

  test('a correction, a withdrawal and a topic gained are changes of now; anything else is silent', () => {
    const updated = (changed: Changed) => place1(release(changed)).updated
    expect(updated({ wanted: 500, before: {} })).toBe(1000)
    expect(updated({ corrections: 1, before: {} })).toBe(1000)
    expect(updated({ withdrawn: true, before: {} })).toBe(1000)
    expect(updated({ withdrawn: false, before: { withdrawn: true } })).toBe(1000)
    expect(updated({ terms: ['eu', 'drugs'], before: {} })).toBe(1000)
    expect(updated({ terms: [], before: {} })).toBe(100)
    expect(updated({ terms: ['eu', 'by:police'], before: { terms: ['eu', 'by:customs'] } })).toBe(
      1000,
    )
    expect(updated({ before: { updated: 103 } })).toBe(103)
  })

  test('times stay where whoever brings releases says so (C-06)', () => {
    const old = (dates: Placement['dates']) => place1(release({ authored: 10, wanted: 10, dates }))
    expect(old('keep')).toMatchObject({ published: 10, isHistory: false })
    expect(old('archive')).toMatchObject({ published: 10, isHistory: true })
    expect(old('news')).toMatchObject({ published: 1000, isHistory: false })
  })
})

test('a release that is sent with the times that feeds show has not changed again (C-07)', () => {
  const again = release({ wanted: 500, before: { published: 100, updated: 500 } })
  expect(place1(again)).toMatchObject({ published: 100, updated: 500 })
})

test('corrections of one change follow each other by their own times (C-07)', () => {
  const corrected = (id: string, number: number, wanted: number) =>
    release({ id, number, wanted, corrections: 1, before: { published: 100 + number } })
  const [later, earlier] = chooseKeys(
    [corrected('later', 0, 950), corrected('earlier', 1, 940)],
    [],
    { second: 1000, since: 900 },
  )
  expect(earlier!.updatedKey).toBeLessThan(later!.updatedKey)
})

test('a release to come that had a place which is taken gets the next one', () => {
  const toCome = release({
    authored: 2000,
    wanted: 2000,
    before: { authored: 2000, published: 2000 },
  })
  const [chosen] = chooseKeys([toCome], [keyAt(2000)], { second: 1000, since: 900 })
  expect(chosen!.key).toBe(keyAt(2000, 1))
})
