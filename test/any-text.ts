import fc from 'fast-check'

const surrogates = { first: 0xd800, count: 0x800 }

/** Any character of Unicode. fast-check has such a unit too, which takes it a second to make. */
const anyCharacter = fc
  .integer({ min: 0, max: 0x10ffff - surrogates.count })
  .map((number) => (number < surrogates.first ? number : number + surrogates.count))
  .map((code) => String.fromCodePoint(code))

/** Text of any characters, well-formed at least. */
export function anyString(limits: { maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc.string({ unit: anyCharacter, ...limits })
}

/** Any units of UTF-16, also halves of characters. */
export function anyUnits(): fc.Arbitrary<string> {
  const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code))
  return fc.string({ unit })
}
