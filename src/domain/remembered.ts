/**
 * How much is remembered of what strangers send, in bytes of memory: addresses, tags, names and headers are
 * endless. Documents have a limit of their own, which the entries choose, and each vocabulary has one for
 * suggestions.
 */
export const cacheSizes = {
  /** Who tried wrong tokens, or asked the hub. */
  clients: 1_000_000,
  /** What became of files, for when the store does not answer. */
  files: 1_000_000,
  /** Where the releases of a question stand. */
  places: 2_000_000,
  /** Names like a word that is no topic. */
  suggestions: 400_000,
  /** Headers that say who asks, where and in which coding. */
  headers: 200_000,
  /** What the hub sends, and what of it is new to whom. */
  pushes: 8_000_000,
  news: 1_000_000,
}

/** Longer addresses, names and headers are answered, but not remembered. */
const longestKey = 300

/** Bytes that an entry takes beside its key and its value. */
const overhead = 100

/** A map that drops what was not used for longest when its keys and values take too many bytes (LRU). */
export type Remembered<Value> = {
  get(key: string): Value | undefined
  /** A value that is larger than the whole limit is remembered alone. */
  set(key: string, value: Value): void
  delete(key: string): void
  clear(): void
  /** Measures a value again that has grown or shrunk. */
  recount(key: string): void
  /** Bytes that all of it takes. */
  readonly bytes: number
}

/**
 * Remembers values as far as `capacity` goes, in bytes. `measure` tells what a value takes without its key: nothing
 * where it is small. A key of more than `longest` characters is not remembered.
 */
export function createRemembered<Value>(
  capacity: number,
  measure: (value: Value) => number = () => 0,
  longest = longestKey,
): Remembered<Value> {
  // A Map remembers the order of insertion, so the first one is the one not used for longest.
  const entries = new Map<string, { value: Value; counted: number }>()
  let bytes = 0
  let newest: string | undefined

  function remove(key: string) {
    bytes -= entries.get(key)?.counted ?? 0
    entries.delete(key)
  }

  function dropOldest() {
    for (const key of entries.keys()) {
      if (bytes <= capacity || entries.size === 1) return
      remove(key)
    }
  }

  return {
    get(key) {
      const entry = entries.get(key)
      if (!entry) return undefined
      if (key !== newest) {
        entries.delete(key)
        entries.set(key, entry)
        newest = key
      }
      return entry.value
    },
    set(key, value) {
      remove(key)
      if (key.length > longest) return
      newest = ownText(key)
      const counted = overhead + sizeOfText(key) + measure(value)
      entries.set(newest, { value, counted })
      bytes += counted
      dropOldest()
    },
    delete: remove,
    clear() {
      entries.clear()
      bytes = 0
    },
    recount(key) {
      const entry = entries.get(key)
      if (!entry) return
      bytes -= entry.counted
      entry.counted = overhead + sizeOfText(key) + measure(entry.value)
      bytes += entry.counted
      dropOldest()
    },
    get bytes() {
      return bytes
    },
  }
}

/** Bytes of a text in memory, at most. */
export function sizeOfText(text: string): number {
  return 2 * text.length
}

/**
 * A copy of a text. V8 lets a part of a text point into the whole, so remembering twenty characters of a
 * header of 15 KB would keep all of it in memory.
 */
export function ownText(text: string): string {
  return ` ${text}`.slice(1)
}
