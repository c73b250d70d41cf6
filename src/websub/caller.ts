/** One request to a subscriber. It is never sent on to where an answer redirects. */
export type CallRequest = {
  /** GET asks whether a subscription is wanted, POST delivers. */
  method: 'GET' | 'POST'
  /** http or https. It is checked again, as are all addresses that its name resolves to. */
  address: string
  headers: Record<string, string>
  body?: Uint8Array
  /** Bytes of the answer's body that are read at most. The rest is cut off, and the connection with it. */
  wholeBodyLimit: number
}

/**
 * What came of a call. An answer counts when its status is there; `body` is what came of it within the limits.
 * `failed` says in a few words why there is none. It never has the path of a callback, nor its address.
 */
export type CallAnswer = { status: number; retryAfter?: string; body: string } | { failed: string }

/** Calls subscribers, and only where callbacks may be. It never rejects. */
export type Caller = { call(request: CallRequest): Promise<CallAnswer> }

/** Milliseconds until a call is over: nobody waits longer for a verification than for a delivery. */
export const callLimits = { GET: 10_000, POST: 15_000 }
