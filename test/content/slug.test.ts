import { expect, test } from 'vitest'
import { slugOf } from '../../src/content/slug.ts'

test('slugs are Latin, and cut between words', () => {
  expect(slugOf('Järjestäytynyt rikollisuus Åbossa')).toBe('jarjestaytynyt-rikollisuus-abossa')
  expect(slugOf('Straße, Łódź & Ærø’s İstanbul')).toBe('strasse-lodz-aeros-istanbul')
  expect(slugOf('Объекты ПИТЬ')).toBe('obekty-pit')
  expect(slugOf('Новый йогурт')).toBe('novyy-yogurt')
  expect(slugOf('Νέα σύνορα')).toBe('nea-synora')
  expect(slugOf('№ 5 — ½')).toBe('no-5-1-2')
  const long = slugOf('The minister '.repeat(20))
  expect(long).toBe(`${'the-minister-'.repeat(6)}x`.slice(0, -2))
  expect(long!.length).toBeLessThanOrEqual(80)
  expect(slugOf("The minister's plan")).toBe('the-ministers-plan')
  expect(slugOf('Nine nine nine nine', 14)).toBe('nine-nine-nine')
  expect(slugOf(`ab ${'x'.repeat(300)}`)).toBe(`ab-${'x'.repeat(77)}`)
  expect(slugOf('x'.repeat(300))).toBe('x'.repeat(80))
})

test('letters are written as in the slugs that there are', () => {
  const pairs = `æ ae, ø o, œ oe, ß ss, ł l, đ d, ð d, þ th, ı i, ŋ n, ħ h, ə a, å a, ç c, č c, ő o, ț t, ý y,
    а a, б b, в v, г g, д d, е e, ё e, ж zh, з z, и i, й y, к k, л l, м m, н n, о o, п p, р r, с s, т t, у u,
    ф f, х kh, ц ts, ч ch, ш sh, щ shch, ы y, э e, ю yu, я ya, є ye, і i, ї yi, ґ g, ђ dj, ј j, љ lj, њ nj,
    ћ c, џ dz, ѕ dz, ў u, ѓ g, ќ k, α a, β v, γ g, δ d, ε e, ζ z, η i, θ th, ι i, κ k, λ l, μ m, ν n, ξ x, ο o,
    π p, ρ r, σ s, ς s, τ t, υ y, φ f, χ ch, ψ ps, ω o, ή i, ϊ i, ώ o`
  for (const pair of pairs.split(/,\s+/)) {
    const [letter = '', written] = pair.split(' ')
    expect([letter, slugOf(letter)]).toEqual([letter, written])
    expect([letter, slugOf(letter.normalize('NFD'))]).toEqual([letter, written])
    expect([letter, slugOf(`a${letter.toUpperCase()}`)]).toEqual([letter, `a${written}`])
  }
  expect(slugOf('объект ь')).toBe('obekt')
})

test('what has no letters of our own in it has no slug', () => {
  expect(slugOf('北京会议 A')).toBeUndefined()
  expect(slugOf('مؤتمر صحفي')).toBeUndefined()
  expect(slugOf('ABCD 北京会')).toBeUndefined()
  expect(slugOf('…')).toBeUndefined()
  expect(slugOf('北京 2024')).toBe('2024')
})
