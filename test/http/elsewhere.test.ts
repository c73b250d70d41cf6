// Releases that live on pages of the office's own, and what the office says of itself.
import { expect, test } from 'vitest'
import { markdown, siteYaml, writeFiles } from '../content-folder.ts'
import { baseUrl, onNodePress } from '../platforms.ts'

const elsewhere = 'https://office.example/news/meeting'
const license = 'https://creativecommons.org/licenses/by/4.0/'
const office = `license: ${license}\nhomepage: https://office.example/\ncontact: press@office.example\n`

const meeting = (fields: string[] = []) =>
  markdown(['title: Meeting', 'published: 2024-01-24T09:00:00Z', 'topics: [eu]', ...fields])
const files = {
  'site.yaml': siteYaml + office,
  'releases/meeting.en.md': meeting([`url: ${elsewhere}`]),
  'releases/meeting.fi.md': markdown(['title: Kokous', 'published: 2024-01-24T10:00:00Z']),
  'releases/here.en.md': markdown(['title: Here', 'published: 2024-01-25T09:00:00Z']),
}

type Item = { id: string; title: string; url: string }

onNodePress('releases that live elsewhere', files, (press) => {
  const text = async (path: string) => (await press.fetch(path)).text()
  const item = async (path: string) => {
    const { items } = JSON.parse(await text(path)) as { items: Item[] }
    return items.find(({ title }) => title.includes('Meeting'))!
  }

  test('every feed and list links the page of the office', async () => {
    expect((await item('/feed.json')).url).toBe(elsewhere)
    expect(await text('/feed.rss')).toContain(`<link>${elsewhere}</link>`)
    expect(await text('/feed.atom')).toContain(
      `<link rel="alternate" type="text/html" href="${elsewhere}"/>`,
    )
    expect(await text('/')).toContain(`<h3><a href="${elsewhere}">Meeting</a></h3>`)
    // Its translation lives here, and names it as the same in another language.
    expect(await text('/fi/feed.atom')).toContain(`hreflang="en" href="${elsewhere}"`)
  })

  test('our own page stays, names the other one as the one to be shown, and sitemaps leave it out', async () => {
    const page = await press.fetch('/releases/meeting')
    expect(page.status).toBe(200)
    const html = await page.text()
    expect(html).toContain(`<link rel="canonical" href="${elsewhere}">`)
    expect(html).toContain(`"@id":"${elsewhere}"`)
    expect(html).toContain(`<a href="${elsewhere}">office.example</a>`)
    // Search engines that are told two addresses believe neither.
    for (const path of ['/releases/meeting', '/releases/meeting.json']) {
      const link = (await press.fetch(path)).headers.get('link')!
      expect(link).toContain(`<${elsewhere}>; rel="canonical"`)
      expect(link.match(/rel="canonical"/g)).toHaveLength(1)
    }
    for (const path of ['/sitemap-releases-1.xml', '/news-sitemap.xml']) {
      const sitemap = await text(path)
      expect(sitemap).toContain('/releases/here')
      expect(sitemap).not.toMatch(/example\.org\/releases\/meeting|office\.example/)
    }
  })

  test('the license, the site and the contact of the office stand where their readers look', async () => {
    expect(await text('/feed.atom')).toContain(`<link rel="license" href="${license}"/>`)
    expect(await text('/feed.atom')).toContain('<email>press@office.example</email>')
    expect(await text('/feed.rss')).toContain(`<atom:link rel="license" href="${license}"/>`)
    expect(await text('/feed.rss')).toMatch(
      /<managingEditor>press@office\.example \(.+\)<\/managingEditor>/,
    )
    expect(JSON.parse(await text('/feed.json'))).toMatchObject({
      _tiedote: { license, contact: 'press@office.example' },
    })
    expect((await press.fetch('/feed.atom')).headers.get('link')).toContain(
      `<${license}>; rel="license"`,
    )
    const page = await text('/releases/here')
    expect(page).toContain(`<a rel="license" href="${license}">`)
    expect(page).toContain(`"license":"${license}"`)
    expect(page).toContain('<a href="https://office.example/">office.example</a>')
    expect(page).toContain('<a href="mailto:press@office.example">press@office.example</a>')
  })

  test('an office may have our pages lead to its own, but a withdrawal is told here', async () => {
    const write = (changed: Record<string, string>) => {
      writeFiles(press.directory(), changed)
      return press.takeUp()
    }
    const { id } = await item('/feed.json')
    await write({ 'site.yaml': `${siteYaml}pages: elsewhere\n` })
    const moved = await press.fetch('/releases/meeting', { redirect: 'manual' })
    expect([moved.status, moved.headers.get('location')]).toEqual([308, elsewhere])
    expect((await press.fetch('/releases/here')).status).toBe(200)
    const reason = 'withdrawn: { at: 2024-01-26T09:00:00Z, reason: It was wrong. }'
    await write({ 'releases/meeting.en.md': meeting([`url: ${elsewhere}`, reason]) })
    expect((await press.fetch('/releases/meeting')).status).toBe(410)
    // Without the address it lives here again, and is the same for every reader.
    await write({ 'releases/meeting.en.md': meeting() })
    const back = await item('/feed.json')
    expect([back.id, back.url]).toEqual([id, expect.stringMatching(/\/releases\/meeting$/)])
  })

  test('a release that names a page of ours as its own never leads round in a circle', async () => {
    const { host } = new URL(baseUrl)
    for (const url of [
      `${baseUrl}/releases/meeting`,
      `http://${host}/EN/releases/meeting/?from=mail#top`,
      `${baseUrl}/fi/releases/meeting`,
    ]) {
      writeFiles(press.directory(), {
        'site.yaml': `${siteYaml}pages: elsewhere\n`,
        'releases/meeting.en.md': meeting([`url: ${url}`]),
        'releases/meeting.fi.md': markdown([
          'title: Kokous',
          'published: 2024-01-24T10:00:00Z',
          `url: ${baseUrl}/releases/meeting`,
        ]),
      })
      await press.takeUp()
      const page = await press.fetch('/releases/meeting', { redirect: 'manual' })
      expect(page.status, url).toBe(200)
    }
  })
})
