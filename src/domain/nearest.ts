/**
 * The candidates most like a mistyped word, nearest first: those that need few edits, or that
 * begin with it. For “did you mean”.
 */
export function nearest(word: string, candidates: Iterable<string>, limit = 3): string[] {
  const wanted = word.toLowerCase()
  const ranked = []
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase())
    const startsAlike = wanted.length > 2 && candidate.toLowerCase().startsWith(wanted)
    if (startsAlike || distance <= allowed(wanted, candidate)) {
      ranked.push({ candidate, distance: startsAlike ? 0 : distance })
    }
  }
  ranked.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
  return ranked.slice(0, limit).map(({ candidate }) => candidate)
}

/** Of a short word, two other letters make a different word unless the lengths are alike. */
function allowed(wanted: string, candidate: string): number {
  if (wanted.length < 4 && candidate.length > wanted.length) return 1
  return Math.max(2, candidate.length / 3)
}

/** Levenshtein distance: insertions, deletions and replacements from one word to the other. */
function editDistance(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > 20) return Infinity
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const replaced = previous[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1))
    }
    previous = current
  }
  return previous[to.length]!
}
