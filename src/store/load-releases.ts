import { lastKeyOf, secondOf } from '../domain/key.ts'
import type { Release } from '../domain/release.ts'
import type { Relations, State, StoredRelease, Version } from '../domain/release-store.ts'
import { type Database, readStored, statement } from './database.ts'

export type ReleaseRow = { key: number; updatedKey: number; changed: number; document: string }

/** Releases by their keys, newest first. */
export async function loadReleases(
  database: Database,
  keys: number[],
  { horizon }: State,
): Promise<StoredRelease[]> {
  const { results } = await statement(
    database,
    `select ${columns}, ${lastChangeOf('one', '?1')} as changed from release as one
     where key in (select value from json_each(?2)) order by key desc`,
    lastKeyOf(horizon),
    JSON.stringify(keys),
  ).all<ReleaseRow>()
  return results.map((row) => toRelease(database, row))
}

/** One release by its slug or a former one, also a withdrawn one. */
export async function findRelease(
  database: Database,
  slug: string,
  language: string,
  { horizon }: State,
): Promise<StoredRelease | undefined> {
  const row = await statement(
    database,
    `select ${columns}, ${lastChangeOf('one', '?1')} as changed from release as one
     where language = ?2 and key <= ?1
       and (slug = ?3 or key = (select min(key) from former_slug where slug = ?3 and language = ?2))
     order by slug = ?3 desc limit 1`,
    lastKeyOf(horizon),
    language,
    slug,
  ).first<ReleaseRow>()
  return row ? toRelease(database, row) : undefined
}

type VersionRow = Omit<Version, 'isWithdrawn' | 'url'> & {
  url: string | null
  corrected: string | null
  key: number
  withdrawn: number
}

/** Language versions and corrections of some releases, as far as they are public. */
export async function findRelations(
  database: Database,
  releases: Release[],
  { horizon, site }: Pick<State, 'horizon' | 'site'>,
): Promise<Relations> {
  const slugs = releases.flatMap(({ slug, corrects, withdrawn }) => [
    slug,
    ...(corrects ? [corrects] : []),
    ...(withdrawn?.replacedBy ? [withdrawn.replacedBy] : []),
  ])
  // The cross join keeps SQLite from walking along all that stands.
  const { results } = await statement(
    database,
    `select null as corrected, key, slug, language, withdrawn, document ->> 'title' as title,
       document ->> 'url' as url
     from release
     where slug in (select value from json_each(?1)) and key <= ?2
     union all
     select corrected, key, release.slug, release.language, withdrawn, document ->> 'title',
       document ->> 'url'
     from correction cross join release using (key)
     where corrected in (select value from json_each(?1)) and key <= ?2 and withdrawn = 0`,
    JSON.stringify([...new Set(slugs)]),
    lastKeyOf(horizon),
  ).all<VersionRow>()
  const inOrder = results
    .map(({ withdrawn, url, ...version }) => {
      return { ...version, url: url ?? undefined, isWithdrawn: withdrawn === 1 }
    })
    .toSorted((a, b) => a.key - b.key)
  const rank = (language: string) => site.languages.indexOf(language)
  const versions = inOrder
    .filter(({ corrected }) => corrected === null)
    .toSorted((a, b) => rank(a.language) - rank(b.language))
  const corrections = inOrder.filter(({ corrected }) => corrected !== null)
  return {
    versions: Map.groupBy(versions, ({ slug }) => slug),
    corrections: Map.groupBy(corrections, ({ corrected }) => corrected!),
  }
}

/**
 * The expression for the second of the last change of a release (the name of its table) or of what is said about
 * it beside its own text: language versions, corrections, what it corrects, what replaces it. A release that
 * becomes public counts as a change. `last` is the last key that is public.
 */
export function lastChangeOf(one: string, last: string): string {
  const latest = (releases: string) =>
    `coalesce((select max(other.changed) from release as other where other.key <= ${last} and ${releases}), 0)`
  return `max(
    ${latest(`other.slug = ${one}.slug`)},
    ${latest(`other.key in (select key from correction where corrected = ${one}.slug and language = ${one}.language)`)},
    ${latest(`other.slug = ${one}.document ->> '$.corrects' and other.language = ${one}.language`)},
    ${latest(`other.slug = ${one}.document ->> '$.withdrawn.replacedBy' and other.language = ${one}.language`)}
  )`
}

const columns = 'key, updated_key as updatedKey, document'

/** A release as it is stored. */
export function toRelease(
  database: Database,
  { key, updatedKey, changed, document }: ReleaseRow,
): StoredRelease {
  const release = readStored<Omit<Release, 'published' | 'updated'>>(database, document)
  const [published, updated] = [secondOf(key), secondOf(updatedKey)]
  return { ...release, published, updated, updatedKey, changed }
}
