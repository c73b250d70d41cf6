// What the models of subscribers have in common: a real server that a hub asks and pushes to. Each program in
// `subscribers.ts` says what it sends, when it confirms, and what it makes of a push.
import { createHmac, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { childrenOf, parseXml } from '../feeds/feed-readers.ts'
import type { Fetch } from '../platforms.ts'
import { type Item, readLeniently } from './documents.ts'

/** What a subscriber remembers of one topic. */
export type Subscription = {
  /** As it was given, and as later pushes call it. */
  topic: string
  self: string
  hub: string
  title: string | undefined
  callback: string
  /** Of the callback; every subscription has its own. */
  key: string
  secret: string
  token: string
  /** The second in which the lease ends; undefined while nothing was confirmed. */
  leaseEnd: number | undefined
  /** It asked to be unsubscribed. */
  wantsEnd: boolean
  /** The seconds in which pushes came that it took. */
  pushed: number[]
  /** What it has: the identity of each entry with its `updated`. */
  known: Set<string>
  /** A push is being handled. */
  isBusy: boolean
}

export type Push = { headers: IncomingMessage['headers']; body: Buffer }
export type Said = { status: number; body?: string; headers?: Record<string, string> }

/** One request of a hub, as the rules of a program see it. */
export type Turn = {
  subscription: Subscription
  now: number
  /** Milliseconds that the program takes inside a push. */
  handling: number
  /** Takes the entries of a document that was pushed. */
  keep: (text: string) => void
  /** Counts an entry that was shown as new or changed. */
  count: (id: string) => void
  complain: (text: string) => void
  /** Goes on after the answer, one piece of work after the other. */
  later: (work: () => Promise<void>) => void
}

/** The rules of a program. */
export type SubscriberProgram = {
  name: string
  /** Path and query of a callback. */
  path: (key: string) => string
  /** What it sends beside mode, topic and callback. */
  parameters: (subscription: Subscription, mode: string) => [string, string][]
  /** The statuses of the hub that it takes for a yes. */
  accepts: (status: number) => boolean
  verify: (query: URLSearchParams, turn: Turn) => Said
  receive: (push: Push, turn: Turn) => Said | Promise<Said>
  /** Remembers a topic that it has just read. */
  begin?: (subscription: Subscription, fetch: Fetch, now: number) => Promise<void>
  /** Shows every entry of a push, also of one that it has. */
  showsAll?: boolean
  /** Stops to trust a hub when it finds by polling what was not pushed. */
  distrustsPolling?: boolean
}

export type Verified = { mode: string; topic: string; lease: number | undefined }

export type SubscriberOptions = {
  /** How it reaches hub and topics, where their addresses are not those of real servers. */
  fetch?: Fetch
  /** Seconds since 1970. */
  now?: () => number
  handling?: number
  host?: string
  port?: number
}

/** A model of a program with its subscriptions, as a server. */
export class Subscriber {
  readonly name: string
  /** What it confirmed. */
  readonly verified: Verified[] = []
  /** The topics that it was told it gets no pushes of. */
  readonly denied: string[] = []
  /** Entries by identity: how often each came, or was found after a push. */
  readonly entries = new Map<string, number>()
  /** Everything that it took for a fault, and what would hurt its user. */
  readonly complaints: string[] = []
  /** What it answered to pushes. */
  readonly statuses: number[] = []
  /** When set, every push is answered so, and nothing is made of it. */
  failsWith: number | undefined
  readonly #program: SubscriberProgram
  readonly #options: Required<SubscriberOptions>
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #server = createServer((request, response) => void this.#answer(request, response))
  #work = Promise.resolve()

  constructor(program: SubscriberProgram, options: SubscriberOptions) {
    this.name = program.name
    this.#program = program
    this.#options = {
      fetch,
      now: () => Math.floor(Date.now() / 1000),
      handling: 0,
      host: '127.0.0.1',
      port: 0,
      ...options,
    }
  }

  async listen(): Promise<this> {
    const { port, host } = this.#options
    await new Promise<void>((resolve) => this.#server.listen(port, host, resolve))
    return this
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get origin(): string {
    const { port } = this.#server.address() as AddressInfo
    const { host } = this.#options
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  }

  /** What it knows of a topic that it was subscribed to. */
  subscription(topic: string): Subscription {
    return this.#subscriptions.get(topic)!
  }

  /** Reads a topic if it has not yet, asks the hub for pushes, or for more of them, and answers the status. */
  async subscribe(hub: string, topic: string): Promise<number> {
    if (!this.#subscriptions.has(topic)) {
      await this.poll(topic)
      const { fetch, now } = this.#options
      await this.#program.begin?.(this.subscription(topic), fetch, now())
    }
    Object.assign(this.subscription(topic), { hub, wantsEnd: false })
    return this.#ask('subscribe', topic)
  }

  async unsubscribe(topic: string): Promise<number> {
    this.subscription(topic).wantsEnd = true
    return this.#ask('unsubscribe', topic)
  }

  /** Reads a topic as its user would see it without a push. */
  async poll(topic: string): Promise<void> {
    const { fetch } = this.#options
    const text = await (await fetch(topic)).text()
    const subscription = this.#subscriptions.get(topic) ?? this.#begin(topic, text)
    const { known, pushed } = subscription
    for (const item of readLeniently(text).items) {
      const version = versionOf(item)
      if (this.#program.distrustsPolling && pushed.length > 0 && !known.has(version)) {
        this.complaints.push(`${item.id} was found by polling, and the hub is not trusted any more`)
      }
      known.add(version)
    }
  }

  /** Waits until everything is done that goes on after pushes were answered. */
  async settled(): Promise<void> {
    await this.#work
  }

  #begin(topic: string, text: string): Subscription {
    const key = randomBytes(20).toString('hex')
    const subscription: Subscription = {
      topic,
      self: topic,
      hub: '',
      title: describe(text).title,
      callback: this.origin + this.#program.path(key),
      key,
      secret: randomBytes(32).toString('hex'),
      token: '',
      leaseEnd: undefined,
      wantsEnd: false,
      pushed: [],
      known: new Set(),
      isBusy: false,
    }
    this.#subscriptions.set(topic, subscription)
    return subscription
  }

  async #ask(mode: 'subscribe' | 'unsubscribe', topic: string): Promise<number> {
    const subscription = this.subscription(topic)
    const { hub, self, callback } = subscription
    const body = new URLSearchParams([
      ['hub.mode', mode],
      ['hub.topic', self],
      ['hub.callback', callback],
      ...this.#program.parameters(subscription, mode),
    ])
    const { status } = await this.#options.fetch(hub, { method: 'POST', body })
    if (!this.#program.accepts(status)) this.complaints.push(`The hub answered ${status}`)
    return status
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '', headers } = request
    const chunks = (await request.toArray()) as Buffer[]
    const subscription = [...this.#subscriptions.values()].find(({ key }) => url.includes(key))
    const said = await this.#say(method === 'GET', url, subscription, {
      headers,
      body: Buffer.concat(chunks),
    })
    response.writeHead(said.status, said.headers).end(said.body)
  }

  async #say(
    isVerification: boolean,
    url: string,
    subscription: Subscription | undefined,
    push: Push,
  ): Promise<Said> {
    if (!subscription || !`${this.origin}${url}`.startsWith(subscription.callback)) {
      this.complaints.push(`Nobody gave ${url} for a callback`)
      return { status: 404 }
    }
    const turn = this.#turn(subscription)
    if (isVerification) return this.#verify(new URL(url, this.origin).searchParams, turn)
    if (this.failsWith !== undefined) return { status: this.failsWith }
    const { leaseEnd, isBusy } = subscription
    if (leaseEnd === undefined) turn.complain('A push came to where nothing is subscribed')
    else if (turn.now > leaseEnd) turn.complain('A push came after the end of the lease')
    if (isBusy) turn.complain('A push came while another was handled')
    subscription.isBusy = true
    const said = await this.#program.receive(push, turn)
    subscription.isBusy = false
    if (said.status < 300) subscription.pushed.push(turn.now)
    this.statuses.push(said.status)
    return said
  }

  #verify(query: URLSearchParams, turn: Turn): Said {
    const said = this.#program.verify(query, turn)
    const mode = query.get('hub.mode') ?? ''
    if (mode === 'denied') {
      this.denied.push(query.get('hub.topic') ?? '')
      turn.subscription.leaseEnd = undefined
      return said
    }
    if (said.status >= 300) {
      turn.complain(`${mode} was answered ${said.status}`)
      return said
    }
    const lease = query.get('hub.lease_seconds')
    const seconds = lease === null ? undefined : Number(lease)
    this.verified.push({ mode, topic: query.get('hub.topic') ?? '', lease: seconds })
    turn.subscription.leaseEnd = mode === 'subscribe' ? turn.now + (seconds ?? 86_400) : undefined
    return said
  }

  #turn(subscription: Subscription): Turn {
    const { handling, now } = this.#options
    const count = (id: string) => {
      this.entries.set(id, (this.entries.get(id) ?? 0) + 1)
    }
    return {
      subscription,
      now: now(),
      handling,
      keep: (text) => this.#keep(text, subscription, count),
      count,
      complain: (text) => this.complaints.push(text),
      later: (work) => {
        this.#work = this.#work.then(work)
      },
    }
  }

  /** A push of XML holds what is new. JSON may only be pushed whole, so that most of it is known. */
  #keep(text: string, { known }: Subscription, count: (id: string) => void): void {
    const isWhole = text.startsWith('{')
    for (const item of readLeniently(text).items) {
      const isKnown = known.has(versionOf(item))
      if (isKnown && !isWhole) this.complaints.push(`${item.id} came again as it was`)
      if (!isKnown || !isWhole || this.#program.showsAll) count(item.id ?? item.link ?? '')
      known.add(versionOf(item))
    }
  }
}

function versionOf({ id, link, updated, published }: Item): string {
  return `${id ?? link} ${updated ?? published}`
}

/** What a document says of its feed. */
export function describe(text: string): { self?: string; hub?: string; title?: string } {
  if (text.startsWith('{')) {
    const { feed_url, hubs, title } = JSON.parse(text) as Record<string, string> & {
      hubs?: { url: string }[]
    }
    return {
      ...(feed_url && { self: feed_url }),
      ...(hubs && { hub: hubs[0]!.url }),
      title: title!,
    }
  }
  const root = parseXml(text)
  const feed = root.local === 'feed' ? root : childrenOf(root, 'channel')[0]!
  const links = feed.children.filter(
    ({ local, uri }) => local === 'link' && uri === 'http://www.w3.org/2005/Atom',
  )
  const linked = (rel: string) => links.find(({ attributes }) => attributes['rel'] === rel)
  const self = linked('self')?.attributes['href']
  const hub = linked('hub')?.attributes['href']
  const title = childrenOf(feed, 'title')[0]?.text
  return { ...(self && { self }), ...(hub && { hub }), ...(title && { title }) }
}

/** Whether a body is signed with a secret (WebSub section 7.1), in lower-case hexadecimal digits. */
export function isSigned({ headers, body }: Push, secret: string): boolean {
  const [algorithm = '', digest] = String(headers['x-hub-signature'] ?? '').split('=')
  if (!/^sha(1|256|384|512)$/.test(algorithm)) return false
  return createHmac(algorithm, secret).update(body).digest('hex') === digest
}
