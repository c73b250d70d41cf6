import fc from 'fast-check'
import { expect, test } from 'vitest'
import { place, type Placement } from '../../src/domain/publishing.ts'

const written = fc.uniqueArray(
  fc.record({
    id: fc.uuid(),
    authored: fc.integer({ min: 0, max: 20 }),
    later: fc.integer({ min: 0, max: 5 }),
  }),
  { selector: ({ id }) => id, maxLength: 40 },
)

function toPlacements(releases: { id: string; authored: number; later: number }[]): Placement[] {
  return releases.map(({ id, authored, later }) => ({ id, authored, updated: authored + later }))
}

test('every release gets a second of its own to be published and one to be updated (C-05, C-07)', () => {
  fc.assert(
    fc.property(written, (releases) => {
      const placed = place(toPlacements(releases), new Set(), new Set())
      expect(new Set(placed.map(({ published }) => published)).size).toBe(releases.length)
      expect(new Set(placed.map(({ updated }) => updated)).size).toBe(releases.length)
      for (const { published, updated } of placed) expect(updated).toBeGreaterThanOrEqual(published)
    }),
  )
})

test('the order in which releases are read does not matter', () => {
  fc.assert(
    fc.property(written, (releases) => {
      const sorted = (placed: ReturnType<typeof place>) =>
        placed.toSorted((a, b) => (a.id < b.id ? -1 : 1))
      const one = place(toPlacements(releases), new Set(), new Set())
      const other = place(toPlacements(releases.toReversed()), new Set(), new Set())
      expect(sorted(one)).toEqual(sorted(other))
    }),
  )
})

test('a release is never before its author’s time, and keeps the order of those times', () => {
  fc.assert(
    fc.property(written, (releases) => {
      const authored = new Map(releases.map(({ id, authored }) => [id, authored]))
      const placed = place(toPlacements(releases), new Set(), new Set())
      const inOrder = placed
        .toSorted((a, b) => a.published - b.published)
        .map(({ id }) => authored.get(id)!)
      expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b))
      for (const { id, published } of placed)
        expect(published).toBeGreaterThanOrEqual(authored.get(id)!)
    }),
  )
})

test('a release that was public keeps its second when its text changes', () => {
  const before = { published: 102, authored: 100, updated: 103, wanted: 102 }
  const [placed] = place(
    [{ id: 'a', authored: 100, updated: 100, before }],
    new Set([100, 101]),
    new Set(),
  )
  expect(placed).toEqual({ id: 'a', published: 102, updated: 103 })
})
