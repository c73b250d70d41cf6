import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BundleHeader, readBundle, writeBundle } from '../../src/content/bundle.ts'

const header = (title: string, size = 0) =>
  ({
    fingerprint: 'f',
    site: { title: { el: title } },
    sql: 'x'.repeat(size),
  }) as unknown as BundleHeader

test('a bundle read back is what was written', () => {
  const text = fc.string({ unit: 'grapheme' })
  fc.assert(
    fc.property(text, fc.array(fc.record({ title: text, body: text })), (title, drafts) => {
      const lines = drafts.map((draft) => JSON.stringify(draft))
      const read = readBundle(writeBundle({ header: header(title, 200_000), lines }))
      expect(read.header).toEqual(header(title, 200_000))
      expect(read.lines.map((line) => JSON.parse(line) as unknown)).toEqual(drafts)
    }),
    { numRuns: 30 },
  )
})

test('a bundle has no character that makes V8 hold all of it with two bytes a character', () => {
  const finnish = 'Ministeri sanoo: ”Yhteistyö on tärkeää” – sekä €. '
  const lines = [
    JSON.stringify({ body: finnish.repeat(100) }),
    JSON.stringify({ title: 'Αθήνα 😀' }),
  ]
  expect(writeBundle({ header: header('Υπουργείο', 1000), lines })).not.toMatch(/[\u0100-\uffff]/)
})

test('a bundle mostly in Greek is left as it is, because escapes would take more than two bytes a character', () => {
  const lines = [JSON.stringify({ body: 'Το Υπουργείο Εσωτερικών ανακοινώνει '.repeat(100) })]
  const text = writeBundle({ header: header('Υπουργείο'), lines })
  expect(text).toContain('Υπουργείο')
  expect(readBundle(text).lines).toEqual(lines)
})
