import type { Clock } from '../../domain/clock.ts'
import type { Current, StateQuestion, StateSource } from './state.ts'

/**
 * The state where the database is in this process: asked for whenever something was written, which SQLite tells
 * at nearly no cost. Every reader gets what there is now.
 */
export class NearState implements StateSource {
  readonly isFar = false
  readonly #question: StateQuestion
  readonly #clock: Clock
  readonly #hasChanged: () => boolean
  #known: Current | undefined
  #asked = 0

  /** `hasChanged` tells whether anything was written since it was asked last. */
  constructor(question: StateQuestion, clock: Clock, hasChanged: () => boolean) {
    this.#question = question
    this.#clock = clock
    this.#hasChanged = hasChanged
  }

  atHand(): Current | undefined {
    const known = this.#known
    if (!known || this.#clock.now() >= known.until) return undefined
    try {
      if (!this.#hasChanged()) return known
    } catch {
      // Whoever asks the database will see what is wrong with it.
    }
    this.lookAgain()
    return undefined
  }

  async read(): Promise<Current> {
    const known = this.atHand()
    if (known) return known
    this.lookAgain()
    const number = ++this.#asked
    const current = await this.#question.ask()
    // One that was asked for earlier and comes later is old.
    if (number === this.#asked && !current.isFailing) this.#known = current
    return current
  }

  lookAgain(): void {
    this.#known = undefined
  }
}
