import { DomainError } from '../domain/errors.ts'
import {
  type FoundPreview,
  isShownBy,
  mostOfRelease,
  mostPreviews,
  mostRemembered,
  type Preview,
  type PreviewContents,
  type PreviewStore,
  remembered,
} from '../domain/preview.ts'
import type { Release } from '../domain/release.ts'
import type { Relations, Version } from '../domain/release-store.ts'
import { asAuthored } from '../domain/written-release.ts'
import type { Site } from '../domain/site.ts'
import { type Database, readStored, statement } from './database.ts'
import { findRelations, type ReleaseRow, toRelease } from './load-releases.ts'
import { compareSchemaVersion } from './schema-version.ts'
import { readSiteAndTopics } from './site-and-topics.ts'

/**
 * The `PreviewStore` in SQL, on node:sqlite and on D1. Where other versions may work on the same database, `newest` is
 * the last migration that this one knows: nothing is read while that of the database is another.
 */
export function createPreviewStore(database: Database, newest?: string): PreviewStore {
  return {
    find: (digest, now) => findPreview(database, digest, now, newest),
    contents: (found, now) => readContents(database, found, now),
    isMentioned: (path, releases) => isMentioned(database, path, releases),
    create: (preview, digest) => createPreview(database, preview, digest),
    list: ({ id }, now) => listPreviews(database, id, now),
    revoke: ({ id: release }, now, id) => revokePreviews(database, release, now, id),
  }
}

type PreviewRow = Omit<Preview, 'languages' | 'publishers' | 'revoked'> & {
  languages: string
  publishers: string | null
  revoked: number | null
}

/** A list is for people. It has all links that work, which are no more than `mostOfRelease`. */
const mostListed = 500

const columns = 'preview.id, release, name, languages, publishers, by, created, expires, revoked'

function toPreview(database: Database, row: PreviewRow): Preview {
  const { id, release, name, by, created, expires } = row
  return {
    id,
    release,
    name,
    by,
    created,
    expires,
    languages: readStored<string[]>(database, row.languages),
    publishers: readStored<string[] | null>(database, row.publishers ?? 'null') ?? undefined,
    revoked: row.revoked ?? undefined,
  }
}

type FoundRow = PreviewRow & {
  migration: string | null
  shown: number
} & { [column in keyof Omit<ReleaseRow, 'changed'>]: ReleaseRow[column] | null }

async function findPreview(
  database: Database,
  digest: string,
  now: number,
  newest: string | undefined,
): Promise<FoundPreview | undefined> {
  const row = await statement(
    database,
    `select ${columns}, key, updated_key as updatedKey, document,
       (select max(name) from d1_migrations) as migration,
       (select coalesce(max(value), 0) from state where key in ('changed', 'shown')) as shown
     from preview left join release on release.id = preview.release
     where digest = ?1 and ends > ?2`,
    digest,
    now - remembered,
  ).first<FoundRow>()
  if (!row) return undefined
  if (newest !== undefined) compareSchemaVersion(row.migration, newest)
  const { key, updatedKey, document } = row
  const isThere = key !== null && updatedKey !== null && document !== null
  const release = isThere
    ? toRelease(database, { key, updatedKey, document, changed: 0 })
    : undefined
  return { preview: toPreview(database, row), release, shown: row.shown }
}

async function readContents(
  database: Database,
  { preview, release, shown }: FoundPreview,
  now: number,
): Promise<PreviewContents> {
  const { site, vocabulary } = await readSiteAndTopics(database)
  const horizon = Math.max(now, shown)
  const { results } = await statement(
    database,
    'select key, updated_key as updatedKey, document, 0 as changed, authored as wished from release where slug = ?1',
    release?.slug ?? '',
  ).all<ReleaseRow & { wished: number }>()
  const versions = results
    .map((row) => ({ release: toRelease(database, row), wished: row.wished }))
    .filter((one) => isShownBy(preview, one.release, horizon))
  const releases = inOrderOf(site, versions.map(asAuthored))
  const relations = await findRelations(database, releases, { horizon, site })
  return { site, vocabulary, releases, relations: withVersions(relations, releases, site) }
}

/** What is linked to some releases, and these releases themselves. */
function withVersions(relations: Relations, releases: Release[], site: Site): Relations {
  const shown = releases.map(({ slug, language, title, url }): Version => {
    return { slug, language, title, url, isWithdrawn: false }
  })
  const all = inOrderOf(site, [...[...relations.versions.values()].flat(), ...shown])
  return { ...relations, versions: Map.groupBy(all, ({ slug }) => slug) }
}

function inOrderOf<One extends Pick<Release, 'language'>>({ languages }: Site, all: One[]): One[] {
  return all.toSorted((a, b) => languages.indexOf(a.language) - languages.indexOf(b.language))
}

async function isMentioned(
  database: Database,
  path: string,
  releases: Pick<Release, 'id'>[],
): Promise<boolean> {
  const found = await statement(
    database,
    `select 1 from release_media cross join release using (key)
     where path = ?1 and id in (select value from json_each(?2))`,
    path,
    JSON.stringify(releases.map(({ id }) => id)),
  ).first()
  return found !== null
}

async function createPreview(database: Database, preview: Preview, digest: string): Promise<void> {
  const { id, release, name, languages, publishers, by, created, expires } = preview
  await forget(database, created)
  // One statement, so that nobody comes in between.
  const kept = await statement(
    database,
    `insert into preview (digest, id, release, name, languages, publishers, by, created, expires, ends)
     select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9
     where (select count(*) from preview where release = ?3 and ends > ?8) < ?10
       and (select count(*) from preview where ends > ?8) < ?11
     returning 1`,
    digest,
    id,
    release,
    name,
    JSON.stringify(languages),
    publishers ? JSON.stringify(publishers) : null,
    by,
    created,
    expires,
    mostOfRelease,
    mostPreviews,
  ).first()
  if (kept) return
  throw new DomainError(
    'conflict',
    `There are as many links as there may be: ${mostOfRelease} to one release, and ${mostPreviews} to all. Revoke those that nobody needs any more.`,
  )
}

/** Removes what ended so long ago that nothing is said of it, and the oldest of what ended where that is very much. */
async function forget(database: Database, now: number): Promise<void> {
  await statement(
    database,
    `delete from preview where ends <= ?1 or digest in (
       select digest from preview where ends <= ?2 order by ends
       limit max(0, (select count(*) from preview) - ?3)
     )`,
    now - remembered,
    now,
    mostRemembered - 1,
  ).all()
}

async function listPreviews(database: Database, release: string, now: number): Promise<Preview[]> {
  const { results } = await statement(
    database,
    `select * from (
       select ${columns} from preview where release = ?1 and ends > ?2
       order by ends > ?3 desc, created desc, id desc limit ?4
     ) order by created desc, id desc`,
    release,
    now - remembered,
    now,
    mostListed,
  ).all<PreviewRow>()
  return results.map((row) => toPreview(database, row))
}

async function revokePreviews(
  database: Database,
  release: string,
  now: number,
  id: string | undefined,
): Promise<void> {
  await statement(
    database,
    `update preview set revoked = ?2, ends = min(ends, ?2)
     where release = ?1 and revoked is null and (?3 is null or id = ?3)`,
    release,
    now,
    id ?? null,
  ).all()
}
