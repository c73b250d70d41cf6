// Asks other servers over HTTP, for the tools that stand beside the service.

/** What a server answered. Redirects are not followed. */
export type WebAnswer = { status: number; headers: Headers; bytes: Uint8Array }

export type WebRequest = {
  method?: string
  headers: Record<string, string>
  body?: string | Uint8Array<ArrayBuffer>
  /** Milliseconds in which all of the answer must be there. */
  timeout: number
  /** Bytes of the answer at most, decoded. */
  limit?: number
}

/** No answer came in time. The message is a sentence with the address; `reason` is not a sentence. */
export class NotReached extends Error {
  readonly reason: string

  constructor(sentence: string, reason: string) {
    super(sentence)
    this.reason = reason
  }
}

/** Bytes of an answer at most, unless a request says otherwise. */
export const largestAnswer = 50_000_000
/** Seconds: whoever asks us to wait longer is asked another day. */
const longestWait = 120

/**
 * Asks once. Throws NotReached when no whole answer comes, and an Error with a sentence for one that is
 * too large.
 */
export async function request(
  address: string,
  { timeout, limit = largestAnswer, ...options }: WebRequest,
): Promise<WebAnswer> {
  const tooLarge = new Error(`${address} is larger than ${Math.round(limit / 1_000_000)} MB.`)
  try {
    const response = await fetch(address, {
      ...options,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    })
    const { status, headers } = response
    if (Number(headers.get('content-length') ?? 0) > limit) {
      await response.body?.cancel()
      throw tooLarge
    }
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of response.body ?? []) {
      size += chunk.length
      if (size > limit) throw tooLarge
      chunks.push(chunk)
    }
    return { status, headers, bytes: Buffer.concat(chunks) }
  } catch (error) {
    if (error === tooLarge) throw error
    const { name, message, cause } = error as Error
    const reason = reasonOf(cause) ?? message
    const sentence =
      name === 'TimeoutError'
        ? `${address} did not answer within ${timeout / 1000} seconds.`
        : `${address} cannot be reached (${reason}).`
    throw new NotReached(sentence, reason)
  }
}

/** Errors of the network have their reason in another one, or in several. */
function reasonOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined
  const { code } = cause as NodeJS.ErrnoException
  return (
    cause.message ||
    code ||
    (cause instanceof AggregateError ? reasonOf(cause.errors[0]) : undefined)
  )
}

export type Patience = {
  /** Seconds before each further attempt. */
  pauses: number[]
  /** Whether the server may answer otherwise to the same soon. */
  mayPass: (status: number) => boolean
  /** Told before it waits for so many seconds. */
  tell: (outcome: WebAnswer | NotReached, seconds: number) => void
}

/**
 * Asks again as long as a server cannot answer, and waits in between for as long as it says (RFC 9110
 * section 10.2.3). Answers what the last attempt came to: also an answer that may pass, or NotReached.
 */
export async function askPatiently(
  ask: () => Promise<WebAnswer>,
  { pauses, mayPass, tell }: Patience,
): Promise<WebAnswer | NotReached> {
  for (let attempt = 0; ; attempt++) {
    const outcome = await ask().catch((error: unknown) => {
      if (error instanceof NotReached) return error
      throw error
    })
    const isThere = !(outcome instanceof NotReached)
    if (isThere && !mayPass(outcome.status)) return outcome
    const pause = pauses[attempt]
    const asked = isThere ? (retryAfter(outcome) ?? 0) : 0
    if (pause === undefined || asked > longestWait) return outcome
    const seconds = Math.max(pause, asked)
    tell(outcome, seconds)
    await wait(seconds)
  }
}

/** `Retry-After` as seconds from now, whether it is written as such or as a date. */
export function retryAfter({ headers }: WebAnswer): number | undefined {
  const text = headers.get('retry-after')
  if (!text) return undefined
  if (/^\d+$/.test(text)) return Number(text)
  const then = Date.parse(text)
  return Number.isNaN(then) ? undefined : Math.max(0, Math.ceil((then - Date.now()) / 1000))
}

/** Waits so many seconds. */
export async function wait(seconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}
