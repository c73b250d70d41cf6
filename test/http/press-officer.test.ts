// A week of a press officer, from the first draft to the withdrawal: what she, the aide of the minister and the public
// see of one release, and twelve mistakes that are told before they are out.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registerCheck } from '../../src/cli/check.ts'
import { runCommand } from '../cli/run.ts'
import { markdown, siteYaml, temporaryFolder, writeFolder } from '../content-folder.ts'
import { baseUrl, nodePress, type Press } from '../platforms.ts'
import { createSimulatedClock, type SimulatedClock } from '../readers/simulated-clock.ts'

const day = 86_400
const monday = Date.UTC(2026, 2, 2, 7) / 1000
const thursdayAtNine = monday + 3 * day
const utc = (second: number) => new Date(second * 1000).toISOString().replace('.000', '')

const draft = {
  title: 'New border station',
  topics: ['migration'],
  draft: true,
  contacts: [{ name: 'Press', email: 'press@ministry.example' }],
  attachments: [{ file: 'station.txt', title: 'Facts and figures' }],
  body: { markdown: 'The station opens on 3 April.' },
}
const finnish = {
  ...draft,
  title: 'Uusi raja-asema',
  body: { markdown: 'Asema avataan 3. huhtikuuta.' },
}

type Answered = {
  url: string
  change: string
  id: string
  status: { state: string }
  warnings: { field: string; message: string }[]
  errors: { field: string; message: string }[]
  detail: string
  previews: { name: string; state: string; id: string }[]
  history: { action: string }[]
}

const out = markdown(['title: Out', `published: ${utc(monday - day)}`, 'topics: [migration]'])
const files = { 'site.yaml': siteYaml, 'releases/out.en.md': out }

/** What the newsroom's system asks, and what anybody sees. */
function asking(press: () => Press) {
  const ask = async (method: string, path: string, body?: unknown) => {
    const isFile = typeof body === 'string'
    const headers = {
      Authorization: 'Bearer a-secret-of-the-newsroom',
      'Content-Type': isFile ? 'application/octet-stream' : 'application/json',
    }
    const sent = body === undefined ? {} : { body: isFile ? body : JSON.stringify(body) }
    const response = await press().fetch(`/api${path}`, { method, headers, ...sent })
    return { status: response.status, json: (await response.json()) as Answered }
  }
  const see = async (address: string) => {
    const path = address.replace(baseUrl, '')
    const response = await press().fetch(path, { headers: { Accept: 'text/html' } })
    const location = response.headers.get('location')
    return { status: response.status, text: await response.text(), location }
  }
  return { ask, see }
}

// `both-runtimes.test.ts` has the same kinds of requests on Workers.
describe('the week of a press officer', () => {
  let clock: SimulatedClock
  let press: Press
  beforeAll(async () => {
    clock = createSimulatedClock(monday)
    press = await nodePress(writeFolder(files), clock)
    clock.moveTo(monday + 60)
  })
  afterAll(() => press.close())
  const { ask, see } = asking(() => press)

  /** All that the public may ask for. */
  async function publicly(): Promise<string> {
    const paths =
      '/ /feed.atom /fi/feed.rss /all/feed.json /topics/migration.json /topics.json /sitemap-releases-1.xml /news-sitemap.xml /?q=station /releases/station /fi/releases/station /releases/station.json /media/station.txt'
    const answers = await Promise.all(
      paths.split(' ').map(async (path) => {
        const response = await press.fetch(path)
        const { headers } = response
        const validators = ['etag', 'last-modified'].map((name) => headers.get(name))
        return [path, response.status, ...validators, await response.text()].join('\n')
      }),
    )
    return answers.join('\n')
  }

  let before = ''
  let aide = ''
  let minister = ''

  test('on Monday a draft is written, and nobody else knows of it', async () => {
    before = await publicly()
    expect((await ask('PUT', '/media/station.txt', 'Two lanes.')).status).toBe(201)
    const { status, json } = await ask('PUT', '/releases/station/en', draft)
    expect([status, json.change]).toEqual([201, 'created'])
    expect(await publicly()).toBe(before)
  })

  test('the aide of the minister gets a link, and sees the draft with its file', async () => {
    const { json } = await ask('POST', '/releases/station/en/previews', { name: 'Aide' })
    aide = json.url
    const page = await see(aide)
    expect(page.text).toContain('<h1>New border station</h1>')
    expect(page.text).toContain('This is a draft')
    expect((await see(`${aide}/media/station.txt`)).text).toBe('Two lanes.')
    expect(await publicly()).toBe(before)
  })

  test('on Tuesday the draft is corrected, and the same link shows what it says now', async () => {
    clock.moveTo(monday + day)
    const body = { markdown: 'The station opens on 4 April.' }
    const { json } = await ask('PUT', '/releases/station/en', { ...draft, body })
    expect(json.change).toBe('revised')
    const { text } = await see(aide)
    expect(text).toContain('opens on 4 April')
    expect(text).not.toContain('3 April')
  })

  test('a translation is shown to the minister, whose link is for all languages, and not to the aide', async () => {
    await ask('PUT', '/releases/station/fi', finnish)
    const fields = { name: 'Minister', languages: ['all'] }
    minister = (await ask('POST', '/releases/station/en/previews', fields)).json.url
    expect((await see(minister)).text).toContain(`href="${minister}/fi" hreflang="fi"`)
    expect((await see(`${minister}/fi`)).text).toContain('<h1>Uusi raja-asema</h1>')
    expect((await see(`${aide}/fi`)).status).toBe(404)
    expect(await publicly()).toBe(before)
  })

  test('on Wednesday the release is finished for Thursday at nine, and the public learns nothing', async () => {
    clock.moveTo(monday + 2 * day)
    const published = utc(thursdayAtNine)
    for (const [language, fields] of Object.entries({ en: draft, fi: finnish })) {
      const { draft: _, ...finished } = fields
      const path = `/releases/station/${language}`
      const dry = await ask('PUT', `${path}?dry-run`, { ...finished, published })
      expect(dry.json.warnings).toEqual([])
      expect((await ask('PUT', path, { ...finished, published })).json.change).toBe('revised')
      expect((await ask('GET', path)).json.status.state).toBe('scheduled')
    }
    expect((await see(aide)).text).toMatch(/It comes out on <time[^>]*>5 March 2026, 09:00/)
    expect((await see(`${minister}/fi`)).text).toMatch(
      /Julkaistaan <time[^>]*>5\.3\.2026 klo 9\.00/,
    )
    expect(await publicly()).toBe(before)
  })

  test('the aide leaves, and the link with her', async () => {
    const { previews } = (await ask('GET', '/releases/station/en/previews')).json
    expect(previews.map(({ name, state }) => [name, state])).toEqual([
      ['Minister', 'open'],
      ['Aide', 'open'],
    ])
    const { id } = previews.find(({ name }) => name === 'Aide')!
    expect((await ask('DELETE', `/releases/station/en/previews/${id}`)).status).toBe(200)
    expect((await see(aide)).text).toContain('This link has ended.')
    expect((await see(minister)).status).toBe(200)
  })

  test('on Thursday at nine it is out everywhere, and the link leads to its page', async () => {
    clock.moveTo(thursdayAtNine - 1)
    expect(await publicly()).toBe(before)
    clock.moveTo(thursdayAtNine)
    const moved = await see(minister)
    expect([moved.status, moved.location]).toEqual([308, `${baseUrl}/releases/station`])
    const page = await see('/releases/station')
    expect([page.status, page.text.includes('Not public')]).toEqual([200, false])
    expect(await (await press.fetch('/feed.json')).text()).toContain('New border station')
    expect((await press.fetch('/media/station.txt')).status).toBe(200)
    clock.moveTo(thursdayAtNine + 1)
    expect(await (await press.fetch('/fi/feed.atom')).text()).toContain('Uusi raja-asema')
  })

  test('on Friday it is corrected, and in the evening withdrawn', async () => {
    clock.moveTo(monday + 4 * day)
    const { draft: _, ...finished } = draft
    const change = { kind: 'correction', note: 'The station opens on 5 April.' }
    const body = { markdown: 'The station opens on 5 April.' }
    await ask('PUT', '/releases/station/en', { ...finished, body, change })
    expect((await see('/releases/station')).text).toContain('Correction')
    clock.moveTo(monday + 4 * day + 36_000)
    for (const language of ['en', 'fi']) {
      const path = `/releases/station/${language}/withdraw`
      expect((await ask('POST', path, { reason: 'It was never decided.' })).status).toBe(200)
    }
    const gone = await see('/releases/station')
    expect([gone.status, gone.text.includes('It was never decided.')]).toEqual([410, true])
    expect((await press.fetch('/media/station.txt')).status).toBe(410)
    const { history } = (await ask('GET', '/releases/station/en/history')).json
    expect(history.map(({ action }) => action)).toEqual([
      'withdraw',
      'correct',
      'publish',
      'draft',
      'draft',
    ])
  })
})

describe('mistakes of a press officer', () => {
  /** What `check` says of a release that has some more fields, or another text. */
  async function checked(fields: string[], body?: string, published = '2026-01-24T09:00') {
    const text = markdown(['title: A', `published: ${published}`, ...fields], body)
    const { code, output } = await runCommand(registerCheck, [
      'check',
      temporaryFolder({ 'releases/a.en.md': text }),
    ])
    return { code, output }
  }

  const inFiles: [mistake: string, fields: string[], body: string | undefined, told: RegExp][] = [
    [
      'the text of the template is left',
      [],
      'Write the text here.',
      /"Write the text here\." stands/,
    ],
    ['there is no text', [], '', /There is no text\. Write it\./],
    ['a picture says nothing', [], 'Text ![](port.jpg)', /port\.jpg/],
    [
      'a mail address is none',
      ['contacts: [{ name: P, email: press(at)office.example }]'],
      undefined,
      /"press\(at\)office\.example" is no mail address\. Write one such as/,
    ],
    [
      'a telephone number is none',
      ['contacts: [{ name: P, phone: ask us }]'],
      undefined,
      /"ask us" is no telephone number\. Write one such as/,
    ],
    [
      'a topic is mistyped',
      ['topics: [migrtion]'],
      undefined,
      /"migrtion" is not a topic.*migration/,
    ],
  ]

  test.each(inFiles)('%s', async (_, fields, body, told) => {
    const { code, output } = await checked(fields, body)
    expect(output).toMatch(told)
    expect(code).toBe(1)
  })

  test('the year is wrong', async () => {
    const { code, output } = await checked([], undefined, '2062-01-24T09:00')
    expect(output).toContain('This is more than two years ahead. Write the right year.')
    expect(code).toBe(1)
  })

  describe('to the API', () => {
    let press: Press
    beforeAll(async () => {
      const clock = createSimulatedClock(monday)
      press = await nodePress(writeFolder(files), clock)
      clock.moveTo(monday + 60)
      const { draft: _, ...finished } = draft
      const { attachments: __, ...plain } = finished
      await ask('PUT', '/releases/public/en', plain)
      await ask('PUT', '/releases/later/en', { ...plain, published: utc(thursdayAtNine) })
    })
    afterAll(() => press.close())
    const { ask, see } = asking(() => press)

    test('what is public is made a draft', async () => {
      const { status, json } = await ask('PUT', '/releases/public/en', {
        ...draft,
        attachments: [],
      })
      expect([status, json.errors[0]!.field]).toEqual([422, 'draft'])
      expect(json.errors[0]!.message).toContain('withdraw the release')
      expect((await see('/releases/public')).status).toBe(200)
    })

    test('a link is asked for to what is public already', async () => {
      const { status, json } = await ask('POST', '/releases/public/en/previews', { name: 'Aide' })
      expect([status, json.detail]).toEqual([
        409,
        `This release is public: ${baseUrl}/releases/public`,
      ])
    })

    test('a link is to work for a year', async () => {
      const fields = { name: 'Aide', expires: utc(monday + 365 * day) }
      const { status, json } = await ask('POST', '/releases/later/en/previews', fields)
      expect([status, json.errors[0]!.field]).toEqual([422, 'expires'])
      expect(json.errors[0]!.message).toContain('at most 60 days')
    })

    test('nobody is named for whom a link is', async () => {
      const { status, json } = await ask('POST', '/releases/later/en/previews', {})
      expect([status, json.errors[0]!.field]).toEqual([422, 'name'])
    })

    test('a link is copied without its end', async () => {
      const { json } = await ask('POST', '/releases/later/en/previews', { name: 'Aide' })
      const { status, text } = await see(json.url.slice(0, -1))
      expect([status, text.includes('See whether all of it was copied')]).toEqual([404, true])
    })
  })
})
