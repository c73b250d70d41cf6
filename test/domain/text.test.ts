import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  beginning,
  cleanLine,
  cleanText,
  escapeMarkup,
  fold,
  searchTokens,
  searchWords,
} from '../../src/domain/text.ts'
import { anyString } from '../any-text.ts'

/** XML 1.0 section 2.2, production 2, without the carriage returns that XML turns into LF. */
const xmlCharacters = /^[\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u

const everyUnit = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code))

/** Any code units at all, lone surrogates and controls among them more often than by chance. */
const anyText = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0xd800, max: 0xdfff }),
      fc.integer({ min: 0, max: 0xa0 }),
      fc.constantFrom(0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff, 0x0d, 0x0a),
    ),
  )
  .map((codes) => String.fromCharCode(...codes))

describe('clean text', () => {
  test('holds only characters that XML allows, whatever was written (X-02)', () => {
    for (const unit of everyUnit) {
      const clean = cleanText(`a${unit}b`)
      if (!xmlCharacters.test(clean)) expect.fail(`U+${unit.charCodeAt(0).toString(16)} survives`)
    }
    fc.assert(fc.property(anyText, (text) => xmlCharacters.test(cleanText(text))))
  })

  test('loses no character that XML allows, except DEL, C1 controls and noncharacters', () => {
    const lost = everyUnit.filter((unit) => xmlCharacters.test(unit) && !cleanText(unit))
    const codes = lost.map((unit) => unit.charCodeAt(0))
    const noncharacters = Array.from({ length: 32 }, (_, index) => 0xfdd0 + index)
    // Windows-1252 has nothing at five of the C1 codes.
    expect(codes).toStrictEqual([0x7f, 0x81, 0x8d, 0x8f, 0x90, 0x9d, ...noncharacters])
  })

  test('stays as it is from U+00A0 to U+D7FF and in every other plane', () => {
    const letters = everyUnit.slice(0xa0, 0xd800).join('')
    expect(cleanText(letters)).toBe(letters)
    for (let plane = 1; plane <= 16; plane++) {
      const ends = String.fromCodePoint(plane * 0x10000, plane * 0x10000 + 0xfffd)
      expect(cleanText(ends)).toBe(ends)
    }
  })

  test('cleaned again is the same', () => {
    fc.assert(fc.property(anyText, (text) => cleanText(cleanText(text)) === cleanText(text)))
    fc.assert(fc.property(anyText, (text) => cleanLine(cleanLine(text)) === cleanLine(text)))
  })

  test('has line feeds as the only line ends', () => {
    expect(cleanText('one\r\ntwo\rthree\n\rfour\r\r\nfive')).toBe('one\ntwo\nthree\n\nfour\n\nfive')
  })

  test('has windows-1252 repaired, byte for byte', () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index)
    const meant = new TextDecoder('windows-1252').decode(bytes)
    // Where windows-1252 has nothing, the decoder leaves the control.
    const expected = meant.replace(/[\x80-\x9f]/g, '')
    expect(cleanText(String.fromCharCode(...bytes))).toBe(expected)
    expect(expected).toHaveLength(27)
  })

  test('keeps whole surrogate pairs and drops halves', () => {
    expect(cleanText('a\ud83d\ude00b')).toBe('a😀b')
    expect(cleanText('a\ud83db')).toBe('ab')
    expect(cleanText('a\ude00b')).toBe('ab')
    expect(cleanText('\ude00\ud83d')).toBe('')
    expect(cleanText('\ud83d\ud83d\ude00\ude00')).toBe('😀')
  })

  test('is not made whole out of halves around what was removed', () => {
    expect(cleanText('a\ud83d\0\ude00b')).toBe('ab')
    expect(cleanText('a\r\0\nb')).toBe('a\n\nb')
  })

  test('keeps what only looks dangerous', () => {
    for (const text of [
      '<b> &amp; &#11; ]]>',
      '$& $1',
      '${x}',
      '__proto__',
      'a\u2028b\u2029c',
      '\u202eא\u202c \u2067ب\u2069',
      '10\u00a0000',
      'e\u0301',
      'zero\u200bwidth\u00adjoiner\u200d\ufeff',
      ' two  spaces\t\n ',
    ]) {
      expect(cleanText(text)).toBe(text)
    }
  })
})

describe('a clean line', () => {
  test('is one line without space at its ends, whatever was written (C-11)', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const clean = cleanLine(text)
        expect(clean).not.toMatch(/[\t\n\r\v\f\u2028\u2029\u0085]/)
        expect(clean).toBe(clean.trim())
        expect(clean).toMatch(xmlCharacters)
      }),
    )
  })

  test('has one space where there were several, and line ends count as space', () => {
    expect(cleanLine('  one \t two\r\n\n three\u2028four\u2029\u3000five ')).toBe(
      'one two three four five',
    )
  })

  test('keeps no-break spaces inside, and none at its ends', () => {
    expect(cleanLine('10\u00a0000\u00a0€')).toBe('10\u00a0000\u00a0€')
    expect(cleanLine('\u00a0one\u00a0')).toBe('one')
    expect(cleanLine('one \u00a0 two')).toBe('one two')
  })

  test('can be empty', () => {
    expect(cleanLine(' \0\n\ud800\u00a0\ufeff')).toBe('')
  })

  test('has its ends trimmed after controls are gone', () => {
    expect(cleanLine('\0 one \u0001')).toBe('one')
  })
})

describe('the beginning of a text', () => {
  test('is the text itself when it is short enough', () => {
    expect(beginning('one two', 7)).toBe('one two')
    expect(beginning('', 5)).toBe('')
  })

  test('ends after a whole word, without punctuation, with an ellipsis', () => {
    expect(beginning('one, two three', 9)).toBe('one, two…')
    expect(beginning('one two, three', 9)).toBe('one two…')
    expect(beginning('one two – three', 11)).toBe('one two…')
  })

  test('cuts a word that is longer than half of it', () => {
    expect(beginning('a internationalisation', 10)).toBe('a internat…')
    expect(beginning('x'.repeat(20), 5)).toBe('xxxxx…')
  })

  test('never cuts a character in half', () => {
    expect(beginning('😀😀😀😀', 3)).toBe('😀😀😀…')
  })

  test('is never longer than its limit and the ellipsis', () => {
    fc.assert(
      fc.property(anyString(), fc.integer({ min: 1, max: 50 }), (text, limit) => {
        expect(Array.from(beginning(text, limit)).length).toBeLessThanOrEqual(limit + 1)
      }),
    )
  })
})

describe('words as they are compared and searched for', () => {
  test.each([
    ['Järjestäytynyt rikollisuus', 'jarjestaytynyt-rikollisuus'],
    ['  EU & Schengen! ', 'eu-schengen'],
    ['e\u0301te\u0301', 'ete'],
    ['ﬁnance ①', 'finance-1'],
    ['Миграция', 'миграция'],
    ['移民', '移民'],
    ['हिन्दी', 'हिन्दी'],
    ['<b>&amp;', 'b-amp'],
    ['—', ''],
  ])('%s is folded to %s', (text, folded) => {
    expect(fold(text)).toBe(folded)
  })

  test('a folded word folded again is the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => fold(fold(text)) === fold(text)),
    )
  })

  test('a text is its words, without marks between them', () => {
    expect(searchWords('“Ministers” meet—in Ålborg; 3 %.')).toStrictEqual([
      'ministers',
      'meet',
      'in',
      'alborg',
      '3',
    ])
    expect(searchWords('…')).toStrictEqual([])
  })

  test('scripts without spaces are taken character by character', () => {
    expect(searchTokens('移民2024年').trim().split(/ +/)).toStrictEqual(['移', '民', '2024', '年'])
    expect(searchTokens('migration')).toBe('migration')
  })
})

test('HTML source shows a text as it is, in text and in quoted attributes', () => {
  expect(escapeMarkup(`a < b > c & "d" 'e' &amp;`)).toBe(
    "a &lt; b &gt; c &amp; &quot;d&quot; 'e' &amp;amp;",
  )
  expect(escapeMarkup('$& $1')).toBe('$&amp; $1')
})

describe('characters that nobody sees', () => {
  const unseen = {
    'a soft hyphen': '\u00ad',
    'a zero-width space': '\u200b',
    'a zero-width non-joiner': '\u200c',
    'a zero-width joiner': '\u200d',
    'a word joiner': '\u2060',
    'a byte order mark': '\ufeff',
    'a combining grapheme joiner': '\u034f',
    'a mark of direction': '\u200e',
    'an isolate': '\u2068',
    'a variation selector': '\ufe0f',
    'a Mongolian vowel separator': '\u180e',
    'a tag': '\u{e0020}',
    'several of them': '\u00ad\u200b\u2060',
  }
  test.each(Object.entries(unseen))('%s makes no other word', (_, sign) => {
    for (const word of [
      'Maahan|muutto|virasto',
      'Tä|hän',
      '|alku',
      'loppu|',
      'میں|خواہم',
      '内|閣',
    ]) {
      const written = word.replaceAll('|', sign)
      const plain = word.replaceAll('|', '')
      expect(searchWords(`Nyt ${written}.`)).toEqual(searchWords(`Nyt ${plain}.`))
      expect(fold(written)).toBe(fold(plain))
    }
    expect(searchWords(`one ${sign} two`)).toEqual(['one', 'two'])
  })
})
