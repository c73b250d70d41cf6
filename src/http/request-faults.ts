import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Limits } from './limits.ts'
import type { Failure } from './problem.ts'

// What is wrong with a request before its address is looked at.

/** What is wrong with a request that the parser could read (RFC 9112 sections 2.3, 3.2). */
export function faultOf(incoming: IncomingMessage, limits: Limits): Failure | undefined {
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

/** The same of one that the parser could not read. */
export function failureOf(error: NodeJS.ErrnoException & { reason?: string }): Failure | undefined {
  const { code = '', reason = 'it is malformed' } = error
  if (code === 'HPE_HEADER_OVERFLOW') return headersTooLarge
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return bodyTooLarge
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return tooSlow
  // Anything else happened to the connection, and nobody is there to be told.
  if (!code.startsWith('HPE_')) return undefined
  return failure(400, `This is not a request that an HTTP/1.1 server can read: ${reason}.`)
}

export const unknownExpectation = failure(417, 'The server knows no expectation but 100-continue.')
export const noProxy = failure(405, 'This server is no proxy. Ask for a path with GET or HEAD.')
const wrongVersion = failure(400, 'The server speaks HTTP/1.1 and HTTP/1.0.')
const wrongHost = failure(400, 'The request must have one Host header, with a name and no more.')
const wrongTarget = failure(400, 'The target of the request must be a path that begins with "/".')
export const notReadable = failure(
  400,
  'The target or the Host header of the request is malformed.',
)
const bodyTooLarge = failure(413, 'The chunk extensions of the body are too long.')
const tooSlow = failure(408, 'The request did not come in time. Send it in one go.')
const headersTooLarge = failure(431, 'The address and the headers are too long together.')

function tooManyHeaders({ headers }: Limits): Failure {
  return failure(431, `The request has more than ${headers} headers.`)
}

function failure(status: number, detail: string): Failure {
  return { code: 'invalid', status, title: STATUS_CODES[status]!, detail, details: {} }
}
