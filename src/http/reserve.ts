import { type Document, describeDocument, restoreDocument } from './kept-documents.ts'

/** Answers that outlive this process, for as long as its store does not answer (H-29). */
export type Reserve = {
  get(address: string): Promise<Document | undefined>
  put(address: string, document: Document): Promise<void>
  delete(address: string): Promise<void>
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
 * only addresses, never requests, and nobody is answered from it while the store answers.
 */
export function createEdgeReserve(open: () => Promise<EdgeCache>): Reserve {
  return {
    async get(address) {
      const kept = await (await open()).match(address)
      return kept && restoreDocument(new Uint8Array(await kept.arrayBuffer()), kept.headers)
    },
    async put(address, document) {
      const headers = { ...describeDocument(document), 'Cache-Control': `max-age=${week}` }
      const body = (await document.body.whole()) as Uint8Array<ArrayBuffer>
      await (await open()).put(address, new Response(body, { headers }))
    },
    async delete(address) {
      await (await open()).delete(address)
    },
  }
}
