import type { Answer } from './ask.ts'
import { examineFeed } from './examine-feed.ts'
import type { Subject } from './finding.ts'
import { beginsLikeFeed } from './read-feed.ts'

/** A feed as it answered: plainly, again with its own ETag, to HEAD. */
export type Observed = Subject & {
  plain: Answer
  again: Answer
  head: Answer
}

/** What is looked for in every feed. */
export type FeedCheck = {
  name: string
  /** What to do when it fails. */
  advice: string
  isWarning?: true
  /** What is wrong, or undefined. */
  trouble: (observed: Observed) => string | undefined
}

/** An ETag without what proxies put around it (H-06). */
export function opaque(etag: string | undefined): string | undefined {
  return etag
    ?.replace(/^W\//, '')
    .replaceAll('"', '')
    .replace(/[-;]{1,2}(gzip|br|zstd)$/, '')
}

/** What a body is: a feed of this format, a page, or something else. */
export function kindOf(
  { body }: Answer,
  { format }: Pick<Subject, 'format'>,
): 'feed' | 'page' | 'other' {
  const start = new TextDecoder().decode(body.subarray(0, 2000)).trimStart()
  if (/^(<!doctype html|<html)/i.test(start)) return 'page'
  return beginsLikeFeed(format.name, start) ? 'feed' : 'other'
}

/** Headers that HEAD and a 304 must have as GET has them. */
const shared = ['last-modified', 'cache-control', 'vary']

export const feedChecks: FeedCheck[] = [
  {
    name: 'Every feed is answered 200, without redirect or cookie',
    advice: 'Let the proxy pass feeds through as they are.',
    trouble({ plain: { status, headers } }) {
      if (status >= 300 && status < 400) return `is redirected to ${headers.location}`
      if (status !== 200) return `is answered ${status}`
      return headers['set-cookie'] ? 'sets a cookie' : undefined
    },
  },
  {
    name: 'Content types are those of feeds',
    advice: 'Let the proxy leave Content-Type alone.',
    trouble({ plain, format }) {
      const type = plain.headers['content-type'] ?? 'nothing'
      return type.toLowerCase() === format.contentType ? undefined : `is sent as ${type}`
    },
  },
  {
    name: 'Documents are well-formed, with good times and unique identities',
    advice:
      'See what check says of the content; if that is well, something on the way changes documents.',
    trouble({ plain, format }) {
      const date = Date.parse(plain.headers.date ?? '') || Date.now()
      const { troubles } = examineFeed(format.name, plain.body, date / 1000)
      return plain.garbled ?? troubles.find(({ warning }) => !warning)?.message
    },
  },
  {
    name: 'Documents are no larger than readers like',
    advice: 'Attach long texts as files instead.',
    isWarning: true,
    trouble({ plain, format }) {
      const { troubles } = examineFeed(format.name, plain.body, Infinity)
      return troubles.find(({ warning }) => warning)?.message
    },
  },
  {
    name: 'Each document says the address that it was asked at',
    advice: 'Set BASE_URL to the public origin, and start the service again.',
    trouble({ plain, format, address }) {
      const { document } = examineFeed(format.name, plain.body, Infinity)
      if (!document || document.self === address) return undefined
      return `says that its address is ${document.self}`
    },
  },
  {
    name: 'ETag and Last-Modified come through',
    advice: 'Let the proxy leave both alone: readers would fetch everything each time.',
    trouble({ plain: { headers } }) {
      const { etag = '', 'last-modified': modified = '' } = headers
      if (!/^(W\/)?"[!#-+\--~]{1,200}"$/.test(etag))
        return etag ? `has the ETag ${etag}` : 'has no ETag'
      return Number.isNaN(Date.parse(modified)) ? 'has no Last-Modified' : undefined
    },
  },
  {
    name: 'Who has the newest document is told so (304)',
    advice: 'Let the proxy pass If-None-Match on, and the answer back as it is.',
    trouble({ plain, again }) {
      if (!plain.headers.etag) return undefined
      if (again.status !== 304) return `is answered ${again.status} to its own ETag`
      if (opaque(again.headers.etag) === opaque(plain.headers.etag)) return undefined
      return `has another ETag with 304: ${again.headers.etag ?? 'none'}`
    },
  },
  {
    name: 'HEAD says the same as GET',
    advice: 'Let the proxy pass HEAD on.',
    isWarning: true,
    trouble({ plain, head }) {
      if (head.status !== plain.status) return `is answered ${head.status} to HEAD`
      const isOther = (name: string) => head.headers[name] !== plain.headers[name]
      const other = [...shared, 'content-type', 'link'].find(isOther)
      if (other) return `has another ${other} with HEAD`
      return opaque(head.headers.etag) === opaque(plain.headers.etag)
        ? undefined
        : 'has another ETag with HEAD'
    },
  },
  {
    name: 'Caching headers come through',
    advice: 'Let the proxy leave Cache-Control and Vary alone.',
    isWarning: true,
    trouble({ plain: { headers }, again }) {
      const { 'cache-control': caching = '', vary = '' } = headers
      const seconds = Number(/\bmax-age=(\d+)/.exec(caching)?.[1] ?? 0)
      if (/no-store|no-cache|private|must-revalidate/.test(caching) || seconds === 0) {
        return `has Cache-Control: ${caching || 'nothing'}`
      }
      if (!/^accept-encoding$/i.test(vary)) return `has Vary: ${vary || 'nothing'}`
      if (Number(headers.age ?? 0) > seconds)
        return `is ${headers.age} seconds old and was good for ${seconds}`
      const lost = shared.find(
        (name) => again.status === 304 && headers[name] && !again.headers[name],
      )
      return lost ? `has no ${lost} with 304` : undefined
    },
  },
]
