// What addresses in a text mean: as browsers understand them, not as they look.
import { expect, test } from 'vitest'
import { meaningOf } from '../../src/content/body-addresses.ts'
import { createReleaseReader } from '../../src/content/read-release.ts'
import { readSite, readTopics } from '../../src/content/read-site.ts'
import { siteYaml } from '../content-folder.ts'

const place = {
  page: 'https://tiedote.invalid/fi/releases/x',
  baseUrl: 'https://news.example/press',
  release: ({ slug, language }: { slug: string; language: string }) => `/${language}/${slug}`,
}
const own = 'https://tiedote.invalid/media'

test.each([
  ['../../media/a.pdf', 'media/a.pdf', `${own}/a.pdf`],
  ['../../media/a.pdf#page=3', 'media/a.pdf', `${own}/a.pdf#page=3`],
  ['/media/a.pdf?v=2#x', 'media/a.pdf', `${own}/a.pdf?v=2#x`],
  ['media/a%20b.png', 'media/a b.png', `${own}/a%20b.png`],
  ['media/100%.pdf', 'media/100%.pdf', `${own}/100%25.pdf`],
  ['../../media/a%23b.pdf', 'media/a#b.pdf', `${own}/a%23b.pdf`],
  ['media/2024/../a.pdf', 'media/a.pdf', `${own}/a.pdf`],
  ['media/./a.pdf', 'media/a.pdf', `${own}/a.pdf`],
  [String.raw`..\..\media\a.pdf`, 'media/a.pdf', `${own}/a.pdf`],
  ['....%5Cmedia%5Ca.pdf', 'media/a.pdf', `${own}/a.pdf`],
  ['https://news.example/press/media/a.pdf#page=3', 'media/a.pdf', `${own}/a.pdf#page=3`],
  ['HTTPS://News.Example/press/media/a.pdf', 'media/a.pdf', `${own}/a.pdf`],
  ['//news.example/press/media/a.pdf', 'media/a.pdf', `${own}/a.pdf`],
  ['media/k\u00e4yntikartta.pdf', 'media/k\u00e4yntikartta.pdf', `${own}/k%C3%A4yntikartta.pdf`],
])('%s is the file %s', (address, media, url) => {
  expect(meaningOf(address, 'link', place)).toEqual({ media, url })
  expect(meaningOf(address, 'image', place)).toEqual({ media, url })
})

test.each([
  'https://news.example/media/a.pdf',
  'https://other.example/press/media/a.pdf',
  '../../media/../secret.pdf',
  'media/%2e%2e/site.yaml',
  'media/',
])('%s is no file of the folder', (address) => {
  expect(meaningOf(address, 'link', place).media).toBeUndefined()
})

test.each([
  ['../2023/a-b.fi.md', '/fi/a-b'],
  ['ministers_meet.es-419.md#agenda', '/es-419/ministers_meet#agenda'],
  ['https://elsewhere.example/x.fi.md', 'https://elsewhere.example/x.fi.md'],
  ['mailto:a@b.example', 'mailto:a@b.example'],
  ['#below', 'https://tiedote.invalid/fi/releases/x#below'],
  ['/fi/', 'https://tiedote.invalid/fi/'],
  ['page.html', 'https://tiedote.invalid/fi/releases/page.html'],
])('%s leads to %s', (address, url) => {
  expect(meaningOf(address, 'link', place)).toEqual({ url })
})

test.each([
  ['image', 'port.jpg'],
  ['image', '../images/port.jpg'],
  ['link', 'agenda.pdf'],
  ['image', 'data:image/png;base64,iVBORw0KGgo='],
  ['image', String.raw`C:\Users\me\port.jpg`],
  ['link', 'C:%5CUsers%5Cme%5Cagenda.pdf'],
  ['image', 'file:///home/me/port.jpg'],
  ['link', String.raw`\\server\share\a.pdf`],
  ['image', 'cid:image001.png@01DA'],
  ['image', '../../media/minister.TIF'],
] as const)('an address of a %s that nobody else can follow is told: %s', (use, address) => {
  expect(meaningOf(address, use, place).wrong).toMatch(/^is .*\. (Put|Write|Save) .*\.$/)
})

test('what programs of other pages left behind is left out without a word', () => {
  expect(meaningOf('javascript:void(0)', 'link', place)).toEqual({})
})

test('a picture that nobody would see is refused where it is written anew, and told where it was before', async () => {
  const site = readSite(siteYaml).site!
  const { vocabulary } = readTopics('', site.languages, site.timezone)
  const baseUrl = 'https://news.example'
  const read = createReleaseReader({
    site,
    vocabulary,
    baseUrl,
    findMedia: (path) =>
      path === 'media/a.pdf' ? { type: 'application/pdf', size: 1 } : undefined,
  })
  const told = async (body: object, isNew: boolean) => {
    const written = {
      slug: 'x',
      language: 'en',
      title: 'X',
      published: '2024-01-10T10:00:00Z',
      body,
    }
    const { draft, problems } = await read(written, { source: '', origin: '' }, isNew)
    return { isTaken: Boolean(draft), media: draft?.media, count: problems.length }
  }
  const picture = { markdown: '![x](port.jpg)' }
  expect(await told(picture, false)).toMatchObject({ isTaken: true, count: 1 })
  expect(await told(picture, true)).toMatchObject({ isTaken: false, count: 1 })
  expect(await told({ html: '<img src="port.jpg">' }, true)).toMatchObject({
    isTaken: true,
    count: 1,
  })
  const missing = { markdown: '[x](../../media/no.pdf#page=3)' }
  expect(await told(missing, false)).toMatchObject({ isTaken: true, count: 1 })
  expect(await told(missing, true)).toMatchObject({ isTaken: false, count: 1 })
  expect(await told({ markdown: `[x](${baseUrl}/media/a.pdf)` }, true)).toEqual({
    isTaken: true,
    media: ['media/a.pdf'],
    count: 0,
  })
})

test('an address that is no UTF-8 stops nothing, and a film of ours is named by its file', async () => {
  const site = readSite(siteYaml).site!
  const read = createReleaseReader({
    site,
    vocabulary: readTopics('', site.languages, site.timezone).vocabulary,
    findMedia: () => ({ type: 'image/png', size: 1, width: 3, height: 2 }),
  })
  const html =
    '<img src="/media/a.png"><img src="%E4.png"><a href="/x%E4">x</a><video src="/media/a%20film.mp4"></video>'
  const written = {
    slug: 'x',
    language: 'en',
    title: 'X',
    published: '2024-01-10T10:00:00Z',
    body: { html },
  }
  const { draft } = await read(written, { source: '', origin: '' })
  expect(draft?.release.html).toContain(`src="${own}/a.png" width="3" height="2">`)
  expect(draft?.release.html).toContain(`<a href="${own}/a%20film.mp4">a film.mp4</a>`)
  expect(draft?.release.lead).toBe('x a film.mp4')
})
