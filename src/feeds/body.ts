import type { Addresses } from '../domain/addresses.ts'
import type { Contact, Event, Release } from '../domain/release.ts'
import { escapeMarkup } from '../domain/text.ts'
import { formatUtc } from '../domain/time.ts'
import { type Wording, wordingOf } from './wording.ts'

/**
 * The full text of a release as a reader shows it: corrections, lead, images, body, and at the end
 * the event, the attachments, related links and contacts. The same in every format and every feed
 * (C-03), with every address absolute (C-10).
 */
export function fullText(release: Release, around: Around, addresses: Addresses): string {
  const wording = wordingOf(release.language)
  const { corrects, correctedBy, replacedBy } = around
  if (release.withdrawn) {
    const reason = `<p>${escapeMarkup(release.withdrawn.reason)}</p>`
    return [reason, ...pointer(wording.replacedBy, replacedBy)].join('\n')
  }
  return addresses.publish(
    [
      ...correctedBy.flatMap((one) => pointer(wording.correctedBy, one)),
      ...pointer(wording.corrects, corrects),
      ...corrections(release, wording),
      ...dated(release, wording),
      ...lead(release),
      ...images(release, addresses, wording),
      release.html,
      ...event(release.event, wording),
      ...list(wording.attachments, files(release, addresses)),
      ...list(
        wording.related,
        release.related.map(({ url, title }) => link(url, title)),
      ),
      ...list(
        wording.contacts,
        release.contacts.map((contact) => contactLine(contact, wording)),
      ),
    ].join('\n'),
  )
}

/** What a release says about others: links with their titles. */
export type Around = {
  corrects?: Link | undefined
  correctedBy: Link[]
  replacedBy?: Link | undefined
}

/** Another release. */
export type Link = { url: string; title: string }

function pointer(words: string, to: Link | undefined): string[] {
  return to ? [`<p><strong>${words}:</strong> ${link(to.url, to.title)}</p>`] : []
}

/** How much later than its author's time a release must be for readers to be told, in seconds. */
const noticeable = 3600

/** A release that came late is dated by the service; what its author wrote stays visible. */
function dated({ authored, published }: Release, wording: Wording): string[] {
  if (published - authored < noticeable) return []
  return [`<p><strong>${wording.dated}:</strong> ${time(formatUtc(authored))}</p>`]
}

function time(moment: string): string {
  return `<time datetime="${moment}">${moment.replace('T', ' ').replace(/:\d\dZ$/, ' UTC')}</time>`
}

function corrections({ changes }: Release, wording: Wording): string[] {
  return changes
    .filter(({ kind }) => kind === 'correction')
    .toSorted((a, b) => b.at - a.at)
    .map(
      ({ at, note }) =>
        `<p><strong>${wording.correction} ${formatUtc(at).slice(0, 10)}:</strong> ${escapeMarkup(note)}</p>`,
    )
}

/** Most readers show the full text alone, so a lead that does not begin it must stand in it. */
function lead({ lead, html }: Release): string[] {
  const start = lettersOf(lead.replace(/…$/, '')).slice(0, 200)
  const body = lettersOf(decode(html.slice(0, 4 * lead.length + 2000).replace(/<[^>]*>/g, ' ')))
  return start && body.startsWith(start) ? [] : [`<p><strong>${escapeMarkup(lead)}</strong></p>`]
}

function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
}

function decode(html: string): string {
  return html
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}

function images({ attachments, html }: Release, addresses: Addresses, wording: Wording): string[] {
  return attachments
    .filter(({ type }) => type.startsWith('image/'))
    .map((image) => ({ ...image, url: addresses.media(image.path) }))
    .filter(({ url }) => !addresses.publish(html).includes(`src="${escapeMarkup(url)}"`))
    .map(({ url, title, alt, credit }) => {
      const caption = [title, credit && `${wording.photo}: ${credit}`].filter(Boolean).join('. ')
      return `<figure><img src="${escapeMarkup(url)}" alt="${escapeMarkup(alt ?? '')}"><figcaption>${escapeMarkup(caption)}</figcaption></figure>`
    })
}

function event(happening: Event | undefined, wording: Wording): string[] {
  if (!happening) return []
  const { start, end, place } = happening
  const times = [start, ...(end && end !== start ? [end] : [])].map(time)
  const where = place ? `, ${escapeMarkup(place)}` : ''
  return [`<p><strong>${wording.event}:</strong> ${times.join(' – ')}${where}</p>`]
}

function files({ attachments }: Release, addresses: Addresses): string[] {
  return attachments
    .filter(({ type }) => !type.startsWith('image/'))
    .map(({ path, title, size }) => {
      const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toUpperCase()
      const details = [ending, readableSize(size)].filter(Boolean).join(', ')
      return `${link(addresses.media(path), title)} (${details})`
    })
}

function readableSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000
    ? `${Math.round(bytes / 1000)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`
}

function contactLine({ name, role, phone, email, for: about }: Contact, wording: Wording): string {
  const parts = [escapeMarkup(name)]
  if (role) parts.push(escapeMarkup(role))
  if (phone)
    parts.push(`${wording.telephone} ${link(`tel:${phone.replace(/[^+\d]/g, '')}`, phone)}`)
  if (email)
    parts.push(
      /^[^\s@]+@[^\s@]+$/.test(email)
        ? link(`mailto:${encodeURIComponent(email).replace('%40', '@')}`, email)
        : escapeMarkup(email),
    )
  return `${parts.join(', ')}${about ? ` (${escapeMarkup(about)})` : ''}`
}

function link(url: string, text: string): string {
  return `<a href="${escapeMarkup(url)}">${escapeMarkup(text)}</a>`
}

function list(heading: string, items: string[]): string[] {
  if (items.length === 0) return []
  return [
    `<p><strong>${heading}:</strong></p>`,
    `<ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>`,
  ]
}
