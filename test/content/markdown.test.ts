// What an author types comes out as it was typed: Markdown gives many signs a meaning that they never have
// in a press release.
import { expect, test } from 'vitest'
import { cleanHtml } from '../../src/content/html.ts'
import { cellsWithoutColumn, labelsWithoutUse, markdownToHtml } from '../../src/content/markdown.ts'

function read(markdown: string, language = 'fi'): string {
  return cleanHtml(markdownToHtml(markdown, language), (address) => address).html.replace(/\n/g, '')
}

test.each([
  ['fi', '24. tammikuuta 2024 ministerit tapaavat.'],
  ['fi', '1. tammikuussa alkava kausi'],
  ['fi', '24. ja 25. tammikuuta tavataan'],
  ['fi', '50. vuosipäivä juhlitaan'],
  ['fi', '24. 1. 2024 klo 9'],
  ['da', '1. maj mødes ministrene'],
  ['da', '1. og 2. maj mødes ministrene'],
  ['nb', '24. – 25. januar møtes de'],
  ['de', '24. Dezember 2024'],
  ['de', '1. Jan. 2024'],
  ['et', '1. mail algab'],
  ['et', '2024. aasta on uus.'],
  ['lv', '2024. gada 24. janvārī'],
  ['cs', '1. ledna se sejdou'],
  ['hu', '2024. május 1-jén'],
  ['is', '17. júní'],
  ['sr-latn', '1. januara'],
])('a date or ordinal at the start of a paragraph stays in %s: %s', (language, text) => {
  expect(read(text, language)).toBe(`<p>${text}</p>`)
  expect(read(`${text}\n\n${text}`, language)).toBe(`<p>${text}</p><p>${text}</p>`)
})

test('dates after each other become no list, whatever stands around them', () => {
  expect(read('24. tammikuuta a\n\n25. tammikuuta b')).toBe(
    '<p>24. tammikuuta a</p><p>25. tammikuuta b</p>',
  )
  expect(read('1. Kokous\n2. Lounas\n\n24. tammikuuta lähdetään.\n\n3. Loppu\n4. Kahvi')).toBe(
    '<ol><li>Kokous</li><li>Lounas</li></ol><p>24. tammikuuta lähdetään.</p><ol start="3"><li>Loppu</li><li>Kahvi</li></ol>',
  )
  expect(read('1. Kokous\n2. Lounas\n24. tammikuuta lähdetään.')).toBe(
    '<ol><li>Kokous</li><li>Lounas</li></ol><p>24. tammikuuta lähdetään.</p>',
  )
  expect(read('- 24. tammikuuta\n- 25. tammikuuta')).toBe(
    '<ul><li>24. tammikuuta</li><li>25. tammikuuta</li></ul>',
  )
  expect(read('2024. aasta oli hea.\n2025. aasta on uus.', 'et')).toBe(
    '<p>2024. aasta oli hea.2025. aasta on uus.</p>',
  )
  expect(read('3. luokka lähtee.\n\n7. luokka jää.')).toBe(
    '<p>3. luokka lähtee.</p><p>7. luokka jää.</p>',
  )
})

test('a date on a line of its own within a paragraph does not break it', () => {
  expect(read('Tapaavat taas\n1. tammikuuta 2024 ja\nsen jälkeen')).toBe(
    '<p>Tapaavat taas1. tammikuuta 2024 jasen jälkeen</p>',
  )
  expect(read('Tapaavat\n1. tammikuuta ja\n1. helmikuuta')).toBe(
    '<p>Tapaavat1. tammikuuta ja1. helmikuuta</p>',
  )
})

test('lists have the numbers that were written', () => {
  expect(read('7. a\n8. b')).toBe('<ol start="7"><li>a</li><li>b</li></ol>')
  expect(read('1. a\n2. b\n2. c\n5. d')).toBe(
    '<ol><li>a</li><li>b</li><li value="2">c</li><li value="5">d</li></ol>',
  )
  expect(read('1. a\n1. b\n1. c')).toBe('<ol><li>a</li><li>b</li><li>c</li></ol>')
  expect(read('1. a\n 2. b\n 5. c')).toBe('<ol><li>a</li><li>b</li><li value="5">c</li></ol>')
  expect(read('1. a\n\n1. b\n\n1. c').match(/<ol>/g)).toHaveLength(1)
  expect(read('5. a\n\n   b')).toBe('<ol start="5"><li><p>a</p><p>b</p></li></ol>')
  expect(read('9) a\n10) b')).toBe('<ol start="9"><li>a</li><li>b</li></ol>')
  expect(read('1) tammikuuta koskeva\n2) muu')).toBe(
    '<ol><li>tammikuuta koskeva</li><li>muu</li></ol>',
  )
  expect(read('1. Maja Jensen\n2. Mai Ngoc', 'da')).toBe(
    '<ol><li>Maja Jensen</li><li>Mai Ngoc</li></ol>',
  )
})

test('numbers of lists in HTML are kept where they are numbers', () => {
  const html =
    '<ol type="a" start="3"><li value="5">e</li></ol><ol reversed><li>x</li></ol><ol start="x" type="zz"><li value="">y</li></ol>'
  expect(cleanHtml(html, () => undefined).html).toBe(
    '<ol type="a" start="3"><li value="5">e</li></ol><ol reversed><li>x</li></ol><ol><li>y</li></ol>',
  )
})

test.each([
  'Avoinna 9~11 ja 13~15, 50~80 € (lapset 20~30 €)',
  'Lehrer*innen und Schüler*innen, 5*3*2 m',
  'tiedosto_nimi_x ja 2_000_000',
  'Luku (*) ja toinen (*), *.pdf ja *.doc, EU*:n ja *) arvio*',
])('signs between letters and digits are no markup: %s', (text) => {
  expect(read(text)).toBe(`<p>${text}</p>`)
})

test('a sign before a word is no name of a character unless it ends with a semicolon', () => {
  expect(read('R&D ja Muu&copy 2024 &copy; Tulli')).toBe(
    '<p>R&amp;D ja Muu&amp;copy 2024 © Tulli</p>',
  )
})

test('markup is still markup', () => {
  expect(read('**Tulli**n *uusi* ~~vanha~~ asema; これは*強調*です <b>x</b>')).toBe(
    '<p><strong>Tulli</strong>n <em>uusi</em> <s>vanha</s> asema; これは<em>強調</em>です <b>x</b></p>',
  )
  expect(read('<ol REVERSED><li>x</li></ol>')).toBe('<ol reversed><li>x</li></ol>')
  expect(markdownToHtml('![Kartta](uusi kartta.png) ja [liite](liite 1.pdf)', 'fi')).toBe(
    '<p><img src="uusi%20kartta.png" alt="Kartta"> ja <a href="liite%201.pdf">liite</a></p>\n',
  )
})

test('words in angle brackets that are no HTML are shown', () => {
  expect(read('Kirjoita <nimi> tähän: a <b ja c> d.')).toBe(
    '<p>Kirjoita &lt;nimi&gt; tähän: a &lt;b ja c&gt; d.</p>',
  )
  expect(read('<Ministry of the Interior>\nx')).toBe('<p>&lt;Ministry of the Interior&gt;x</p>')
})

test('a line that shows nothing because nothing refers to it is told, and a comment is not', () => {
  const text =
    '[Source]: https://example.org\n\n[Note]: Virtanen\n\n[a]: /x\n\nSee [b][A].\n\n[//]: # (hidden)\n\n[c]: <> (hidden)'
  expect(labelsWithoutUse(text)).toEqual(['Source', 'Note'])
})

test('cells behind the last column of a table are found', () => {
  const table = (...rows: string[]) => ['| Time | What |', '|---|:-:|', ...rows].join('\n')
  expect(cellsWithoutColumn(table('| 9 | a|b |', '| 10 | c | |', '11 | d | e | f'))).toEqual([
    'b',
    'e | f',
  ])
  expect(cellsWithoutColumn(table('| 9 | a \\| b |', '| 10 |', '', 'a | b | c'))).toEqual([])
  expect(cellsWithoutColumn(`> ${table('| 9 | a | b |').replaceAll('\n', '\n> ')}`)).toEqual(['b'])
  expect(cellsWithoutColumn(`\`\`\`\n${table('| 9 | a | b |')}\n\`\`\``)).toEqual([])
  expect(cellsWithoutColumn('a | b\nc | d | e\n---|---\nf | g | h')).toEqual([])
  // What Markdown leaves out is what is found.
  expect(markdownToHtml(table('| 9 | a|b |', '| 10 | c \\| d |'), 'en')).not.toContain('b</td>')
})
