import type { IncomingMessage } from 'node:http'
import { BlockList, isIPv6 } from 'node:net'
import type { Context } from 'hono'
import { clientFrom } from '../domain/attempts.ts'

/**
 * Who asks: the address of the connection and, where that is a proxy near to us, what it says of the one
 * behind it. Anybody else could write a new name with every request.
 */
export function clientAtSocket(c: Context): string {
  const { incoming } = c.env as { incoming?: IncomingMessage }
  const address = (incoming?.socket.remoteAddress ?? '').replace(/^::ffff:(?=[\d.]+$)/, '')
  if (!nearby.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return clientFrom(address)
  const behind =
    c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim().slice(0, longestClient) ?? ''
  return `${address} ${clientFrom(behind)}`
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
