import type { FolderFile } from './folder.ts'

/** Milliseconds for which a file has to stay as it is before it is read. */
const usual = 1500
/** The same for a file that ends within a line: most editors end the last line, and few copies pause there. */
const withinLine = 10_000
/**
 * Milliseconds for which all changes wait at most for files that are not at rest; the second is for a start.
 */
const longestHold = 30_000
const longestAtStart = 10_000
/** Files whose state is remembered: no more are written at once. */
const mostSeen = 10_000

/**
 * Tells which files are at rest. A file that is copied in slowly grows, perhaps with pauses. Only its size and
 * its times tell that there is more to come.
 */
export class Rest {
  /** When files were first seen in their present state, by a monotonic clock. */
  #seen = new Map<string, { state: string; since: number }>()
  #next: number | undefined
  #heldSince: number | undefined
  /** Whether the last look at the folder was put off. */
  isHeld = false

  /**
   * Whether to wait with all changes because some files may still be being written. `end` is the end of their
   * texts.
   */
  holds(files: { file: FolderFile; end: string }[]): boolean {
    const moving = files.filter(({ file, end }) => !this.isAtRest(file, end))
    if (moving.length === 0) this.#heldSince = undefined
    else this.#heldSince ??= performance.now()
    const since = this.#heldSince
    this.isHeld = since !== undefined && performance.now() - since < longestHold
    return this.isHeld
  }

  /** Whether a file changed so lately that there may be more to come. */
  mayBeWritten(file: FolderFile): boolean {
    return ageOf(file) < withinLine
  }

  /**
   * Ends a look at the folder. Returns after how many milliseconds to look again, if files were not at rest.
   */
  takeNext(): number | undefined {
    const next = this.#next
    this.#next = undefined
    this.isHeld = false
    return next
  }

  /** Whether a file that changed may be read. `end` is what its text ends with, where it has one. */
  isAtRest(file: FolderFile, end = '\n'): boolean {
    const quiet = end.endsWith('\n') ? usual : withinLine
    const state = `${file.size}-${file.modified}`
    const before = this.#seen.get(file.path)
    const seen = before?.state === state ? before : { state, since: performance.now() }
    // Clocks of network folders may be wrong. Where they are right, a file need not be seen twice.
    const left = quiet - Math.max(performance.now() - seen.since, ageOf(file))
    if (this.#seen.size >= mostSeen) this.#seen.clear()
    this.#seen.set(file.path, seen)
    if (left <= 0) return true
    // Files that came together are to be read together.
    this.#next = Math.max(this.#next ?? 0, left)
    return false
  }

  /** Waits at a start until no file has just changed, by their times. */
  async untilAtRest(look: () => Promise<FolderFile[]>): Promise<void> {
    const end = performance.now() + longestAtStart
    while (performance.now() < end) {
      const left = longestLeft(await look())
      if (left <= 0) return
      await new Promise((resolve) => setTimeout(resolve, left))
    }
  }
}

/** Milliseconds since a file changed; negative if the clock of its disk is ahead. */
function ageOf({ changed }: FolderFile): number {
  return Date.now() - changed
}

/** Milliseconds until none of some files has just changed. Where the clock of the disk is ahead, that is not known. */
function longestLeft(files: FolderFile[]): number {
  return files.reduce((longest, file) => {
    const age = ageOf(file)
    return age < 0 ? longest : Math.max(longest, usual - age)
  }, 0)
}
