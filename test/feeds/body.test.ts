// What stands in the texts of documents beside what the author wrote.
import { expect, test } from 'vitest'
import { allReleases } from '../../src/domain/feed-query.ts'
import { directionOf } from '../../src/feeds/direction.ts'
import { openPressOffice, render, writeRelease } from './press.ts'

const office = openPressOffice({
  site: { languages: ['en', 'ar', 'fi', 'sv'] },
  media: {
    'media/minister.tif': { type: 'image/tiff', size: 4 },
    'media/station.HEIC': { type: 'image/heic', size: 1_020_000 },
    'media/port.jpg': { type: 'image/jpeg', size: 70_999 },
  },
})

test('what browsers do not show is a link, and no picture of the release (F21)', async () => {
  const attachments = ['minister.tif', 'station.HEIC', 'port.jpg'].map((file) => ({ file }))
  const feed = await office.feed([writeRelease({ attachments })])
  const [entry] = feed.entries
  expect(entry!.image?.url).toBe('https://news.example/media/port.jpg')
  expect(entry!.html.match(/<img [^>]*>/g)).toHaveLength(1)
  expect(entry!.html).toContain(
    '<a href="https://news.example/media/minister.tif">minister.tif</a> (TIF, 4 B)',
  )
  expect(entry!.html).toContain('">station.HEIC</a> (HEIC, 1.0 MB)')
  expect(render(feed).rss).toContain('<enclosure url="https://news.example/media/port.jpg"')
})

test('a text from right to left says so, whatever stands around it in a reader', async () => {
  const arabic = writeRelease({
    language: 'ar',
    title: 'بيان',
    lead: 'أعلنت',
    body: { markdown: 'نص (2024)' },
  })
  const english = writeRelease()
  const html = async (written: typeof arabic, language: string) => {
    const { entries } = await office.feed([written], allReleases(language))
    return entries[0]!.html
  }
  expect(await html(arabic, 'ar')).toMatch(/^<div dir="rtl" lang="ar"><p>.*<\/div>$/s)
  expect(await html(english, 'en')).toMatch(/^<p>/)
})

test('the direction is that of the script, where a language names one', () => {
  const rightToLeft = ['ar', 'fa-ir', 'he', 'ur', 'sd', 'uz-arab', 'az-arab-ir']
  const leftToRight = ['en', 'fi', 'sd-deva', 'ks-deva-in', 'ku', 'uz-latn', 'arn']
  for (const language of rightToLeft) expect(directionOf(language), language).toBe('rtl')
  for (const language of leftToRight) expect(directionOf(language), language).toBe('ltr')
})

test('what was corrected stands in the summary, the newest first', async () => {
  const changes = [
    { at: '2024-01-24T10:00:00Z', kind: 'correction', note: 'The day was wrong' },
    { at: '2024-01-25T10:00:00Z', kind: 'minor', note: 'A comma.' },
    { at: '2024-01-26T10:00:00Z', kind: 'correction', note: 'The place was Antwerp.' },
  ]
  const feed = await office.feed([writeRelease({ changes })])
  const summary =
    'Correction 2024-01-26: The place was Antwerp. Correction 2024-01-24: The day was wrong. The ministers of the interior meet on Wednesday.'
  expect(feed.entries[0]!.summary).toBe(summary)
  const { rss, atom, json } = render(feed)
  expect(rss).toContain(`<description>${summary}</description>`)
  expect(atom).toContain(`<summary>${summary}</summary>`)
  expect(json).toContain(`"summary":"${summary}"`)
})

test('a release that came an hour after its time says what its author wrote', async () => {
  const htmlOf = async (authored: string) => {
    const written = writeRelease({ published: '2024-01-24T09:00:00Z', authored })
    return (await office.feed([written])).entries[0]!.html
  }
  expect(await htmlOf('2024-01-24T08:00:00Z')).toContain('Dated:</strong> <time')
  expect(await htmlOf('2024-01-24T08:00:01Z')).not.toContain('Dated:')
})
