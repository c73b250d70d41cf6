const minute = 60
const hour = 3600

/** Seconds after the first, second … failure in a row, and after all further ones (W-63). */
const steps = [minute, 5 * minute, 30 * minute, 2 * hour, 6 * hour]
const last = 12 * hour
/** Seconds after which what fails is given up, until there is more to tell (W-18). */
export const patience = 48 * hour

/** A subscriber that asks for time gets at least this much from the second time on, and at most so much. Seconds. */
const shortest = minute
const longest = 12 * hour

/**
 * Seconds to wait after so many failures in a row. `chance` is a number from 0 to 1: not everybody is to come again at
 * once.
 */
export function waitAfter(failures: number, chance: number): number {
  const usual = steps[failures - 1] ?? last
  return Math.round(usual * (0.8 + 0.4 * chance))
}

/** What `Retry-After` asks for, in seconds or as a date; undefined without any. `now` in seconds since 1970. */
export function readRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  const asked = /^\d{1,9}$/.test(text.trim())
    ? Number(text)
    : Math.ceil(Date.parse(text) / 1000) - now
  return Number.isNaN(asked) ? undefined : Math.min(Math.max(asked, 1), longest)
}

/** Seconds to wait after an answer that is a failure. */
export function waitFor(
  { status, retryAfter }: { status?: number | undefined; retryAfter?: string | undefined },
  failures: number,
  { now, chance }: { now: number; chance: number },
): number {
  const isAsked = status === 429 || status === 503
  const asked = isAsked ? readRetryAfter(retryAfter, now) : undefined
  // Who goes on to ask for a second would be sent news every second for two days.
  if (asked !== undefined) return failures > 1 ? Math.max(asked, shortest) : asked
  return Math.max(waitAfter(failures, chance), isAsked ? shortest : 0)
}
