import { expect, test } from 'vitest'
import { identity } from '../../src/domain/identity.ts'

test('an identity is the UUID of version 5 that RFC 9562 appendix A.4 gives as an example', () => {
  const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'
  expect(identity(dns, 'www.example.com')).toBe('urn:uuid:2ed6657d-e927-568b-95e1-2665a8aea6a2')
})

test('an identity is short, ASCII and without spaces or commas (C-01)', () => {
  const id = identity('2f1c9a52-6a1e-4c57-9d0f-6b3f0c1d7e84', 'järjestäytynyt, rikollisuus')
  expect(id).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
})
