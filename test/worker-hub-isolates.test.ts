// The hub on Workers by real time: what other isolates than its own know, and what wakes it.
import { onTestFinished, expect, test } from 'vitest'
import { writeFiles } from './content-folder.ts'
import { until } from './server.ts'
import { release, titlesIn } from './websub/hub-service.ts'
import { startHubWorker } from './websub/hub-worker.ts'

async function startWorker(options?: Parameters<typeof startHubWorker>[0]) {
  const worker = await startHubWorker(options)
  onTestFinished(() => worker.close())
  return worker
}

test('who fetches the feed because of a push finds it at an isolate that looked just before the change (W-72)', async () => {
  const path = '/topics/eu.atom'
  const found: (string | undefined)[] = []
  let etag = ''
  const worker = await startWorker({
    hasSecond: true,
    async onPush() {
      // NewsBlur has what it got before, and somebody else asks for the first time.
      for (const headers of [{ 'if-none-match': etag }, {}] as Record<string, string>[]) {
        const response = await worker.askSecond(path, { headers })
        found.push(response.status === 200 ? titlesIn(await response.text())[0] : 'nothing new')
      }
    },
  })
  expect(await worker.subscribe('a.example')).toBe(202)
  await until(() => worker.verifications.length === 1)
  const before = await worker.askSecond(path)
  etag = before.headers.get('etag')!
  await before.text()
  // Polls keep the isolate warm, until a moment before the change.
  let isPublished = false
  const polling = until(async () => {
    const { status } = await worker.askSecond(path, { headers: { 'if-none-match': etag } })
    expect(status).toBe(304)
    return isPublished
  })
  await worker.publish('second')
  isPublished = true
  await polling
  await until(() => worker.pushes.length === 1)
  expect(found).toEqual(['About second', 'About second'])
})

test('what nobody wakes the object for, it finds when the trigger of the next minute does (W-70)', async () => {
  const worker = await startWorker()
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
