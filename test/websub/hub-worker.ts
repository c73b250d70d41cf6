// The service on Workers with its hub, in workerd, and subscribers that are a function of this process.
import { rmSync } from 'node:fs'
import { expect } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { writeFolder } from '../content-folder.ts'
import { baseUrl, publishTokens, workerService } from '../platforms.ts'
import type { SimulatedClock } from '../readers/simulated-clock.ts'
import { release } from './hub-service.ts'

const token = publishTokens.split(/[=,]/)[1]!

type Options = {
  clock?: SimulatedClock | undefined
  /** Called before a push is answered. */
  onPush?: () => Promise<void>
}

/** Starts it over a release about `eu`, beside an isolate that nobody but `askSecond` asks. What is pushed and what is to be verified is there in order. */
export async function startHubWorker({ clock, onPush }: Options = {}) {
  const pushes: { host: string; at: number; body: string; headers: Headers }[] = []
  const verifications: URL[] = []
  const directory = writeFolder(release('first', ['eu'], { at: Date.UTC(2024, 0, 1) / 1000 }))
  const started = await workerService(directory, {
    ...(clock && { clock }),
    others: 1,
    variables: { HUB: 'on' },
    async outside(request) {
      const url = new URL(request.url)
      if (request.method === 'POST') {
        await onPush?.()
        const at = (clock ?? systemClock).now()
        const { headers } = request
        pushes.push({ host: url.host, at, body: await request.text(), headers })
        return new Response(null, { status: 204 })
      }
      verifications.push(url)
      return new Response(url.searchParams.get('hub.challenge'))
    },
  })
  await started.fetch('/feed.json')
  return {
    ...started,
    directory,
    pushes,
    verifications,
    async close() {
      await started.close()
      rmSync(directory, { recursive: true, force: true })
    },
    subscribe: async (host: string) => {
      const form = {
        'hub.mode': 'subscribe',
        'hub.topic': `${baseUrl}/topics/eu.atom`,
        'hub.callback': `https://${host}/push`,
        'hub.secret': 'a-secret',
      }
      // Each is a client of its own.
      const headers = { 'cf-connecting-ip': host }
      const body = new URLSearchParams(form)
      return (await started.fetch('/hub', { method: 'POST', headers, body })).status
    },
    publish: async (slug: string, more: object = {}) => {
      const { status } = await started.fetch(`/api/releases/${slug}/en`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          title: `About ${slug}`,
          topics: ['eu'],
          body: { markdown: 'Text.' },
          ...more,
        }),
      })
      expect(status).toBe(201)
    },
  }
}
