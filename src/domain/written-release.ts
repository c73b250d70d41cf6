import { storedOrigin } from './addresses.ts'
import { identity } from './identity.ts'
import { identityName, type Release } from './release.ts'
import type { Site } from './site.ts'
import { formatUtc } from './time.ts'

/** A release as somebody writes it: the object of a line of JSONL, or of a request to the API. */
export type WrittenRelease = Record<string, unknown>

/**
 * Writes a release down so that reading it again gives the same release: with the seconds that it has
 * in feeds, its text as clean HTML, and addresses of this service without its name.
 */
export async function writeDown(release: Release, site: Site): Promise<WrittenRelease> {
  const { slug, language, formerly, published, updated, authored, withdrawn } = release
  const { corrects, event, contacts, related, topics, changes } = release
  const isOwn = release.id === (await identity(site.id, identityName(release)))
  return {
    slug,
    language,
    title: release.title,
    lead: release.lead,
    published: formatUtc(published),
    ...(updated !== published && { updated: formatUtc(updated) }),
    ...(authored !== published && { authored: formatUtc(authored) }),
    ...(!isOwn && { id: release.id }),
    topics,
    publisher: release.publisher,
    kind: release.kind,
    ...(contacts.length > 0 && { contacts }),
    ...(release.attachments.length > 0 && { attachments: attachmentsOf(release) }),
    ...(event && { event }),
    ...(related.length > 0 && { related }),
    ...(formerly.length > 0 && { formerly }),
    ...(changes.length > 0 && {
      changes: changes.map(({ at, ...rest }) => ({ at: formatUtc(at), ...rest })),
    }),
    ...(corrects && { corrects }),
    ...(release.archived && { archived: true }),
    ...(withdrawn && { withdrawn: { ...withdrawn, at: formatUtc(withdrawn.at) } }),
    body: { html: withoutOrigin(release.html) },
  }
}

function attachmentsOf({ attachments }: Release): WrittenRelease[] {
  return attachments.map(({ path, title, alt, credit }) => ({
    file: path.slice('media/'.length),
    title,
    ...(alt && { alt }),
    ...(credit && { credit }),
  }))
}

/** Only of addresses: the text may speak of anything. After two slashes a host would be read. */
function withoutOrigin(html: string): string {
  return html.replaceAll(/(?<= (?:href|src|cite)=")[^"]+/g, (address) => {
    const isOurs = address.startsWith(`${storedOrigin}/`)
    return isOurs && address[storedOrigin.length + 1] !== '/'
      ? address.slice(storedOrigin.length)
      : address
  })
}
