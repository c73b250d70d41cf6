// The service on Node with its hub, in this process and by a clock of the test, and subscribers that are real servers.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createPushDocuments } from '../../src/http/push-documents.ts'
import { loadStems } from '../../src/compose.ts'
import { createHubStore } from '../../src/store/hub-store.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import { type CallbackRules, readAllowList } from '../../src/websub/callback-address.ts'
import type { Caller } from '../../src/websub/caller.ts'
import { Hub } from '../../src/websub/hub.ts'
import { markdown, writeFiles, writeFolder } from '../content-folder.ts'
import { baseUrl, nodePress, publishTokens } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'

export const rules: CallbackRules = {
  ownHost: new URL(baseUrl).hostname,
  allowed: readAllowList('127.0.0.0/8'),
}

/** When tests begin. */
export const start = Date.UTC(2026, 5, 1, 9) / 1000

export type HubService = Awaited<ReturnType<typeof startHub>>

/** Starts the service with a hub over a content folder. `caller` calls subscribers. */
export async function startHub({
  files = {},
  caller = plainCaller,
}: { files?: Record<string, string>; caller?: Caller } = {}) {
  const directory = writeFolder(files)
  const clock = createSimulatedClock(start)
  const press = await nodePress(directory, clock, (store) => store, { hasHub: true, rules })
  onTestFinished(async () => {
    await press.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const events: { outcome: string; after?: number | undefined }[] = []
  let names = 0
  const createHub = (hasHub = true) => {
    const database = press.database()
    const releases = createReleaseStore(database, { loadStems })
    return new Hub({
      store: createHubStore(database),
      releases,
      documents: createPushDocuments({ store: releases, baseUrl, hasHub }),
      caller,
      baseUrl,
      clock,
      name: `process ${++names}`,
      chance: () => 0.5,
      onDelivery: (outcome, after) => events.push({ outcome, after }),
      onVerification: (_, outcome) => events.push({ outcome }),
    })
  }
  let hub = createHub()
  await hub.work()

  /** Lets the hub do all that is due now, and what follows from that. */
  const work = async () => {
    let told = -1
    for (let times = 0; times < 2 || (times < 4 && told < events.length); times++) {
      told = events.length
      await hub.work()
      await hub.settled()
    }
  }
  /** Lets much time pass, in which the hub looks every few seconds what is due. */
  const pass = async (seconds: number, between = 60) => {
    const end = clock.now() + seconds
    while (clock.now() < end) {
      clock.moveTo(Math.min(clock.now() + between, end))
      await hub.work()
      await hub.settled()
    }
  }
  const wait = async (seconds: number) => {
    const end = clock.now() + seconds
    while (clock.now() < end) {
      const next = Math.min(Math.max(hub.next, clock.now() + 1), clock.now() + 5, end)
      clock.moveTo(next)
      await work()
    }
  }
  return {
    ...press,
    clock,
    directory,
    events,
    work,
    wait,
    pass,
    /** Lets time pass in which nothing happens. */
    sleep: (seconds: number) => clock.moveTo(clock.now() + seconds),
    /** A further process, which does nothing by itself. */
    another: () => createHub(),
    stop: () => hub.stop(),
    /** Another process takes over, which knows what the database does. */
    async takeOver(hasHub = true) {
      await hub.stop()
      hub = createHub(hasHub)
      await work()
    },
    /** The process dies. */
    async crash() {
      hub = createHub()
      clock.moveTo(clock.now() + 20)
      await work()
    },
    /** Writes files; an empty one is removed. */
    async publish(changes: Record<string, string>) {
      writeFiles(directory, changes)
      for (const [file, text] of Object.entries(changes)) {
        if (text === '') rmSync(join(directory, file))
      }
      await press.takeUp()
      // Whoever writes in the same process wakes it.
      await work()
    },
    /** Sends a form, as a client of its own if none is named. */
    post: (fields: Record<string, string>, client: string = crypto.randomUUID()) =>
      press.fetch('/hub', {
        method: 'POST',
        headers: { 'x-forwarded-for': client },
        body: new URLSearchParams(fields),
      }),
    /** Asks for a subscription, and has it verified. */
    async subscribe(path: string, callback: string, more: Record<string, string> = {}) {
      const fields = {
        'hub.mode': 'subscribe',
        'hub.topic': baseUrl + path,
        'hub.callback': callback,
      }
      const { status } = await press.fetch('/hub', {
        method: 'POST',
        body: new URLSearchParams({ ...fields, ...more }),
      })
      await work()
      return status
    },
    api: (path: string, method: string, body: unknown) =>
      press.fetch(path, {
        method,
        headers: {
          authorization: `Bearer ${publishTokens.split(/[=,]/)[1]}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
      }),
  }
}

/** A release as a file of the content folder. */
export function release(
  slug: string,
  topics: string[],
  { language = 'en', at = start - 3600, more = [] as string[] } = {},
): Record<string, string> {
  const published = new Date(at * 1000).toISOString()
  const fields = [`title: About ${slug}`, `published: ${published}`, `topics: [${topics.join()}]`]
  return { [`releases/${slug}.${language}.md`]: markdown([...fields, ...more], `Text of ${slug}.`) }
}

export type Received = {
  method: string
  url: URL
  headers: IncomingHttpHeaders
  body: string
}

export type Answer = { status?: number; body?: string; headers?: Record<string, string> }

/** A server that subscribes. `answer` is asked for each request; without one it confirms and takes everything. */
export async function startSubscriber(
  answer: (received: Received) => Answer | Promise<Answer> = confirming,
) {
  const received: Received[] = []
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const one = {
        method: incoming.method!,
        url: new URL(incoming.url!, 'http://127.0.0.1'),
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString(),
      }
      received.push(one)
      void Promise.resolve(answer(one)).then(({ status = 200, body = '', headers = {} }) => {
        outgoing.writeHead(status, headers).end(body)
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: (path = '/callback') => `http://127.0.0.1:${port}${path}`,
    received,
    verifications: () => received.filter(({ method }) => method === 'GET'),
    pushes: () => received.filter(({ method }) => method === 'POST'),
  }
}

/** Confirms whatever it is asked, and takes every push. */
export function confirming({ method, url }: Received): Answer {
  if (method === 'GET') return { body: url.searchParams.get('hub.challenge') ?? '' }
  return { status: 204 }
}

/** Calls without any of the checks and limits of the real one. */
export const plainCaller: Caller = {
  async call({ method, address, headers, body }) {
    try {
      const response = await fetch(address, {
        method,
        headers,
        redirect: 'manual',
        ...(body && { body: body as Uint8Array<ArrayBuffer> }),
      })
      const retryAfter = response.headers.get('retry-after')
      const text = await response.text()
      return { status: response.status, body: text, ...(retryAfter && { retryAfter }) }
    } catch (error) {
      return { failed: (error as Error).message }
    }
  },
}

/** Titles of the entries of a document in any format. */
export function titlesIn(body: string): string[] {
  if (body.startsWith('{')) {
    return (JSON.parse(body) as { items: { title: string }[] }).items.map(({ title }) => title)
  }
  const entries = body.split(/<(?:entry|item)[ >]/).slice(1)
  return entries.map((entry) => /<title>([^<]*)<\/title>/.exec(entry)![1]!)
}
