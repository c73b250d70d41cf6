import { type Coding, compress, decompress } from './codings.ts'

/** The bytes of a document, in the content codings that were asked for. */
export type CodedBody = {
  /** Bytes without any coding. */
  length: number
  /** Bytes that are held in memory at present, in all codings together. */
  readonly held: number
  /** Told when that has changed. */
  onChange: () => void
  /** The bytes in a coding, or without any, where they are at hand. */
  ready(coding: Coding | undefined): Uint8Array | undefined
  /** The bytes in a coding, or without any; from the second time on without any work. */
  in(coding: Coding | undefined): Promise<Uint8Array>
  /** The bytes without any coding, for one time: nobody is expected to ask for them again. */
  whole(): Promise<Uint8Array>
}

/**
 * Holds a document in the codings that clients ask for and in no other: nearly all of them take one, and
 * so coded a document needs a fifth of the memory.
 */
export function createCodedBody(bytes: Uint8Array): CodedBody {
  const coded = new Map<Coding | undefined, Uint8Array>()
  const making = new Map<Coding | undefined, Promise<Uint8Array>>()
  let unasked: Uint8Array | undefined = bytes
  let held = bytes.length

  async function whole(): Promise<Uint8Array> {
    const known = unasked ?? coded.get(undefined)
    if (known) return known
    const [coding, some] = coded.entries().next().value as [Coding, Uint8Array]
    return decompress(some, coding)
  }

  async function make(coding: Coding | undefined): Promise<Uint8Array> {
    const plain = await whole()
    const made = coding ? await compress(plain, coding) : plain
    coded.set(coding, made)
    held += made.length - (unasked?.length ?? 0)
    unasked = undefined
    body.onChange()
    return made
  }

  const body: CodedBody = {
    length: bytes.length,
    get held() {
      return held
    },
    onChange() {},
    ready: (coding) => coded.get(coding),
    async in(coding) {
      const known = coded.get(coding)
      if (known) return known
      const running = making.get(coding) ?? make(coding).finally(() => making.delete(coding))
      making.set(coding, running)
      return running
    },
    whole,
  }
  return body
}
