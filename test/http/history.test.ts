import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { releasesOf, walk } from '../archive-walker.ts'
import { markdown, siteYaml, temporaryFolder, topicsYaml, writeFiles } from '../content-folder.ts'
import { nodePress } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'

const start = Date.UTC(2026, 0, 5, 8) / 1000
const day = 86_400
const utc = (seconds: number) => new Date(seconds * 1000).toISOString()

type Options = { at?: number; topics?: string; more?: string[]; size?: number }

function release(title: string, { at = start, topics = 'eu', more = [], size = 1 }: Options = {}) {
  const fields = [`title: ${title}`, `published: ${utc(at)}`, `topics: [${topics}]`, ...more]
  return markdown(fields, `${title} in forty bytes, and so often: ${'■■■■■■■■■■■■■ '.repeat(size)}`)
}

async function open(files: Record<string, string>) {
  const clock = createSimulatedClock(start)
  const directory = temporaryFolder(files)
  const press = await nodePress(directory, clock)
  return {
    ...press,
    clock,
    /** Writes files and takes them up, some seconds later. */
    async change(changed: Record<string, string>, seconds = 60) {
      clock.moveTo(clock.now() + seconds)
      writeFiles(directory, changed)
      await press.takeUp()
    },
    remove: (path: string) => rmSync(join(directory, path)),
    titles: async (path: string) => [...releasesOf(await walk(press.fetch, path)).values()],
    async head(path: string) {
      const document = (await (await press.fetch(path)).json()) as {
        items: { title: string; date_published: string; date_modified: string }[]
      }
      return document.items
    },
    async edition(path: string) {
      const { headers } = await press.fetch(path)
      return {
        etag: headers.get('etag')!,
        since: Date.parse(headers.get('last-modified')!) / 1000,
      }
    },
  }
}

const many = (count: number, options: (number: number) => Options, prefix = 'r') =>
  Object.fromEntries(
    Array.from({ length: count }, (_, number) => [
      `releases/${prefix}${number}.en.md`,
      release(`${prefix}${number}`, options(number)),
    ]),
  )

test('many corrections at once leave no release out of the walk (P-04)', async () => {
  const old = (number: number) => ({ at: start - (20 + number) * day, size: 2000 })
  const press = await open(many(12, old))
  await press.change({ 'releases/new.en.md': release('new', { at: start + 60 }) })
  const correction = [`changes: [{ at: ${utc(start + 61)}, kind: correction, note: Wrong }]`]
  await press.change(
    many(12, (number) => ({ ...old(number), more: correction })),
    2,
  )
  expect(await press.titles('/topics/eu.json')).toHaveLength(13)
  press.clock.moveTo(start + 10 * day)
  expect(await press.titles('/topics/eu.atom')).toHaveLength(13)
})

test('every archive leads to the one after it as soon as the head leads there (P-01)', async () => {
  const press = await open({})
  for (let number = 0; number < 10; number++) {
    const at = press.clock.now() + 40 * day
    press.clock.moveTo(at)
    await press.change({ [`releases/r${number}.en.md`]: release(`r${number}`, { at, size: 2000 }) })
    const [, ...archives] = await walk(press.fetch, '/topics/eu.atom')
    for (const [index, { address }] of archives.entries()) {
      const text = await (await press.fetch(address)).text()
      const next = /rel="next-archive"[^>]* href="https:\/\/[^/]+([^"]+)"/.exec(text)?.[1]
      expect(next, address).toBe(archives[index - 1]?.address)
    }
    if (number === 9) expect(archives.length).toBeGreaterThan(1)
  }
})

test('a topic that is renamed or merged is no news in any release that has it (H-05)', async () => {
  const press = await open(
    many(20, (number) => ({ at: start - number * day, topics: 'space-travel' })),
  )
  const before = await press.head('/topics/space-travel.json')
  const renamed = topicsYaml.replace(
    'space-travel:\n  label: { en: space travel }',
    `astronautics:
  label: { en: astronautics }
space-travel: { renamed: astronautics }`,
  )
  await press.change({ 'topics.yaml': renamed })
  const after = await press.head('/topics/astronautics.json')
  expect(after.map(({ date_modified }) => date_modified)).toEqual(
    before.map(({ date_modified }) => date_modified),
  )
  const archive = await press.fetch('/topics/space-travel/archive/10-1000.atom')
  expect(archive.status).toBe(308)
  expect(archive.headers.get('location')).toContain('/topics/astronautics/archive/10-1000.atom')
})

test('a file is public as long as a release that stands speaks of it, however its path is written (H-21, D-03)', async () => {
  const attach = (file: string) => [`attachments: [{ file: "${file}" }]`]
  const press = await open({
    'site.yaml': `${siteYaml}logo: media/logo.png\n`,
    'media/logo.png': 'logo',
    'media/a+b, c.pdf': 'secret',
    'media/seen.pdf': 'seen',
    'media/lonely.pdf': 'lonely',
    'releases/a.en.md': release('A', { more: attach('seen.pdf') }),
    'releases/e.en.md': release('E', {
      at: start + 30 * day,
      more: ['attachments: [{ file: "a+b, c.pdf" }, { file: logo.png }, { file: seen.pdf }]'],
    }),
  })
  const status = async (path: string) => (await press.fetch(path)).status
  for (const path of ['a%2Bb,%20c.pdf', 'a%252Bb,%20c.pdf', 'a+b,%20c.pdf', 'lonely.pdf']) {
    expect(await status(`/media/${path}`), path).toBe(404)
  }
  expect(await status('/media/logo.png')).toBe(200)
  expect(await status('/media/seen.pdf')).toBe(200)
  const withdrawn = [`withdrawn: { at: ${utc(start)}, reason: No }`]
  await press.change({ 'releases/a.en.md': release('A', { more: withdrawn }) })
  expect(await status('/media/seen.pdf')).not.toBe(200)
  press.clock.moveTo(start + 31 * day)
  expect(await status('/media/a%2Bb,%20c.pdf')).toBe(200)
})

test('what a release says about others is never old, and its clock never goes back (H-10)', async () => {
  const correcting = (more: string[]) => release('B', { at: start + 60, topics: 'drugs', more })
  const press = await open({ 'releases/a.en.md': release('A'), 'releases/b.en.md': correcting([]) })
  let last = await press.edition('/topics/eu.atom')
  const expectLater = async () => {
    const now = await press.edition('/topics/eu.atom')
    expect(now.etag).not.toBe(last.etag)
    expect(now.since).toBeGreaterThan(last.since)
    last = now
  }
  press.clock.moveTo(start + 100)
  await press.change({ 'releases/b.en.md': correcting(['corrects: a']) })
  await expectLater()
  await press.change({ 'releases/b.en.md': correcting([]) })
  await expectLater()
  await press.change({ 'releases/b.en.md': correcting(['corrects: a']) })
  await expectLater()
  press.remove('releases/b.en.md')
  await press.change({})
  await expectLater()
  const replaced = [`withdrawn: { at: ${utc(start + 100)}, reason: No, replacedBy: y }`]
  await press.change({
    'releases/a.en.md': release('A', { more: replaced }),
    'releases/y.en.md': release('Y', { topics: 'drugs' }),
  })
  await expectLater()
  press.remove('releases/y.en.md')
  await press.change({})
  await expectLater()
})

test('releases that grow after they were archived are all still found (P-04)', async () => {
  const small = (number: number) => ({ at: start - (30 + number) * 3600 * 10 })
  const press = await open(many(12, small))
  await press.change(many(12, (number) => ({ ...small(number), size: 2500 })))
  expect(await press.titles('/topics/eu.json')).toHaveLength(12)
})

test('withdrawals stay in the head for thirty days however much is published (D-01)', async () => {
  const before = (number: number) => ({ at: start - number * 60 })
  const press = await open(many(52, before, 'w'))
  const reason = [`withdrawn: { at: ${utc(start)}, reason: No }`]
  await press.change(many(52, (number) => ({ ...before(number), more: reason }), 'w'))
  for (let days = 1; days <= 20; days += 5) {
    const at = start + days * day
    await press.change(
      many(8, () => ({ at, size: 700 }), `d${days}-`),
      5 * day,
    )
    const told = (await press.head('/feed.json')).filter(({ title }) =>
      title.startsWith('Withdrawn'),
    )
    expect(told, `${days} days`).toHaveLength(52)
  }
})

test('a release that is withdrawn before its time never comes out', async () => {
  const at = start + 3600
  const reason = [`withdrawn: { at: ${utc(start)}, reason: No }`]
  const press = await open({
    'releases/a.en.md': release('A'),
    'releases/e.en.md': release('Secret', { at, more: reason }),
  })
  press.clock.moveTo(at + 10)
  for (const path of ['/feed.atom', '/withdrawals.atom', '/topics.json']) {
    expect(await (await press.fetch(path)).text()).not.toContain('Secret')
  }
  expect((await press.fetch('/releases/e')).status).toBe(404)
  // Nor where a database is filled anew after that time.
  const later = await open({
    'releases/a.en.md': release('A'),
    'releases/e.en.md': release('Secret', {
      at: start - 3600,
      more: [`withdrawn: { at: ${utc(start - 7200)}, reason: No }`],
    }),
    // On its day somebody may have read it.
    'releases/t.en.md': release('Told', {
      at: start - 3600,
      more: [`withdrawn: { at: ${utc(start).slice(0, 10)}, reason: No }`],
    }),
  })
  expect(await (await later.fetch('/withdrawals.atom')).text()).toContain('Withdrawn: Told')
  for (const path of ['/feed.atom', '/withdrawals.atom', '/topics.json']) {
    expect(await (await later.fetch(path)).text(), path).not.toContain('Secret')
  }
  // Unless its author thinks better of it.
  await press.change({ 'releases/e.en.md': release('Secret', { at }) })
  expect(await press.titles('/feed.json')).toEqual(['Secret', 'A'])
})

test('where only the day of a withdrawal is written, the release may have been public on all of it', async () => {
  const site = (zone: string) => siteYaml.replace(/^timezone: .*$/m, `timezone: ${zone}`)
  const written = (published: string, at: string) =>
    markdown(
      [
        'title: X',
        `published: ${published}`,
        'topics: [eu]',
        `withdrawn: { at: ${at}, reason: No }`,
      ],
      'Text.',
    )
  const isTold = async (zone: string, published: string, at: string) => {
    const files = { 'site.yaml': site(zone), 'releases/x.en.md': written(published, at) }
    const press = await open(files)
    const text = await (await press.fetch('/withdrawals.json')).text()
    await press.close()
    return text.includes('Withdrawn: X')
  }
  // A day of 25 hours, and one that begins at one o'clock.
  expect(await isTold('Europe/Brussels', '2025-10-26T23:30', '2025-10-26')).toBe(true)
  expect(await isTold('America/Santiago', '2025-09-07T23:30', '2025-09-07')).toBe(true)
  expect(await isTold('America/Santiago', '2025-09-08T00:00', '2025-09-07')).toBe(false)
  // This is a time.
  expect(await isTold('Europe/Brussels', '2025-10-27T09:00', '2025-10-27T00:00:30')).toBe(false)
})

test('whether a release was withdrawn before its time can be corrected, and not by moving its time', async () => {
  const withdrawn = (at: number) => [`withdrawn: { at: ${utc(at)}, reason: No }`]
  const press = await open({
    'releases/a.en.md': release('A'),
    'releases/t.en.md': release('Told', { at: start - day, more: withdrawn(start - 300 * day) }),
    'releases/e.en.md': release('Secret', { at: start + day }),
  })
  const told = async () => (await press.head('/withdrawals.json')).map(({ title }) => title)
  expect(await told()).toEqual([])
  await press.change({
    'releases/t.en.md': release('Told', { at: start - day, more: withdrawn(start - 3600) }),
    // It comes to have been due before its withdrawal, and was not.
    'releases/e.en.md': release('Secret', { at: start + 30, more: withdrawn(start) }),
  })
  expect(await told()).toEqual(['Withdrawn: Told'])
  // An earlier time would hide nothing that was told.
  await press.change({
    'releases/t.en.md': release('Told', { at: start - day, more: withdrawn(start - 2 * day) }),
  })
  expect(await told()).toEqual(['Withdrawn: Told'])
})

test('another time zone brings nothing out that was withdrawn before its time', async () => {
  const site = (zone: string) => siteYaml.replace(/^timezone: .*$/m, `timezone: ${zone}`)
  const written = (title: string, at: string) =>
    markdown(
      [
        `title: ${title}`,
        'published: 2026-01-05T16:00',
        'topics: [eu]',
        `withdrawn: { at: ${at}, reason: No }`,
      ],
      'Text.',
    )
  const press = await open({
    'site.yaml': site('America/New_York'),
    'releases/a.en.md': release('A'),
    'releases/d.en.md': written('Day', '2026-01-05'),
    'releases/t.en.md': written('Time', utc(start)),
    'releases/e.en.md': written('Exact', '2026-01-05T00:30'),
  })
  for (const zone of ['Asia/Tokyo', 'Europe/Helsinki', 'America/Los_Angeles']) {
    await press.change({ 'site.yaml': site(zone) }, day)
    expect(await press.head('/withdrawals.json'), zone).toEqual([])
  }
  await press.change({ 'releases/e.en.md': written('Exact', '2026-01-05') })
  expect(await press.head('/withdrawals.json')).toEqual([])
})

test('a release that was put off and put back before anybody saw it is as new as it looks (C-05)', async () => {
  const press = await open({
    'releases/a.en.md': release('A'),
    'releases/e.en.md': release('E', { at: start + 3600 }),
  })
  press.remove('releases/e.en.md')
  await press.change({})
  press.clock.moveTo(start + 5400)
  await press.change({ 'releases/g.en.md': release('G', { at: start + 5400 }) })
  await press.change({ 'releases/e.en.md': release('E', { at: start + 3600 }) }, 600)
  const [first, second] = await press.head('/feed.json')
  expect([first?.title, second?.title]).toEqual(['E', 'G'])
  expect(first!.date_published > second!.date_published).toBe(true)
})

test('the history of an office reaches the archives and no head (C-06)', async () => {
  const press = await open({ 'releases/a.en.md': release('A') })
  await press.change(many(60, (number) => ({ at: start - (30 + number) * day })))
  expect((await press.head('/topics/eu.json')).map(({ title }) => title)).toEqual(['A'])
  expect(await press.titles('/topics/eu.json')).toHaveLength(61)
  expect(await press.titles('/feed.rss')).toHaveLength(61)
  const correction = [`changes: [{ at: ${utc(start + 100)}, kind: correction, note: Wrong }]`]
  const corrected = release('r7 corrected', { at: start - 37 * day, more: correction })
  await press.change({ 'releases/r7.en.md': corrected })
  expect((await press.head('/topics/eu.json')).map(({ title }) => title)).toContain('r7 corrected')
})

test('an archive that begins to lead to a newer one says that it changed (H-10)', async () => {
  const old = (number: number) => ({ at: start - (number + 1) * 30 * day, size: 2000 })
  const press = await open(many(12, old))
  const address = (await walk(press.fetch, '/topics/eu.atom'))[1]!.address
  const editions = [await press.edition(address)]
  for (let number = 0; number < 6; number++) {
    const at = start + (number + 1) * 20 * day
    await press.change(
      { [`releases/n${number}.en.md`]: release(`n${number}`, { at, size: 2000 }) },
      20 * day,
    )
    const before = editions.at(-1)!
    const now = await press.edition(address)
    if (now.etag !== before.etag) expect(now.since).toBeGreaterThan(before.since)
    editions.push(now)
  }
  expect(new Set(editions.map(({ etag }) => etag)).size).toBeGreaterThan(1)
})

test('a file that a line of many attaches has its new size when it is another one', async () => {
  const line = { slug: 'a', language: 'en', title: 'A', published: utc(start), topics: ['eu'] }
  const attachments = [{ file: 'map.pdf' }]
  const press = await open({
    'releases/lines.jsonl': JSON.stringify({ ...line, attachments, body: { markdown: 'Text.' } }),
    'media/map.pdf': 'A map',
  })
  const sizes = async () => (await (await press.fetch('/feed.rss')).text()).match(/ length="\d+"/g)
  expect(await sizes()).toEqual([' length="5"'])
  await press.change({ 'media/map.pdf': 'A larger map' })
  expect(await sizes()).toEqual([' length="12"'])
})

test('a minor edit of an old release is no new edition of a head that does not hold it (H-05)', async () => {
  const old = { at: start - 90 * day, topics: 'eu' }
  const press = await open({
    ...many(52, (number) => ({ at: start - number * 3600, topics: 'eu' })),
    'releases/old.en.md': release('Old', old),
  })
  const { etag } = await press.edition('/topics/-drugs.atom')
  await press.change({ 'releases/old.en.md': release('Old', { ...old, size: 2 }) })
  expect((await press.edition('/topics/-drugs.atom')).etag).toBe(etag)
})

test('a head holds the fifty newest, and whatever came within a week even if that is more (C-08)', async () => {
  const sparse = await open(many(55, (number) => ({ at: start - number * 10 * day })))
  const newest = (await sparse.head('/topics/eu.json')).map(({ title }) => title)
  expect(newest).toEqual(Array.from({ length: 50 }, (_, number) => `r${number}`))
  const busy = await open(many(90, (number) => ({ at: start - number * 7200 })))
  const week = (await busy.head('/topics/eu.json')).map(({ title }) => title)
  expect(week.slice(0, 84)).toEqual(Array.from({ length: 84 }, (_, number) => `r${number}`))
})

test('a feed of several topics says that it changed whichever of them a release loses, and in whichever language (H-10, D-06)', async () => {
  const press = await open({
    'releases/a.en.md': release('A', { topics: 'drugs, migration' }),
    'releases/b.en.md': release('B', { at: start + 1, topics: 'eu, migration' }),
    'releases/c.fi.md': release('C', { at: start + 2, topics: 'eu, migration' }),
    'releases/d.en.md': release('D', { at: start + 3, topics: 'eu, drugs' }),
  })
  press.clock.moveTo(start + 10)
  const paths = ['/all/topics/drugs,eu.atom', '/topics/drugs,eu.atom', '/all/topics/eu+-crime.atom']
  const editions = () => Promise.all(paths.map((path) => press.edition(path)))
  let before = await editions()
  const expectChanged = async (changed: Record<string, string>, isIn: boolean[]) => {
    await press.change(changed)
    const after = await editions()
    for (const [index, { etag, since }] of after.entries()) {
      if (!isIn[index]) continue
      expect(etag, paths[index]).not.toBe(before[index]!.etag)
      expect(since, paths[index]).toBeGreaterThan(before[index]!.since)
    }
    before = after
  }
  const without = (title: string, at: number) => release(title, { at, topics: 'migration' })
  await expectChanged({ 'releases/a.en.md': without('A', start) }, [true, true, false])
  await expectChanged({ 'releases/b.en.md': without('B', start + 1) }, [true, true, true])
  await expectChanged({ 'releases/c.fi.md': without('C', start + 2) }, [true, false, true])
  expect(await press.titles(paths[0]!)).toEqual(['D'])
})

test('a release that loses a topic leaves that feed without a tombstone, and is no news elsewhere (D-06)', async () => {
  const press = await open({ 'releases/a.en.md': release('A', { topics: 'eu, drugs' }) })
  const before = await press.edition('/topics/drugs.atom')
  const [kept] = await press.head('/topics/eu.json')
  await press.change({ 'releases/a.en.md': release('A', { topics: 'eu' }) })
  const after = await press.edition('/topics/drugs.atom')
  expect(after.since).toBeGreaterThan(before.since)
  const text = await (await press.fetch('/topics/drugs.atom')).text()
  expect(text).not.toMatch(/<entry|deleted-entry/)
  expect((await press.head('/topics/eu.json'))[0]!.date_modified).toBe(kept!.date_modified)
})
