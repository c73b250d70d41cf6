import type { Clock } from '../../domain/clock.ts'
import { type Asked, isForPage, isOpenedInBrowser } from './asked.ts'
import { longestKept } from './caching.ts'
import { belongsTo } from './freshness.ts'
import type { Known } from './record.ts'
import type { Current, StateQuestion, StateSource } from './state.ts'
import { hasNothingNewer } from './validators.ts'

/** Milliseconds after which nobody waits any more for a question that another request asked. */
const patienceForOthers = 1000

/**
 * The state where the database is far: kept, so that readers of a feed cost it no question within max-age. It is
 * a cache like those between us and readers, and answers from it say their Age: whoever keeps them further never
 * shows anything longer than max-age says in all (H-18, H-20).
 *
 * From what is kept only an address is answered that was answered before, to readers who have nothing or
 * what is known here to be no newer: so nobody who has something newer from another process gets something
 * older (H-10). For all others the state is read again, once in a second for all of them, so that
 * the database has as many questions as there are processes, however many readers there are.
 */
export class FarState implements StateSource {
  readonly isFar = true
  readonly #question: StateQuestion
  readonly #clock: Clock
  readonly #longest: number
  #kept: Current | undefined
  /** Second when a state was asked for last, whether it has come or not. */
  #askedAt = -Infinity
  /** What was asked and has not come. */
  #coming: Promise<Current> | undefined
  // Questions are numbered as they begin: an answer that was overtaken by another, or by a reason to look
  // again, is not kept.
  #begun = 0
  #latest = 0

  /** `longest`: seconds for which a state is kept. */
  constructor(question: StateQuestion, clock: Clock, longest = longestKept) {
    this.#question = question
    this.#clock = clock
    this.#longest = longest
  }

  atHand({ headers }: Asked, known: Known | undefined): Current | undefined {
    const kept = this.#fresh()
    if (!kept || !known || isOpenedInBrowser(headers)) return undefined
    if (this.#clock.now() - kept.readAt! > known.lifetime) return undefined
    return hasNothingNewer(headers, known, belongsTo(known, kept)) ? kept : undefined
  }

  async read(asked?: Asked, known?: Known): Promise<Current> {
    if (!asked) return this.#readOnce()
    const atHand = this.atHand(asked, known)
    if (atHand) return atHand
    const isPresent = known !== undefined && !!this.#kept && belongsTo(known, this.#kept)
    const mayHaveNewer = !hasNothingNewer(asked.headers, known, isPresent)
    if (mayHaveNewer && !isForPage(asked.headers)) await this.#lookAfterNow()
    else if (this.#askedAt !== this.#clock.now()) this.lookAgain()
    return this.#readOnce()
  }

  lookAgain(): void {
    this.#kept = undefined
    this.#askedAt = -Infinity
    this.#latest = this.#begun
    this.#coming = undefined
  }

  #fresh(): Current | undefined {
    const kept = this.#kept
    const now = this.#clock.now()
    const age = now - (kept?.readAt ?? Infinity)
    return kept && age >= 0 && age < this.#longest && now < kept.until ? kept : undefined
  }

  /**
   * Has a request answered from a state that is asked for after it came. Where one was asked for in this
   * second already, the next second has one for all who wait: what was changed elsewhere in between has
   * this very second, and may be what the reader has.
   */
  async #lookAfterNow(): Promise<void> {
    const second = this.#clock.now()
    if (this.#askedAt === second) await this.#clock.passed(second)
    if (this.#askedAt <= second) this.lookAgain()
  }

  /** The state, for which requests that come together ask one question. */
  async #readOnce(): Promise<Current> {
    const fresh = this.#fresh()
    if (fresh) return fresh
    const others = this.#coming
    if (others) {
      const current = await orNothing(others, patienceForOthers)
      if (current) return current
      // Workers stop the work of a client that went away.
      if (this.#coming === others) this.#coming = undefined
      return this.#readOnce()
    }
    const own = this.#ask()
    this.#coming = own
    return own.finally(() => {
      if (this.#coming === own) this.#coming = undefined
    })
  }

  async #ask(): Promise<Current> {
    const number = ++this.#begun
    const readAt = this.#clock.now()
    this.#askedAt = readAt
    const current = { ...(await this.#question.ask()), readAt }
    if (current.isFailing) this.#askedAt = -Infinity
    else if (number > this.#latest) {
      this.#latest = number
      this.#kept = current
    }
    return current
  }
}

/** What is promised, or nothing when that takes longer than some milliseconds. */
async function orNothing<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
