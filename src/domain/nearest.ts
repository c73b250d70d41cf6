/** Characters of words and names that are compared. What follows them does not count. */
const longest = 64
/** The most names that are compared letter by letter, which is the expensive part. */
const mostCompared = 100
/** Pairs of letters are hashed to numbers below this. A collision only means that more names are compared. */
const pairs = 4096

/**
 * The candidates most like a mistyped word, nearest first: those that need few edits, or that
 * begin with it. For “did you mean”.
 */
export function nearest(word: string, candidates: Iterable<string>, limit = 3): string[] {
  const wanted = comparable(word)
  const ranked = []
  for (const candidate of candidates) {
    const name = comparable(candidate)
    const most = allowed(wanted.length, name.length)
    const startsAlike = wanted.length > 2 && name.startsWith(wanted)
    const distance = startsAlike ? 0 : editDistance(wanted, name, most)
    if (distance <= most) ranked.push({ candidate, distance })
  }
  ranked.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
  return ranked.slice(0, limit).map(({ candidate }) => candidate)
}

/**
 * The same for many names that are asked about often, in a time that hardly grows with their number: only
 * names that share pairs of letters with the word are compared, those with most of them first.
 */
export function createNearest(names: string[]): (word: string, limit?: number) => string[] {
  if (names.length <= mostCompared) return (word, limit) => nearest(word, names, limit)
  let index: PairIndex | undefined
  return (word, limit) => {
    const likely = mostAlike(comparable(word), (index ??= indexPairs(names)))
    const candidates = Array.from(likely, (number) => names[number]!)
    return nearest(word, candidates, limit)
  }
}

function comparable(text: string): string {
  return text.slice(0, longest).toLowerCase()
}

/** Edits that are allowed, by both lengths. In a short word, two other letters make another word. */
function allowed(wanted: number, name: number): number {
  if (wanted < 4 && name > wanted) return 1
  return Math.floor(Math.max(2, name / 3))
}

/**
 * Levenshtein distance: insertions, deletions and replacements from one word to the other. Infinity when
 * it is more than `most`.
 */
function editDistance(from: string, to: string, most: number): number {
  if (Math.abs(from.length - to.length) > most) return Infinity
  let [start, fromEnd, toEnd] = [0, from.length, to.length]
  const shorter = Math.min(fromEnd, toEnd)
  while (start < shorter && from.charCodeAt(start) === to.charCodeAt(start)) start++
  while (
    Math.min(fromEnd, toEnd) > start &&
    from.charCodeAt(fromEnd - 1) === to.charCodeAt(toEnd - 1)
  ) {
    fromEnd--
    toEnd--
  }
  return distanceBetween(from.slice(start, fromEnd), to.slice(start, toEnd), most)
}

function distanceBetween(from: string, to: string, most: number): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    let least = row
    const letter = from.charCodeAt(row - 1)
    for (let column = 1; column <= to.length; column++) {
      const replaced = previous[column - 1]! + (letter === to.charCodeAt(column - 1) ? 0 : 1)
      const distance = Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1)
      current.push(distance)
      if (distance < least) least = distance
    }
    if (least > most) return Infinity
    previous = current
  }
  return previous[to.length]!
}

/** Which names have a pair of letters: those of pair `p` stand in `places` from `starts[p]` to `starts[p + 1]`. */
type PairIndex = { lengths: Uint8Array; starts: Uint32Array; places: Uint32Array }

function indexPairs(names: string[]): PairIndex {
  const compared = names.map(comparable)
  const starts = new Uint32Array(pairs + 1)
  for (const name of compared) {
    for (let at = 1; at < name.length; at++) starts[pairAt(name, at) + 1]!++
  }
  for (let pair = 0; pair < pairs; pair++) starts[pair + 1]! += starts[pair]!
  const places = new Uint32Array(starts[pairs]!)
  const next = starts.slice()
  for (let number = 0; number < compared.length; number++) {
    const name = compared[number]!
    for (let at = 1; at < name.length; at++) places[next[pairAt(name, at)]!++] = number
  }
  return { lengths: Uint8Array.from(compared, ({ length }) => length), starts, places }
}

/** The letter at a place and the one before it, as a number. */
function pairAt(text: string, at: number): number {
  return (text.charCodeAt(at - 1) * 61 + text.charCodeAt(at)) % pairs
}

/**
 * The numbers of the names that may be near to a word, at most as many as are compared. An edit destroys two
 * pairs at most, so a name that lacks more pairs needs more edits than are allowed.
 */
function mostAlike(wanted: string, { lengths, starts, places }: PairIndex): number[] {
  const shared = new Uint8Array(lengths.length)
  const ofWord = new Set<number>()
  for (let at = 1; at < wanted.length; at++) ofWord.add(pairAt(wanted, at))
  for (const pair of ofWord) {
    const end = starts[pair + 1]!
    for (let place = starts[pair]!; place < end; place++) shared[places[place]!]!++
  }
  const byLacking = Array.from({ length: longest }, (): number[] => [])
  for (let number = 0; number < lengths.length; number++) {
    const length = lengths[number]!
    const mayStartAlike = wanted.length > 2 && shared[number]! >= ofWord.size
    const inLonger = Math.max(wanted.length, length) - 1
    const lacking = mayStartAlike ? 0 : Math.max(0, inLonger - shared[number]!)
    if (lacking <= 2 * allowed(wanted.length, length)) byLacking[lacking]!.push(number)
  }
  return byLacking.flat().slice(0, mostCompared)
}
