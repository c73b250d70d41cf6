import { addressToCall, type CallbackRules } from './websub/callback-address.ts'
import { type CallAnswer, type Caller, callLimits, type CallRequest } from './websub/caller.ts'

/**
 * Calls subscribers from a Worker (W-68). It cannot see what a name resolves to, and needs not: with the flag
 * `global_fetch_strictly_public` in `wrangler.toml` nothing is reached that is not public.
 */
export class WorkerCaller implements Caller {
  #rules: CallbackRules

  constructor(rules: CallbackRules) {
    this.#rules = { ...rules, needsName: true }
  }

  async call({ method, address, headers, body, wholeBodyLimit }: CallRequest): Promise<CallAnswer> {
    const url = addressToCall(address, this.#rules)
    if ('failed' in url) return url
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(), callLimits[method])
    try {
      const answer = await fetch(url, {
        method,
        headers,
        signal: controller.signal,
        redirect: 'manual',
        ...(body && { body: body as Uint8Array<ArrayBuffer> }),
      })
      const retryAfter = answer.headers.get('retry-after')
      return {
        status: answer.status,
        ...(retryAfter !== null && { retryAfter }),
        body: await readBody(answer, wholeBodyLimit),
      }
    } catch {
      // The runtime says why in sentences of its own, which may have the address in them.
      const seconds = callLimits[method] / 1000
      return {
        failed: controller.signal.aborted ? `no answer within ${seconds} seconds` : 'unreached',
      }
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Reads a body as far as it comes and may come. */
async function readBody({ body }: Response, limit: number): Promise<string> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  try {
    for await (const chunk of body ?? []) {
      chunks.push(chunk)
      size += chunk.length
      if (size > limit) break
    }
  } catch {
    // It broke off, and what came before counts.
  }
  return new Blob(chunks).slice(0, limit).text()
}
