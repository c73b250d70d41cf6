// Links to releases before their time, as the store keeps them.
import { expect, test } from 'vitest'
import type { Preview } from '../../src/domain/preview.ts'
import { createPreviewStore } from '../../src/store/preview-store.ts'
import { newDatabase } from '../new-database.ts'

const start = Date.UTC(2026, 2, 2, 6) / 1000
const release = { id: 'urn:uuid:0c0f5b1e-3d0c-4a7e-9c55-1f1f6a0d7a10' }

function link(id: string, created: number): Preview {
  return {
    id,
    release: release.id,
    name: 'The aide',
    languages: [],
    publishers: undefined,
    by: 'newsroom',
    created,
    expires: start + 5_000_000,
  }
}

test('a link that works is listed, however many have ended since', async () => {
  const store = createPreviewStore(await newDatabase())
  const ended = 510
  await store.create(link('first', start), 'digest of the first')
  for (let number = 1; number <= ended; number++) {
    await store.create(link(`ended-${number}`, start + number), `digest ${number}`)
    await store.revoke(release, start + number, `ended-${number}`)
  }
  const now = start + ended
  const listed = await store.list(release, now)
  expect(listed.length).toBeLessThan(ended)
  expect(listed.at(-1)).toMatchObject({ id: 'first' })
  // The newest first.
  expect(listed.slice(0, 2).map(({ id }) => id)).toEqual([`ended-${ended}`, `ended-${ended - 1}`])
})
