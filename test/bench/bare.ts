// What a handler could do at best: it answers what it was given, with the same headers and bytes.
import { readFileSync } from 'node:fs'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

type Given = { headers: Record<string, string>; body: string }

const { PORT, GIVEN } = process.env
const { headers, body } = JSON.parse(readFileSync(GIVEN!, 'utf8')) as Given
const bytes = Buffer.from(body, 'base64')
const { 'content-length': _, 'content-encoding': __, 'content-type': ___, ...ofBoth } = headers
const app = new Hono()
app.get('*', (c) => {
  const isKnown = c.req.header('if-none-match') === headers.etag
  return isKnown ? c.body(null, 304, ofBoth) : c.body(bytes, 200, headers)
})
serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' })
