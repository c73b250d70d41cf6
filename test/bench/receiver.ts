// Subscribers of the hub, in a process of their own: one server at all addresses of 127/8. It notes when each push came.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { setPriority } from 'node:os'
import { createSecureContext, TLSSocket } from 'node:tls'

/** Which paths answer late, and after how many milliseconds. */
export type ReceiverGiven = {
  key: string
  /** Each for as many addresses as a group has. */
  certificates: string[]
  slowAfter: number
}

/** When pushes came, in milliseconds since 1970, by path. */
export type Received = { path: string; at: number }[]

const { key, certificates, slowAfter } = JSON.parse(process.env.GIVEN!) as ReceiverGiven
let received: Received = []

// Subscribers have machines of their own: they must not take the time of the service that is measured.
setPriority(10)

const server = createServer((incoming, outgoing) => {
  incoming.resume().once('end', () => {
    const path = incoming.url!
    received.push({ path, at: Date.now() })
    const answer = () => void outgoing.writeHead(204).end()
    if (path.startsWith('/slow')) setTimeout(answer, slowAfter)
    else answer()
  })
})
server.keepAliveTimeout = 60_000
const contexts = certificates.map((file) =>
  createSecureContext({ key: readFileSync(key), cert: readFileSync(file) }),
)

/** Clients name no host whose address they were given, so the certificate is that of the address. */
const sockets = createSocketServer((socket) => {
  const [, , high = 0, low = 0] = socket.localAddress!.replace(/.*:/, '').split('.').map(Number)
  const secureContext = contexts[(256 * high + low) % contexts.length]!
  socket.on('error', () => {})
  const secure = new TLSSocket(socket, { isServer: true, secureContext })
  secure.on('error', () => socket.destroy())
  server.emit('connection', secure)
})
sockets.listen(0, '0.0.0.0', () => process.send!((sockets.address() as AddressInfo).port))

/** Tells everything since it was last asked. */
process.on('message', () => {
  process.send!(received)
  received = []
})
