import { localDay } from './time.ts'

/**
 * Whether a release of a second of publication is under embargo at another second: only its publisher and
 * those who publish for everybody may know of it (H-21, `maySee` in `publishing/permission.ts`). It becomes
 * public in its second, without anybody doing anything.
 *
 * For readers the store decides the same in SQL: every query has the horizon (`State.horizon`), the second of
 * the newest release that is public. For a key that is `key <= lastKeyOf(horizon)`.
 */
export function isUnderEmbargo(published: number, now: number): boolean {
  return published > now
}

/**
 * Whether a release was withdrawn before its time, as it is written. Where only the day of that is written, it may have
 * been public on that day.
 */
export function isWithdrawnBefore(
  published: number,
  withdrawnAt: number,
  timezone: string,
): boolean {
  if (published <= withdrawnAt) return false
  const day = localDay(withdrawnAt, timezone)
  return day?.from !== withdrawnAt || day.below <= published
}

/** The second of a release that is not finished, and of one that was withdrawn before its time: no clock will ever show it. */
export const never = Date.UTC(9000, 0, 1) / 1000

/** Whether a release of a second of publication is kept from readers for as long as it stays as it is. */
export function isNeverShown(published: number): boolean {
  return published >= never
}
