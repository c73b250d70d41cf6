import type { Addresses } from '../domain/addresses.ts'
import { isShownAsPicture } from '../domain/media-types.ts'
import type { Contact, Event, NotedChange, Release } from '../domain/release.ts'
import { escapeMarkup, isMailAddress } from '../domain/text.ts'
import { formatUtc } from '../domain/time.ts'
import { telephoneParts } from '../domain/telephone.ts'
import { directionOf } from './direction.ts'
import { textsOf } from './languages.ts'
import type { Wording } from './languages/texts.ts'

/**
 * The full text of a release as a reader shows it: corrections, lead, images, body, and at the end
 * the event, the attachments, related links and contacts. The same in every format and every feed
 * (C-03), with every address absolute (C-10).
 */
export function fullText(
  release: Release,
  correctionLinks: CorrectionLinks,
  addresses: Addresses,
): string {
  const wording = textsOf(release.language).documents
  const parts = partsOf(release, correctionLinks, addresses)
  const text = [
    ...parts.notes,
    ...parts.lead.map((lead) => `<p><strong>${lead}</strong></p>`),
    ...parts.images,
    ...parts.body,
    ...parts.event.map((event) => `<p><strong>${wording.event}:</strong> ${event}</p>`),
    ...list(wording.attachments, parts.files),
    ...list(wording.related, parts.related),
    ...list(wording.contacts, parts.contacts),
  ].join('\n')
  // Readers show it among texts in the other direction.
  const isRightToLeft = directionOf(release.language) === 'rtl'
  return isRightToLeft ? `<div dir="rtl" lang="${release.language}">${text}</div>` : text
}

/** The parts of the full text as pieces of HTML, each empty where a release has nothing of it. */
export type TextParts = {
  /** Paragraphs: what the release corrects, what was corrected in it, why it was withdrawn. */
  notes: string[]
  /** Empty as well when the body begins with it. */
  lead: string[]
  /** Figures that the body does not show itself. */
  images: string[]
  body: string[]
  event: string[]
  files: string[]
  related: string[]
  contacts: string[]
}

/** `written` formats a second, for pages, which know the time zone of their readers. */
export function partsOf(
  release: Release,
  correctionLinks: CorrectionLinks,
  addresses: Addresses,
  written?: (second: number) => string,
): TextParts {
  const wording = textsOf(release.language).documents
  const { corrects, correctedBy, replacedBy } = correctionLinks
  if (release.withdrawn) {
    const reason = `<p>${escapeMarkup(release.withdrawn.reason)}</p>`
    const none = { lead: [], images: [], body: [], event: [], files: [], related: [], contacts: [] }
    return { notes: [reason, ...pointer(wording.replacedBy, replacedBy)], ...none }
  }
  const publish = (pieces: string[]) => (pieces.length > 0 ? pieces.map(addresses.publish) : pieces)
  return {
    notes: publish([
      ...correctedBy.flatMap((one) => pointer(wording.correctedBy, one)),
      ...pointer(wording.corrects, corrects),
      ...corrections(release, wording, written ?? utcDay),
      ...dated(release, wording, written ?? utcTime),
    ]),
    lead: publish(lead(release)),
    images: publish(images(release, addresses, wording)),
    body: publish([release.html]),
    event: publish(event(release.event)),
    files: publish(files(release, addresses)),
    related: publish(release.related.map(({ url, title }) => link(url, title))),
    contacts: publish(release.contacts.map((contact) => contactLine(contact, wording))),
  }
}

/** Links from a release to others: what it corrects, what corrects it, what replaces it. */
export type CorrectionLinks = {
  corrects?: Link | undefined
  correctedBy: Link[]
  replacedBy?: Link | undefined
}

/** Another release. */
export type Link = { url: string; title: string }

function pointer(words: string, to: Link | undefined): string[] {
  return to ? [`<p><strong>${words}:</strong> ${link(to.url, to.title)}</p>`] : []
}

/** Seconds by which a release must be late for readers to be told. */
const noticeable = 3600

/** A release that came late is dated by the service; what its author wrote stays visible. */
function dated(
  { authored, published }: Release,
  wording: Wording,
  written: (second: number) => string,
): string[] {
  if (published - authored < noticeable) return []
  return [`<p><strong>${wording.dated}:</strong> ${written(authored)}</p>`]
}

function time(moment: string): string {
  return `<time datetime="${moment}">${moment.replace('T', ' ').replace(/:\d\dZ$/, ' UTC')}</time>`
}

function utcTime(second: number): string {
  return time(formatUtc(second))
}

function utcDay(second: number): string {
  return formatUtc(second).slice(0, 10)
}

function corrections(
  release: Release,
  wording: Wording,
  written: (second: number) => string,
): string[] {
  return correctionsOf(release).map(
    ({ at, note }) =>
      `<p><strong>${wording.correction} ${written(at)}:</strong> ${escapeMarkup(note)}</p>`,
  )
}

/** The newest first. */
function correctionsOf({ changes }: Release): NotedChange[] {
  if (changes.length === 0) return changes
  return changes.filter(({ kind }) => kind === 'correction').toSorted((a, b) => b.at - a.at)
}

/** A summary as plain text. Some readers show nothing else, so it has corrections, too, before the lead. */
export function summaryOf(release: Release): string {
  if (release.withdrawn) return release.withdrawn.reason
  const { correction } = textsOf(release.language).documents
  const notes = correctionsOf(release).map(({ at, note }) => {
    return `${correction} ${utcDay(at)}: ${/[.!?…؟。]["”’»)]?$/.test(note) ? note : `${note}.`}`
  })
  return [...notes, release.lead].join(' ')
}

/** Most readers show only the full text, so it must contain the lead, unless it begins with it. */
function lead({ lead, html }: Release): string[] {
  return beginsWith(html.slice(0, 4 * lead.length + 2000), lead) ? [] : [escapeMarkup(lead)]
}

/** Letters that are compared. */
const decisive = 200

/**
 * Whether HTML begins with a text, as far as letters and numbers go. They are compared one by one,
 * because mostly the first ones differ and nothing has to be made of the rest.
 */
function beginsWith(html: string, text: string): boolean {
  let inHtml = 0
  let inText = 0
  for (let compared = 0; compared < decisive;) {
    if (isPlain(text.charCodeAt(inText)) && text[inText] === html[inHtml]) {
      compared++
      inText++
      inHtml++
      continue
    }
    while (inText < text.length && !isLetter(text, inText)) inText++
    while (inHtml < html.length && !isLetter(html, inHtml)) inHtml = afterMarkup(html, inHtml)
    const letter = text.codePointAt(inText)
    const other = html.codePointAt(inHtml)
    if (letter === undefined) return compared > 0
    if (other === undefined || !isSameLetter(letter, other)) return false
    const units = letter > 0xffff ? 2 : 1
    compared += units
    inText += units
    inHtml += units
  }
  return true
}

/** Whether a character code is a letter from a to z, as most are. */
function isPlain(code: number): boolean {
  return code > 0x60 && code < 0x7b
}

function isLetter(text: string, place: number): boolean {
  const code = text.charCodeAt(place)
  // Asking the regular expression takes ten times as long.
  if (code < 0x80) return isPlain(code | 0x20) || (code > 0x2f && code < 0x3a)
  return /[\p{L}\p{N}]/u.test(String.fromCodePoint(text.codePointAt(place)!))
}

const markup = /<[^>]*>|&(?:nbsp|lt|gt|quot|amp);/y

/** The offset behind the tag, entity or character at an offset of HTML. */
function afterMarkup(html: string, place: number): number {
  if (html[place] !== '<' && html[place] !== '&') return place + 1
  markup.lastIndex = place
  return markup.test(html) ? markup.lastIndex : place + 1
}

function isSameLetter(one: number, other: number): boolean {
  return one === other || lowerCase(one) === lowerCase(other)
}

/** The letter sigma has two forms, by its place in the word. */
function lowerCase(letter: number): string {
  return String.fromCodePoint(letter).toLowerCase().replace('ς', 'σ')
}

function images({ attachments, html }: Release, addresses: Addresses, wording: Wording): string[] {
  return attachments
    .filter(({ type }) => isShownAsPicture(type))
    .map((image) => ({ ...image, url: addresses.media(image.path) }))
    .filter(({ url }) => !addresses.publish(html).includes(`src="${escapeMarkup(url)}"`))
    .map(({ url, title, alt, credit, width, height }) => {
      const measures = width && height ? ` width="${width}" height="${height}"` : ''
      const caption = [title, credit && `${wording.photo}: ${credit}`].filter(Boolean).join('. ')
      return `<figure><img src="${escapeMarkup(url)}" alt="${escapeMarkup(alt ?? '')}"${measures}><figcaption>${escapeMarkup(caption)}</figcaption></figure>`
    })
}

function event(happening: Event | undefined): string[] {
  if (!happening) return []
  const { start, end, place } = happening
  const times = [start, ...(end && end !== start ? [end] : [])].map(time)
  const where = place ? `, ${escapeMarkup(place)}` : ''
  return [`${times.join(' – ')}${where}`]
}

function files({ attachments }: Release, addresses: Addresses): string[] {
  return attachments
    .filter(({ type }) => !isShownAsPicture(type))
    .map(({ path, title, size }) => {
      const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toUpperCase()
      const details = [ending, readableSize(size)].filter(Boolean).join(', ')
      return `${link(addresses.media(path), title)} (${details})`
    })
}

/** Bytes as people read them. */
export function readableSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000
    ? `${Math.round(bytes / 1000)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`
}

function contactLine({ name, role, phone, email, for: about }: Contact, wording: Wording): string {
  const parts = [escapeMarkup(name)]
  if (role) parts.push(escapeMarkup(role))
  if (phone) parts.push(`${wording.telephone} ${telephone(phone)}`)
  if (email)
    parts.push(
      isMailAddress(email)
        ? link(`mailto:${encodeURIComponent(email).replace('%40', '@')}`, email)
        : escapeMarkup(email),
    )
  return `${parts.join(', ')}${about ? ` (${escapeMarkup(about)})` : ''}`
}

function telephone(phone: string): string {
  return telephoneParts(phone)
    .map(({ text, address }) => (address ? link(address, text) : escapeMarkup(text)))
    .join('')
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
