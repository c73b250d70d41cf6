import { storedOrigin } from '../domain/addresses.ts'
import { readFileLink } from '../domain/names.ts'

/** What an address in a text leads to. */
export type AddressMeaning = {
  /** The absolute address; missing where there is none that readers could follow. */
  url?: string
  /** The file below `media/`, if it is one. */
  media?: string
  /** What is wrong with it, for its author: two sentences without the address. */
  wrong?: string
}

/** What an address in a text is relative to. */
export type AddressContext = {
  /** The page of its release. */
  page: string
  /** BASE_URL, where it is known. */
  baseUrl?: string | undefined
  /** Address of the page of another release. */
  release: (target: { slug: string; language: string }) => string
}

/**
 * What an address in a body means (C-10), as browsers understand it: fragments and queries are not part of a
 * file's name, percent-encoding is undone, backslashes are slashes, and our own full address is one of ours.
 * Files of the media folder and other releases may be written as links between files, as editors and code
 * hosts show them.
 */
export function meaningOf(
  written: string,
  use: 'link' | 'image',
  context: AddressContext,
): AddressMeaning {
  const trimmed = written.trim()
  // Markdown encodes a backslash.
  const isWhole = /^(?:[a-z][a-z0-9+.-]+:|\/\/)/i.test(trimmed)
  const address = isWhole ? trimmed : trimmed.replace(/%5c/gi, '\\')
  const media = mediaIn(ownPath(address, context) ?? address)
  if (media) {
    const url = `${storedOrigin}/${encoded(media.path)}${media.behind}`
    const isUnseen = use === 'image' && forPrinters.test(media.path)
    return { media: media.path, url, ...(isUnseen && { wrong: unseen }) }
  }
  const file = readFileLink(address)
  if (file && use === 'link') return { url: context.release(file) + file.part }
  if (/^[a-z]:[\\/]|^file:|^\\\\/i.test(address)) return { wrong: onThisMachine }
  const isPasted = /^data:/i.test(address)
  if (isPasted && use === 'image') return { wrong: pasted }
  if (!URL.canParse(address, context.page)) return { wrong: noAddress }
  const url = new URL(address, context.page)
  if (!protocols[use].includes(url.protocol))
    return scripts.has(url.protocol) ? {} : { wrong: noAddress }
  // On the page of a release there are no files beside it.
  const isBeside = !/^(?:[a-z][a-z0-9+.-]*:|[/?#]|$)/i.test(address)
  const isFile = use === 'image' || fileName.test(address)
  return { url: url.href, ...(isBeside && isFile && { wrong: beside }) }
}

/** A path that ends like a file and not like a page. */
const fileName = /^[^?#]*\.(?!html?|php|aspx?|jsp|md)[a-z0-9]{2,4}(?:[?#]|$)/i

const protocols = {
  image: ['http:', 'https:'],
  link: ['http:', 'https:', 'mailto:', 'tel:'],
}

/** Schemes of scripts in the pages that texts were copied from. Nobody wrote them as links. */
const scripts = new Set(['javascript:', 'vbscript:', 'about:', 'blob:', 'data:'])

/** Kinds of pictures that most browsers do not show. */
const forPrinters = /\.(?:tiff?|hei[cf]|psd|eps|ai)$/i

const putIntoMedia = 'Put the file into media/ and write ../../media/ and its name.'
const onThisMachine = `is on your machine, where nobody else can read it. ${putIntoMedia}`
const pasted = `is pasted into the text, which readers do not show. ${putIntoMedia}`
const beside = `is not in the media folder as it is written. ${putIntoMedia}`
const unseen =
  'is of a kind that most browsers do not show. Save it as JPEG or PNG, or attach it to the release.'
const noAddress = 'is no address that readers can follow. Write one that begins with https://.'

/** The path of an address at our own origin, with what stands behind it. */
function ownPath(address: string, { page, baseUrl }: AddressContext): string | undefined {
  if (!/^(?:https?:|[\\/]{2})/i.test(address) || !URL.canParse(address, page)) return undefined
  const url = new URL(address, page)
  for (const base of [storedOrigin, ...(baseUrl ? [baseUrl] : [])]) {
    const own = new URL(base)
    const path = own.pathname.replace(/\/$/, '')
    if (url.host === own.host && url.pathname.startsWith(`${path}/media/`)) {
      return url.href.slice(url.origin.length + path.length)
    }
  }
  return undefined
}

/** `../../media/a b.png` and `/media/a%20b.png?w=600` are both `media/a b.png`. */
function mediaIn(address: string): { path: string; behind: string } | undefined {
  // Markdown removes a backslash before a dot.
  const [, path, behind = ''] = /^(?:\.*[\\/])*(media[\\/][^?#]+)([?#].*)?$/s.exec(address) ?? []
  if (path === undefined) return undefined
  const names: string[] = []
  for (const name of path.split(/[\\/]+/).map(decoded)) {
    if (name === '..') names.pop()
    else if (name !== '.') names.push(name)
  }
  if (names[0] !== 'media' || names.length < 2 || names.includes('')) return undefined
  return { path: names.join('/'), behind }
}

/** Decodes percent-encoding. A percent sign that encodes nothing stays. */
function decoded(name: string): string {
  return name.replace(/(?:%[\da-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })
}

/** The spelling that was always understood. A missing file was always an error in it. */
export function isPlainMediaAddress(address: string): boolean {
  return /^\s*(?:\.{0,2}\/)*media\/[^?#\\]+$/.test(address)
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}
