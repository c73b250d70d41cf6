import { DomainError } from '../domain/errors.ts'

/** Addresses of one family, from the first to the last. IPv4 inside IPv6 counts as IPv4. */
export type AddressRange = { family: 4 | 6; first: bigint; last: bigint }

/** Who may be called although it is not public. */
export type AllowList = { names: string[]; ranges: AddressRange[] }

/** What callbacks are checked by. */
export type CallbackRules = {
  /** The host of BASE_URL. */
  ownHost: string
  /** HUB_ALLOW. */
  allowed: AllowList
  /** Whether a host must have a name, as Workers reach no others. */
  needsName?: boolean
}

/** An address to push to, as it was sent, without its fragment; and its host, by which hosts are counted. */
export type Callback = { address: string; host: string }

type Address = { family: 4 | 6; value: bigint }

/** Bytes of a callback at most. */
const longestCallback = 2048

/** IPv4 in the last 32 bits of IPv6: mapped (RFC 4291 2.5.5.2), and translated for networks without IPv4 (RFC 6052). */
const carriers = [0xffffn, 0x64_ff9bn << 64n]

/** Addresses that are not public, by the registries of IANA for special purposes. */
const forbidden = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Public by its number, but only machines of Azure reach it, and it is what configures them.
  '168.63.129.16',
  // Of IPv6 only 2000::/3 is public. What is below and above it has ::, ::1, 100::/64, fc00::/7, fe80::/10, ff00::/8.
  '::/3',
  '4000::/2',
  '8000::/1',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
].map((text) => readRange(text)!)

/**
 * Reads HUB_ALLOW: host names, addresses and ranges such as 10.1.0.0/16, parted by commas. Throws an Error
 * with a sentence.
 */
export function readAllowList(text: string): AllowList {
  const parts = text.split(',').map((part) => part.trim())
  const given = parts.filter(Boolean).map((part) => ({
    part,
    range: readRange(part.replace(/^\[(.*)\]$/, '$1')),
    name: readName(part),
  }))
  const wrong = given.filter(({ range, name }) => !range && !name).map(({ part }) => part)
  if (wrong.length > 0) {
    throw new Error(
      `HUB_ALLOW names "${wrong.join('" and "')}", which is neither a host nor a range of addresses. Write host names such as push.example.org and ranges such as 10.1.0.0/16 or fd00::/8, parted by commas.`,
    )
  }
  return {
    names: given.flatMap(({ range, name }) => (range ? [] : [name!])),
    ranges: given.flatMap(({ range }) => (range ? [range] : [])),
  }
}

/** What callbacks are checked by where the hub has this origin, and HUB_ALLOW says this. Throws as above. */
export function callbackRules(baseUrl: string, hubAllow: string): CallbackRules {
  return { ownHost: new URL(baseUrl).hostname, allowed: readAllowList(hubAllow) }
}

/** A name as a URL has it. Whatever a URL reads as an address must be written as one. */
function readName(text: string): string | undefined {
  if (/[^\p{L}\p{N}\p{M}._-]/u.test(text) || !URL.canParse(`http://${text}/`)) return undefined
  const host = hostOf(new URL(`http://${text}/`))
  return readAddress(host) ? undefined : host
}

/** An address is the range of itself alone. */
function readRange(text: string): AddressRange | undefined {
  const [base = '', prefix, ...more] = text.split('/')
  const address = readAddress(base)
  if (!address || more.length > 0) return undefined
  const { family, value } = address
  const bits = family === 4 ? 32 : 128
  const length = prefix === undefined ? bits : Number(prefix)
  if (!/^\d{1,3}$/.test(prefix ?? '0') || length > bits) return undefined
  const free = BigInt(bits - length)
  const first = (value >> free) << free
  return { family, first, last: first + (1n << free) - 1n }
}

/** Reads an address as URLs and resolvers write them. */
function readAddress(text: string): Address | undefined {
  if (!text.includes(':')) return readIpv4(text)
  const url = `http://[${text}]/`
  if (!/^[\da-f:.]+$/i.test(text) || !URL.canParse(url)) return undefined
  // A URL has every address of IPv6 in one spelling: in hexadecimal, with the longest run of zeros left out.
  const [head = '', tail = ''] = new URL(url).hostname.slice(1, -1).split('::')
  const [before = [], after = []] = [head, tail].map((part) => part.split(':').filter(Boolean))
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  const digits = [...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join('')
  const value = BigInt(`0x${digits}`)
  const isCarried = carriers.includes(value >> 32n)
  return isCarried ? { family: 4, value: value & 0xffff_ffffn } : { family: 6, value }
}

function readIpv4(text: string): Address | undefined {
  const parts = text.split('.')
  const isByte = (part: string) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256
  if (parts.length !== 4 || !parts.every(isByte)) return undefined
  return { family: 4, value: parts.reduce((sum, part) => (sum << 8n) + BigInt(part), 0n) }
}

/**
 * Reads `hub.callback` (WebSub section 5.1). Throws a DomainError with a sentence for the subscriber when it
 * cannot be called. What a name resolves to is checked when it is called.
 */
export function readCallback(text: string, rules: CallbackRules): Callback {
  const [address = ''] = text.split('#')
  const hasGaps = /[\s\p{Cc}\\]/u.test(address)
  if (hasGaps || !/^https?:\/\/[^/]/i.test(address) || !URL.canParse(address)) {
    throw refused('must be an absolute address that begins with http:// or https://')
  }
  if (new TextEncoder().encode(address).length > longestCallback) {
    throw refused(`must be at most ${longestCallback} bytes long`)
  }
  const url = new URL(address)
  const fault = faultOf(url, rules)
  if (fault !== undefined) throw refused(fault)
  return { address, host: hostOf(url) }
}

function refused(fault: string): DomainError {
  return new DomainError('invalid', `hub.callback ${fault}.`)
}

/** The address of a call, or why it is not made. Rules may have changed since the callback came in. */
export function addressToCall(address: string, rules: CallbackRules): URL | { failed: string } {
  const url = URL.parse(address)
  const fault = url ? faultOf(url, rules) : 'is no address'
  return url && fault === undefined ? url : { failed: `the callback ${fault}` }
}

/** Why an address may not be called, as the end of a sentence; undefined if its host and port may be. */
function faultOf(url: URL, { ownHost, allowed, needsName }: CallbackRules): string | undefined {
  if (!/^https?:$/.test(url.protocol)) return 'must begin with http:// or https://'
  if (url.username || url.password) return 'must not contain a user name or a password'
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  if (port < 1024 && port !== 80 && port !== 443) {
    return 'must have the port 80, 443, or one from 1024 on'
  }
  const host = hostOf(url)
  const literal = literalOf(host)
  if (allowed.names.includes(host) || isIn(allowed.ranges, literal)) return undefined
  if (host === ownHost) return 'must not be at the host of the hub itself'
  // Where ranges are allowed, a name of the local network may lead into them.
  const isLocal = allowed.ranges.length === 0 && /(^|\.)(localhost|local|internal)$/.test(host)
  if (isLocal || isIn(forbidden, literal)) return 'must be at a public host'
  return literal && needsName ? 'must be at a host with a name' : undefined
}

/** Whether a host may be reached at an address that its name resolved to. */
export function mayReach(address: string, host: string, allowed: AllowList): boolean {
  if (allowed.names.includes(host)) return true
  const found = readAddress(address)
  return found !== undefined && (isIn(allowed.ranges, found) || !isIn(forbidden, found))
}

function isIn(ranges: AddressRange[], address: Address | undefined): boolean {
  if (!address) return false
  const { family, value } = address
  return ranges.some((one) => one.family === family && one.first <= value && value <= one.last)
}

/** The host of an address. A dot at its end changes nothing. */
export function hostOf({ hostname }: Pick<URL, 'hostname'>): string {
  return hostname.replace(/\.+$/, '')
}

/** URLs write addresses of IPv6 in brackets, and every decimal, octal and hexadecimal spelling of IPv4 in one way. */
function literalOf(host: string): Address | undefined {
  return readAddress(host.replace(/^\[(.*)\]$/, '$1'))
}
