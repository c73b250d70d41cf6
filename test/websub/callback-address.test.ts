import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addressToCall,
  mayReach,
  readAllowList,
  readCallback,
} from '../../src/websub/callback-address.ts'

const ownHost = 'releases.example.org'
const nobody = readAllowList('')
const rules = { ownHost, allowed: nobody }

/** What a subscriber is told. */
function refusal(text: string, allow = ''): string | undefined {
  try {
    readCallback(text, { ownHost, allowed: readAllowList(allow) })
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

test('a callback is taken as it was sent, without its fragment', () => {
  const read = (text: string) => readCallback(text, rules)
  expect(read('https://Reader.example/push?k=a%2Fb+c&%7E#part')).toEqual({
    address: 'https://Reader.example/push?k=a%2Fb+c&%7E',
    host: 'reader.example',
  })
  expect(read('http://reader.example.:8080?').host).toBe('reader.example')
  expect(read('https://bücher.example/ä').host).toBe('xn--bcher-kva.example')
  expect(read('https://8.8.8.8/').host).toBe('8.8.8.8')
  expect(read('https://[2600:1901::1]:8443/').host).toBe('[2600:1901::1]')
})

test('a subscriber is told in a sentence what is wrong with its callback (W-54)', () => {
  const absolute = 'hub.callback must be an absolute address that begins with http:// or https://.'
  for (const text of [
    '',
    'reader.example/push',
    '/push',
    'ftp://reader.example/',
    'javascript:alert(1)',
    'https:reader.example',
    'https:///reader.example',
    'https://',
    'https://reader.example/a b',
    'https://reader.example/\r\nX-Header: 1',
    'https:\\\\reader.example\\',
    'https://reader.example\\@127.0.0.1/',
    'https://[::1/',
    'https://256.256.256.256/',
    'https://1.2.3.4.5/',
  ]) {
    expect(refusal(text), text).toBe(absolute)
  }
  for (const user of ['me', 'me:secret', ':secret']) {
    const text = `https://${user}@reader.example/`
    expect(refusal(text)).toBe('hub.callback must not contain a user name or a password.')
  }
  const long = `https://reader.example/${'a'.repeat(2048 - 'https://reader.example/'.length)}`
  expect(refusal(long)).toBeUndefined()
  expect(refusal(`${long}a`)).toBe('hub.callback must be at most 2048 bytes long.')
  expect(refusal(`${long.slice(0, -1)}ä`)).toContain('2048 bytes')
})

test('only ports of the web, and those that anybody may open, are called (W-67)', () => {
  for (const port of [0, 1, 22, 25, 81, 442, 1023]) {
    const sentence = 'hub.callback must have the port 80, 443, or one from 1024 on.'
    expect(refusal(`http://reader.example:${port}/`, 'reader.example'), `${port}`).toBe(sentence)
  }
  for (const port of [80, 443, 1024, 8080, 65_535]) {
    expect(refusal(`http://reader.example:${port}/`), `${port}`).toBeUndefined()
  }
})

test('the hub does not call itself, nor names that no public host has (W-67)', () => {
  const own = 'hub.callback must not be at the host of the hub itself.'
  for (const host of [ownHost, 'RELEASES.example.org', `${ownHost}.`, `${ownHost}:8443`]) {
    expect(refusal(`https://${host}/hub`), host).toBe(own)
  }
  const local = 'hub.callback must be at a public host.'
  const names = [
    'localhost',
    'a.localhost',
    'LOCALHOST.',
    'printer.local',
    'metadata.google.internal',
  ]
  for (const host of [...names, 'local', 'internal']) {
    expect(refusal(`http://${host}/`), host).toBe(local)
  }
  expect(refusal('http://notlocalhost.example/')).toBeUndefined()
})

/** Of each range of W-67 the first and the last address, and where it ends the public neighbours. */
const ranges: [first: string, last: string, ...neighbours: string[]][] = [
  ['0.0.0.0', '0.255.255.255', '1.0.0.0'],
  ['10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
  ['100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'],
  ['127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'],
  ['169.254.0.0', '169.254.255.255', '169.253.255.255', '169.255.0.0'],
  ['172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
  ['192.0.0.0', '192.0.0.255', '191.255.255.255', '192.0.1.0'],
  ['192.0.2.0', '192.0.2.255', '192.0.1.255', '192.0.3.0'],
  ['192.168.0.0', '192.168.255.255', '192.167.255.255', '192.169.0.0'],
  ['198.18.0.0', '198.19.255.255', '198.17.255.255', '198.20.0.0'],
  ['198.51.100.0', '198.51.100.255', '198.51.99.255', '198.51.101.0'],
  ['203.0.113.0', '203.0.113.255', '203.0.112.255', '203.0.114.0'],
  ['224.0.0.0', '239.255.255.255', '223.255.255.255'],
  ['240.0.0.0', '255.255.255.255'],
  ['::', '::ffff:ffff'],
  ['64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['100::', '100::ffff:ffff:ffff:ffff'],
  ['2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff', '2001:200::'],
  ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db7:ffff::', '2001:db9::'],
  ['2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:ffff::1', '2003::'],
  ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
]

/** Ways to write an address of IPv4 in an address of the web, or within IPv6. */
function spellingsOf(address: string): string[] {
  const bytes = address.split('.').map(Number)
  const [a = 0, b = 0, c = 0, d = 0] = bytes
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0'))
  const groups = `${hex[0]}${hex[1]}:${hex[2]}${hex[3]}`
  return [
    address,
    `${address}.`,
    String(((a * 256 + b) * 256 + c) * 256 + d),
    `0x${hex.join('')}`,
    bytes.map((byte) => `0${byte.toString(8)}`).join('.'),
    hex.map((byte) => `0x${byte}`).join('.'),
    `${a}.${b}.${c * 256 + d}`,
    `${a}.${(b * 256 + c) * 256 + d}`,
    `%3${address}`,
    address.replaceAll('.', '。'),
    address.replace(/\d/g, (digit) => String.fromCodePoint(digit.codePointAt(0)! + 0xfee0)),
    `[::ffff:${address}]`,
    `[::ffff:${groups}]`,
    `[0:0:0:0:0:FFFF:${groups}]`,
    `[64:ff9b::${address}]`,
  ]
}

const hostsOf = (address: string) =>
  address.includes(':') ? [`[${address}]`, `[${address.toUpperCase()}]`] : spellingsOf(address)

for (const [first, last, ...neighbours] of ranges) {
  test(`nothing from ${first} to ${last} is called, however it is written (W-67)`, () => {
    for (const address of [first, last]) {
      expect(mayReach(address, 'reader.example', nobody), address).toBe(false)
      for (const host of hostsOf(address)) {
        expect(refusal(`http://${host}/`), host).toBe('hub.callback must be at a public host.')
      }
    }
    for (const address of neighbours) {
      expect(mayReach(address, 'reader.example', nobody), address).toBe(true)
      for (const host of hostsOf(address)) expect(refusal(`http://${host}/`), host).toBeUndefined()
    }
  })
}

test('addresses of IPv6 with IPv4 in them are what the IPv4 is; others than 2000::/3 are not public', () => {
  for (const address of ['::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2606:4700::1111']) {
    expect(mayReach(address, 'reader.example', nobody), address).toBe(true)
  }
  for (const address of [
    '::8.8.8.8',
    '::ffff:0:8.8.8.8',
    '2002:808:808::1',
    '2001:0:808:808::1',
    '64:ff9b:1::8.8.8.8',
    'fe80::1%eth0',
    '5f00::1',
    '3fff::1',
    '168.63.129.16',
    'no address',
    '',
  ]) {
    expect(mayReach(address, 'reader.example', nobody), address).toBe(false)
  }
})

test('a range holds the addresses that begin with its bits, and no others', () => {
  const write = { 32: writeIpv4, 128: writeIpv6 }
  const range = fc.constantFrom<(32 | 128)[]>(32, 128).chain((width) => {
    const bit = fc.integer({ min: 0, max: width - 1 })
    const value = fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n })
    return fc.tuple(fc.constant(width), value, bit, bit)
  })
  fc.assert(
    fc.property(range, ([width, base, length, bit]) => {
      const allowed = readAllowList(`${write[width](base)}/${length}`)
      const other = write[width](base ^ (1n << BigInt(width - 1 - bit)))
      const isPublic = mayReach(other, 'reader.example', nobody)
      expect(mayReach(write[width](base), 'reader.example', allowed)).toBe(true)
      expect(mayReach(other, 'reader.example', allowed)).toBe(isPublic || bit >= length)
    }),
    { numRuns: 500 },
  )
})

function writeIpv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')
}

function writeIpv6(value: bigint): string {
  return value.toString(16).padStart(32, '0').match(/.{4}/g)!.join(':')
}

test('HUB_ALLOW lets hosts and ranges be called that are not public, and no others (W-69)', () => {
  const allow = ' Push.Intern.Example , 10.1.0.0/16,fd00:1::/32, [::1], 127.0.0.2,'
  const allowed = readAllowList(allow)
  const reaches = (address: string, host = 'reader.example') => mayReach(address, host, allowed)
  expect(
    ['10.1.255.255', 'fd00:1:ffff::1', '::1', '127.0.0.2', '::ffff:10.1.0.1'].map((one) =>
      reaches(one),
    ),
  ).toEqual(Array(5).fill(true))
  expect(['10.2.0.0', 'fd00:2::', '::2', '127.0.0.1'].map((one) => reaches(one))).toEqual(
    Array(4).fill(false),
  )
  expect(reaches('192.168.1.1', 'push.intern.example')).toBe(true)
  expect(refusal('http://push.intern.example/', allow)).toBeUndefined()
  expect(refusal('http://[::ffff:a01:1]:8080/', allow)).toBeUndefined()
  expect(refusal('http://127.0.0.2/', allow)).toBeUndefined()
  expect(refusal('http://127.0.0.3/', allow)).toBe('hub.callback must be at a public host.')
  expect(refusal('http://push.intern.example:22/', allow)).toContain('port')
})

test('HUB_ALLOW may name the host of the hub, where everything runs on one machine', () => {
  expect(refusal(`https://${ownHost}:8443/`, ownHost)).toBeUndefined()
  const allowed = readAllowList('127.0.0.0/8')
  const rules = { ownHost: '127.0.0.1', allowed }
  expect(addressToCall('http://127.0.0.1:8080/', rules)).toBeInstanceOf(URL)
})

test('where ranges are allowed, names of the local network may lead into them', () => {
  expect(refusal('http://reader.internal/', '10.1.0.0/16')).toBeUndefined()
  expect(refusal('http://reader.internal/', 'other.internal')).toContain('public')
  const allowed = readAllowList('10.1.0.0/16')
  expect(mayReach('10.1.0.1', 'reader.internal', allowed)).toBe(true)
  expect(mayReach('10.2.0.1', 'reader.internal', allowed)).toBe(false)
})

test('HUB_ALLOW is refused with what it has wrong', () => {
  for (const text of [
    'https://push.example.org',
    'push.example.org:8080',
    'push.example.org/24',
    '*.example.org',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0/8',
    '010.0.0.0/8',
    '0x7f.1',
    '2130706433',
    'fd00::/129',
    'fd00::1::/64',
    '::1]/x',
    'fd00::/-1',
    'two words',
  ]) {
    expect(() => readAllowList(`push.example.org, ${text}`), text).toThrow(
      `HUB_ALLOW names "${text}", which is neither a host nor a range of addresses.`,
    )
  }
})

test('on Workers a host must have a name, unless HUB_ALLOW has it (W-68)', () => {
  const take = (host: string, allow = '') => {
    const allowed = readAllowList(allow)
    return addressToCall(`https://${host}/`, { ownHost, allowed, needsName: true })
  }
  for (const host of ['8.8.8.8', '134744072', '[2600:1901::1]', '[::ffff:8.8.8.8]']) {
    expect(take(host), host).toEqual({ failed: 'the callback must be at a host with a name' })
    expect(take(host, '8.8.0.0/16, 2600::/16'), host).toBeInstanceOf(URL)
  }
  expect(take('reader.example')).toBeInstanceOf(URL)
})
