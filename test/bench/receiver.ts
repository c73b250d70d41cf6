// Subscribers of the hub, in a process of their own: one server at all addresses of 127/8. It notes when each push came.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'

/** Which paths answer late, and after how many milliseconds. */
export type ReceiverGiven = { key: string; certificate: string; slowAfter: number }

/** When pushes came, in milliseconds since 1970, by path. */
export type Received = { path: string; at: number }[]

const { key, certificate, slowAfter } = JSON.parse(process.env.GIVEN!) as ReceiverGiven
let received: Received = []

const server = createServer(
  { key: readFileSync(key), cert: readFileSync(certificate) },
  (incoming, outgoing) => {
    incoming.resume().once('end', () => {
      const path = incoming.url!
      received.push({ path, at: Date.now() })
      const answer = () => void outgoing.writeHead(204).end()
      if (path.startsWith('/slow')) setTimeout(answer, slowAfter)
      else answer()
    })
  },
)
server.keepAliveTimeout = 60_000
server.listen(0, '0.0.0.0', () => process.send!((server.address() as { port: number }).port))

/** Tells everything since it was last asked. */
process.on('message', () => {
  process.send!(received)
  received = []
})
