import { createCodedBody } from './coded-body.ts'
import type { AnswerRecord, KeptWhole } from './record.ts'

/** The second level of what was answered: it outlives this process, for as long as the database does not answer (H-29). */
export type Edge = {
  get(key: string): Promise<KeptWhole | undefined>
  put(key: string, kept: KeptWhole): Promise<void>
  delete(key: string): Promise<void>
}

/** The part of Cloudflare's Cache that we use. */
export type EdgeCache = {
  match(address: string): Promise<Response | undefined>
  put(address: string, response: Response): Promise<void>
  delete(address: string): Promise<boolean>
}

/** Readers come back within a week, and Cloudflare may give up earlier what nobody asks for. */
const week = 7 * 86_400

/**
 * Keeps answers in the cache of a Cloudflare data centre, which all of its isolates share. It knows
 * only addresses, never requests, and nobody is answered from it while the database answers.
 */
export function createEdge(open: () => Promise<EdgeCache>): Edge {
  return {
    async get(key) {
      const kept = await (await open()).match(key)
      return kept && restore(new Uint8Array(await kept.arrayBuffer()), kept.headers)
    },
    async put(key, { record, body }) {
      const headers = { ...describe(record), 'Cache-Control': `max-age=${week}` }
      const whole = (await body.whole()) as Uint8Array<ArrayBuffer>
      await (await open()).put(key, new Response(whole, { headers }))
    },
    async delete(key) {
      await (await open()).delete(key)
    },
  }
}

/** The shape of a record there. To be raised when `AnswerRecord` changes: versions share the cache. */
const shape = 2

/** A record as headers that a cache keeps with the bytes. */
export function describe(record: AnswerRecord): Record<string, string> {
  const text = JSON.stringify({ ...record, coded: undefined, shape })
  return { 'Content-Type': record.contentType, 'X-Record': encodeURI(text) }
}

/** The answer again. It belongs to no state that this process knows. */
export function restore(bytes: Uint8Array, headers: Headers): KeptWhole | undefined {
  const text = headers.get('x-record')
  // What a version before put there.
  if (text === null) return undefined
  const record = JSON.parse(decodeURI(text)) as Omit<AnswerRecord, 'coded'> & { shape: number }
  if (record.shape !== shape) return undefined
  const { shape: _, ...rest } = record
  return {
    record: { ...rest, since: 0, isKept: true, coded: new Map() },
    body: createCodedBody(bytes),
  }
}
