import { storedOrigin } from './addresses.ts'
import { isNeverShown } from './embargo.ts'
import { identity } from './identity.ts'
import { type Attachment, identityName, type Release, type ReleaseFields } from './release.ts'
import { presentPublisher, type Site } from './site.ts'
import { formatUtc } from './time.ts'

/** A release as somebody wrote it, not checked yet: a line of JSONL, or what a request to the API holds. */
export type WrittenRelease = Record<string, unknown>

/** The fields with each of them named, undefined where it is left out: to forget one does not compile. */
type EveryField<Fields> = { [Name in keyof Required<Fields>]: Fields[Name] }

/**
 * Writes a release down so that reading it again gives the same release: with the seconds that it has
 * in feeds, its text as `markdown` or else as clean HTML, and addresses of this service without its name. This is
 * what the API answers, what the history keeps, what a withdrawal goes on with and what an export holds.
 */
export function writeDown(
  release: Release,
  site: Site,
  markdown: string | null = null,
): ReleaseFields {
  const { published, updated, authored, contacts, attachments } = release
  const { event, related, formerly, changes, withdrawn } = release
  const isOwn = release.id === identity(site.id, identityName(release))
  return leaveOut<ReleaseFields>({
    slug: release.slug,
    language: release.language,
    title: release.title,
    lead: release.lead,
    published: formatUtc(published),
    // Nobody has seen a draft change.
    updated: release.draft || updated === published ? undefined : formatUtc(updated),
    authored: authored === published ? undefined : formatUtc(authored),
    id: isOwn ? undefined : release.id,
    topics: release.topics,
    // As it is called by now: no other name is in the description of the API.
    publisher: presentPublisher(release.publisher, site) ?? release.publisher,
    kind: release.kind,
    contacts: filled(contacts),
    attachments: filled(attachments.map(writeAttachment)),
    event,
    related: filled(related),
    url: release.url,
    formerly: filled(formerly),
    changes: filled(changes.map(({ at, ...rest }) => ({ at: formatUtc(at), ...rest }))),
    corrects: release.corrects || undefined,
    archived: release.archived || undefined,
    draft: release.draft,
    withdrawn: withdrawn && { ...withdrawn, at: formatUtc(withdrawn.at) },
    body: markdown === null ? { html: withoutOrigin(release.html) } : { markdown },
  })
}

/** A release as its author would write it again: with the time that it was given where readers are told none. */
export function asAuthored({ release, wished }: { release: Release; wished: number }): Release {
  if (!isNeverShown(release.published)) return release
  return { ...release, published: wished, updated: wished }
}

type AttachmentFields = NonNullable<ReleaseFields['attachments']>[number]

function writeAttachment({ path, title, alt, credit }: Attachment): AttachmentFields {
  return leaveOut<AttachmentFields>({
    file: path.slice('media/'.length),
    title,
    alt: alt || undefined,
    credit: credit || undefined,
  })
}

function filled<Item>(list: Item[]): Item[] | undefined {
  return list.length > 0 ? list : undefined
}

/** The fields without those that are undefined. */
function leaveOut<Fields>(fields: EveryField<Fields>): Fields {
  const left = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(left) as Fields
}

/**
 * Removes the origin from addresses only, because the text may mention it. Two slashes would be followed by a
 * host.
 */
function withoutOrigin(html: string): string {
  return html.replaceAll(/(?<= (?:href|src|cite)=")[^"]+/g, (address) => {
    const isOurs = address.startsWith(`${storedOrigin}/`)
    return isOurs && address[storedOrigin.length + 1] !== '/'
      ? address.slice(storedOrigin.length)
      : address
  })
}
