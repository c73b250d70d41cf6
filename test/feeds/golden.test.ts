// One release with everything, in the three formats, byte for byte. A change of these documents is
// a change for every reader: `vitest -u` writes the new bytes; look at the difference.
import { expect, test } from 'vitest'
import { programVersion } from '../../src/domain/output-version.ts'
import { formats } from '../../src/feeds/formats.ts'
import { aboutTopics, openPressOffice, type Written } from './press.ts'

const meeting: Written = {
  slug: 'ministers-to-discuss-migration',
  language: 'en',
  title: 'Ministers to discuss <migration> & "organised crime" in Antwerp',
  lead: 'The ministers of the interior meet on 24 & 25 January. Topics: R&D, visas < 90 days.',
  published: '2024-01-24T09:00:00+02:00',
  topics: ['organised-crime', 'migration'],
  publisher: 'ministry',
  kind: 'advisory',
  contacts: [
    {
      name: 'Laura Virtanen',
      role: 'Director General',
      phone: '+358 295 480 171',
      email: 'laura.virtanen@ministry.example',
      for: 'interviews',
    },
    { name: 'Press & Media Desk', phone: '+358 295 480 000' },
  ],
  attachments: [
    { file: 'agenda.pdf', title: 'Agenda & annexes' },
    {
      file: 'harbour at night.png',
      title: 'The port of Antwerp',
      alt: 'Cranes over a "sleeping" harbour',
      credit: 'J. Peeters / EU',
    },
  ],
  event: { start: '2024-01-24', end: '2024-01-25T13:00:00+02:00', place: 'Antwerp & Brussels' },
  related: [{ url: 'https://example.org/council?id=3973&lang=en', title: 'Council meeting 3973' }],
  changes: [
    { at: '2024-01-24T10:00:00+02:00', kind: 'minor', note: 'A comma.' },
    {
      at: '2024-01-24T15:30:00+02:00',
      kind: 'correction',
      note: 'The place was wrong & is right.',
    },
  ],
  body: {
    markdown: [
      'The meeting begins with a **working dinner**. See the [agenda](media/agenda.pdf),',
      'the [Finnish version](ministers-to-discuss-migration.fi.md) and <https://example.org/?a=1&b=2>.',
      '',
      '## In RSS',
      '',
      '- `<rss version="2.0">` & `]]>`',
      '- it’s “quoted”',
      '',
      '| day | topic |',
      '| --- | ----- |',
      '| 24  | crime |',
    ].join('\n'),
  },
}

const translations: Written[] = [
  {
    slug: 'ministers-to-discuss-migration',
    language: 'fi',
    title: 'Ministerit keskustelevat muuttoliikkeestä',
    published: '2024-01-24T09:00:01+02:00',
    topics: ['migration'],
    body: { markdown: 'Kokous alkaa.' },
  },
  {
    slug: 'ministers-to-discuss-migration',
    language: 'sv',
    title: 'Ministrarna diskuterar migration',
    published: '2024-01-24T09:00:02+02:00',
    topics: ['migration'],
    body: { markdown: 'Mötet börjar.' },
  },
]

test.each(['rss', 'atom', 'json'] as const)(
  'a release with everything is this document in %s',
  async (format) => {
    const { feed } = openPressOffice()
    const answer = await feed([meeting, ...translations], aboutTopics('migration'))
    const fixture = `../fixtures/golden/feed.${format}`
    // The version of the program may change without these files.
    const document = formats[format].render(answer).replace(programVersion, '{version}')
    await expect(document).toMatchFileSnapshot(fixture)
  },
)
