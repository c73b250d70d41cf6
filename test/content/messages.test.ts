// The mistakes of somebody who writes releases with a text editor, and what each is answered.
import { expect, test } from 'vitest'
import { reading } from '../../src/content/reading.ts'
import { readSite, readTopics } from '../../src/content/read-site.ts'
import { formatProblem } from '../../src/domain/problem.ts'
import { siteYaml, topicsYaml } from '../content-folder.ts'

const site = readSite(siteYaml).site!
const { vocabulary } = readTopics(topicsYaml, site.languages, site.timezone)

/** Lines that are told of a file, without its name. */
async function told(text: string, path = 'releases/a.en.md'): Promise<string[]> {
  const files = [{ path, text }]
  const [file] = await reading.files(
    { basis: '', files, now: Date.UTC(2026, 0, 1) / 1000 },
    { site, vocabulary },
  )
  return file!.problems.map((problem) => {
    return formatProblem({ ...problem, file: path, line: problem.line! }).slice(path.length + 1)
  })
}

/** A file with fields from line 2 on; `published` is the last. */
const fields = (...lines: string[]) =>
  ['---', ...lines, 'published: 2024-01-24T09:00', '---', '', 'Text.', ''].join('\n')
const title = 'title: A'

test.each<[string, string, string[], string?]>([
  [
    'a hash in a title',
    fields('title: The campaign #SafeBorders begins'),
    [
      '2  Warning: "#SafeBorders begins" is taken for a comment and left out. Write title: "The campaign #SafeBorders begins", or, if it is a comment, two spaces before # and one behind.',
    ],
  ],
  [
    'several mistakes, in the order of their lines',
    fields('lead: A #b', title, 'title: B'),
    [
      '2  Warning: "#b" is taken for a comment and left out. Write lead: "A #b", or, if it is a comment, two spaces before # and one behind.',
      '4  This field stands here twice. Remove one.',
    ],
  ],
  ['an item without text', fields(title, 'topics:', '- eu', '-'), []],
  [
    'a hash in a line behind an item',
    fields(title, 'topics:', '- eu', '  #border'),
    [
      '5  Warning: "#border" is taken for a comment and left out. Write the whole value in double quotes, or, if it is a comment, begin its line with as many spaces as the field has.',
    ],
  ],
  [
    'a backslash before a letter that means a sign without a name',
    fields('title: "C:\\release"'),
    [
      '2  Warning: In double quotes \\r is a control character. Write the value in single quotes if a backslash is meant.',
    ],
  ],
  [
    'lines of hyphens with spaces behind them, and none behind the last one',
    '---  \ntitle: A\npublished: 2024-01-24\n---',
    [],
  ],
  [
    'a file that ends within its fields',
    '---\ntitle: A\npublished: 2024-01-24\nkind: speech',
    ['4  The line --- below the fields is missing. Write it between the fields and the text.'],
  ],
  [
    'underscores in the place of hyphens',
    '___\ntitle: A\n---\nText.\n',
    ['1  The first line is to be three hyphens and nothing else. Write --- there.'],
  ],
  [
    'a text longer than a release may be',
    `${fields(title)}${'word '.repeat(200_100)}`,
    ['5  body  The text is longer than 1000000 characters. Attach it as a file instead.'],
  ],
  [
    'quotations within quotations without end',
    `${fields(title)}${'> '.repeat(3000)}x`,
    ['5  body  The text is nested too deeply. Write it more plainly.'],
  ],
  [
    'the text as a field',
    fields(title, 'body: Text'),
    ['3  body  The file name and the text below the fields say this. Remove the field.'],
  ],
  [
    'a hash and a space',
    fields('title: Hall # 4'),
    [
      '2  Warning: "# 4" is taken for a comment and left out. Write title: "Hall # 4", or, if it is a comment, two spaces before # and one behind.',
    ],
  ],
  [
    'a hash at the beginning of a value',
    fields(title, 'lead: #SafeBorders begins'),
    [
      '3  Warning: "#SafeBorders begins" is taken for a comment and left out. Write lead: "#SafeBorders begins", or, if it is a comment, two spaces before # and one behind.',
    ],
  ],
  [
    'a hash in a line that goes on',
    fields(title, 'lead: The campaign', '  #SafeBorders begins'),
    [
      '4  Warning: "#SafeBorders begins" is taken for a comment and left out. Write the whole value in double quotes, or, if it is a comment, begin its line with as many spaces as the field has.',
    ],
  ],
  [
    'a hash in a line behind a quotation',
    fields(title, "lead: 'Borders: safe'", '  #4 of six'),
    [
      '4  Warning: "#4 of six" is taken for a comment and left out. Write the whole value in double quotes, or, if it is a comment, begin its line with as many spaces as the field has.',
    ],
  ],
  ['a comment behind quotes', fields(title, "lead: 'Borders: safe'", '  # To be checked'), []],
  [
    'a hash in the midst of lines',
    fields(title, 'lead: The campaign', '  #SafeBorders begins', '  on Monday'),
    [
      '4  "#SafeBorders begins" is taken for a comment and left out. Write the whole value in double quotes, or, if it is a comment, begin its line with as many spaces as the field has.',
    ],
  ],
  [
    'a hash between braces',
    fields(title, 'event: { start: 2024-02-01, place: Hall #4 in Antwerp }'),
    [
      '3  "#4 in Antwerp }" is taken for a comment and left out. Write place: "Hall #4 in Antwerp", or, if it is a comment, two spaces before # and one behind.',
    ],
  ],
  [
    'comments that are meant',
    fields(
      'title: A  # the title',
      '# topics: [eu]',
      'contacts: # whom to ask',
      '  - name: A',
      '    #phone: 1',
      '  #- name: B',
      'lead: >  # folded',
      '  A lead.',
      'event: #the day',
      '  start: "2024-02-01"  # and no end',
      'topics: #none yet',
      '- eu',
    ),
    [],
  ],
  [
    'a hash below a block of text that stands further in',
    fields(title, 'lead: |', '   The campaign', '  #SafeBorders begins'),
    [
      '5  Warning: "#SafeBorders begins" is taken for a comment and left out. Write the whole value in double quotes, or, if it is a comment, begin its line with as many spaces as the field has.',
    ],
  ],
  [
    'no space behind a colon between braces',
    fields(title, 'event: { start: 2024-02-01, place:Antwerp }'),
    [
      '3  Warning: A space is missing behind place:, and the value is left out. Write place: "Antwerp".',
    ],
  ],
  [
    'two quotations',
    fields('title: "Yes" and "no"'),
    [`2  The value goes on behind its closing quotation mark. Write title: '"Yes" and "no"'.`],
  ],
  [
    'a quotation mark that is not closed, before others',
    fields(title, 'contacts:', '  - name: "Desk', '    phone: "1"'),
    ['4  The quotation mark " is opened here and not closed. Write name: "Desk".'],
  ],
  [
    'a comma between braces',
    fields(title, 'event: { start: 2024-02-01, place: Antwerp, Belgium, Europe }'),
    [
      '3  Warning: "Belgium" is left out, because a comma ends the value before it. Write place: "Antwerp, Belgium, Europe".',
    ],
  ],
  [
    'a comma behind a closing quotation mark',
    fields(title, `event: { start: 2024-02-01, place: "Antwerp", Belgium }`),
    [
      '3  Warning: "Belgium" is left out, because a comma ends the value before it. Write place: "Antwerp, Belgium".',
    ],
  ],
  [
    'braces around a text',
    fields('title: {x}'),
    [
      '2  Warning: "x" has no value and is left out. Write name: value in braces, or the whole text in double quotes.',
      '2  title  This must be text, not a set of fields. Write one line, such as title: Ministers to discuss migration.',
    ],
  ],
  [
    'a sign that names a value',
    fields(title, 'event: { start: 2024-02-01 }', 'lead: &Meeting at noon'),
    [
      '4  Warning: "&Meeting" at the beginning of a value is left out. Write lead: "&Meeting at noon".',
    ],
  ],
  [
    'an exclamation mark and a space',
    fields('title: ! Now'),
    ['2  Warning: "!" at the beginning of a value is left out. Write title: "! Now".'],
  ],
  [
    'an exclamation mark',
    fields('title: !Important news'),
    ['2  A value that begins with ! needs quotes. Write title: "!Important news".'],
  ],
  [
    'a question mark',
    fields(title, 'topics:', '  - ? eu'),
    [
      '4  Warning: "?" at the beginning of a value is left out. Write - "? eu".',
      '4  topics 1  This must be text, not a set of fields. Write a list such as [migration, organised-crime].',
    ],
  ],
  [
    'more than five',
    fields('title: A', 'lead: >5'),
    ['3  Warning: ">5" is left out. Write lead: ">5".'],
  ],
  [
    'more than five people',
    fields('title: > 5 people'),
    ['2  A value that begins with > needs quotes. Write title: "> 5 people".'],
  ],
  [
    'an at sign',
    fields('title: @minister'),
    ['2  A value that begins with @ needs quotes. Write title: "@minister".'],
  ],
  [
    'a hyphen',
    fields('title: - a'),
    ['2  A value that begins with - needs quotes. Write title: "- a".'],
  ],
  [
    'brackets at the beginning',
    fields('title: [Draft] Minister'),
    ['2  A value that begins with [ needs quotes. Write title: "[Draft] Minister".'],
  ],
  [
    'asterisks',
    fields('title: **Minister** joins'),
    ['2  A value that begins with * needs quotes. Write title: "**Minister** joins".'],
  ],
  [
    'a line in a cell of a table',
    fields(title) + '\n| Time | What |\n|---|---|\n| 9.00 | Tea|coffee |\n',
    [
      '5  body  Warning: "coffee" is left out, because its row has more cells than the first row of its table. Write \\| for a vertical bar that separates no cells, or give the first row as many.',
    ],
  ],
  [
    'a picture of another machine, as it is written',
    fields(title) + '\n![Port](C:\\Users\\me\\port.jpg) ![Port](<my port.jpg>)\n',
    [
      String.raw`5  body  Warning: "C:\Users\me\port.jpg" is on your machine, where nobody else can read it. Put the file into media/ and write ../../media/ and its name.`,
      '5  body  Warning: "my port.jpg" is not in the media folder as it is written. Put the file into media/ and write ../../media/ and its name.',
    ],
  ],
  [
    'a title of a picture',
    fields(title) + '\n![Port](https://a.example/p.jpg "The port at dusk")\n',
    [
      '5  body  Warning: "The port at dusk" behind the address of a picture is not shown. Write it as text below the picture.',
    ],
  ],
  [
    'an asterisk before a word',
    fields('title: *Corrected'),
    ['2  A value that begins with * needs quotes. Write title: "*Corrected".'],
  ],
  [
    'a word between asterisks in a list',
    fields(title, 'topics:', '  - *eu*'),
    ['4  A value that begins with * needs quotes. Write - "*eu*".'],
  ],
  [
    'a colon',
    fields('title: Meeting: today'),
    ['2  A value that contains a colon and a space needs quotes. Write title: "Meeting: today".'],
  ],
  [
    'a colon within curly quotation marks',
    fields('title: “Meeting: today”'),
    [
      '2  Curly quotation marks do not protect the colon in this value. Write title: "Meeting: today".',
    ],
  ],
  [
    'a colon behind curly quotation marks, which belong to the words',
    fields('title: „Sicher leben“: Das kostet es', 'lead: A lead.'),
    [
      '2  Curly quotation marks do not protect the colon in this value. Write title: "„Sicher leben“: Das kostet es".',
    ],
  ],
  [
    'a colon between two quotations',
    fields('title: « Oui » : le ministre dit « non »'),
    [
      '2  Curly quotation marks do not protect the colon in this value. Write title: "« Oui » : le ministre dit « non »".',
    ],
  ],
  [
    'a colon between braces',
    fields(title, 'event: { start: 2024-02-01, place: Hall: big }'),
    ['3  Between braces this value needs quotes. Write place: "Hall: big".'],
  ],
  [
    'brackets between braces',
    fields(title, 'attachments:', '  - { file: a.pdf, title: Agenda [final] }'),
    ['4  Between braces this value needs quotes. Write title: "Agenda [final]".'],
  ],
  [
    'a quotation mark that is not closed',
    fields('title: "Meeting', 'lead: A lead.', 'kind: speech'),
    ['2  The quotation mark " is opened here and not closed. Write title: "Meeting".'],
  ],
  [
    'an apostrophe at the beginning',
    fields("title: 'Tis the season", 'lead: A lead.'),
    [`2  The quotation mark ' is opened here and not closed. Write title: "'Tis the season".`],
  ],
  [
    'text behind a quotation',
    fields('title: "Yes" says minister'),
    [`2  The value goes on behind its closing quotation mark. Write title: '"Yes" says minister'.`],
  ],
  [
    'quotation marks within quotation marks',
    fields('title: "He said "yes" today"'),
    [`2  The value goes on behind its closing quotation mark. Write title: 'He said "yes" today'.`],
  ],
  [
    'an apostrophe within single quotes',
    fields("title: 'It's here'"),
    [`2  The value goes on behind its closing quotation mark. Write title: "It's here".`],
  ],
  [
    'a brace that is not closed',
    fields(title, 'event: { start: 2024-02-01', 'kind: speech'),
    [
      '3  The { is opened here and not closed. Write } at the end, or the value in double quotes if it is text.',
    ],
  ],
  [
    'a backslash',
    fields('title: "C:\\data"'),
    ['2  In double quotes a backslash changes what follows it. Write the value in single quotes.'],
  ],
  [
    'a backslash that means something',
    fields('title: "C:\\news"'),
    [
      '2  Warning: In double quotes \\n is a line break. Write the value in single quotes if a backslash is meant.',
    ],
  ],
  [
    'a field that stands too far in',
    fields(title, 'contacts:', '  - name: A', '      phone: 1'),
    [
      '5  This line begins with 6 spaces. Begin it with 4 spaces if it belongs beside the field above it, or write that value in double quotes if it goes on here.',
    ],
  ],
  [
    'a field that stands too far out',
    fields(title, 'contacts:', '  - name: A', '   phone: 1'),
    [
      '5  This line begins with 3 spaces. Begin it with 4 spaces if it belongs beside the field above it.',
    ],
  ],
  [
    'a second item that stands too far out',
    fields(title, 'contacts:', '  - name: A', '    phone: 1', ' - name: B'),
    [
      '6  This line begins with 1 space. Begin it with 2 spaces if it belongs beside the item above it.',
    ],
  ],
  [
    'a field that stands in',
    fields(title, ' lead: A lead.'),
    [
      '3  This line begins with 1 space. Begin it with no space if it belongs beside the field above it, or write that value in double quotes if it goes on here.',
    ],
  ],
  [
    'fields of a set that do not stand in',
    fields(title, 'event:', 'start: 2024-02-01'),
    [
      '4  start  There is no field "start" here. Indent it below the field that it belongs to, or remove it.',
    ],
  ],
  [
    'a tab',
    fields(title, 'event:', '\tstart: 2024-02-01'),
    ['4  A tab stands at the beginning of this line. Write spaces instead.'],
  ],
  [
    'no space behind a colon',
    fields(title, 'lead:A lead.'),
    ['3  A space is missing behind the colon. Write lead: "A lead.".'],
  ],
  [
    'no space behind a hyphen',
    fields(title, 'topics:', '- eu', '-crime'),
    ['5  A space is missing behind the hyphen. Write - "crime".'],
  ],
  [
    'another sign than a colon',
    fields(title, 'lead = A lead.'),
    ['3  A colon and a space are missing behind lead. Write lead: "A lead.".'],
  ],
  [
    'a line that is no field',
    fields(title, 'lead: A lead', 'that goes on'),
    [
      '4  This is neither a field nor part of one. Begin it with more spaces than the field above, or write a line --- before it if the text begins here.',
    ],
  ],
  [
    'a field twice',
    fields(title, 'lead: A', 'title: B'),
    ['4  This field stands here twice. Remove one.'],
  ],
  [
    'a no-break space behind a colon',
    fields(title, 'lead:\u00a0A lead.'),
    [
      '3  A no-break space (or another special one) stands behind a colon. Write an ordinary space in its place.',
    ],
  ],
  [
    'a no-break space behind the first colon',
    fields('title:\u00a0A'),
    [
      '2  A no-break space (or another special one) stands behind a colon. Write an ordinary space in its place.',
    ],
  ],
  [
    'a no-break space before a field',
    fields(title, 'contacts:', '\u00a0\u00a0- name: A'),
    [
      '4  A no-break space (or another special one) stands at the beginning of a line. Write an ordinary space in its place.',
    ],
  ],
  [
    'a no-break space behind a hyphen',
    fields(title, 'contacts:', '  -\u00a0name: A'),
    [
      '4  A no-break space (or another special one) stands behind a hyphen. Write an ordinary space in its place.',
    ],
  ],
  [
    'a no-break space before a name in an item',
    fields(title, 'contacts:', '  - name: A', '  \u00a0\u00a0phone: 1'),
    [
      '5  A no-break space (or another special one) stands at the beginning of a line. Write an ordinary space in its place.',
    ],
  ],
  [
    'a no-break space behind the name in an item',
    fields(title, 'contacts:', '  - name:\u00a0A'),
    [
      '4  contacts 1  This is text, because no ordinary space stands behind the colon of name. Write one there.',
    ],
  ],
  [
    'a no-break space between braces',
    fields(title, 'event: { start: 2024-02-01, place:\u00a0Antwerp }'),
    [
      '3  Warning: A no-break space (or another special one) stands behind a colon. Write an ordinary space in its place.',
    ],
  ],
  [
    'a thin space, a word joiner and an ideographic space',
    fields(title, 'lead:\u2009A', 'kind:\u2060speech', 'topics:\u3000[eu]'),
    [
      '3  A no-break space (or another special one) stands behind a colon. Write an ordinary space in its place.',
    ],
  ],
  ['no-break spaces that do no harm', fields('title: A\u00a0B\u00a0'), []],
  [
    'a telephone under another name',
    fields(title, 'contacts:', '  - name: A', '    tel: 1'),
    [
      '5  contacts 1.tel  There is no field "tel". Write name, role, phone, email or for, or remove it.',
    ],
  ],
  [
    'a mail address under another name',
    fields(title, 'contacts:', '  - name: A', '    mail: a@b.fi'),
    ['5  contacts 1.mail  There is no field "mail". Write email instead, or remove it.'],
  ],
  [
    'a place under another name',
    fields(title, 'event: { start: 2024-02-01, location: Antwerp }'),
    ['3  event.location  There is no field "location". Write start, end or place, or remove it.'],
  ],
  [
    'no field at all',
    'Text.\n',
    ['1  The file does not begin with its fields. Write a line ---, the fields, and a line ---.'],
  ],
  [
    'no fields',
    '---\nText.\n---\n',
    ['1  These are no fields. Write each as name: value, with an ordinary space after the colon.'],
  ],
  [
    'no second line of hyphens',
    '---\ntitle: A\ncontacts:\n  - name: A\n\nText.\n',
    ['6  The line --- below the fields is missing. Write it between the fields and the text.'],
  ],
  [
    'no second line of hyphens, and one in the text',
    '---\ntitle: A\npublished: 2024-01-24\n\nText.\n\n---\n\nMore.\n',
    [
      '5  This is neither a field nor part of one. Begin it with more spaces than the field above, or write a line --- before it if the text begins here.',
    ],
  ],
  [
    'a dash in the place of hyphens',
    '---\ntitle: A\n—\n\nText.\n',
    ['3  The line below the fields is to be three hyphens and nothing else. Write --- there.'],
  ],
  [
    'four hyphens',
    '----\ntitle: A\n---\n\nText.\n',
    ['1  The first line is to be three hyphens and nothing else. Write --- there.'],
  ],
  [
    'an empty line before the fields',
    '\n---\ntitle: A\n---\n\nText.\n',
    ['1  The first line is to be three hyphens and nothing else. Write --- there.'],
  ],
  [
    'a file of another language',
    fields(title),
    [
      '1  file name  "de" is not a language of this site. Write one of en, fi, sv, or add it to languages in site.yaml.',
    ],
    'releases/a.de.md',
  ],
  [
    'a name with other letters',
    fields(title),
    [
      '1  file name  This is not fit for an address. Write lower-case letters a–z, digits and hyphens.',
    ],
    'releases/Ä.en.md',
  ],
])('%s', async (_, text, messages, path) => {
  expect(await told(text, path)).toEqual(messages)
})

test('a field that stands twice in a line of JSON is told, and brackets without end, and a text that looks like one is not', async () => {
  const line = (title: string) =>
    `{"slug":"a","language":"en",${title},"published":"2024-01-24","contacts":[{"name":"A"},{"name":"B"}],"body":{"markdown":"{\\"title\\": 1, \\"title\\": 2}"}}`
  const ofLine = async (text: string) => {
    const files = [{ path: 'releases/a.jsonl', text, line: 1 }]
    const [read] = await reading.files(
      { basis: '', files, now: Date.UTC(2026, 0, 1) / 1000 },
      { site, vocabulary },
    )
    return read!.problems.map(({ message, tolerated }) => ({ message, tolerated }))
  }
  expect(await ofLine(line('"title":"title"'))).toEqual([])
  expect(await ofLine(line('"title":"A", "title" : "B"'))).toEqual([
    {
      message: '"title" stands twice in one set of fields, and only the last counts. Remove one.',
      tolerated: true,
    },
  ])
  expect(await ofLine(line(`"title":${'['.repeat(5000)}${']'.repeat(5000)}`))).toEqual([
    { message: 'Fields are nested too deeply. Write them more plainly.', tolerated: undefined },
  ])
})

test('what is left out of the other files is told as well, with its line', () => {
  const ofSite = readSite(
    siteYaml.replace('publishers:', 'rights: Ministry #1\ncontact: Desk\npublishers:'),
  )
  expect(ofSite.problems).toEqual([
    expect.objectContaining({ file: 'site.yaml', line: 6, tolerated: true }),
  ])
  expect(ofSite.site?.rights).toEqual({ en: 'Ministry' })
  const topics = [
    'trade:',
    '  label: { en: trade, customs and tax, fi: kauppa }',
    'taxes:',
    '  label: { en: taxes, EN: tax }',
    'ports:',
    '  label:\u00a0ports',
  ]
  const told = [
    'topics.yaml:2  Warning: "customs and tax" is left out, because a comma ends the value before it. Write en: "trade, customs and tax".',
    'topics.yaml:4  Warning: This stands here twice, as en and as EN. Remove one.',
  ]
  const { problems } = readTopics(topics.join('\n'), ['en', 'fi'], 'UTC')
  expect(problems.map(formatProblem)).toEqual([
    ...told,
    'topics.yaml:5  ports  This is text, because no ordinary space stands behind the colon of label. Write one there.',
  ])
  const readable = readTopics(topics.slice(0, 4).join('\n'), ['en', 'fi'], 'UTC')
  expect(readable.problems.map(formatProblem)).toEqual(told)
  expect(readable.vocabulary.topics).toHaveLength(2)
})
