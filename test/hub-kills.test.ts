// A real service that is killed while it tells many subscribers what is new.
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../src/clock.ts'
import { bringInLine } from '../src/content/bring-in-line.ts'
import { wordsOf } from '../src/content/words.ts'
import { allReleases } from '../src/domain/feed-query.ts'
import { outputName } from '../src/domain/output-version.ts'
import { createContentStore } from '../src/store/content-store.ts'
import { openStore } from '../src/store/open-store.ts'
import { leaseOfLead } from '../src/websub/lead.ts'
import { temporaryFolder, writeFiles } from './content-folder.ts'
import { createClockAhead, databaseFile, start, titles, until } from './server.ts'
import { amount } from './trials.ts'
import { release, titlesIn } from './websub/hub-service.ts'
import { subscribeAll } from './websub/subscriptions.ts'

const baseUrl = 'https://releases.example.org'
const kills = amount(2, 20)
const timeLimit = amount(120_000, 1_800_000)
const subscribers = amount(300, 1000)
/** Seconds of the lead of the killed process that nobody waits for. */
const untilNextLead = amount(leaseOfLead, 0)
const longAgo = { at: Date.UTC(2024, 0, 1) / 1000 }

/** A server that counts what each subscriber is told, and answers after a moment. */
async function startSubscribers() {
  const told = new Map<string, string[]>()
  let running = 0
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    running++
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const titles = titlesIn(Buffer.concat(chunks).toString())
      const path = incoming.url!
      told.set(path, [...(told.get(path) ?? []), ...titles])
      setTimeout(() => outgoing.end(), 150)
    })
    outgoing.on('close', () => running--)
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { told, port: (server.address() as AddressInfo).port, running: () => running }
}

test(
  'nothing is lost when the service is killed while it sends, and only what was on its way comes twice, also if its hub is switched off then (W-23, W-46, W-48, W-74)',
  async () => {
    const { told, port } = await startSubscribers()
    const directory = temporaryFolder(release('r', ['eu'], longAgo))
    const clock = createClockAhead()
    const settings = {
      ...clock.environment,
      DATABASE: databaseFile(),
      HUB: 'on',
      HUB_ALLOW: '127.0.0.0/8',
      BASE_URL: baseUrl,
    }
    mkdirSync(dirname(settings.DATABASE))
    const database = await openStore(settings.DATABASE, { mayBeMadeAnew: false })
    await bringInLine(directory, createContentStore(database, { wordsOf }), {
      batch: 'first',
      program: outputName(baseUrl, true),
      clock: systemClock,
    })
    await subscribeAll(
      database,
      Array.from({ length: subscribers }, (_, number) => ({
        query: allReleases('en'),
        format: 'atom',
        callback: `http://127.0.0.${1 + (number % 30)}:${port}/${number}`,
      })),
      { baseUrl, now: systemClock.now() },
    )
    database.close()
    let server = await start(directory, settings)
    let repeated = 0
    for (let kill = 1; kill <= kills; kill++) {
      const title = `About news-${kill}`
      const toldOf = () => [...told.values()].filter((titles) => titles.includes(title)).length
      writeFiles(directory, release(`news-${kill}`, ['eu']))
      const { url } = server
      await until(async () => (await titles(`${url}/feed.json`)).includes(title))
      // Later than a push that waits for nothing but further news.
      clock.moveTo(clock.now() + 3)
      const enough = Math.floor(Math.random() * subscribers * 0.7)
      await until(() => toldOf() > enough)
      server.process.kill('SIGKILL')
      await server.exit
      expect(toldOf()).toBeLessThan(subscribers)
      const killed = Date.now()
      clock.moveTo(clock.now() + untilNextLead)
      // Whoever subscribed is told until that ends.
      server = await start(directory, { ...settings, HUB: kill === kills ? 'off' : 'on' })
      await until(() => toldOf() === subscribers)
      expect(Date.now() - killed).toBeLessThan(40_000)
      const twice = [...told.values()].filter(
        (titles) => titles.filter((one) => one === title).length > 1,
      )
      repeated = Math.max(repeated, twice.length)
    }
    expect(told.size).toBe(subscribers)
    const form = {
      'hub.mode': 'subscribe',
      'hub.topic': `${baseUrl}/feed.atom`,
      'hub.callback': `http://127.0.0.1:${port}/other`,
    }
    const body = new URLSearchParams(form)
    expect((await fetch(`${server.url}/hub`, { method: 'POST', body })).status).toBe(404)
    for (const titles of told.values()) expect(new Set(titles).size).toBe(kills)
    // Requests that were on their way, and results that were not written yet.
    expect(repeated).toBeLessThanOrEqual(280)
  },
  timeLimit,
)
