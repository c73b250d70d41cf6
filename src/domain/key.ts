// Keys put releases in order: by the second, and by a place within it for those that became visible together.

/** Releases that can share a second. With more, keys of the year 9000 would no longer be exact numbers. */
export const placesOfSecond = 2 ** 12

/** The key of the release at a place within a second since 1970, which may be before it. */
export function keyAt(second: number, place = 0): number {
  return second * placesOfSecond + place
}

/** The last key of a second. */
export function lastKeyOf(second: number): number {
  return keyAt(second, placesOfSecond - 1)
}

/** The second of a key: the time that readers are told. */
export function secondOf(key: number): number {
  return Math.floor(key / placesOfSecond)
}
