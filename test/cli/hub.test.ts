import { expect, test } from 'vitest'
import { registerHub } from '../../src/cli/hub.ts'
import { systemClock } from '../../src/clock.ts'
import { createHubRequestStore } from '../../src/store/hub-requests.ts'
import { createHubStore } from '../../src/store/hub-store.ts'
import { openStore } from '../../src/store/open-store.ts'
import { databaseFile } from '../server.ts'
import { runCommand } from './run.ts'

/** A database in which some callbacks subscribe to a feed. */
async function withSubscriptions(callbacks: string[]) {
  const path = databaseFile()
  const database = await openStore(path, { mayBeMadeAnew: true })
  const store = createHubStore(database)
  const now = systemClock.now()
  await store.lead('a service', now, now + 15)
  for (const callback of callbacks) {
    const address = 'https://releases.example.org/topics/eu.atom'
    await createHubRequestStore(database).ask({
      mode: 'subscribe',
      address,
      query: { language: 'en', topics: [{ with: ['eu'], without: [] }], words: [] },
      format: 'atom',
      asked: address,
      callback,
      host: new URL(callback).hostname,
      secret: 'a-secret',
      verifyToken: undefined,
      lease: 864_000,
      at: now,
    })
    const [request] = await store.dueRequests(now, { all: 1, ofHost: 1 })
    await store.subscribe(request!, ['eu'], { leaseUntil: now + 864_000, servedAt: now })
  }
  database.close()
  return { DATABASE: path }
}

test('feeds, hosts and subscriptions are listed without their callbacks, and one is removed (W-60)', async () => {
  const environment = await withSubscriptions([
    'https://push.example.org/one-secret-path',
    'https://push.example.org/another-secret-path',
    'https://reader.example/x',
  ])
  const run = (...args: string[]) => runCommand(registerHub, ['hub', ...args], { environment })
  const all = await run()
  expect(all.code).toBe(0)
  expect(all.output).toBe(
    `3 subscriptions, 0 requests to be verified. A service distributes.

https://releases.example.org/topics/eu.atom: 3 subscriptions

push.example.org: 2 subscriptions
reader.example: 1 subscription`,
  )
  const ofHost = await run('push.example.org')
  expect(ofHost.output.split('\n')).toEqual([
    expect.stringMatching(/^1 {2}https:\/\/releases\.example\.org\/topics\/eu\.atom {2}until 20/),
    expect.stringMatching(/^2 {2}/),
  ])
  expect(`${all.output}${ofHost.output}`).not.toContain('secret')
  expect(await run('--remove', '2')).toMatchObject({
    code: 0,
    output: 'Subscription 2 is removed.',
  })
  expect(await run('--remove', '2')).toMatchObject({ code: 1 })
  expect((await run('push.example.org')).output.split('\n')).toHaveLength(1)
  expect(await run('elsewhere.example')).toMatchObject({ code: 1 })
})

test('where nobody subscribes it says so', async () => {
  const environment = await withSubscriptions([])
  expect(await runCommand(registerHub, ['hub'], { environment })).toMatchObject({
    output: 'Nobody subscribes.',
  })
})
