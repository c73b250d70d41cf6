// A client that says what it is told to, byte for byte, and reads what comes back.
import { connect, type Socket } from 'node:net'

export type Answer = { status: number; headers: Map<string, string>; body: string }

export type Exchange = {
  /** The final answers in order, each complete. */
  answers: Answer[]
  /** Statuses of 1xx. */
  informational: number[]
  closed: boolean
  /** Milliseconds until the last byte. */
  took: number
}

/** Opens a connection that errors do not throw out of. Half open, it goes on when the server ends. */
export async function open(port: number, { allowHalfOpen = false } = {}): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen })
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {})
  return socket
}

/**
 * Sends bytes, and reads until the server closes or is silent for `silence` milliseconds after what it
 * said, for which it may take `patience` milliseconds. Throws when an answer is not complete or when something stands behind the last one.
 */
export async function exchange(
  port: number,
  bytes: string | Buffer,
  { silence = 300, patience = Math.max(silence, 5000) } = {},
): Promise<Exchange> {
  const socket = await open(port)
  const started = Date.now()
  const chunks: Buffer[] = []
  let took = 0
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  const closed = await new Promise<boolean>((resolve) => {
    let timer: NodeJS.Timeout | undefined
    const wait = () => {
      clearTimeout(timer)
      // The first byte may take a busy machine longer; `took` says how long.
      timer = setTimeout(() => resolve(false), chunks.length > 0 ? silence : patience)
    }
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      took = Date.now() - started
      wait()
    })
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(true)
    })
    wait()
  })
  socket.destroy()
  return { ...readAnswers(Buffer.concat(chunks).toString('latin1'), bytes), closed, took }
}

/** Reads answers as RFC 9112 section 6.3 says, except that none may last until the end. */
function readAnswers(text: string, request: string | Buffer) {
  const answers: Answer[] = []
  const informational: number[] = []
  const withoutBody = request.toString('latin1').startsWith('HEAD ')
  let rest = text
  while (rest) {
    const end = rest.indexOf('\r\n\r\n')
    const [statusLine = '', ...lines] = rest.slice(0, Math.max(end, 0)).split('\r\n')
    const [, digits] = /^HTTP\/1\.1 (\d{3}) [ -~]+$/.exec(statusLine) ?? []
    if (end < 0 || !digits) throw new Error(`This is no answer: ${rest.slice(0, 200)}`)
    const status = Number(digits)
    const headers = new Map<string, string>()
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^:\s]+): ?(.*)$/.exec(line) ?? []
      if (!name || headers.has(name.toLowerCase())) throw new Error(`This is no header: ${line}`)
      headers.set(name.toLowerCase(), value)
    }
    rest = rest.slice(end + 4)
    if (status < 200) {
      informational.push(status)
      continue
    }
    const isEmpty = withoutBody || status === 204 || status === 304
    const [body, left] = isEmpty ? ['', rest] : readBody(rest, headers)
    answers.push({ status, headers, body: Buffer.from(body, 'latin1').toString() })
    rest = left
  }
  return { answers, informational }
}

function readBody(text: string, headers: Map<string, string>): [body: string, rest: string] {
  const length = headers.get('content-length')
  if (length !== undefined) {
    if (text.length < Number(length)) throw new Error('The answer is cut off')
    return [text.slice(0, Number(length)), text.slice(Number(length))]
  }
  if (headers.get('transfer-encoding') !== 'chunked') throw new Error('The answer has no length')
  let body = ''
  let rest = text
  for (;;) {
    const [line = '', digits = ''] = /^([\da-f]+)\r\n/i.exec(rest) ?? []
    if (!line) throw new Error('The answer is cut off')
    const size = Number.parseInt(digits, 16)
    body += rest.slice(line.length, line.length + size)
    rest = rest.slice(line.length + size + 2)
    if (size === 0) return [body, rest]
  }
}
