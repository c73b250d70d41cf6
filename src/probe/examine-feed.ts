import { largestDocument } from '../domain/limits.ts'
import { type FeedDocument, readFeed, readTime } from './read-feed.ts'

/** What is wrong with a document, as the end of a sentence that begins with its address. */
export type Trouble = { message: string; warning?: true }

/** Bytes beyond which readers on slow lines and with limits of their own fail. */
const tooLarge = 1_000_000
/** Clocks that differ by so many seconds are no fault. */
const tolerance = 60

/**
 * Examines the document of a feed as strict readers do: whether it is well-formed, the times in it,
 * identities, size. `document` is missing when it cannot be read, or its format is not read back.
 */
export function examineFeed(
  format: string,
  body: Uint8Array,
  now: number,
): { document?: FeedDocument; troubles: Trouble[] } {
  const size = examineSize(body.length)
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
    const document = readFeed(format, text)
    if (!document) return { troubles: size }
    return {
      document,
      troubles: [...examineTimes(document, now), ...examineIds(document), ...size],
    }
  } catch (error) {
    const { message } = error as Error
    return { troubles: [{ message: `is not well-formed: ${message}` }, ...size] }
  }
}

function examineTimes({ times }: FeedDocument, now: number): Trouble[] {
  return times.flatMap((time): Trouble[] => {
    const seconds = readTime(time)
    if (seconds === undefined) return [{ message: `has "${time.text}" as ${time.field}, no time` }]
    if (seconds <= now + tolerance) return []
    return [{ message: `has ${time.text} as ${time.field}, which lies in the future` }]
  })
}

function examineIds({ entries }: FeedDocument): Trouble[] {
  const nameless = entries.filter(({ id }) => id === '')
  const byId = Map.groupBy(entries, ({ id }) => id)
  const doubled = [...byId].filter(([id, same]) => id !== '' && same.length > 1)
  return [
    ...nameless.map(({ title }) => ({ message: `has no identity for "${title}"` })),
    ...doubled.map(([id, same]) => ({ message: `has ${id} ${same.length} times` })),
  ]
}

function examineSize(bytes: number): Trouble[] {
  if (bytes > tooLarge) {
    return [{ message: `has ${kilobytes(bytes)}, and readers give up beyond 1,000 KB` }]
  }
  if (bytes <= largestDocument) return []
  return [
    {
      message: `has ${kilobytes(bytes)}, and should have at most ${kilobytes(largestDocument)}`,
      warning: true,
    },
  ]
}

/** Bytes as people read them. */
export function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1000).toLocaleString('en')} KB`
}
