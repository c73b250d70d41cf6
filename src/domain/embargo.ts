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
