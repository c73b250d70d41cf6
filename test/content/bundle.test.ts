import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bundleContent } from '../../src/bundle-content.ts'
import {
  bringBundleInLine,
  type BundleHeader,
  readBundle,
  writeBundle,
} from '../../src/content/bundle.ts'
import { wordsOf } from '../../src/content/words.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import { temporaryFolder } from '../content-folder.ts'
import { newDatabase } from '../new-database.ts'
import { hurriedClock } from '../platforms.ts'

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

test('a bundle is brought in step by step in the order of its folder, also a release that is larger than a step', async () => {
  const slugs = Array.from({ length: 120 }, (_, number) => `release-${number}`)
  const lines = slugs.map((slug, number) => {
    const body = { markdown: 'word '.repeat(number === 110 ? 90_000 : 1) }
    const written = { slug, language: 'en', title: slug, published: '2024-01-24T09:00', body }
    return `${JSON.stringify(written)}\n`
  })
  const directory = temporaryFolder({ 'releases/many.jsonl': lines.join('') })
  const workplace = temporaryFolder()
  expect(await bundleContent(directory, workplace)).toMatchObject({ count: slugs.length })
  const bundle = readBundle(readFileSync(join(workplace, 'worker/content.txt'), 'utf8'))
  const database = await newDatabase()
  const store = createContentStore(database, { wordsOf })
  const clock = hurriedClock()
  const goOn = (program: string) => bringBundleInLine(bundle, store, { program, clock, steps: 1 })
  let calls = 1
  while (calls < 20 && !(await goOn('one'))) calls++
  expect(calls).toBeGreaterThan(2)
  const { results } = await database
    .prepare('select slug from release order by key')
    .all<{ slug: string }>()
  expect(results.map(({ slug }) => slug)).toEqual(slugs)
  // Another version of the program makes other documents of it.
  expect(await goOn('two')).toBe(true)
  expect(await store.program()).toBe('two')
})
