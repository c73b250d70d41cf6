import type { FilesToRead, Readers } from '../content/reading.ts'
import { fingerprint } from '../domain/identity.ts'
import type { FileText, FileToRead } from '../domain/reading.ts'

/** Readers that read a text again only when it has changed, or what it is read with. */
export class RememberedReaders {
  readonly #readers: Readers
  #before = new Map<string, FileText>()
  #known = new Map<string, FileText>()
  /** Texts that were read, and not remembered. */
  count = 0

  constructor(readers: Readers) {
    this.#readers = readers
  }

  /** The same for one look at a folder. What was not asked for at the look before is forgotten. */
  forOneLook(): Readers {
    this.#before = this.#known
    this.#known = new Map()
    return {
      ...this.#readers,
      files: (asked, surroundings) => this.#files(asked, surroundings),
    }
  }

  async #files(asked: FilesToRead, surroundings: Parameters<Readers['files']>[1]) {
    const marks = asked.files.map((file) => markOf(asked.basis, file))
    const unread = asked.files.filter((_, index) => !this.#before.has(marks[index]!))
    this.count += unread.length
    const texts =
      unread.length > 0 ? await this.#readers.files({ ...asked, files: unread }, surroundings) : []
    return marks.map((mark) => {
      const text = this.#before.get(mark) ?? texts.shift()!
      // What took too long may take less the next time.
      if (!text.isGivenUp) this.#known.set(mark, text)
      return text
    })
  }
}

function markOf(basis: string, { path, line, text, withdrawn = [] }: FileToRead) {
  return fingerprint(JSON.stringify([basis, path, line, withdrawn, text]))
}
