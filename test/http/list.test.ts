// The list of the API, asked for some of its releases.
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { onNodePress } from '../platforms.ts'
import { amount } from '../trials.ts'

const files = {
  'site.yaml': `id: 2f1c9a52-1111-4222-8333-444455556666
title: { en: Ministry }
languages: [en, fi]
timezone: Europe/Helsinki
publishers:
  ministry: { name: { en: The Ministry } }
  customs: { name: { en: Customs } }
`,
  'topics.yaml':
    'crime: { label: crime }\ndrugs: { label: drugs, broader: crime }\neu: { label: EU }\n',
}
const token = 'a-secret-of-the-newsroom'
const topics = [[], ['crime'], ['drugs'], ['eu'], ['eu', 'drugs']]
const broader: Record<string, string[]> = { drugs: ['drugs', 'crime'] }

type Written = {
  slug: string
  language: string
  topics: string[]
  publisher: string
  kind: string
  published: string
  state: string
}

const written = Array.from({ length: 40 }, (_, index): Written => {
  const isToCome = index % 5 === 0
  return {
    slug: `r-${index}`,
    language: index % 2 ? 'en' : 'fi',
    topics: topics[index % topics.length]!,
    publisher: index % 3 ? 'ministry' : 'customs',
    kind: index % 7 ? 'statement' : 'speech',
    published: `${isToCome ? 2090 : 2020}-01-${String((index % 28) + 1).padStart(2, '0')}T10:00:00Z`,
    // Some of those to come were withdrawn before their time.
    state:
      index % 6 === 2 ? 'draft' : index % 4 === 1 ? 'withdrawn' : isToCome ? 'scheduled' : 'public',
  }
})

type Name = 'topic' | 'publisher' | 'kind' | 'language' | 'state' | 'from' | 'before'
type Wanted = { [name in Name]?: string | undefined }

const some = (...values: string[]) =>
  fc.option(fc.uniqueArray(fc.constantFrom(...values), { minLength: 1 }).map(String), {
    nil: undefined,
  })
const day = fc.option(fc.constantFrom('2020-01-05', '2020-01-20', '2050-01-01', '2090-01-10'), {
  nil: undefined,
})
const wanted = fc.record({
  topic: some('crime', 'drugs', 'eu'),
  // Several of each would be longer than expressions may be.
  publisher: fc.constantFrom('ministry', 'customs', undefined),
  kind: fc.constantFrom('statement', 'speech', undefined),
  language: some('en', 'fi'),
  state: some('draft', 'scheduled', 'public', 'withdrawn'),
  from: day,
  before: day,
})

/** Whether a release is one of those that are asked for, the slow and obvious way. */
function isWanted(one: Written, asked: Wanted): boolean {
  const oneOf = (value: string, text: string | undefined) =>
    !text || text.split(',').includes(value)
  const isAbout = one.topics.flatMap((topic) => broader[topic] ?? [topic])
  const second = (text: string) => Date.parse(`${text}T00:00:00+02:00`)
  return (
    (!asked.topic || asked.topic.split(',').some((topic) => isAbout.includes(topic))) &&
    oneOf(one.publisher, asked.publisher) &&
    oneOf(one.kind, asked.kind) &&
    oneOf(one.language, asked.language) &&
    oneOf(one.state, asked.state) &&
    (!asked.from || Date.parse(one.published) >= second(asked.from)) &&
    (!asked.before || Date.parse(one.published) < second(asked.before))
  )
}

onNodePress('the list of releases', files, (press) => {
  const ask = async (method: string, path: string, body?: string) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/x-ndjson' }
    return press.fetch(path, { method, headers, ...(body !== undefined && { body }) })
  }
  beforeAll(async () => {
    const lines = written.map(({ state, ...fields }) =>
      JSON.stringify({
        ...fields,
        title: fields.slug,
        body: { markdown: 'Text.' },
        ...(state === 'draft' && { draft: true }),
        ...(state === 'withdrawn' && {
          withdrawn: { at: '2020-02-01T10:00:00Z', reason: 'Wrong.' },
        }),
      }),
    )
    const sent = await ask('POST', '/api/releases?dates=keep', lines.join('\n'))
    expect((await sent.text()).match(/"status":201/g)).toHaveLength(written.length)
  })

  /** Every release that the pages of a list have. */
  async function listed(asked: Wanted, limit: number): Promise<string[]> {
    const given = Object.entries(asked).filter(([, value]) => value !== undefined)
    const query = new URLSearchParams([...(given as [string, string][]), ['limit', String(limit)]])
    const found: string[] = []
    for (let path: string | undefined = `/api/releases?${query.toString()}`; path !== undefined;) {
      const answer = await ask('GET', path)
      expect(answer.status).toBe(200)
      const page = (await answer.json()) as { releases: { slug: string }[]; next?: string }
      expect(page.releases.length).toBeLessThanOrEqual(limit)
      found.push(...page.releases.map(({ slug }) => slug))
      path = page.next && page.next.slice(new URL(page.next).origin.length)
    }
    return found
  }

  test('has exactly what is asked for, through all its pages', async () => {
    await fc.assert(
      fc.asyncProperty(wanted, fc.integer({ min: 3, max: 50 }), async (asked, limit) => {
        const expected = written.filter((one) => isWanted(one, asked)).map(({ slug }) => slug)
        expect((await listed(asked, limit)).toSorted()).toEqual(expected.toSorted())
      }),
      { numRuns: amount(15, 500), seed: 11 },
    )
  })

  test('refuses what it does not know, and never gives everything instead', async () => {
    const statusOf = async (query: string) => (await ask('GET', `/api/releases?${query}`)).status
    expect(await statusOf('topics=eu')).toBe(400)
    expect(await statusOf('state=secret')).toBe(400)
    expect(await statusOf('language=sv')).toBe(400)
    expect(await statusOf('from=yesterday')).toBe(400)
    expect(await statusOf('publisher=army')).toBe(404)
    const { detail } = (await (await ask('GET', '/api/releases?topics=eu')).json()) as {
      detail: string
    }
    expect(detail).toContain('"topics" is not known here. Ask for after, limit, topic')
    for (const limit of ['abc', '-3', '0', '1.5', '1e2', '٣']) {
      const refused = await ask('GET', `/api/releases?limit=${limit}`)
      expect([refused.status, await refused.text()], limit).toEqual([
        400,
        expect.stringContaining('\\"limit\\" is a whole number from 1 to 1000'),
      ])
    }
    // Empty values ask for nothing, and nobody is given more than a page may have.
    expect((await listed({ publisher: '', state: '' }, 1000)).length).toBe(written.length)
    expect([await statusOf('limit='), await statusOf(`limit=${'9'.repeat(20)}`)]).toEqual([
      200, 200,
    ])
  })
})
