import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyString, anyUnits } from '../any-text.ts'
import {
  answered,
  formatForPeople,
  formatRequest,
  type LoggedRequest,
  refusedRequest,
} from '../../src/http/request-log.ts'
import { markdown, temporaryFolder } from '../content-folder.ts'
import { nodePress } from '../platforms.ts'

const answer: LoggedRequest = {
  at: Date.UTC(2026, 9, 7, 8, 0, 0, 25),
  method: 'GET',
  path: '/topics/migration.rss',
  kind: 'feed',
  format: 'rss',
  status: 304,
  bytes: 0,
  milliseconds: 1.23456,
  conditional: true,
  reader: { family: 'Feedly', subscribers: 16 },
}

test('an answer is one line of JSON, its keys always in the same order', () => {
  expect(formatRequest(answer)).toBe(
    '{"at":"2026-10-07T08:00:00.025Z","method":"GET","path":"/topics/migration.rss","kind":"feed","format":"rss","status":304,"bytes":0,"milliseconds":1.2,"conditional":true,"reader":"Feedly","subscribers":16}',
  )
  const { reader, at, ...rest } = answer
  expect(formatRequest({ reader, ...rest, at })).toBe(formatRequest(answer))
})

test('on a terminal it is a line that people read, and nothing of a stranger moves the cursor', () => {
  const line = formatForPeople({
    ...answer,
    path: '/topics/\u001b[2J.rss?q=my+illness',
    bytes: 4321,
  })
  expect(line).toMatch(
    /^\d\d:00:00 {2}304 {2}GET \/topics\/\\u001b\[2J\.rss {2}4 KB {2}1 ms {2}Feedly$/,
  )
})

test('what does not apply is left out', () => {
  const page = {
    ...answer,
    kind: 'page',
    format: undefined,
    coding: 'br',
    reader: { family: 'none' },
  }
  const line = JSON.parse(formatRequest(page as LoggedRequest)) as object
  expect(line).toMatchObject({ kind: 'page', coding: 'br', reader: 'none' })
  expect(line).not.toHaveProperty('format')
  expect(line).not.toHaveProperty('subscribers')
})

test('nothing that somebody searched for is in the log', () => {
  expect(formatRequest({ ...answer, path: '/feed.rss?q=my+illness\n#mine' })).toContain(
    '"path":"/feed.rss",',
  )
})

test('long paths and methods are cut', () => {
  const long = { ...answer, path: `/${'a'.repeat(16_384)}`, method: 'A'.repeat(16_384) }
  const line = JSON.parse(formatRequest(long)) as { path: string; method: string }
  expect(line.path).toHaveLength(200)
  expect(line.method).toHaveLength(20)
})

test('no path and no method can forge a line or a command to a terminal', () => {
  const forged =
    '/x"}\n{"at":"2026-10-07T08:00:00Z","status":200}\r\u2028\u0085\u001b[2J\u202e\ud800'
  const hostile = fc.oneof(anyString(), anyUnits(), fc.constant(forged))
  fc.assert(
    fc.property(hostile, hostile, (path, method) => {
      const line = formatRequest({ ...answer, path, method })
      expect(line).toMatch(/^[\x20-\x7e]+$/)
      const read = JSON.parse(line) as Record<string, unknown>
      expect(read['path']).toBe(path.split(/[?#]/, 1)[0]!.slice(0, 200))
      expect(read['method']).toBe(method.slice(0, 20))
      expect(read['status']).toBe(304)
    }),
  )
})

test('no secret of a preview is in the log, whatever somebody makes of its address', () => {
  const secret = '5d41402abc4b2a76b9719d911017c592'
  const given = { at: 0, status: 404, bytes: 0, coding: undefined }
  const asked = (path: string) => ({ method: 'GET', address: path, headers: new Headers() })
  const wrong = [
    `/Preview/${secret}`,
    `//preview/${secret}/en`,
    `/en/preview/${secret}`,
    `/${secret}`,
  ]
  for (const path of [
    ...wrong,
    `/%70review/${secret.toUpperCase()}`,
    `http://x/preview/${secret}`,
  ]) {
    const missing = answered(asked(path), { kind: 'error', path }, given)
    for (const logged of [missing, refusedRequest({ path, status: 400, bytes: 0 }, 0)]) {
      expect(formatRequest(logged) + formatForPeople(logged)).not.toMatch(new RegExp(secret, 'i'))
    }
  }
  const revoked = answered(
    asked(''),
    { kind: 'api', path: `/api/releases/a/en/previews/${secret}` },
    given,
  )
  expect(JSON.parse(formatRequest(revoked))).toMatchObject({
    path: '/api/releases/a/en/previews/…',
  })
  expect(formatForPeople(revoked)).toContain('/api/releases/a/en/previews/…')
  // Names of files may be digests.
  const file = answered(asked(''), { kind: 'media', path: `/media/${secret}.pdf` }, given)
  expect(formatRequest(file)).toContain(secret)
})

test('what is logged of an answer is what was sent, also of one that was at hand', async () => {
  const lines: string[] = []
  const files = { 'releases/a.en.md': markdown(['title: A', 'published: 2026-03-01']) }
  const write = (line: string) => void lines.push(line)
  const press = await nodePress(temporaryFolder(files), undefined, undefined, { write })
  const headers = { 'Accept-Encoding': 'gzip' }
  const whole = await press.fetch('/feed.atom', { headers })
  const sent = { status: 200, bytes: (await whole.arrayBuffer()).byteLength, coding: 'gzip' }
  // The first one has the database note what was shown, so only the third is at hand.
  for (const method of ['GET', 'GET', 'HEAD']) await press.fetch('/feed.atom', { headers, method })
  await press.fetch('/feed.atom', { headers: { 'If-None-Match': whole.headers.get('etag')! } })
  const known = { method: 'GET', status: 304, bytes: 0, conditional: true }
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { method: 'GET', ...sent },
    { method: 'GET', ...sent },
    { method: 'GET', ...sent },
    { method: 'HEAD', ...sent, bytes: 0 },
    known,
  ])
})
