import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  denialAddress,
  judgeVerification,
  verificationAddress,
} from '../../src/websub/verification.ts'

const challenge = '5f0c1d2e3b4a59687706f5e4d3c2b1a0'
const asked = {
  mode: 'subscribe' as const,
  topic: 'https://releases.example.org/topics/eu+migration.atom?q=a%20b',
  challenge,
  leaseSeconds: 864_000,
}
const parameters =
  'hub.mode=subscribe&hub.topic=https%3A%2F%2Freleases.example.org%2Ftopics%2Feu%2Bmigration.atom%3Fq%3Da%2520b' +
  `&hub.challenge=${challenge}&hub.lease_seconds=864000`

test('parameters are added to a callback, of which every byte stays (W-12, W-56)', () => {
  for (const [callback, start] of [
    ['https://reader.example', 'https://reader.example?'],
    ['https://reader.example/push', 'https://reader.example/push?'],
    ['https://reader.example/push?', 'https://reader.example/push?'],
    ['https://reader.example/?k=a%2Fb+c', 'https://reader.example/?k=a%2Fb+c&'],
    ['https://reader.example/?k=1&', 'https://reader.example/?k=1&'],
    ['https://reader.example/?hub.mode=x', 'https://reader.example/?hub.mode=x&'],
    ['https://Reader.example/%7Eme/~me?%7E', 'https://Reader.example/%7Eme/~me?%7E&'],
  ]) {
    expect(verificationAddress({ callback: callback!, ...asked })).toBe(start + parameters)
  }
})

test('a subscriber reads back what it sent, whatever it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (topic, verifyToken) => {
      const callback = 'https://reader.example/?k=1'
      const address = verificationAddress({ ...asked, callback, topic, verifyToken })
      const { searchParams } = new URL(address)
      expect(searchParams.get('hub.topic')).toBe(topic)
      expect(searchParams.get('hub.verify_token')).toBe(verifyToken)
      expect(searchParams.get('k')).toBe('1')
    }),
  )
})

test('the token of a subscriber comes back when it subscribes and when it unsubscribes (W-13)', () => {
  for (const mode of ['subscribe', 'unsubscribe'] as const) {
    const { leaseSeconds: _, ...rest } = asked
    const callback = 'https://reader.example/'
    const address = verificationAddress({ ...rest, mode, callback, verifyToken: 'subscribe a+b' })
    expect(new URL(address).searchParams.get('hub.verify_token')).toBe('subscribe a+b')
    expect(address).not.toContain('lease_seconds')
    expect(verificationAddress({ ...rest, mode, callback })).not.toContain('verify_token')
  }
})

test('a subscriber learns that a topic is no more', () => {
  const callback = 'https://reader.example/?k=1'
  const { topic } = asked
  const { searchParams } = new URL(denialAddress({ callback, topic, reason: 'It ended.' }))
  expect(Object.fromEntries(searchParams)).toEqual({
    k: '1',
    'hub.mode': 'denied',
    'hub.topic': topic,
    'hub.reason': 'It ended.',
  })
})

test('only a 2xx with the challenge confirms, also within white space and quotes (W-12)', () => {
  const judge = (status: number, body: string) => judgeVerification({ status, body }, challenge)
  for (const body of [challenge, ` ${challenge}\r\n`, `"${challenge}"`, `\n"${challenge}"\n`]) {
    expect(judge(200, body), body).toBe('confirmed')
    expect(judge(204, body), body).toBe('confirmed')
    for (const status of [199, 301, 302, 400, 404, 410, 500, 503]) {
      expect(judge(status, body), `${status}`).toBe('refused')
    }
  }
  for (const body of [
    '',
    '"',
    '""',
    `""${challenge}""`,
    `'${challenge}'`,
    `"${challenge}`,
    challenge.toUpperCase(),
    challenge.slice(1),
    `${challenge}0`,
    `<p>${challenge}</p>`,
  ]) {
    expect(judge(200, body), body).toBe('refused')
  }
})

test('where no answer came, it may be asked for again (W-57)', () => {
  expect(judgeVerification({ failed: 'no answer within 10 seconds' }, challenge)).toBe('unreached')
})
