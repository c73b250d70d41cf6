import { createReadStream } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { decode, encodingOf } from './decode.ts'
import { largestAnswer } from '../web-client.ts'
import { NotImported, type ReadFeed } from './read-entry.ts'
import { readFeed } from './read-feed.ts'
import { isWordPressExport, readWordPress } from './read-wordpress.ts'
import type { Walk } from './walk-history.ts'

/** Reads a file as if it were the whole history of a feed. */
export async function readLocal(
  source: string,
  { types, most }: { types: string[]; most: number },
): Promise<Walk> {
  const path = /^file:/i.test(source) ? fileURLToPath(source) : source
  const feed = await readFeedFile(path, types)
  const told = [
    ...(feed.older ? [`The file leads to older releases at ${feed.older}. Import that, too.`] : []),
    ...(feed.entries.length > most ? [`Others were left out, as --most ${most} asks.`] : []),
  ]
  return {
    feeds: [{ ...feed, entries: feed.entries.slice(0, most) }],
    documents: 1,
    redirects: [],
    told,
  }
}

/** Reads a feed or an export of WordPress from a file. Throws NotImported with a sentence. */
async function readFeedFile(path: string, types: string[]): Promise<ReadFeed> {
  const { start, size } = await look(path)
  const encoding = encodingOf(start)
  if (isWordPressExport(new TextDecoder(encoding).decode(start))) {
    return readWordPress(textOf(path, encoding), { types })
  }
  if (size > largestAnswer) {
    throw new NotImported(
      `${path} is larger than ${largestAnswer / 1_000_000} MB and no export of WordPress.`,
    )
  }
  return readFeed(decode(await readFile(path)))
}

async function look(path: string): Promise<{ start: Uint8Array; size: number }> {
  try {
    await using file = await open(path)
    const status = await file.stat()
    if (!status.isFile()) throw new NotImported(`${path} is no file.`)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536), 0, 65_536, 0)
    return { start: buffer.subarray(0, bytesRead), size: status.size }
  } catch (error) {
    if (error instanceof NotImported) throw error
    const { code, message } = error as NodeJS.ErrnoException
    throw new NotImported(
      code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read (${message}).`,
    )
  }
}

async function* textOf(path: string, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding)
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    yield decoder.decode(chunk as Buffer, { stream: true })
  }
  yield decoder.decode()
}
