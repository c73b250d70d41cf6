import { createAddresses } from '../../domain/addresses.ts'
import { DomainError } from '../../domain/errors.ts'
import {
  createPreviewId,
  createSecret,
  digestOfSecret,
  everyLanguage,
  longestLifetime,
  type Preview,
  stateOfPreview,
  usualLifetime,
} from '../../domain/preview.ts'
import type { Release } from '../../domain/release.ts'
import { formatUtc } from '../../domain/time.ts'
import { asAuthored } from '../../domain/written-release.ts'
import { checkPublisher, viewerOf } from '../../publishing/permission.ts'
import { findVersions, warningsOf } from '../../publishing/publish.ts'
import { findVisible } from './releases.ts'
import { type Ask, readFields, surroundings } from './request.ts'
import { parse, previewSchema } from './schemas.ts'

/** A link that shows a release to one person before it is public. Only this answer has it. */
export async function createPreview(c: Ask): Promise<Response> {
  const { store, previews, clock, baseUrl } = c.get('publishing')
  const { stored, release, siteAndTopics } = await findOwn(c)
  const { site } = siteAndTopics
  const { name, expires, languages } = parse(previewSchema(site), (await readFields(c)).value)
  const { by, isDryRun } = surroundings(c)
  const now = clock.now()
  const preview: Preview = {
    // Seconds do not tell which of two was made first.
    id: createPreviewId(Date.now()),
    release: release.id,
    name,
    languages: languages.includes(everyLanguage)
      ? [everyLanguage]
      : [...new Set(languages)].filter((one) => one !== release.language),
    publishers: by.publishers,
    by: by.name,
    created: now,
    expires: expires ?? now + usualLifetime,
  }
  checkExpiry(preview.expires, now)
  checkIsToCome(preview, release, createAddresses(baseUrl, site).releasePage(release))
  const versions = await findVersions(store, [release], site)
  const warnings = warningsOf(asAuthored(stored), versions, { site, viewer: viewerOf(by, now) })
  const told = { ...tell(preview, release, now), warnings }
  if (isDryRun) return c.json(told)
  const secret = createSecret()
  await previews.create(preview, digestOfSecret(secret))
  return c.json({ ...told, url: createAddresses(baseUrl, site).preview(secret) }, 201)
}

/** The links to a release, the newest first. None of them is in the answer. */
export async function listPreviews(c: Ask): Promise<Response> {
  const { release } = await findOwn(c)
  return answerList(c, release)
}

/** Ends a link to a release. */
export async function revokePreview(c: Ask): Promise<Response> {
  const { previews, clock } = c.get('publishing')
  const { release } = await findOwn(c)
  const id = c.req.param('id')!
  const now = clock.now()
  const found = (await previews.list(release, now)).find((one) => one.id === id)
  if (!found) {
    throw new DomainError('not-found', 'This release has no such link. GET lists what it has.')
  }
  if (surroundings(c).isDryRun) return c.json(tell(found, release, now))
  await previews.revoke(release, now, id)
  return c.json(tell({ ...found, revoked: found.revoked ?? now }, release, now))
}

/** Ends all links to a release. */
export async function revokePreviews(c: Ask): Promise<Response> {
  const { previews, clock } = c.get('publishing')
  const { release } = await findOwn(c)
  if (!surroundings(c).isDryRun) await previews.revoke(release, clock.now())
  return answerList(c, release)
}

async function answerList(c: Ask, release: Release): Promise<Response> {
  const { previews, clock } = c.get('publishing')
  const now = clock.now()
  const found = await previews.list(release, now)
  return c.json({ previews: found.map((one) => tell(one, release, now)) })
}

/** The release at an address, if whoever asks publishes for its publisher. */
async function findOwn(c: Ask) {
  const { stored, siteAndTopics } = await findVisible(c)
  checkPublisher(c.get('author'), stored.release.publisher)
  return { stored, release: stored.release, siteAndTopics }
}

function tell(preview: Preview, release: Release, now: number) {
  const { id, name, languages, by, created, expires } = preview
  return {
    id,
    name,
    languages,
    by,
    created: formatUtc(created),
    expires: formatUtc(expires),
    state: stateOfPreview(preview, release, now),
  }
}

function checkExpiry(expires: number, now: number) {
  const message =
    expires <= now
      ? 'This time is over. Write one that is to come, or leave it out.'
      : `A link works for at most ${longestLifetime / 86_400} days. Write an earlier time, or leave it out.`
  if (expires > now && expires <= now + longestLifetime) return
  throw new DomainError('wrong', 'One field is wrong.', { errors: [{ field: 'expires', message }] })
}

/** Throws DomainError `conflict` for a release that is public, and for one that never will be. */
function checkIsToCome(preview: Preview, release: Release, page: string) {
  const state = stateOfPreview(preview, release, preview.created)
  if (state === 'public') throw new DomainError('conflict', `This release is public: ${page}`)
  if (state === 'gone') {
    throw new DomainError('conflict', 'This release was withdrawn before its time.')
  }
}
