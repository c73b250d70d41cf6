import { expect, test, vi } from 'vitest'
import { markdown, temporaryFolder, writeFiles } from '../content-folder.ts'
import { nodePress } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'

const start = Date.UTC(2026, 2, 2, 6) / 1000

const release = (title: string, at = '2026-03-02T06:00:00Z') =>
  markdown([`title: ${title}`, `published: ${at}`, 'topics: [eu]'])

test('a change amid releases of one second never shares its Last-Modified, nor has one of the future (H-09, H-10)', async () => {
  const clock = createSimulatedClock(start)
  const slugs = ['a', 'b', 'c', 'd', 'e']
  // They get a second each, so that they become public one after the other.
  const directory = temporaryFolder(
    Object.fromEntries(slugs.map((slug) => [`releases/${slug}.en.md`, release(slug)])),
  )
  const service = await nodePress(directory, clock)
  const bodies = new Map<number, string>()
  const look = async () => {
    const response = await service.fetch('/feed.atom')
    const second = Date.parse(response.headers.get('last-modified')!) / 1000
    expect(second).toBeLessThanOrEqual(clock.now())
    const body = await response.text()
    expect(bodies.get(second) ?? body).toBe(body)
    bodies.set(second, body)
  }
  await look()
  clock.moveTo(start + 1)
  await look()
  writeFiles(directory, { 'releases/old.en.md': release('old', '2026-02-01T06:00:00Z') })
  await service.takeUp()
  await look()
  for (let second = start + 2; second < start + 8; second++) {
    clock.moveTo(second)
    await look()
  }
})

test('after a restart, whoever was told 304 is told so while the store fails, too (H-29)', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const service = await nodePress(temporaryFolder({ 'releases/a.en.md': release('A') }))
  const etag = (await service.fetch('/feed.atom')).headers.get('etag')!
  const poll = async () =>
    (await service.fetch('/feed.atom', { headers: { 'If-None-Match': etag } })).status
  expect(await poll()).toBe(304)
  await service.restart()
  expect(await poll()).toBe(304)
  // It may prepare the document on the side.
  await new Promise((resolve) => setTimeout(resolve, 50))
  await service.breakStore()
  expect(await poll()).toBe(304)
  // Somebody new, as well: the address has been answered by this very process.
  expect((await service.fetch('/feed.atom')).status).toBe(200)
  logged.mockRestore()
})
