import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { type AddressInfo, BlockList, isIPv6, type Socket } from 'node:net'
import { getRequestListener, RequestError } from '@hono/node-server'
import type { Context } from 'hono'
import { createRemembered, rooms } from '../domain/remembered.ts'
import { always } from './answers/record.ts'
import type { Asked } from './answers/asked.ts'
import type { Reply } from './answers/reply.ts'
import { type Failure, problemDocument, problemResponse, toFailure } from './problem.ts'
import type { Refusal } from './request-log.ts'

/** What one client may take of the server. Times are in milliseconds, sizes in bytes. */
export const usualLimits = {
  /** Target and headers together. Feed readers send less than 1 KB, browsers with cookies of a parent domain some 8 KB. */
  headerSize: 16_384,
  headers: 100,
  /** Requests on a connection that may wait for their answers; whoever sends more is cut. Without an end to them 50 clients took 4 GB. Browsers and proxies send one at a time. */
  waiting: 100,
  /** Headers come in one packet, and a phone on a bad line still needs less than this. */
  headersTime: 10_000,
  /** The whole request: 1 MB over a line of 150 kbit/s. */
  requestTime: 60_000,
  /** How much later than its time a slow request is found. */
  checkingInterval: 2_000,
  /** For how long a client may send nothing of a request, or take nothing of an answer. Doing it slowly is no fault, nor is waiting for us. */
  silence: 30_000,
  /** Longer than the 60 s of nginx, Varnish and AWS: whoever closes first must not be we, or the proxy's next request meets a closed connection and becomes a 502. */
  keepAlive: 75_000,
  /** After the last answer, what the client still sends is read and thrown away, so long and so much. */
  lingeringTime: 1_000,
  lingeringSize: 262_144,
  /** For answers that run when the server is stopped. Docker kills after 10 s, Kubernetes after 30. */
  stoppingTime: 9_500,
}

export type Limits = typeof usualLimits

/** Answers a request as the web platform does. */
export type Fetch = (request: Request, env: object) => Response | Promise<Response>

/**
 * Who asks: the address of the connection and, where that is a proxy near to us, what it says of the one
 * behind it. Anybody else could write a new name with every request.
 */
export function clientAtSocket(c: Context): string {
  const { incoming } = c.env as { incoming?: IncomingMessage }
  const address = (incoming?.socket.remoteAddress ?? '').replace(/^::ffff:(?=[\d.]+$)/, '')
  if (!nearby.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return address
  const behind =
    c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim().slice(0, longestClient) ?? ''
  return `${address} ${behind}`
}

/** Characters of what a proxy says of a client. No address has more. */
const longestClient = 64

/** Addresses of this machine and of private networks (RFC 6890), where proxies stand. */
const nearby = new BlockList()
nearby.addSubnet('127.0.0.0', 8)
nearby.addSubnet('10.0.0.0', 8)
nearby.addSubnet('100.64.0.0', 10)
nearby.addSubnet('172.16.0.0', 12)
nearby.addSubnet('192.168.0.0', 16)
nearby.addAddress('::1', 'ipv6')
nearby.addSubnet('fc00::', 7, 'ipv6')
nearby.addSubnet('fe80::', 10, 'ipv6')

/** A server that is being listened on. */
export type Listening = {
  port: number
  /** Refuses connections, lets running answers finish and resolves when no connection is left. */
  close(): Promise<void>
}

type ListenOptions = {
  port: number
  host: string
  /** Asked first: what is ready needs no Request, which costs as much as all else of an answer. */
  answerAtOnce?: (asked: Asked) => Reply | undefined
  limits?: Limits
  /** Told of every request that is answered here and not by the app. */
  onRefusal?: (refusal: Refusal) => void
}

/**
 * Serves on a port (0: one that is free) until it is closed. Whatever comes in, each client takes no
 * more than `limits` of the server; what is no request is answered here, with a problem document.
 *
 * Throws an Error with a sentence for the operator when the port cannot be used.
 */
export async function listen(
  fetch: Fetch,
  { port, host, answerAtOnce, limits = usualLimits, onRefusal = () => {} }: ListenOptions,
): Promise<Listening> {
  const connections = new Map<Socket, Set<ServerResponse>>()
  const refused = new WeakSet<Socket>()
  let closed: Promise<void> | undefined

  // The host is that of HTTP/1.0 clients, which name none. No address that is sent out depends on it.
  const answerAnew = getRequestListener(fetch, {
    hostname: 'localhost',
    errorHandler: (error) => {
      const response = answerError(error)
      onRefusal({ status: response.status, bytes: Number(response.headers.get('content-length')) })
      return response
    },
    autoCleanupIncoming: false,
  })
  const server = createServer({
    maxHeaderSize: limits.headerSize,
    headersTimeout: limits.headersTime,
    requestTimeout: limits.requestTime,
    connectionsCheckingInterval: limits.checkingInterval,
    keepAliveTimeout: limits.keepAlive,
    requireHostHeader: false,
  })
  server.timeout = limits.silence
  // Node drops the headers beyond this one without a word.
  server.maxHeadersCount = limits.headers + 1

  server.on('connection', (socket) => {
    if (closed) {
      socket.destroy()
      return
    }
    connections.set(socket, new Set())
    socket.once('close', () => connections.delete(socket))
    // Node calls this after the last answer.
    socket.destroySoon = () => linger(socket, limits)
  })
  server.on('timeout', (socket) => {
    const [current] = connections.get(socket) ?? []
    if (current && isWorkedOn(current)) socket.setTimeout(limits.silence)
    else socket.destroy()
  })
  server.on('request', handle)
  server.on('checkContinue', (incoming, outgoing) => {
    // Who asks before sending a body is told to go on only when somebody reads it.
    incoming.once('resume', () => {
      if (!outgoing.headersSent) outgoing.writeContinue()
    })
    handle(incoming, outgoing)
  })
  server.on('checkExpectation', (incoming, outgoing) => {
    refuse(incoming, outgoing, unknownExpectation)
  })
  server.on('connect', (incoming, socket: Socket) => {
    socket.on('error', () => socket.destroy())
    refuseConnection(socket, noProxy, incoming)
  })
  server.on('clientError', (error, socket) => {
    void refuseWhatCame(error, socket as Socket)
  })

  function handle(incoming: IncomingMessage, outgoing: ServerResponse) {
    const { socket } = incoming
    const answers = connections.get(socket)
    if (!answers || socket.destroyed) return
    if (answers.size === limits.waiting) {
      socket.destroy()
      return
    }
    const before = answers.size > 0 ? [...answers].at(-1) : undefined
    answers.add(outgoing)
    outgoing.once('close', () => {
      answers.delete(outgoing)
      if (closed && answers.size === 0) socket.destroySoon()
    })
    // Nothing can stand behind a body that is not read, and nothing is smuggled behind one that is.
    if (closed || announcesBody(incoming)) outgoing.setHeader('Connection', 'close')
    const fault = faultOf(incoming, limits)
    if (fault) {
      refuse(incoming, outgoing, fault)
      return
    }
    if (incoming.url === '*') incoming.url = '/'
    // One answer at a time, or a client that reads none makes us keep many.
    if (before) before.once('close', () => answer(incoming, outgoing))
    else answer(incoming, outgoing)
  }

  function answer(incoming: IncomingMessage, outgoing: ServerResponse) {
    const ready = findReady(incoming)
    if (ready) outgoing.writeHead(ready.status, ready.headers).end(ready.body)
    else void answerAnew(incoming, outgoing)
  }

  function findReady(incoming: IncomingMessage) {
    const { method = '', url = '', headers } = incoming
    if (!answerAtOnce || !isHost(headers.host)) return undefined
    // Node drops all but the first of these, and a Request would join them.
    const isDated = headers['if-modified-since'] !== undefined
    if (isDated && incoming.headersDistinct['if-modified-since']!.length > 1) return undefined
    const get = (name: string) => (headers[name] as string | undefined) ?? null
    try {
      return answerAtOnce({ method, address: url, headers: { get } })
    } catch (error) {
      console.error(error)
      return undefined
    }
  }

  /** Answers what the parser could not read or did not get in time, after the requests before it. */
  async function refuseWhatCame(error: NodeJS.ErrnoException, socket: Socket) {
    if (refused.has(socket)) return
    refused.add(socket)
    const failure = failureOf(error)
    if (!failure || socket.bytesRead === 0) {
      socket.destroy()
      return
    }
    const answers = connections.get(socket) ?? new Set()
    const before = [...answers].filter(({ req }) => req.complete)
    await Promise.all(
      before.map((one) => new Promise((resolve) => void one.once('close', resolve))),
    )
    const isAnswering = [...answers].some(({ headersSent }) => headersSent)
    if (isAnswering) socket.destroySoon()
    else refuseConnection(socket, failure)
  }

  function refuse(incoming: IncomingMessage, outgoing: ServerResponse, failure: Failure) {
    const document = problemDocument(failure)
    outgoing.writeHead(failure.status, headersOf(failure, document)).end(document)
    tell(failure.status, document, incoming)
  }

  /** The same on a connection that Node has no answer for. */
  function refuseConnection(socket: Socket, failure: Failure, incoming?: IncomingMessage) {
    const document = problemDocument(failure)
    const headers = { Date: new Date().toUTCString(), ...headersOf(failure, document) }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const status = `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}\r\n`
    if (socket.writable) socket.write(`${status}${lines.join('')}\r\n${document}`)
    socket.destroySoon()
    tell(failure.status, document, incoming)
  }

  function tell(status: number, document: string, incoming?: IncomingMessage) {
    const { method, url: path, headers } = incoming ?? {}
    const bytes = Buffer.byteLength(document)
    onRefusal({ method, path, agent: headers?.['user-agent'], status, bytes })
  }

  function close(): Promise<void> {
    closed ??= new Promise((resolve) => {
      const deadline = setTimeout(() => {
        for (const socket of connections.keys()) socket.destroy()
      }, limits.stoppingTime)
      server.close(() => {
        clearTimeout(deadline)
        resolve()
      })
      for (const [socket, answers] of connections) {
        const last = [...answers].at(-1)
        if (last && !last.headersSent) last.setHeader('Connection', 'close')
        if (!last && !socket.writableEnded) socket.destroy()
      }
    })
    return closed
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ message }) => {
      reject(new Error(`PORT ${port} at HOST ${host} cannot be used: ${message}.`))
    })
    server.listen(port, host, resolve)
  })
  server.on('error', ({ message }) => console.error(`A connection was not taken: ${message}.`))
  return { port: (server.address() as AddressInfo).port, close }
}

/**
 * Closes a connection after everything was sent. Closing it while the client still writes would
 * reset it, and the client might lose the answer (RFC 9112 section 9.6).
 */
function linger(socket: Socket, limits: Limits) {
  if (socket.writableEnded) return
  let read = 0
  socket.on('data', (chunk) => {
    read += chunk.length
    if (read > limits.lingeringSize) socket.pause()
  })
  socket.resume()
  socket.end(() => setTimeout(() => socket.destroy(), limits.lingeringTime).unref())
}

/** Whether it is we who are waited for: the request is here, and nothing of its answer was sent. */
function isWorkedOn({ req, headersSent }: ServerResponse): boolean {
  return req.complete && !headersSent
}

function announcesBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** What is wrong with a request that the parser could read (RFC 9112 sections 2.3, 3.2). */
function faultOf(incoming: IncomingMessage, limits: Limits): Failure | undefined {
  const { method, url = '', httpVersion, rawHeaders } = incoming
  if (rawHeaders.length > 2 * limits.headers) return tooManyHeaders(limits)
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return wrongVersion
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) return wrongHost
  if (!/^[^\s/?#@,\\]{0,300}$/.test(incoming.headers.host ?? '')) return wrongHost
  const isTarget = /^(\/|https?:\/\/[^/?#])/i.test(url) || (url === '*' && method === 'OPTIONS')
  return isTarget ? undefined : wrongTarget
}

/** Clients name few hosts, and each of them with every request. */
const knownHosts = createRemembered<true>(rooms.headers)

/** Whether a name is the host of an address as it would be written there. Requests with others are looked at further. */
function isHost(name = ''): boolean {
  if (knownHosts.get(name)) return true
  const url = URL.parse(`http://${name}`)
  if (url?.hostname !== name.replace(/:\d+$/, '')) return false
  knownHosts.set(name, true)
  return true
}

function failureOf(error: NodeJS.ErrnoException & { reason?: string }): Failure | undefined {
  const { code = '', reason = 'it is malformed' } = error
  if (code === 'HPE_HEADER_OVERFLOW') return headersTooLarge
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return bodyTooLarge
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return tooSlow
  // Anything else happened to the connection, and nobody is there to be told.
  if (!code.startsWith('HPE_')) return undefined
  return failure(400, `This is not a request that an HTTP/1.1 server can read: ${reason}.`)
}

const unknownExpectation = failure(417, 'The server knows no expectation but 100-continue.')
const noProxy = failure(405, 'This server is no proxy. Ask for a path with GET or HEAD.')
const wrongVersion = failure(400, 'The server speaks HTTP/1.1 and HTTP/1.0.')
const wrongHost = failure(400, 'The request must have one Host header, with a name and no more.')
const wrongTarget = failure(400, 'The target of the request must be a path that begins with "/".')
const notReadable = failure(400, 'The target or the Host header of the request is malformed.')
const bodyTooLarge = failure(413, 'The chunk extensions of the body are too long.')
const tooSlow = failure(408, 'The request did not come in time. Send it in one go.')
const headersTooLarge = failure(431, 'The address and the headers are too long together.')

function tooManyHeaders({ headers }: Limits): Failure {
  return failure(431, `The request has more than ${headers} headers.`)
}

function failure(status: number, detail: string): Failure {
  return { code: 'invalid', status, title: STATUS_CODES[status]!, detail, details: {} }
}

/** No cache may keep these for an address: what was wrong is not the address. */
function headersOf({ status }: Failure, document: string): Record<string, string> {
  return {
    ...always,
    'Content-Type': 'application/problem+json',
    'Content-Length': String(Buffer.byteLength(document)),
    'Cache-Control': 'no-store',
    Connection: 'close',
    ...(status === 405 && { Allow: 'GET, HEAD, OPTIONS' }),
  }
}

/** Of requests that the web platform has no Request for, and of whatever the app did not catch. */
function answerError(error: unknown): Response {
  const isGone = (error as NodeJS.ErrnoException).code === 'ECONNRESET'
  if (!isGone && !(error instanceof RequestError)) console.error(error)
  const response = problemResponse(error instanceof RequestError ? notReadable : toFailure(error))
  const headers = { ...always, 'Cache-Control': 'no-store', Connection: 'close' }
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
  return response
}
