// The hub on Workers by real time: what other isolates than its own know, and what wakes it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeFiles } from './content-folder.ts'
import { until } from './server.ts'
import { release, titlesIn } from './websub/hub-service.ts'
import { startHubWorker } from './websub/hub-worker.ts'

let worker: Awaited<ReturnType<typeof startHubWorker>>
/** What the other isolate had, by the ETag of before and without one, when something was pushed. */
const found: (string | undefined)[] = []
const path = '/topics/eu.atom'
let etag = ''

beforeAll(async () => {
  worker = await startHubWorker({
    hasSecond: true,
    async onPush() {
      // NewsBlur has what it got before, and somebody else asks for the first time.
      for (const headers of [{ 'if-none-match': etag }, {}] as Record<string, string>[]) {
        const response = await worker.askSecond(path, { headers })
        found.push(response.status === 200 ? titlesIn(await response.text())[0] : 'nothing new')
      }
    },
  })
})
afterAll(() => worker.close())

test('what nobody wakes the object for, it finds when the trigger of the next minute does (W-70)', async () => {
  expect(await worker.subscribe('a.example')).toBe(202)
  await until(() => worker.verifications.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 2000))
  // An isolate that changes the database and is gone before it can wake the object.
  writeFiles(worker.directory, release('second', ['eu'], { at: Date.now() / 1000 - 60 }))
  await worker.takeUp()
  // A push takes six seconds where the object is awake.
  await new Promise((resolve) => setTimeout(resolve, 8000))
  expect(worker.pushes).toHaveLength(0)
  await worker.trigger()
  await until(() => worker.pushes.length === 1)
  expect(titlesIn(worker.pushes[0]!.body)).toEqual(['About second'])
})

test('who fetches the feed because of a push finds it at an isolate that looked just before the change (W-72)', async () => {
  const before = await worker.askSecond(path)
  etag = before.headers.get('etag')!
  await before.text()
  found.length = 0
  // Polls keep the isolate warm, until a moment before the change.
  let isPublished = false
  const polling = until(async () => {
    const { status } = await worker.askSecond(path, { headers: { 'if-none-match': etag } })
    expect(status).toBe(304)
    return isPublished
  })
  await worker.publish('third')
  isPublished = true
  await polling
  await until(() => worker.pushes.length === 2)
  expect(found).toEqual(['About third', 'About third'])
})
