// What subscribers do with a call of the hub, well and badly, for the tests of both who call.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

/** By the path that a request comes to. */
const paths: Record<string, (response: ServerResponse, request: IncomingMessage) => void> = {
  '/echo': (response, request) => void request.pipe(response),
  '/headers': (response, { headers }) => void response.end(JSON.stringify(headers)),
  '/exactly': (response) => void response.end('a'.repeat(4096)),
  '/busy': (response) => void response.writeHead(429, { 'Retry-After': '60' }).end('Later'),
  '/gone': (response) => void response.writeHead(410).end(),
  '/elsewhere': (response, request) =>
    void response.writeHead(307, { Location: `http://${request.headers.host}/echo` }).end(),
  '/endless': (response) => {
    const write = () => {
      do seen.written += 10_000
      while (response.write('a'.repeat(10_000)))
    }
    response.on('drain', write)
    write()
  },
  '/silent': () => {},
  '/dripping': (response) => {
    const timer = dripOften(() => {
      response.write('a')
      seen.drips++
    })
    response.on('close', () => clearInterval(timer))
  },
  '/cut': (response) => {
    response.writeHead(200, { 'Content-Length': '100' }).write('cut')
    // Workers read what came in parts, and have the first one by then.
    setTimeout(() => response.destroy(), 50)
  },
  '/upgrade': (response) =>
    void response.socket!.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    ),
  '/large-headers': (response) => void response.setHeader('X-Large', 'a'.repeat(10_000)).end(),
}

/** So often that a busy machine sees it go on, and not so often that the size of an answer ends it first. */
export function dripOften(drip: () => void) {
  let left = 500
  return setInterval(() => void (left-- > 0 && drip()), 5)
}

/** Addresses that were asked for, how often something dripped, and bytes without an end, until a test begins anew. */
export const seen: { served: string[]; drips: number; written: number } = {
  served: [],
  drips: 0,
  written: 0,
}

export const answerCall: RequestListener = (request, response) => {
  seen.served.push(request.url!)
  paths[new URL(request.url!, 'http://a').pathname]!(response, request)
}
