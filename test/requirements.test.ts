// `requirements.md` lists every requirement that is cited, and the tests that it names hold what it says.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

type Requirement = { id: string; level: string; asks: string; forWhom: string; heldBy: string }

const root = join(import.meta.dirname, '..')
const ids = /\b[A-Z]-\d+\b/g

const list: Requirement[] = Array.from(
  read('test/requirements.md').matchAll(/^\| ([A-Z]-\d+) \|(.*)\|$/gm),
  ([, id = '', cells = '']) => {
    const [level = '', asks = '', forWhom = '', heldBy = ''] = cells
      .split(' | ')
      .map((cell) => cell.trim())
    return { id, level, asks, forWhom, heldBy }
  },
)

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** The files of the project that may cite requirements. */
function citing(): string[] {
  const patterns = ['README.md', 'content/README.md', '{src,test}/**/*.{ts,md,sql}']
  return globSync(patterns, { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !/^test\/(fixtures\/|requirements\.md)/.test(file))
}

/** The requirements that a test has in its name, and not only in a comment. */
function inNames(file: string): string[] {
  const code = read(file).replace(/\/\*[^]*?\*\/|(^|\s)\/\/.*/gm, '')
  return code.match(ids) ?? []
}

/** The tests that a line of the list names, from `test/` on. */
function testsOf({ heldBy }: Requirement): string[] {
  return Array.from(heldBy.matchAll(/`([\w/-]+\.test\.ts)`/g), ([, file = '']) => file)
}

test('every requirement has a level, a sentence and whom it is for, and stands once in its table', () => {
  expect(list.length).toBeGreaterThan(170)
  for (const { id, level, asks, forWhom, heldBy } of list) {
    expect(['MUST', 'SHOULD', 'MAY'], id).toContain(level)
    expect(asks, id).toMatch(/^\S.*\.$/)
    expect(forWhom, id).not.toBe('')
    expect(heldBy, id).not.toBe('')
  }
  const listed = list.map(({ id }) => id)
  expect(listed.filter((id, index) => listed.indexOf(id) !== index)).toEqual([])
})

test('every requirement that is cited is listed, and nothing else looks like one', () => {
  const listed = new Set(list.map(({ id }) => id))
  const unknown = citing().flatMap((file) => {
    const cited = new Set(read(file).match(ids) ?? [])
    return [...cited].filter((id) => !listed.has(id)).map((id) => `${id} in ${file}`)
  })
  expect(unknown).toEqual([])
})

test('every requirement is in the name of the tests that are to hold it, or says why none does', () => {
  const wrong = list.flatMap((requirement) => {
    const { id, heldBy } = requirement
    const tests = testsOf(requirement)
    if (tests.length === 0)
      return /^(Not held|No test)\b.*: ./.test(heldBy) ? [] : [`${id}: ${heldBy}`]
    return tests
      .filter((file) => !inNames(`test/${file}`).includes(id))
      .map((file) => `${id}: ${file}`)
  })
  expect(wrong).toEqual([])
})

test('no test has the id of a requirement that is not held or has no test', () => {
  const open = new Set(list.filter((one) => testsOf(one).length === 0).map(({ id }) => id))
  const wrong = citing()
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) =>
      inNames(file)
        .filter((id) => open.has(id))
        .map((id) => `${id} in ${file}`),
    )
  expect(wrong).toEqual([])
})
