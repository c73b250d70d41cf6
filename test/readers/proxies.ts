// What stands between readers and the service, as it changes validators and answers by itself.
import { gzipSync } from 'node:zlib'
import type { Fetch } from '../platforms.ts'

/** nginx with `gzip on`: it compresses by itself, and what it compressed has a weak tag. */
export function nginx(origin: Fetch): Fetch {
  return compressing(origin, (etag) => (etag.startsWith('W/') ? etag : `W/${etag}`))
}

/** Apache with mod_deflate: it compresses by itself and appends the coding within the tag. */
export function apache(origin: Fetch): Fetch {
  return compressing(origin, (etag) => etag.replace(/"$/, '-gzip"'))
}

function compressing(origin: Fetch, mark: (etag: string) => string): Fetch {
  return async (path, init) => {
    const asked = new Headers(init?.headers)
    const takesGzip = /\bgzip\b/.test(asked.get('accept-encoding') ?? '')
    asked.delete('accept-encoding')
    const response = await origin(path, { ...init, headers: asked })
    if (!takesGzip || response.status !== 200) return response
    const headers = new Headers(response.headers)
    headers.set('etag', mark(headers.get('etag')!))
    headers.set('content-encoding', 'gzip')
    headers.delete('content-length')
    const body = gzipSync(new Uint8Array(await response.arrayBuffer()), { level: 1 })
    return new Response(body, { status: 200, headers })
  }
}

type Kept = { headers: Headers; body: Uint8Array; status: number; at: number; lifetime: number }

/**
 * A shared cache (RFC 9111): keeps 200s for their max-age by address and by what Vary names, answers
 * conditions from what it keeps, says how old an answer is, asks with the ETag it has when that is no
 * longer fresh, and goes on with it while the origin fails.
 */
export function sharedCache(origin: Fetch, now: () => number): Fetch {
  const kept = new Map<string, Kept>()
  return async (path, init) => {
    const asked = new Headers(init?.headers)
    const key = `${path} ${asked.get('accept-encoding') ?? ''}`
    const old = kept.get(key)
    if (old && now() - old.at < old.lifetime) return fromCache(old, asked, now())
    const headers = new Headers(asked)
    for (const name of ['if-none-match', 'if-modified-since', 'a-im']) headers.delete(name)
    if (old) headers.set('if-none-match', old.headers.get('etag')!)
    const response = await origin(path, { ...init, headers })
    if (old && response.status >= 500) return fromCache(old, asked, now())
    if (response.status !== 200 && response.status !== 304) return response
    const fresh = await renew(response, old, now())
    kept.set(key, fresh)
    return fromCache(fresh, asked, now())
  }
}

async function renew(response: Response, old: Kept | undefined, at: number): Promise<Kept> {
  const { headers, status } = response
  const age = Number(headers.get('age') ?? 0)
  const maxAge = Number(/max-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1] ?? 0)
  const lifetime = maxAge - age
  if (status === 200 || !old) {
    const body = new Uint8Array(await response.arrayBuffer())
    return { headers, body, status: 200, at, lifetime }
  }
  const merged = new Headers(old.headers)
  for (const [name, value] of headers) merged.set(name, value)
  return { ...old, headers: merged, at, lifetime }
}

function fromCache(kept: Kept, asked: Headers, now: number): Response {
  const headers = new Headers(kept.headers)
  headers.set('age', String(Math.max(now - kept.at, 0)))
  if (!isKnown(kept, asked)) return new Response(kept.body as Uint8Array<ArrayBuffer>, { headers })
  for (const name of ['content-length', 'content-encoding', 'content-type']) headers.delete(name)
  return new Response(null, { status: 304, headers })
}

function isKnown({ headers }: Kept, asked: Headers): boolean {
  const tags = asked.get('if-none-match')
  if (tags !== null) return tags.replaceAll('W/', '').includes(headers.get('etag')!.slice(2))
  const since = Date.parse(asked.get('if-modified-since') ?? '')
  return Date.parse(headers.get('last-modified') ?? '') <= since
}
