import { Attempts } from '../../domain/attempts.ts'
import type { Clock } from '../../domain/clock.ts'
import { digestOf } from '../../domain/digest.ts'
import { DomainError, refusable } from '../../domain/errors.ts'
import type { Author } from '../../publishing/permission.ts'

/** Somebody who may publish, and by which secret. */
export type Token = Author & { secret: string }

/** Wrong tokens that one client may try in a minute. */
const mostAttempts = 10

/** Finds out who asks, by the token of a request. */
export class Authentication {
  readonly #known: { author: Author; digest: Uint8Array }[]
  readonly #isClosed: boolean
  readonly #failures: Attempts

  constructor(tokens: Token[], clock: Clock) {
    this.#isClosed = tokens.length === 0
    this.#failures = new Attempts(clock)
    this.#known = tokens.map(({ secret, ...author }) => ({
      author,
      digest: digestOf('SHA-256', secret),
    }))
  }

  /**
   * The author that a token is of (RFC 6750 section 2.1). The secrets are compared by their digests, all of
   * them and each as a whole, so that the time it takes tells nothing. Throws DomainError `unknown` for
   * a wrong token, `too-often` for a client that has tried too many, and `forbidden` where there are none.
   */
  authenticate(authorization: string | undefined, client: string): Author {
    if (this.#isClosed) {
      throw new DomainError('forbidden', 'Nothing can be published here: no token is set.')
    }
    const [, secret = ''] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
    const wait = this.#failures.wait(client, mostAttempts)
    if (wait !== undefined) throw tooOften(wait)
    if (!secret) throw new DomainError('unknown', 'Send a token: Authorization: Bearer …')
    const digest = digestOf('SHA-256', secret)
    const found = this.#known.filter((one) => isSame(one.digest, digest))
    if (found[0]) return found[0].author
    this.#failures.add(client)
    throw new DomainError('unknown', 'This token is not known.')
  }
}

/** Whether a request has a token that may publish for all publishers. A wrong one counts as a guess. */
export async function isOfTrusted(
  authentication: Authentication,
  authorization: string | undefined,
  client: string,
): Promise<boolean> {
  const author = await refusable(() => authentication.authenticate(authorization, client))
  return !(author instanceof DomainError) && author.publishers === undefined
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  let difference = 0
  for (const [index, byte] of one.entries()) difference |= byte ^ other[index]!
  return difference === 0
}

function tooOften(seconds: number): DomainError {
  const message = `Too many wrong tokens came from here. Try again in ${seconds} seconds.`
  return new DomainError('too-often', message, { retryAfter: seconds })
}
