import { DomainError, StoreDamaged } from '../domain/errors.ts'
import { isUnderEmbargo } from '../domain/embargo.ts'
import { fingerprint, keyOf } from '../domain/identity.ts'
import { mostProblems } from '../domain/limits.ts'
import type { Problem } from '../domain/problem.ts'
import type { ChangeNote, Condition, PublishRequest } from './request.ts'
import type {
  Action,
  SiteAndTopics,
  HistoryEntry,
  ReleaseForAuthors,
} from '../domain/publishing-store.ts'
import type { Draft } from '../domain/publishing.ts'
import { isUnfinished, type Release } from '../domain/release.ts'
import { cleanLine } from '../domain/text.ts'
import { formatUtc } from '../domain/time.ts'
import { asAuthored, writeDown, type WrittenRelease } from '../domain/written-release.ts'

/**
 * What a request makes of a release. Whatever it does not speak of and readers rely on stays: the
 * identity, the earlier addresses, the notes of changes, the time. Without a time, it is now.
 *
 * Throws DomainError `conflict` for a withdrawn release that would stand again by mere silence.
 */
export function merge(
  { slug, language, written = {} }: PublishRequest,
  before: ReleaseForAuthors | undefined,
  now: number,
): WrittenRelease {
  const { withdrawn, ...rest } = written
  const told = { ...rest, ...(withdrawn !== undefined && withdrawn !== null && { withdrawn }) }
  const merged: WrittenRelease = { ...told, slug, language }
  if (!before) return { published: formatUtc(now), ...merged }
  if (before.release.withdrawn && withdrawn === undefined) throw isWithdrawn()
  const { id, formerly, changes, authored } = before.release
  // A draft that was not to come out later comes out when it is finished.
  const isNow = before.release.draft && !isUnfinished(written) && before.wished <= now
  const dated = isNow
    ? { published: formatUtc(now) }
    : { published: formatUtc(before.wished), authored: formatUtc(authored) }
  const slugs = Array.isArray(merged.formerly) ? (merged.formerly as unknown[]) : []
  const earlier = new Set([...formerly, ...slugs.map(asRead), before.release.slug])
  earlier.delete(slug)
  return {
    ...(merged.published === undefined && dated),
    id,
    changes: changes.map(({ at, ...change }) => ({ at: formatUtc(at), ...change })),
    ...merged,
    // What is no list is left for the schema to tell.
    ...(Array.isArray(merged.formerly ?? []) && { formerly: [...earlier] }),
  }
}

/** The release that is there, withdrawn. Once it is, a second request changes nothing. */
export function withdrawn(
  before: ReleaseForAuthors | undefined,
  { reason, replacedBy }: NonNullable<PublishRequest['withdrawal']>,
  { site }: SiteAndTopics,
  now: number,
): WrittenRelease {
  if (!before) throw new DomainError('not-found', 'There is no release at this address.')
  const release = asAuthored(before)
  const at = formatUtc(release.withdrawn?.at ?? now)
  const written = writeDown({ ...release, draft: undefined, published: before.wished }, site)
  return { ...written, withdrawn: { at, reason, ...(replacedBy && { replacedBy }) } }
}

/** Whether a change is told that the release tells of already, because an answer was lost. */
export function isRepeated(
  { kind, note }: ChangeNote,
  before: ReleaseForAuthors | undefined,
  { hash }: Draft,
): boolean {
  const last = before?.release.changes.at(-1)
  return before?.hash === hash && last?.kind === kind && last.note === note
}

/**
 * Whether a release is sent as it is read here: with the seconds that it was given, which are not those
 * that were once written. What its text shows may have come since, and counts as changed.
 */
export function isAsRead(
  before: ReleaseForAuthors | undefined,
  { release, media }: Draft,
  { site, vocabulary }: SiteAndTopics,
): boolean {
  const attached = release.attachments.map(({ path }) => path)
  if (!before || media.some((path) => !attached.includes(path))) return false
  // What was renamed or merged since is sent under its former name, and read as what it is by now.
  const topics = before.release.topics.map((topic) => vocabulary.resolve(topic)?.slug ?? topic)
  const text = (one: Release) => JSON.stringify(writeDown(one, site))
  // Exports have the second that no clock shows, and the API does not.
  return [asAuthored(before), before.release].some((there) => {
    return text({ ...there, topics: [...new Set(topics)] }) === text(release)
  })
}

/** Whether a release is withdrawn already for the reason that is given again. */
export function isWithdrawnAlready(
  { withdrawal }: PublishRequest,
  before: ReleaseForAuthors | undefined,
): boolean {
  const there = before?.release.withdrawn
  if (!withdrawal || !there) return false
  return there.reason === withdrawal.reason && there.replacedBy === withdrawal.replacedBy
}

/** What the history says of a change. */
export function historyEntryOf(
  {
    request,
    before,
    draft,
    siteAndTopics,
  }: {
    request: PublishRequest
    before: ReleaseForAuthors | undefined
    draft: Draft
    siteAndTopics: SiteAndTopics
  },
  now: number,
): HistoryEntry {
  const note = request.change?.note ?? request.withdrawal?.reason ?? ''
  const entry = {
    at: now,
    by: request.by.name,
    action: actionOf(before?.release, draft.release),
    note,
  }
  return before ? { ...entry, replaced: writeDown(asAuthored(before), siteAndTopics.site) } : entry
}

function actionOf(before: Release | undefined, after: Release): Action {
  if (after.draft) return 'draft'
  if (!before || before.draft) return after.withdrawn ? 'withdraw' : 'publish'
  if (!before.withdrawn && after.withdrawn) return 'withdraw'
  if (before.withdrawn && !after.withdrawn) return 'reinstate'
  const corrections = ({ changes }: Release) => changes.filter(({ kind }) => kind === 'correction')
  if (corrections(after).length > corrections(before).length) return 'correct'
  const termsOf = ({ topics, publisher, kind }: Release) => [...topics, publisher, kind].join()
  return termsOf(before) === termsOf(after) ? 'revise' : 'retag'
}

/** The tag that a release has for conditions (RFC 9110 section 8.8.3), without its quotes. */
export function tagOf({
  hash,
  release: { published, updated },
}: {
  hash: string
  release: Pick<Release, 'published' | 'updated'>
}): string {
  return `${hash}-${published.toString(36)}-${updated.toString(36)}`
}

/** Slugs that a release had by its own word, which nobody has checked yet. */
export function formerSlugs(written: WrittenRelease | undefined): string[] {
  const { formerly } = written ?? {}
  if (!Array.isArray(formerly)) return []
  return formerly.map(asRead).filter((one) => typeof one === 'string')
}

/** As the schema reads it: space around a slug must not make another one of it. */
function asRead(one: unknown): unknown {
  return typeof one === 'string' ? cleanLine(one) : one
}

/** Throws DomainError `changed` when a condition is not met (RFC 9110 section 13.1). */
export function checkCondition(
  condition: Condition | undefined,
  stored: ReleaseForAuthors | undefined,
) {
  if (!condition) return
  if ('isNew' in condition) {
    if (stored) throw new DomainError('changed', 'There is a release at this address already.')
    return
  }
  if (!stored) throw new DomainError('changed', 'There is no release at this address.')
  if (condition.tags.includes('*') || condition.tags.includes(tagOf(stored))) return
  throw new DomainError(
    'changed',
    'Somebody has changed this release meanwhile. Read it again, and send your change anew.',
  )
}

export function wrong(problems: Problem[]): DomainError {
  const told = problems.filter(({ warning }) => !warning)
  return new DomainError('wrong', countOf(told.length), { errors: told })
}

/** Throws DomainError `wrong` for `draft: true` in what readers have seen by the second `now`, or of what is withdrawn. */
export function checkMayBeUnfinished(
  { release }: Draft,
  before: ReleaseForAuthors | undefined,
  now: number,
) {
  const wasSeen = before !== undefined && !isUnderEmbargo(before.release.published, now)
  if (!wasSeen && !release.withdrawn) return
  const message = wasSeen
    ? 'This release was public already, so it cannot be a draft again. Leave the field out, or withdraw the release.'
    : 'A release is either a draft or withdrawn. Leave one of the two out.'
  throw wrong([{ field: 'draft', message }])
}

/** What was read of a release that is not finished. It is another one as soon as it is finished. */
export function asUnfinished(draft: Draft): Draft {
  return {
    ...draft,
    hash: fingerprint(`draft ${draft.hash}`),
    release: { ...draft.release, draft: true },
  }
}

function countOf(problems: number): string {
  if (problems > mostProblems) return `More than ${mostProblems} fields are wrong.`
  return problems === 1 ? 'One field is wrong.' : `${problems} fields are wrong.`
}

export function fromContent({ source, release }: ReleaseForAuthors): DomainError {
  return new DomainError(
    'conflict',
    `The release ${keyOf(release)} is in the content folder, in ${source}, and can only be changed there.`,
  )
}

export function identityElsewhere(owner: Release): DomainError {
  return new DomainError(
    'conflict',
    `The release ${keyOf(owner)} has this identity. If it is to have this address, write its slug into "formerly".`,
  )
}

export function otherIdentity({ id }: Release): DomainError {
  return new DomainError(
    'conflict',
    `The identity of a release never changes, or readers would see it twice. Leave "id" out, or write ${id}.`,
  )
}

function isWithdrawn(): DomainError {
  return new DomainError(
    'conflict',
    'This release was withdrawn. If it is to stand again, send "withdrawn": null with it.',
  )
}

/** A store that cannot be written now. Where its answer was lost it may have been. */
export function notWritten(error: unknown): DomainError {
  if (error instanceof StoreDamaged) return new DomainError('unavailable', error.message)
  console.error(`A change is not written: ${(error as Error).message}`)
  return new DomainError(
    'unavailable',
    'The store cannot be written at present. Send it again in a minute: what was taken all the same does not become public twice.',
  )
}
