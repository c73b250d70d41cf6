import { DomainError } from '../domain/errors.ts'
import type { FeedQuery } from '../domain/feed-query.ts'
import { type Ending, endingOf } from '../domain/retirement.ts'
import { formatUtc } from '../domain/time.ts'
import type { Recipe, Rendered } from './answers/find.ts'
import type { Current } from './answers/state.ts'

// What the kinds of address have in common that a question stands behind, or all that is public.

export const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
export const documentPolicy = "default-src 'none'; style-src 'self'; img-src https:; sandbox"

/** NewsBlur subscribes to something else when an address has 200 characters or more (U-02). Throws `invalid`. */
export function checkLength(address: string): void {
  if (address.length < 200) return
  throw new DomainError(
    'invalid',
    `The address of this question would have ${address.length} characters, and readers take at most 199. Leave some topics or words out.`,
    { reason: 'too-long' },
  )
}

/** How the feed of a question ends, while it still says so. Throws `gone` for one that is no longer there (H-35). */
export function endingOrGone({ topics }: FeedQuery, current: Current): Ending | undefined {
  const ending = endingOf(topics, current.retired)
  if (!ending?.isGone) return ending
  const { successors } = ending
  const instead = successors.length > 0 ? ` Subscribe to ${successors.join(' or ')} instead.` : ''
  const day = formatUtc(ending.at).slice(0, 10)
  throw new DomainError('gone', `This feed ended on ${day}.${instead}`, {
    reason: 'ended',
    successors,
  })
}

/** The rest of the recipe of a document that shows much of what is public: it is made anew with every change of that. */
export function ofWholeState(
  current: Current,
  render: () => Promise<string | Rendered>,
): Pick<Recipe, 'lastModified' | 'render' | 'isToKeep'> {
  return {
    isToKeep: false,
    lastModified: async () => current.since,
    async render() {
      const made = await render()
      return typeof made === 'string' ? { body: made } : made
    },
  }
}

/** A path as it is counted and logged. */
export function pathOf(address: string): string {
  return new URL(address).pathname
}
