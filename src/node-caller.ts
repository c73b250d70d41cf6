import { lookup as lookUp, Resolver } from 'node:dns/promises'
import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { createSecureContext, type TLSSocket } from 'node:tls'
import { addressToCall, type CallbackRules, hostOf, mayReach } from './websub/callback-address.ts'
import { type CallAnswer, type Caller, callLimits, type CallRequest } from './websub/caller.ts'

/** Connections at most, those that wait for the next call included. */
const mostConnections = 80
/** Of these, connections that wait for the next call. Each takes about 0.1 MB outside the heap. */
const mostIdle = 30
/** Milliseconds for the name, the connection and its encryption. */
const connectLimit = 5000
/** Milliseconds until the next address of a host is tried. Half the world is further away than Node allows for. */
const attemptLimit = 1000
/** Milliseconds for which a connection waits for the next call. */
const idleLimit = 15_000
/** Bytes of the headers of an answer at most. */
const maxHeaderSize = 8192

/** Ends a call, with a reason that may be logged. */
class CallEnded extends Error {}

const ended = new CallEnded('the service stops')

type Resolve = (host: string) => Promise<string[]>

/**
 * Calls subscribers from Node (W-61, W-67). Every address that a name resolves to is checked, and the connection
 * goes to one of them. Agents of our own keep connections and know no proxies.
 */
export class NodeCaller implements Caller {
  #rules: CallbackRules
  #resolve: Resolve
  #http: HttpAgent
  #https: HttpsAgent
  #running = new Set<AbortController>()
  #waiting: (() => void)[] = []
  #hasEnded = false

  /** `resolve` finds the addresses of a name. `authorities` are trusted instead of those of Node, in PEM. Both are for tests. */
  constructor(
    rules: CallbackRules,
    { resolve, authorities }: { resolve?: Resolve; authorities?: string } = {},
  ) {
    this.#rules = rules
    const { names, ranges } = rules.allowed
    this.#resolve = resolve ?? (names.length + ranges.length > 0 ? askSystem : askDns)
    const lookup: LookupFunction = (host, { all }, callback) => this.#lookUp(host, all, callback)
    const options = {
      keepAlive: true,
      timeout: idleLimit,
      lookup,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: attemptLimit,
    }
    this.#http = new HttpAgent(options)
    // One for all: with one for each connection, thousands of hosts take much more memory.
    const secureContext = createSecureContext(authorities ? { ca: authorities } : {})
    this.#https = new HttpsAgent({ ...options, secureContext, rejectUnauthorized: true })
  }

  async call(request: CallRequest): Promise<CallAnswer> {
    const url = addressToCall(request.address, this.#rules)
    if ('failed' in url) return url
    while (!this.#hasEnded && this.#running.size >= mostConnections) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    if (this.#hasEnded) return { failed: ended.message }
    const controller = new AbortController()
    const seconds = callLimits[request.method] / 1000
    const over = () => controller.abort(new CallEnded(`no answer within ${seconds} seconds`))
    const timer = setTimeout(over, callLimits[request.method])
    this.#running.add(controller)
    this.#closeIdle()
    const answer = await this.#ask(url, request, controller.signal)
    clearTimeout(timer)
    this.#running.delete(controller)
    this.#waiting.shift()?.()
    return answer
  }

  /** Ends every call, and closes all connections. Calls that come later fail. */
  end(): void {
    this.#hasEnded = true
    for (const wake of this.#waiting.splice(0)) wake()
    for (const controller of this.#running) controller.abort(ended)
    for (const agent of [this.#http, this.#https]) agent.destroy()
  }

  /** Makes room for a call: closes connections that wait, the oldest first. */
  #closeIdle(): void {
    const idle = [this.#http, this.#https].flatMap(({ freeSockets }) =>
      Object.values(freeSockets).flatMap((sockets) => sockets ?? []),
    )
    const tooMany = Math.max(
      0,
      idle.length - mostIdle,
      idle.length + this.#running.size - mostConnections,
    )
    for (const socket of idle.slice(0, tooMany)) socket.destroy()
  }

  #ask(url: URL, request: CallRequest, signal: AbortSignal): Promise<CallAnswer> {
    const { method, headers, body, wholeBodyLimit } = request
    const isSecure = url.protocol === 'https:'
    const agent = isSecure ? this.#https : this.#http
    const options = { method, headers, signal, agent, maxHeaderSize }
    let isAnswered = false
    return new Promise((resolve) => {
      const asked = (isSecure ? requestHttps : requestHttp)(url, options)
      limitConnecting(asked)
      asked.on('response', (answer) => {
        isAnswered = true
        void readAnswer(asked, answer, wholeBodyLimit).then(resolve)
      })
      asked.on('error', (error) => {
        // Once there is an answer, it counts as far as it came.
        if (isAnswered) return
        // The subscriber closed a connection that waited, just when it was used again.
        const isStale = asked.reusedSocket && /^(ECONNRESET|EPIPE)$/.test(codeOf(error) ?? '')
        const isOver = signal.aborted
        if (isStale && !isOver) resolve(this.#ask(url, request, signal))
        else resolve({ failed: reasonOf(isOver ? (signal.reason as Error) : error) })
      })
      // Node says nothing else of an answer that goes over to another protocol.
      asked.on('close', () => {
        if (!isAnswered) resolve({ failed: 'no answer in HTTP' })
      })
      asked.end(body)
    })
  }

  #lookUp(host: string, all: boolean | undefined, callback: Parameters<LookupFunction>[2]): void {
    const name = hostOf({ hostname: host })
    const check = (addresses: string[]) => {
      if (addresses.length === 0) throw new CallEnded('the host has no address')
      if (!addresses.every((address) => mayReach(address, name, this.#rules.allowed))) {
        throw new CallEnded('the callback must be at a public host')
      }
      return addresses.map((address) => ({ address, family: isIP(address) }))
    }
    this.#resolve(host)
      .then(check)
      .then(
        (found) =>
          all ? callback(null, found) : callback(null, found[0]!.address, found[0]!.family),
        (error: NodeJS.ErrnoException) => callback(error, []),
      )
  }
}

/** Ends a request that has no connection in time. One that was kept has it at once. */
function limitConnecting(asked: ClientRequest): void {
  asked.on('socket', (socket) => {
    if (asked.reusedSocket) return
    const over = new CallEnded(`no connection within ${connectLimit / 1000} seconds`)
    const timer = setTimeout(() => asked.destroy(over), connectLimit)
    const isReady = (socket as TLSSocket).encrypted ? 'secureConnect' : 'connect'
    for (const event of [isReady, 'close']) socket.once(event, () => clearTimeout(timer))
  })
}

/** Reads an answer as far as it comes and may come. */
function readAnswer(
  asked: ClientRequest,
  answer: IncomingMessage,
  limit: number,
): Promise<CallAnswer> {
  const { statusCode = 0, headers } = answer
  const retryAfter = headers['retry-after']
  const chunks: Buffer[] = []
  let size = 0
  answer.on('data', (chunk: Buffer) => {
    if (size <= limit) chunks.push(chunk)
    size += chunk.length
    if (size > limit) asked.destroy()
  })
  // It is then cut off, which is said by `close` as well.
  answer.on('error', () => {})
  return new Promise((resolve) => {
    answer.on('close', () => {
      const body = Buffer.concat(chunks).subarray(0, limit).toString()
      resolve({ status: statusCode, ...(retryAfter !== undefined && { retryAfter }), body })
    })
  })
}

const resolver = new Resolver({ timeout: 1000, tries: 2 })

/** Asks DNS, for as many names at a time as there are. */
async function askDns(host: string): Promise<string[]> {
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const addresses = answers.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  const [first] = answers
  if (addresses.length === 0 && first.status === 'rejected') throw first.reason
  return addresses
}

/** Asks the system, which also knows the names of a hosts file and of the local network. */
async function askSystem(host: string): Promise<string[]> {
  return (await lookUp(host, { all: true })).map(({ address }) => address)
}

/** Messages of Node have addresses in them, so of those the code alone is told. */
function reasonOf(error: Error): string {
  return error instanceof CallEnded ? error.message : (codeOf(error) ?? error.name)
}

function codeOf(error: Error): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
