import { identity, keyOf } from '../domain/identity.ts'
import type { Site } from '../domain/site.ts'
import { parseTime } from '../domain/time.ts'
import { NotDone } from '../domain/tool.ts'
import { type Connection, detailOf } from './connection.ts'
import type { FolderRelease } from './read-folder.ts'

/** A release of the service. */
export type Listed = {
  slug: string
  language: string
  title: string
  fingerprint: string
  from: 'api' | 'content'
  withdrawn: boolean
}

/** The languages and publishers that a service knows. */
type Known = { languages: string[]; publishers: string[] }

/** Learns what a service is. Throws NotDone for one that is none of ours. */
export async function readKnown({ ask }: Connection, origin: string): Promise<Known> {
  const { status, json } = await ask('GET', '/openapi.json')
  const info = Object(json?.info) as { title?: unknown }
  if (status !== 200 || !String(info.title).startsWith('Tiedote')) {
    throw new NotDone(
      `There is no Tiedote with an API at ${origin} (/openapi.json was answered ${status}).`,
    )
  }
  const put = at(json, 'paths', '/api/releases/{slug}/{language}', 'put', 'requestBody')
  const fields = at(put, 'content', 'application/json', 'schema', 'properties')
  const known = (field: string) => {
    const found = at(fields, field, 'enum')
    return Array.isArray(found) ? found.map(String) : []
  }
  return { languages: known('language'), publishers: known('publisher') }
}

/** All releases of a service by their address, `slug.language`. */
export async function readListed({ ask }: Connection): Promise<Map<string, Listed>> {
  const listed = new Map<string, Listed>()
  let path = '/api/releases'
  for (;;) {
    const answer = await ask('GET', path)
    if (answer.status !== 200) throw new NotDone(detailOf(answer))
    const { releases, next } = answer.json as { releases: Listed[]; next?: string }
    for (const one of releases) listed.set(keyOf(one), one)
    if (next === undefined) return listed
    // It names the public origin, which need not be the one we were given.
    path = `/api/releases${new URL(next).search}`
  }
}

/**
 * Throws NotDone when releases would be others on the service than in the folder: in languages or of
 * publishers that it does not know, with other identities, or at other times.
 */
export async function checkSites(
  connection: Connection,
  site: Site,
  releases: FolderRelease[],
  { languages, publishers }: Known,
): Promise<void> {
  const differences: string[] = []
  const used = (name: 'language' | 'publisher') => [...new Set(releases.map((one) => one[name]))]
  const lacks = (what: string, names: string[]) => {
    if (names.length > 0) differences.push(`it has no ${what} ${names.join(', ')}`)
  }
  lacks(
    'language',
    used('language').filter((one) => !languages.includes(one)),
  )
  lacks(
    'publisher',
    used('publisher').filter((one) => !publishers.includes(one)),
  )
  const [first] = Object.keys(site.publishers)
  if (publishers[0] !== first && differences.length === 0) {
    differences.push(
      `its first publisher, of releases that name none, is ${publishers[0]}, and not ${first}`,
    )
  }
  if (differences.length === 0) {
    differences.push(...(await otherReadings(connection, site, releases[0]!)))
  }
  if (differences.length === 0) return
  throw new NotDone(
    `The site.yaml of the service is not that of the folder: ${differences.join('; ')}. Make them alike, and restart the service.`,
  )
}

/** In winter and in summer, as authors write them. */
const times = ['2024-01-24T09:00', '2024-07-24T09:00']

/** What the service makes of a release that it only looks at. */
async function otherReadings(
  { ask }: Connection,
  site: Site,
  { publisher, language }: FolderRelease,
): Promise<string[]> {
  const slugs = times.map((_, index) => `no-release-of-anybody-${index}`)
  const lines = times.map((published, index) => {
    const slug = slugs[index]!
    return JSON.stringify({ slug, language, title: slug, published, publisher, body: { html: '' } })
  })
  const body = lines.join('\n')
  const answer = await ask('POST', '/api/releases?dry-run', { type: 'application/x-ndjson', body })
  if (answer.status !== 200) throw new NotDone(detailOf(answer))
  const receipts = answer.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { status: number; id: string; published: string })
  // Whoever may not publish is told so with each release.
  if (receipts.some(({ status }) => status >= 400)) return []
  const id = identity(site.id, `${slugs[0]}/${language}`)
  const isSameTime = receipts.every(({ published }, index) => {
    return Date.parse(published) / 1000 === parseTime(times[index]!, site.timezone)
  })
  return [
    ...(receipts[0]!.id === id
      ? []
      : ['its id is another one, so that readers would see every release twice']),
    ...(isSameTime ? [] : [`its time zone is not ${site.timezone}`]),
  ]
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (Object(found) as Record<string, unknown>)[key],
    value,
  )
}
