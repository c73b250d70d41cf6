import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeFolder } from '../content-folder.ts'
import { type Fetch, nodePress } from '../platforms.ts'

const files = {
  'site.yaml': `id: 2f1c9a52-1111-4222-8333-444455556666
title: { en: Ministry, fi: Ministeriö }
languages: [en, fi]
timezone: Europe/Helsinki
publishers:
  ministry: { name: { en: The Ministry } }
  customs: { name: { en: Customs } }
`,
  'topics.yaml': 'migration: { label: { en: migration, fi: muuttoliike } }\neu: { label: EU }\n',
  'releases/from-a-file.en.md':
    '---\ntitle: From a file\npublished: 2024-01-24T09:00\ntopics: [eu]\n---\nText.\n',
}

let directory: string
let uploads: string
let fetch: Fetch

beforeAll(async () => {
  directory = writeFolder(files)
  uploads = mkdtempSync(join(tmpdir(), 'tiedote-uploads-'))
  fetch = (await nodePress(directory, undefined, undefined, { uploads })).fetch
})
afterAll(() => {
  for (const folder of [directory, uploads]) rmSync(folder, { recursive: true, force: true })
})

const release = {
  title: 'Ministers meet',
  topics: ['migration'],
  body: { markdown: 'The meeting begins at *nine*.' },
}

async function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const response = await fetch(path, {
    method,
    headers: {
      Authorization: 'Bearer a-secret-of-the-newsroom',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = /json$/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  }
}

async function idsIn(feed: string): Promise<string[]> {
  const { items } = (await (await fetch(feed)).json()) as { items: { id: string }[] }
  return items.map(({ id }) => id)
}

describe('publishing a release', () => {
  test('it is in the feeds of its topics once it is answered for', async () => {
    const put = await ask('PUT', '/api/releases/ministers-meet/en', release)
    expect(put).toMatchObject({ status: 201, json: { change: 'created', slug: 'ministers-meet' } })
    expect(await idsIn('/topics/migration.json')).toContain(put.json.id)
    expect(await idsIn('/topics/eu.json')).not.toContain(put.json.id)
    const again = await ask('PUT', '/api/releases/ministers-meet/en', release)
    expect(again).toMatchObject({ status: 200, json: { change: 'unchanged', etag: put.json.etag } })
  })
})
