import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener, RequestError } from '@hono/node-server'
import { cacheSizes, createRemembered } from '../domain/remembered.ts'
import { always } from './answers/record.ts'
import type { Asked } from './answers/asked.ts'
import type { Reply } from './answers/reply.ts'
import { type Limits, usualLimits } from './limits.ts'
import { type Failure, problemDocument, publicProblemResponse, toFailure } from './problem.ts'
import { failureOf, faultOf, noProxy, notReadable, unknownExpectation } from './request-faults.ts'
import type { Refusal } from './request-log.ts'

/** Answers a request as the web platform does. */
export type Fetch = (request: Request, env: object) => Response | Promise<Response>

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
export async function listen(fetch: Fetch, options: ListenOptions): Promise<Listening> {
  const { port, host, limits = usualLimits } = options
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
  const connections = new Connections(server, fetch, { ...options, limits })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const sentence = `PORT ${port} at HOST ${host} cannot be used: ${error.message}.`
      reject(new Error(`${sentence} ${adviceOn(error)}`))
    })
    server.listen(port, host, resolve)
  })
  server.on('error', ({ message }) => console.error(`A connection was not taken: ${message}.`))
  const { port: taken } = server.address() as AddressInfo
  return { port: taken, close: () => connections.close() }
}

function adviceOn({ code = '' }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') {
    return 'Another program listens there, perhaps this one, started before. Stop it, or set PORT to another number.'
  }
  if (code === 'EACCES') {
    return 'Not everybody may use ports below 1024. Set PORT to a higher number, and put a proxy in front.'
  }
  return 'HOST is no address of this machine. Write 127.0.0.1 if a proxy on it asks, or leave HOST out.'
}

/** The connections of a server, and the answers that each of them waits for. */
class Connections {
  readonly #server: Server
  readonly #limits: Limits
  readonly #answerAtOnce: ListenOptions['answerAtOnce']
  readonly #answerAnew: (incoming: IncomingMessage, outgoing: ServerResponse) => unknown
  readonly #onRefusal: (refusal: Refusal) => void
  readonly #answers = new Map<Socket, Set<ServerResponse>>()
  readonly #refused = new WeakSet<Socket>()
  #closed: Promise<void> | undefined

  constructor(server: Server, fetch: Fetch, options: ListenOptions & { limits: Limits }) {
    const { limits, answerAtOnce, onRefusal = () => {} } = options
    this.#server = server
    this.#limits = limits
    this.#answerAtOnce = answerAtOnce
    this.#onRefusal = onRefusal
    // The host is that of HTTP/1.0 clients, which name none. No address that is sent out depends on it.
    this.#answerAnew = getRequestListener(fetch, {
      hostname: 'localhost',
      errorHandler: (error) => {
        const response = answerError(error)
        const bytes = Number(response.headers.get('content-length'))
        onRefusal({ status: response.status, bytes })
        return response
      },
      autoCleanupIncoming: false,
    })
    this.#watch()
  }

  #watch() {
    const server = this.#server
    server.on('connection', (socket) => this.#take(socket))
    server.on('timeout', (socket) => {
      const [current] = this.#answers.get(socket) ?? []
      if (current && isWorkedOn(current)) socket.setTimeout(this.#limits.silence)
      else socket.destroy()
    })
    server.on('request', (incoming, outgoing) => this.#handle(incoming, outgoing))
    server.on('checkContinue', (incoming, outgoing) => {
      // Who asks before sending a body is told to go on only when somebody reads it.
      incoming.once('resume', () => {
        if (!outgoing.headersSent) outgoing.writeContinue()
      })
      this.#handle(incoming, outgoing)
    })
    server.on('checkExpectation', (incoming, outgoing) => {
      this.#refuse(incoming, outgoing, unknownExpectation)
    })
    server.on('connect', (incoming, socket: Socket) => {
      socket.on('error', () => socket.destroy())
      this.#refuseConnection(socket, noProxy, incoming)
    })
    server.on('clientError', (error, socket) => {
      void this.#refuseWhatCame(error, socket as Socket)
    })
  }

  #take(socket: Socket) {
    if (this.#closed) {
      socket.destroy()
      return
    }
    this.#answers.set(socket, new Set())
    socket.once('close', () => this.#answers.delete(socket))
    // Node calls this after the last answer.
    socket.destroySoon = () => linger(socket, this.#limits)
  }

  #handle(incoming: IncomingMessage, outgoing: ServerResponse) {
    const { socket } = incoming
    const answers = this.#answers.get(socket)
    if (!answers || socket.destroyed) return
    if (answers.size === this.#limits.waiting) {
      socket.destroy()
      return
    }
    const before = answers.size > 0 ? [...answers].at(-1) : undefined
    answers.add(outgoing)
    outgoing.once('close', () => {
      answers.delete(outgoing)
      if (this.#closed && answers.size === 0) socket.destroySoon()
    })
    // Nothing can stand behind a body that is not read, and nothing is smuggled behind one that is.
    if (this.#closed || announcesBody(incoming)) outgoing.setHeader('Connection', 'close')
    const fault = faultOf(incoming, this.#limits)
    if (fault) {
      this.#refuse(incoming, outgoing, fault)
      return
    }
    if (incoming.url === '*') incoming.url = '/'
    // One answer at a time, or a client that reads none makes us keep many.
    if (before) before.once('close', () => this.#answer(incoming, outgoing))
    else this.#answer(incoming, outgoing)
  }

  #answer(incoming: IncomingMessage, outgoing: ServerResponse) {
    const ready = this.#findReady(incoming)
    if (ready) outgoing.writeHead(ready.status, ready.headers).end(ready.body)
    else void this.#answerAnew(incoming, outgoing)
  }

  #findReady(incoming: IncomingMessage) {
    const { method = '', url = '', headers } = incoming
    if (!this.#answerAtOnce || !isHost(headers.host)) return undefined
    // Node drops all but the first of these, and a Request would join them.
    const isDated = headers['if-modified-since'] !== undefined
    if (isDated && incoming.headersDistinct['if-modified-since']!.length > 1) return undefined
    const get = (name: string) => (headers[name] as string | undefined) ?? null
    try {
      return this.#answerAtOnce({ method, address: url, headers: { get } })
    } catch (error) {
      console.error(error)
      return undefined
    }
  }

  /** Answers what the parser could not read or did not get in time, after the requests before it. */
  async #refuseWhatCame(error: NodeJS.ErrnoException, socket: Socket) {
    if (this.#refused.has(socket)) return
    this.#refused.add(socket)
    const failure = failureOf(error)
    if (!failure || socket.bytesRead === 0) {
      socket.destroy()
      return
    }
    const answers = this.#answers.get(socket) ?? new Set()
    const before = [...answers].filter(({ req }) => req.complete)
    await Promise.all(
      before.map((one) => new Promise((resolve) => void one.once('close', resolve))),
    )
    const isAnswering = [...answers].some(({ headersSent }) => headersSent)
    if (isAnswering) socket.destroySoon()
    else this.#refuseConnection(socket, failure)
  }

  #refuse(incoming: IncomingMessage, outgoing: ServerResponse, failure: Failure) {
    const document = problemDocument(failure)
    outgoing.writeHead(failure.status, headersOf(failure, document)).end(document)
    this.#tell(failure.status, document, incoming)
  }

  /** The same on a connection that Node has no answer for. */
  #refuseConnection(socket: Socket, failure: Failure, incoming?: IncomingMessage) {
    const document = problemDocument(failure)
    const headers = { Date: new Date().toUTCString(), ...headersOf(failure, document) }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const status = `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}\r\n`
    if (socket.writable) socket.write(`${status}${lines.join('')}\r\n${document}`)
    socket.destroySoon()
    this.#tell(failure.status, document, incoming)
  }

  #tell(status: number, document: string, incoming?: IncomingMessage) {
    const { method, url: path, headers } = incoming ?? {}
    const bytes = Buffer.byteLength(document)
    this.#onRefusal({ method, path, agent: headers?.['user-agent'], status, bytes })
  }

  /** Refuses connections, lets running answers finish and resolves when no connection is left. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      const deadline = setTimeout(() => {
        for (const socket of this.#answers.keys()) socket.destroy()
      }, this.#limits.stoppingTime)
      this.#server.close(() => {
        clearTimeout(deadline)
        resolve()
      })
      for (const [socket, answers] of this.#answers) {
        const last = [...answers].at(-1)
        if (last && !last.headersSent) last.setHeader('Connection', 'close')
        if (!last && !socket.writableEnded) socket.destroy()
      }
    })
    return this.#closed
  }
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

/** Clients name few hosts, and each of them with every request. */
const knownHosts = createRemembered<true>(cacheSizes.headers)

/** Whether a name is the host of an address as it would be written there. Requests with others are looked at further. */
function isHost(name = ''): boolean {
  if (knownHosts.get(name)) return true
  const url = URL.parse(`http://${name}`)
  if (url?.hostname !== name.replace(/:\d+$/, '')) return false
  knownHosts.set(name, true)
  return true
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
  const failure = error instanceof RequestError ? notReadable : toFailure(error)
  const response = publicProblemResponse(failure)
  const headers = { 'Cache-Control': 'no-store', Connection: 'close' }
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
  return response
}
