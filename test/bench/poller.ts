// Polls feeds and sends a release a second, in a process of its own, so that every wait is the service's. What is
// due is asked at its time, whether or not earlier questions were answered: a service that stands still lets
// everybody wait who comes meanwhile.
import { request } from 'node:http'
import type { Given, Seen } from './beside.ts'

const { origin, feeds, token, betweenPolls, betweenWrites, topic } = JSON.parse(
  process.env.GIVEN!,
) as Given

let seen: Seen = { polls: [], writes: [], latest: 0 }
const tags = new Map<string, string>()
let asked = 0
let written = 0

/** Tells everything since it was last asked. */
process.on('message', () => {
  process.send!(seen)
  seen = { polls: [], writes: [], latest: 0 }
})

inRhythm(betweenPolls, poll)
inRhythm(betweenWrites, write)

/** Does something at every multiple of so many milliseconds, and remembers how late that was at the most. */
function inRhythm(between: number, act: () => void) {
  let due = performance.now() + between
  const tick = () => {
    while (performance.now() >= due) {
      seen.latest = Math.max(seen.latest, performance.now() - due)
      due += between
      act()
    }
    setTimeout(tick, Math.max(1, due - performance.now()))
  }
  setTimeout(tick, between)
}

function poll() {
  const path = feeds[asked++ % feeds.length]!
  const tag = tags.get(path)
  const began = performance.now()
  const end = (status: number | string) =>
    void seen.polls.push({ wait: performance.now() - began, status })
  // A reader comes on a connection of its own.
  const headers = { 'accept-encoding': 'gzip', ...(tag ? { 'if-none-match': tag } : {}) }
  request(origin + path, { agent: false, headers }, (answer) => {
    tags.set(path, answer.headers.etag ?? '')
    answer.resume().once('end', () => end(answer.statusCode!))
  })
    .once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
    .end()
}

function write() {
  const slug = `beside-${process.pid}-${written++}`
  const began = performance.now()
  const end = (status: number | string, retryAfter?: string) =>
    void seen.writes.push({ slug, wait: performance.now() - began, status, retryAfter })
  const options = {
    method: 'PUT',
    agent: false,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  } as const
  request(`${origin}/api/releases/${slug}/en`, options, (answer) => {
    answer.resume().once('end', () => end(answer.statusCode!, answer.headers['retry-after']))
  })
    .once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
    .end(JSON.stringify({ title: `Sent ${slug}`, topics: [topic], body: { markdown: 'A text.' } }))
}
