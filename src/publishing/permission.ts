import { isUnderEmbargo } from '../domain/embargo.ts'
import { DomainError, refusable } from '../domain/errors.ts'
import { identity } from '../domain/identity.ts'
import { spellings } from '../domain/media-types.ts'
import type {
  Holder,
  PublishingStore,
  ReleaseForAuthors,
  Viewer,
} from '../domain/publishing-store.ts'
import type { Draft } from '../domain/publishing.ts'
import { identityName, type Release } from '../domain/release.ts'
import type { Problem } from '../domain/problem.ts'
import type { Site } from '../domain/site.ts'

/** Who publishes: the name that the history shows, and for which publishers, if not for all. */
export type Author = { name: string; publishers?: string[] | undefined }

/** Whether an author publishes for a publisher. Of what nobody knows any more only those do who do for all. */
export function isOwn({ publishers }: Author, publisher: string | null): boolean {
  return !publishers || (publisher !== null && publishers.includes(publisher))
}

/** The same author, who also publishes for publishers by names that they had: releases may still have those. */
export function withFormerPublishers(author: Author, { formerPublishers = {} }: Site): Author {
  const { publishers } = author
  if (!publishers) return author
  const former = Object.keys(formerPublishers).filter((old) => {
    return publishers.includes(formerPublishers[old]!)
  })
  return { ...author, publishers: [...publishers, ...former] }
}

/** What an author may be shown of releases, as a store is asked for it. */
export function viewerOf({ publishers }: Author, now: number): Viewer {
  return { publishers, now }
}

/** Whether somebody may be shown a release: under embargo it is its publisher's. */
export function maySee(
  { publishers, now }: Viewer,
  { publisher, published }: Pick<Release, 'publisher' | 'published'>,
): boolean {
  return !isUnderEmbargo(published, now) || !publishers || publishers.includes(publisher)
}

/** Of some files those that releases speak of which an author may not see yet, and no others, in whichever Unicode form. */
export async function hiddenFiles(
  store: Pick<PublishingStore, 'hiddenFiles'>,
  paths: string[],
  by: Author,
  now: number,
): Promise<Set<string>> {
  if (!by.publishers || paths.length === 0) return new Set()
  const spelled = [...new Set(paths.flatMap(spellings))]
  const hidden = await store.hiddenFiles(spelled, viewerOf(by, now))
  return new Set(paths.filter((path) => spellings(path).some((one) => hidden.has(one))))
}

/** Throws DomainError `forbidden` when somebody may not publish for the publisher that he names. */
export function checkPublisher(by: Author, publisher: string) {
  if (isOwn(by, publisher)) return
  throw new DomainError(
    'forbidden',
    `This token may not publish for ${publisher}, but for ${ownOf(by)}.`,
  )
}

/**
 * Throws DomainError `forbidden` when a release that an author may not write to, in whatever language,
 * has or had a slug. It says nothing else of that release.
 */
export function checkSlug(by: Author, slug: string, holders: Holder[]) {
  const others = holders.some((one) => one.slug === slug && !isOwn(by, one.publisher))
  if (others) throw takenSlug(by, slug)
}

/**
 * Whether an author may give a release all that it names: the slugs it has and had, the one it
 * corrects, its identity. What it named before may be said again. Throws DomainError `forbidden` for a slug
 * that another publisher has or had, `wrong` for one that nobody has, because it may be another's to come, and
 * `conflict` for an identity of either kind.
 */
function checkNames(
  by: Author,
  { before, draft, site }: { before: ReleaseForAuthors | undefined; draft: Draft; site: Site },
  holders: Holder[],
) {
  const { slug, formerly, corrects, id } = draft.release
  checkSlug(by, slug, holders)
  const known = before ? [...before.release.formerly, before.release.corrects] : []
  const named = [
    ...formerly.map((one) => ({ field: 'formerly', slug: one })),
    ...(corrects ? [{ field: 'corrects', slug: corrects }] : []),
  ].filter((one) => !known.includes(one.slug))
  for (const one of named) checkSlug(by, one.slug, holders)
  if (holders.some((one) => one.id === id && !isOwn(by, one.publisher))) throw takenIdentity(by)
  const isMade = madeIdentity.test(id) && id !== before?.release.id
  if (isMade && id !== identity(site.id, identityName(draft.release))) {
    throw takenIdentity(by)
  }
  const missing = named.filter((one) => !holders.some((holder) => holder.slug === one.slug))
  if (missing.length === 0) return
  const errors = missing.map((one): Problem => {
    const message = `There is no release "${one.slug}" yet. Write the slug of one that is there, or leave it out.`
    return { field: one.field, message }
  })
  throw new DomainError('wrong', 'It names a release that is not there.', { errors })
}

/** What is looked at before it is written, as far as its author's reach is concerned. */
type Looked = {
  request: { by: Author }
  before: ReleaseForAuthors | undefined
  draft: Draft
  siteAndTopics: { site: Site }
}

/**
 * Refuses what reaches further than its author may. Each is looked at as if those before it were written:
 * they become public together. Who may write everything is asked nothing.
 */
export async function withinReach<One extends Looked>(
  looked: (One | DomainError)[],
  store: Pick<PublishingStore, 'holders'>,
): Promise<(One | DomainError)[]> {
  const drafts = looked.flatMap((one) => {
    return one instanceof DomainError || !one.request.by.publishers ? [] : [one.draft.release]
  })
  if (drafts.length === 0) return looked
  const holders = await store.holders(
    drafts.flatMap(({ slug, formerly, corrects }) => [slug, ...formerly, corrects ?? slug]),
    drafts.map(({ id }) => id),
  )
  const checked: (One | DomainError)[] = []
  for (const one of looked) {
    const result = one instanceof DomainError ? one : await refusable(() => reaching(one, holders))
    if (!(result instanceof DomainError)) holders.push(...holdingsOf(result.draft))
    checked.push(result)
  }
  return checked
}

function reaching<One extends Looked>(one: One, holders: Holder[]): One {
  const { request, before, draft, siteAndTopics } = one
  if (request.by.publishers) {
    checkNames(request.by, { before, draft, site: siteAndTopics.site }, holders)
  }
  return one
}

/** All slugs that a draft will hold once it is written. */
function holdingsOf({ release: { slug, formerly, id, publisher } }: Draft): Holder[] {
  return [slug, ...formerly].map((one) => ({ slug: one, id, publisher }))
}

/** Made of a name (RFC 9562 section 5.5), as we make the identity of a release that may be to come. */
const madeIdentity = /^urn:uuid:[\da-f]{8}-[\da-f]{4}-5/i

export function takenSlug(by: Author, slug: string): DomainError {
  return new DomainError(
    'forbidden',
    `A release that this token may not write to has or had the slug ${slug}. Use another one, or a token for more than ${ownOf(by)}.`,
  )
}

function takenIdentity(by: Author): DomainError {
  return new DomainError(
    'conflict',
    `This identity is not for this token to give. Leave "id" out and use another slug, or use a token for more than ${ownOf(by)}.`,
  )
}

function ownOf({ publishers = [] }: Author): string {
  return publishers.join(', ')
}
