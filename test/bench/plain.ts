// What Node's own server does at best: no framework, and the answer put together before.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

type Given = { headers: Record<string, string>; body: string }

const { PORT, GIVEN } = process.env
const { headers, body } = JSON.parse(readFileSync(GIVEN!, 'utf8')) as Given
const bytes = Buffer.from(body, 'base64')
const { 'content-length': _, 'content-encoding': __, 'content-type': ___, ...ofBoth } = headers
const [known, anew] = [Object.entries(ofBoth).flat(), Object.entries(headers).flat()]
createServer((incoming, outgoing) => {
  if (incoming.headers['if-none-match'] === headers.etag) outgoing.writeHead(304, known).end()
  else outgoing.writeHead(200, anew).end(bytes)
}).listen(Number(PORT), '127.0.0.1')
