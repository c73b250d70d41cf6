// Links that show one release to one person before it is public.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { markdown, siteYaml, writeFiles, writeFolder } from '../content-folder.ts'
import { baseUrl, type Fetch, nodePress, type Press } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'

const day = 86_400
const start = Date.UTC(2026, 2, 2, 6) / 1000
const lift = start + 3 * day
const utc = (second: number) => new Date(second * 1000).toISOString()

const written = (title: string, second: number, more: string[] = [], body?: string) =>
  markdown([`title: ${title}`, `published: ${utc(second)}`, 'topics: [eu]', ...more], body)

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAADElEQVR4nGNgwAQAABQAAVMQmXIAAAAASUVORK5CYII=',
  'base64',
)

const files = {
  'site.yaml': `${siteYaml}logo: media/logo.png\n`,
  'media/logo.png': picture,
  'media/plan.pdf': '%PDF-1.4 the plan',
  'media/map, old.png': picture,
  'media/other.pdf': '%PDF-1.4 of another release',
  'releases/out.en.md': written('Out already', start - day),
  'releases/half.en.md': written('Half of it', start - day),
  'releases/half.fi.md': written('Puolet', lift),
  'releases/plan.en.md': written(
    'The plan',
    lift,
    [
      'attachments: [{ file: plan.pdf, title: All of it }]',
      'event: { start: 2026-04-01, place: Town hall }',
      'corrects: out',
    ],
    'See the map: ![A map](media/map,%20old.png) and [what is out](out.en.md).',
  ),
  'releases/plan.fi.md': written('Suunnitelma', lift + day),
  'releases/other.en.md': written('Another', lift, ['attachments: [{ file: other.pdf }]']),
  'releases/customs.en.md': written('Of customs', lift, ['publisher: customs']),
  'releases/joint.en.md': written('Together', lift, ['publisher: customs']),
  'releases/joint.fi.md': written('Yhdessä', lift, ['contacts: [{ name: A Minister }]']),
}

type Made = {
  url: string
  id: string
  name: string
  expires: string
  state: string
  languages: string[]
}
/** An answer of the API, whichever. */
type Answered = Made & {
  previews: Made[]
  warnings: { field: string }[]
  errors?: { field: string }[]
  detail: string
}

describe('previews', () => {
  let clock: ReturnType<typeof createSimulatedClock>
  let press: Press
  let directory: string
  beforeAll(async () => {
    clock = createSimulatedClock(start)
    directory = writeFolder(files)
    press = await nodePress(directory, clock)
  })
  afterAll(() => press.close())
  const fetch: Fetch = (path, init) => press.fetch(path, init)

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    secret = 'a-secret-of-the-newsroom',
  ) {
    const headers = {
      Authorization: `Bearer ${secret}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    }
    const text = body === undefined ? undefined : JSON.stringify(body)
    const response = await fetch(path, {
      method,
      headers,
      ...(text !== undefined && { body: text }),
    })
    return {
      status: response.status,
      json: (await response.json()) as Answered,
      headers: response.headers,
    }
  }

  async function make(address: string, fields: object = {}): Promise<Made> {
    const path = `/api/releases/${address}/previews`
    const { status, json } = await ask('POST', path, { name: 'The aide', ...fields })
    expect([status, json]).toMatchObject([201, {}])
    return json
  }

  /** What is answered at an address, as to a browser. */
  async function see(url: string, init: RequestInit = {}) {
    const headers = { Accept: 'text/html', ...(init.headers as Record<string, string>) }
    const path = url.replace(baseUrl, '')
    const response = await fetch(path, { redirect: 'manual', ...init, headers })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  const secretOf = (url: string) => url.split('/').at(-1)!

  test('a link shows the release as it will be, says that it is not public and when it comes out', async () => {
    const { url, expires, state } = await make('plan/en')
    expect(url).toMatch(/^https:\/\/releases\.example\.org\/preview\/[0-9a-f]{32}$/)
    expect([expires, state]).toEqual([utc(clock.now() + 7 * day).replace('.000', ''), 'open'])
    const { status, text, headers } = await see(url)
    expect(status).toBe(200)
    expect(text).toContain('<h1>The plan</h1>')
    expect(text).toMatch(/Not public\.<\/strong> It comes out on <time[^>]*>5 March 2026, 08:00/)
    expect(text).toContain('Town hall')
    // What is public is shown with it as it will be.
    expect(text).toMatch(/Corrects[^]*releases\/out">Out already/)
    expect(text).toContain(`src="${baseUrl}/media/logo.png"`)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('content-length')).toBe(String(Buffer.byteLength(text)))
  })

  test('nothing keeps it, finds it, frames it, or learns of it from a link on it', async () => {
    const { url } = await make('plan/en')
    const { headers, text } = await see(url)
    const told = Object.fromEntries(headers)
    expect(told).toMatchObject({
      'cache-control': 'no-store',
      'x-robots-tag': 'noindex',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(told['content-security-policy']).toMatch(/default-src 'none'[^]*frame-ancestors 'none'/)
    expect(told['content-security-policy']).not.toContain('script-src')
    for (const name of ['etag', 'last-modified', 'link', 'access-control-allow-origin', 'vary']) {
      expect(told, name).not.toHaveProperty(name)
    }
    expect(text).toContain('<meta name="robots" content="noindex">')
    expect(text).not.toMatch(/rel="(alternate|canonical)"|<script|application\/ld\+json|og:title/)
    expect(text).not.toMatch(/\.(rss|atom|json|ics|opml)"/)
  })

  test('a page and its files are the same to a program, in part and without the body', async () => {
    const { url } = await make('plan/en')
    const whole = await see(url)
    const plain = await see(url, { headers: { Accept: '*/*' } })
    expect(plain.text).toBe(whole.text)
    expect((await see(`${url}/`)).text).toBe(whole.text)
    expect(
      (
        await see(
          url.replace(/preview\/(.*)/, (_, secret: string) => `preview/${secret.toUpperCase()}`),
        )
      ).text,
    ).toBe(whole.text)
    const head = await see(url, { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
    const part = await see(`${url}/media/plan.pdf`, { headers: { Range: 'bytes=0-3' } })
    expect([
      [206, '%PDF'],
      [200, '%PDF-1.4 the plan'],
    ]).toContainEqual([part.status, part.text])
  })

  test('its files are behind the same secret and nowhere else, and no others are', async () => {
    const { url } = await make('plan/en')
    const { text } = await see(url)
    const secret = secretOf(url)
    expect(text).toContain(`href="${url}/media/plan.pdf"`)
    expect(text).toContain(`src="${url}/media/map%2C%20old.png"`)
    for (const [path, content] of [
      ['plan.pdf', '%PDF-1.4 the plan'],
      ['map%2C%20old.png', picture.toString('utf8')],
    ] as const) {
      const file = await see(`${url}/media/${path}`)
      expect([file.status, file.text], path).toEqual([200, content])
      expect(file.headers.get('cache-control')).toBe('no-store')
      expect(file.headers.get('referrer-policy')).toBe('no-referrer')
      expect(file.headers.get('access-control-allow-origin')).toBe(null)
      expect((await see(`/media/${path}`)).status).toBe(404)
    }
    const others = ['other.pdf', 'logo.png', 'nothing.pdf', '', '../site.yaml', '..%2fsite.yaml']
    for (const path of others) {
      expect((await see(`/preview/${secret}/media/${path}`)).status, path).toBe(404)
    }
    // Files of the page that are public are where they always are.
    expect((await see('/media/logo.png')).status).toBe(200)
  })

  test('other versions are shown if that was asked for, and nothing tells of them otherwise', async () => {
    const alone = await make('plan/en')
    expect((await see(alone.url)).text).not.toContain('Suunnitelma')
    expect((await see(alone.url)).text).not.toContain('hreflang="fi"')
    expect((await see(`${alone.url}/fi`)).status).toBe(404)
    const both = await make('plan/en', { languages: ['fi', 'en'] })
    expect(both.languages).toEqual(['fi'])
    const { text } = await see(both.url)
    expect(text).toContain(`href="${both.url}/fi" hreflang="fi"`)
    const finnish = await see(`${both.url}/fi`)
    expect(finnish.text).toMatch(
      /Ei julkinen\.<\/strong> Julkaistaan <time[^>]*>6\.3\.2026 klo 8\.00/,
    )
    expect(finnish.text).toContain('<h1>Suunnitelma</h1>')
    expect(finnish.text).toContain(`href="${both.url}/en" hreflang="en"`)
    expect((await see(`${both.url}/FI/`)).text).toBe(finnish.text)
    const every = await make('plan/en', { languages: ['all', 'fi'] })
    expect(every.languages).toEqual(['all'])
    expect((await see(`${every.url}/fi`)).status).toBe(200)
    expect((await see(`${every.url}/sv`)).status).toBe(404)
  })

  test('a version that is out is linked to where it is public', async () => {
    const { url } = await make('half/fi', { languages: ['all'] })
    const { text } = await see(url)
    expect(text).toContain('<h1>Puolet</h1>')
    expect(text).toContain(`href="${baseUrl}/releases/half" hreflang="en"`)
    const english = await see(`${url}/en`)
    expect([english.status, english.headers.get('location')]).toEqual([
      308,
      `${baseUrl}/releases/half`,
    ])
    expect(english.headers.get('cache-control')).toBe('no-store')
    // Also for a clock that was set back to before that.
    clock.setBack(2 * day)
    expect((await see(`${url}/en`)).status).toBe(308)
    expect((await see(url)).text).toContain(`href="${baseUrl}/releases/half" hreflang="en"`)
    clock.moveTo(clock.now() + 2 * day)
  })

  test('an unknown secret is 404, a revoked one and one that expired 410, and neither page repeats it', async () => {
    const unknown = `/preview/${'0123456789abcdef'.repeat(2)}`
    const missing = await see(unknown)
    expect(missing.status).toBe(404)
    expect(missing.text).toContain('This link shows nothing.')
    expect(missing.text).not.toContain('0123456789abcdef')
    const revoked = await make('plan/en')
    await ask('DELETE', `/api/releases/plan/en/previews/${revoked.id}`)
    const brief = await make('plan/en', { expires: utc(clock.now() + 60) })
    expect((await see(brief.url)).status).toBe(200)
    clock.moveTo(clock.now() + 60)
    for (const { url } of [revoked, brief]) {
      for (const address of [url, `${url}/media/plan.pdf`]) {
        const dead = await see(address)
        expect(dead.status).toBe(410)
        expect(dead.text).toContain('This link has ended.')
        expect(dead.text).not.toMatch(/The plan|Town hall/)
        expect(dead.text).not.toContain(secretOf(url))
        expect(Object.fromEntries(dead.headers)).toMatchObject({
          'cache-control': 'no-store',
          'x-robots-tag': 'noindex',
          'referrer-policy': 'no-referrer',
        })
      }
    }
    const problem = await fetch(unknown)
    expect(problem.headers.get('content-type')).toBe('application/problem+json')
    expect(await problem.json()).toMatchObject({ status: 404, detail: 'This link shows nothing.' })
  })

  test('links are listed without their addresses, the newest first, and end one by one or all at once', async () => {
    const path = '/api/releases/other/en/previews'
    const first = await make('other/en', { name: 'The minister' })
    clock.moveTo(clock.now() + 1)
    const second = await make('other/en', { name: 'The aide' })
    const { json } = await ask('GET', path)
    expect(json.previews).toMatchObject([
      { id: second.id, name: 'The aide', by: 'newsroom', state: 'open' },
      { id: first.id, name: 'The minister', state: 'open' },
    ])
    for (const { url } of [first, second]) {
      expect(JSON.stringify(json)).not.toContain(secretOf(url))
    }
    const ended = await ask('DELETE', `${path}/${first.id}`)
    expect(ended).toMatchObject({ status: 200, json: { id: first.id, state: 'revoked' } })
    expect([(await see(first.url)).status, (await see(second.url)).status]).toEqual([410, 200])
    expect((await ask('DELETE', `${path}/${first.id}`)).json.state).toBe('revoked')
    expect((await ask('DELETE', `${path}/no-such-link`)).status).toBe(404)
    for (const dry of [`${path}/${second.id}?dry-run`, `${path}?dry-run`]) {
      expect((await ask('DELETE', dry)).status).toBe(200)
      expect((await see(second.url)).status).toBe(200)
    }
    const none = await ask('DELETE', path)
    expect(none.json.previews.map(({ state }) => state)).toEqual(['revoked', 'revoked'])
    expect((await see(second.url)).status).toBe(410)
  })

  test('links that are made in one second are listed in the order in which they were made', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `The aide ${name}`)
    for (const name of names) {
      await make('other/en', { name })
      await pause(2)
    }
    const { json } = await ask('GET', '/api/releases/other/en/previews')
    const listed = json.previews.slice(0, names.length).map(({ name }) => name)
    expect(listed).toEqual(names.toReversed())
    await ask('DELETE', '/api/releases/other/en/previews')
  })

  test('what is wrong with a request for a link is told, and a dry run makes none', async () => {
    const path = '/api/releases/plan/en/previews'
    const refused = async (fields: unknown) => {
      const { status, json } = await ask('POST', path, fields)
      return [status, json.errors?.map(({ field }) => field)]
    }
    const name = 'The aide'
    expect(await refused({})).toEqual([422, ['name']])
    expect(await refused({ name: '  ' })).toEqual([422, ['name']])
    expect(await refused({ name: 'x'.repeat(201) })).toEqual([422, ['name']])
    const latest = { name, expires: utc(clock.now() + 60 * day) }
    expect((await ask('POST', `${path}?dry-run`, latest)).status).toBe(200)
    for (const expires of [utc(clock.now()), utc(clock.now() + 60 * day + 1), 'soon']) {
      expect(await refused({ name, expires }), expires).toEqual([422, ['expires']])
    }
    expect(await refused({ name, languages: ['de'] })).toEqual([422, ['languages.0']])
    expect(await refused({ name, secret: 'mine' })).toEqual([422, ['secret']])
    const before = (await ask('GET', path)).json.previews.length
    const dry = await ask('POST', `${path}?dry-run`, { name })
    expect([dry.status, dry.json.url, dry.json.name]).toEqual([200, undefined, name])
    expect((await ask('GET', path)).json.previews).toHaveLength(before)
    for (const address of ['out/en', 'nothing/en', 'plan/sv']) {
      const { status } = await ask('POST', `/api/releases/${address}/previews`, { name })
      expect([409, 404], address).toContain(status)
    }
    expect((await ask('POST', path, { name }, 'wrong')).status).toBe(401)
    expect((await fetch(path)).status).toBe(401)
  })

  test('a limited token makes links to releases of its own publisher alone', async () => {
    const secret = 'a-secret-of-customs'
    const path = (address: string) => `/api/releases/${address}/previews`
    const fields = { name: 'The aide' }
    expect((await ask('POST', path('plan/en'), fields, secret)).status).toBe(404)
    expect((await ask('GET', path('plan/en'), undefined, secret)).status).toBe(404)
    expect((await ask('POST', path('out/en'), fields, secret)).status).toBe(403)
    expect((await ask('GET', path('out/en'), undefined, secret)).status).toBe(403)
    expect((await ask('DELETE', path('out/en'), undefined, secret)).status).toBe(403)
    const own = await ask('POST', path('customs/en'), fields, secret)
    expect(own.status).toBe(201)
    const { url, id } = own.json
    expect((await see(url)).text).toContain('<h1>Of customs</h1>')
    // A release that goes to another publisher takes no link of the former one along.
    const file = (publisher: string) => ({
      'releases/customs.en.md': written('Of customs', lift, [`publisher: ${publisher}`]),
    })
    writeFiles(directory, file('ministry'))
    await press.takeUp()
    expect((await see(url)).status).toBe(410)
    const { previews } = (await ask('GET', path('customs/en'))).json
    expect(previews.find((one) => one.id === id)).toMatchObject({ state: 'gone' })
    writeFiles(directory, file('customs'))
    await press.takeUp()
    expect((await see(url)).status).toBe(200)
  })

  test('what a limited token is warned of tells nothing of the versions of others (H-21)', async () => {
    const path = '/api/releases/joint/en/previews?dry-run'
    const body = { name: 'The aide' }
    const warned = async (secret?: string) => (await ask('POST', path, body, secret)).json.warnings
    expect(await warned()).toMatchObject([{ field: 'contacts' }])
    expect(await warned('a-secret-of-customs')).toEqual([])
  })

  test('hostile addresses below /preview/ show nothing, are kept by nobody, and break nothing (H-21)', async () => {
    const { url } = await make('plan/en')
    const secret = secretOf(url)
    const hostile = [
      '/preview',
      '/preview/',
      '/preview//',
      `/preview//${secret}`,
      `/preview/${secret}/media`,
      `/preview/${secret}/media/`,
      `/preview/${secret}/media/..%2f..%2fsite.yaml`,
      `/preview/${secret}/media/%2e%2e/site.yaml`,
      `/preview/${secret}/media/%ff`,
      `/preview/${secret}/media/plan.pdf%00`,
      `/preview/${secret}/media/plan.pdf/`,
      `/preview/${secret}/media//plan.pdf`,
      `/preview/${secret}/media/media/plan.pdf`,
      `/preview/${secret}/${secret}`,
      `/preview/${secret}/en/media/plan.pdf`,
      `/preview/${secret}/all`,
      `/preview/${secret}/__proto__`,
      `/preview/${secret}/constructor/x`,
      `/preview/${secret}/%F0%9F%98%80`,
      `/preview/${secret}/%ff`,
      `/preview/${secret.slice(0, -1)}`,
      `/preview/${secret}0`,
      `/preview/${secret}%00`,
      `/preview/${secret}.json`,
      `/preview/${secret}.rss`,
      `/preview/%${secret.slice(1)}`,
      `/preview/${encodeURIComponent("' or 1=1 --")}`,
      `/preview/${'%25'.repeat(40)}`,
      `/preview/${'a'.repeat(4000)}`,
      `/preview/null`,
      `/preview/*`,
    ]
    for (const address of hostile) {
      const response = await fetch(address)
      const text = await response.text()
      expect([address, response.status]).toEqual([address, 404])
      expect(text, address).not.toMatch(/The plan|%PDF|languages:/)
      expect(response.headers.get('cache-control'), address).toBe('no-store')
      expect(response.headers.get('access-control-allow-origin'), address).toBe(null)
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const { status, headers } = await see(url, { method })
      expect([method, status, headers.get('allow')]).toEqual([method, 405, 'GET, HEAD, OPTIONS'])
      expect(headers.get('cache-control')).toBe('no-store')
    }
    const options = await see(url, { method: 'OPTIONS' })
    expect([options.status, options.headers.get('access-control-allow-origin')]).toEqual([
      204,
      null,
    ])
    // A query, and what a request says that it has, change nothing.
    const odd = await see(`${url}?month=2026-01&q=x`, {
      headers: {
        'If-None-Match': '*',
        'If-Modified-Since': new Date().toUTCString(),
        Range: 'bytes=0-1',
      },
    })
    expect(odd.status).toBe(200)
  })

  test('no more links work at once than there may be', async () => {
    const address = 'half/fi'
    const path = `/api/releases/${address}/previews`
    await ask('DELETE', path)
    for (let made = 0; made < 50; made++) await make(address)
    const one = await ask('POST', path, { name: 'One more' })
    expect([one.status, one.json.detail]).toEqual([
      409,
      expect.stringContaining('50 to one release'),
    ])
    const { previews } = (await ask('GET', path)).json
    await ask('DELETE', `${path}/${previews[0]!.id}`)
    expect((await ask('POST', path, { name: 'One more' })).status).toBe(201)
  })

  // From here on the clock goes past the time of the releases.

  test('a link to a release that is removed, or withdrawn before its time, has ended', async () => {
    const removed = await make('other/en')
    const withdrawn = await make('customs/en')
    const text = written('Of customs', lift, [
      'publisher: customs',
      `withdrawn: { at: ${utc(clock.now())}, reason: Never decided }`,
    ])
    writeFileSync(join(directory, 'releases/customs.en.md'), text)
    writeFileSync(
      join(directory, 'releases/other.en.md'),
      written('Another', lift, ['draft: true']),
    )
    await press.takeUp()
    for (const { url } of [removed, withdrawn]) {
      const { status, text: page } = await see(url)
      expect(status).toBe(410)
      expect(page).not.toMatch(/Another|customs|Never decided/)
    }
    const refused = await ask('POST', '/api/releases/customs/en/previews', { name: 'The aide' })
    expect([refused.status, refused.json.detail]).toEqual([
      409,
      expect.stringContaining('withdrawn'),
    ])
  })

  test('once the release is public the link leads to its page, and sixty days after its end nobody knows it', async () => {
    const { url } = await make('plan/en', { languages: ['all'] })
    const revoked = await make('plan/en')
    await ask('DELETE', `/api/releases/plan/en/previews/${revoked.id}`)
    clock.moveTo(lift - 1)
    expect((await see(url)).status).toBe(200)
    clock.moveTo(lift)
    for (const path of ['', '/media/plan.pdf', '/en', '/fi']) {
      const { status, headers } = await see(`${url}${path}`)
      expect([path, status, headers.get('location')]).toEqual([
        path,
        308,
        `${baseUrl}/releases/plan`,
      ])
      expect(headers.get('cache-control')).toBe('no-store')
    }
    expect((await see('/releases/plan')).status).toBe(200)
    expect((await see(revoked.url)).status).toBe(410)
    const listed = (await ask('GET', '/api/releases/plan/en/previews')).json
    expect(new Set(listed.previews.map(({ state }) => state))).toEqual(
      new Set(['public', 'revoked']),
    )
    clock.moveTo(start + 40 * day)
    expect((await see(revoked.url)).status).toBe(410)
    // Its page says that it was withdrawn.
    const reason = [`withdrawn: { at: ${utc(clock.now())}, reason: Wrong }`]
    writeFileSync(join(directory, 'releases/plan.en.md'), written('Plan', lift, reason))
    await press.takeUp()
    expect((await see(url)).status).toBe(308)
    clock.moveTo(start + 63 * day)
    expect((await see(revoked.url)).status).toBe(404)
    expect((await see(url)).status).toBe(308)
    clock.moveTo(start + 68 * day)
    expect((await see(url)).status).toBe(404)
    expect((await ask('GET', '/api/releases/plan/en/previews')).json.previews).toEqual([])
  })
})
