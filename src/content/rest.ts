import type { FolderFile } from './folder.ts'

/** Milliseconds for which a file has to stay as it is before it is read. */
const usual = 1500
/** The same of one that ends within a line: most editors end the last one, and few copies pause there. */
const withinLine = 10_000
/** A start waits no longer for files that go on changing. */
const longestAtStart = 10_000

/**
 * Tells which files are at rest. What is copied in slowly grows, perhaps with pauses, and nobody but its
 * size and times tells that there is more to come.
 */
export class Rest {
  /** When files were first seen as they are, by a clock that nobody sets. */
  #seen = new Map<string, { state: string; since: number }>()
  #next: number | undefined

  /** Milliseconds after which to look again, because of files that were not at rest; then it begins anew. */
  takeNext(): number | undefined {
    const next = this.#next
    this.#next = undefined
    return next
  }

  /** Whether a file that changed may be read. `end` is what its text ends with, where it has one. */
  isAtRest(file: FolderFile, end = '\n'): boolean {
    const quiet = end.endsWith('\n') ? usual : withinLine
    const state = `${file.size}-${file.modified}`
    const before = this.#seen.get(file.path)
    const seen = before?.state === state ? before : { state, since: performance.now() }
    // Clocks of network folders may be wrong; where they are right, nothing has to be seen twice.
    const left = quiet - Math.max(performance.now() - seen.since, ageOf(file))
    if (left <= 0) {
      this.#seen.delete(file.path)
      return true
    }
    this.#seen.set(file.path, seen)
    this.#next = Math.min(this.#next ?? Infinity, left)
    return false
  }
}

/** Milliseconds since it changed, below zero where the clock of its disk is ahead. */
function ageOf({ changed }: FolderFile): number {
  return Date.now() - changed
}

/** Waits at a start until no file has just changed, as far as their times tell. */
export async function untilAtRest(look: () => Promise<FolderFile[]>): Promise<void> {
  const end = performance.now() + longestAtStart
  const isJustChanged = (file: FolderFile) => ageOf(file) >= 0 && ageOf(file) < usual
  while (performance.now() < end && (await look()).some(isJustChanged)) {
    await new Promise((resolve) => setTimeout(resolve, usual / 3))
  }
}
