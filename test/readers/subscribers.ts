// Programs that subscribe at hubs, each as its code does it. What is not known of closed ones is not here.
import { createHash } from 'node:crypto'
import { newsBlur } from './newsblur.ts'
import { createReader, type Reader } from './reader.ts'
import {
  describe,
  isSigned,
  type Said,
  Subscriber,
  type SubscriberOptions,
  type SubscriberProgram,
  type Subscription,
  type Turn,
} from './subscriber.ts'

const text = { 'Content-Type': 'text/plain; charset=utf-8' }
const confirm = (query: URLSearchParams): Said => ({
  status: 200,
  body: query.get('hub.challenge') ?? '',
  headers: text,
})
const anyOk = (status: number) => status >= 200 && status < 300
const refuse = (status: number, body: string): Said => ({ status, body, headers: text })

/**
 * FreshRSS (p/api/pshb.php, 2024-10). Sends no secret and asks for no lease. Handles a push for every user
 * **before it answers** (`handling`), and reads XML only. Refuses `denied`, and unsubscribing that it did not
 * ask for. **What it finds by polling after a push was not pushed**, so it trusts the hub no longer.
 */
const freshRss: SubscriberProgram = {
  name: 'FreshRSS',
  path: (key) => `/api/pshb.php?k=${key}`,
  parameters: () => [['hub.verify', 'sync']],
  accepts: anyOk,
  distrustsPolling: true,
  verify(query, { subscription, now }) {
    const mode = query.get('hub.mode')
    if (mode === 'subscribe') return confirm(query)
    const isOver = (subscription.leaseEnd ?? 0) < now || subscription.wantsEnd
    if (mode === 'unsubscribe' && isOver) return confirm(query)
    return refuse(422, 'Missing XML payload!')
  },
  async receive({ body }, { handling, keep, complain }) {
    if (body.length === 0) return refuse(422, 'Missing XML payload!')
    await new Promise((resolve) => setTimeout(resolve, handling))
    // It reads no further.
    const read = body.subarray(0, 3_145_728).toString()
    if (!read.startsWith('<')) {
      complain('The push is not XML')
      return refuse(410, 'Nobody subscribes to this feed anymore after all!')
    }
    keep(read)
    return { status: 200, body: 'Done: 1\n', headers: text }
  },
}

/**
 * Feedbin (web_sub_controller.rb, 2026-08). Always with a secret. **The self link, hub and title of a push
 * overwrite the stored ones**, and what is verified must be the stored self. Answers 200 also when the signature
 * is wrong, and drops the push.
 */
const feedbin: SubscriberProgram = {
  name: 'Feedbin',
  path: (key) => `/web_sub/1373711/${key}`,
  parameters: ({ secret }) => [
    ['hub.verify', 'async'],
    ['hub.secret', secret],
  ],
  accepts: () => true,
  verify(query, { subscription }) {
    const isOurs = query.get('hub.topic') === subscription.self
    const mode = query.get('hub.mode') ?? ''
    if (isOurs && mode === 'denied') return { status: 200 }
    return isOurs && /^(un)?subscribe$/.test(mode) ? confirm(query) : { status: 404 }
  },
  receive(push, { subscription, keep, complain }) {
    if (!isSigned(push, subscription.secret)) {
      complain('The push was dropped, because its signature is wrong')
      return { status: 200 }
    }
    const document = push.body.toString()
    const said = describe(document)
    for (const name of ['self', 'hub', 'title'] as const) {
      if (said[name] === subscription[name]) continue
      complain(`The push changes ${name} from ${subscription[name]} to ${said[name]}`)
      Object.assign(subscription, { [name]: said[name] })
    }
    keep(document)
    return { status: 200 }
  },
}

/** What NewsBlur fetches feeds with, by subscription. */
const fetchers = new WeakMap<Subscription, Reader>()

/**
 * NewsBlur (apps/push). Without a secret; confirms only with its `hub.verify_token`. **Reads nothing of a push**
 * and fetches the feed with conditions, so that a cache in between hides the news. Answers 429 to a push less than
 * a minute after the last.
 */
const newsBlurSubscriber: SubscriberProgram = {
  name: 'NewsBlur',
  path: (key) => `/push/${key}`,
  parameters(subscription, mode) {
    const { key } = subscription
    subscription.token = mode + createHash('sha1').update(`${key}${mode}`).digest('hex')
    return [
      ['hub.verify', 'async'],
      ['hub.verify', 'sync'],
      ['hub.verify_token', subscription.token],
      ['hub.lease_seconds', '864000'],
    ]
  },
  accepts: (status) => status === 202 || status === 204,
  async begin(subscription, fetch, now) {
    const reader = createReader(newsBlur, fetch)
    reader.subscribe(subscription.topic)
    await reader.poll(subscription.topic, now)
    fetchers.set(subscription, reader)
  },
  verify(query, { subscription }) {
    const { topic, token } = subscription
    const isOurs = query.get('hub.topic') === topic && query.get('hub.verify_token') === token
    if (query.get('hub.mode') === 'subscribe' && !isOurs) return { status: 404 }
    return confirm(query)
  },
  receive(_, turn) {
    const { subscription, now, later } = turn
    if (now - (subscription.pushed.at(-1) ?? 0) < 60) return { status: 429 }
    later(() => fetchAgain(turn))
    return { status: 200, body: 'OK', headers: text }
  },
}

async function fetchAgain({ subscription, now, count, complain }: Turn): Promise<void> {
  const { topic } = subscription
  const reader = fetchers.get(subscription)!
  const shown = () => new Map(reader.held(topic).map((one) => [one.id, one.title + one.content]))
  const before = shown()
  await reader.poll(topic, now)
  for (const error of reader.errors.splice(0)) complain(error)
  const news = [...shown()].filter(([id, text]) => before.get(id) !== text)
  if (news.length === 0) complain('A push came, and nothing is new at the topic')
  for (const [id] of news) count(id)
}

/**
 * Lion Reader (src/server/feed/websub.ts, 2026-08). With a secret; wants 202 or 204; leases of at most 14 days.
 * Refuses what is signed wrongly (403), and unsubscribing that it did not ask for.
 */
const lionReader: SubscriberProgram = {
  name: 'Lion Reader',
  path: (key) => `/api/webhooks/websub/${key.slice(0, 8)}/${key}`,
  parameters: ({ secret }) => [
    ['hub.secret', secret],
    ['hub.verify', 'async'],
  ],
  accepts: (status) => status === 202 || status === 204,
  verify(query, { subscription }) {
    const mode = query.get('hub.mode')
    if (query.get('hub.topic') !== subscription.topic) return refuse(404, 'Topic mismatch')
    const isWanted = mode === 'subscribe' || (mode === 'unsubscribe' && subscription.wantsEnd)
    return isWanted && query.get('hub.challenge') ? confirm(query) : refuse(404, 'Not requested')
  },
  receive(push, { subscription, keep, complain }) {
    if (!isSigned(push, subscription.secret)) {
      complain('The push was refused, because its signature is wrong')
      return refuse(403, 'Invalid signature')
    }
    keep(push.body.toString())
    return { status: 200, body: 'OK', headers: text }
  },
}

/**
 * The plugin of WordPress (4.0.0, 2026-02). Its REST API writes the challenge **as a JSON string, in quotes**.
 * Knows the topic of a push by its `Link` header. Answers 200 to everything.
 */
const wordPress: SubscriberProgram = {
  name: 'WordPress',
  path: (key) => `/wp-json/pubsubhubbub/1.0/callback?subscription_id=${key}`,
  parameters: ({ secret }) => [['hub.secret', secret]],
  accepts: anyOk,
  verify(query, { subscription }) {
    const mode = query.get('hub.mode') ?? ''
    if (!/^(subscribe|unsubscribe|denied)$/.test(mode)) return { status: 400 }
    if (mode === 'denied') return { status: 200, body: '""' }
    if (query.get('hub.topic') !== subscription.topic) return { status: 404 }
    // `sanitize_text_field` takes tags and encoded octets out of it.
    const challenge = (query.get('hub.challenge') ?? '').replace(/<[^>]*>|%[\da-f]{2}/gi, '').trim()
    return { status: 200, body: JSON.stringify(challenge), headers: text }
  },
  receive(push, { subscription, keep, complain }) {
    const said = { status: 200, body: '""', headers: { 'Content-Type': 'application/json' } }
    if (!isSigned(push, subscription.secret)) complain('The signature of the push is wrong')
    const [, self] = /<([^>]+)>\s*;\s*rel=["']?self["']?/i.exec(String(push.headers.link)) ?? []
    if (self !== subscription.topic) complain(`The push is for ${self}`)
    keep(push.body.toString())
    return said
  },
}

/** A bot as people write one: **every entry of a push is posted**, whether or not it was before. */
const bot: SubscriberProgram = {
  name: 'bot',
  path: (key) => `/${key}`,
  parameters: () => [],
  accepts: anyOk,
  showsAll: true,
  verify: confirm,
  receive({ body }, { keep }) {
    keep(body.toString())
    return { status: 204 }
  },
}

export const subscriberPrograms = {
  freshRss,
  feedbin,
  newsBlur: newsBlurSubscriber,
  lionReader,
  wordPress,
  bot,
}

/** Starts a model. Whoever starts it closes it. */
export async function startSubscriber(
  name: keyof typeof subscriberPrograms,
  options: SubscriberOptions = {},
): Promise<Subscriber> {
  return new Subscriber(subscriberPrograms[name], options).listen()
}
