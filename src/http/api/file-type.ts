import { fileTypeFromBuffer } from 'file-type'
import { DomainError } from '../../domain/errors.ts'
import { mediaTypes } from '../../domain/media-types.ts'

/** Types of which the content has no mark: any text is. */
const texts = new Set(['text/csv', 'text/calendar', 'text/plain', 'application/rtf'])
/** What others call the same. */
const sameTypes: Record<string, string> = {
  'audio/x-m4a': 'audio/mp4',
  'audio/ogg; codecs=opus': 'audio/ogg',
  'video/x-m4v': 'video/mp4',
  'audio/vnd.wave': 'audio/wav',
  'application/ogg': 'audio/ogg',
}

/** Throws DomainError `unsupported` for a file that is not taken, or is not what its name says. */
export async function checkFileType(path: string, bytes: Uint8Array): Promise<void> {
  const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''
  const named = Object.hasOwn(mediaTypes, ending) ? mediaTypes[ending]! : undefined
  if (!named) {
    const known = Object.keys(mediaTypes).join(', ')
    throw new DomainError('unsupported', `Files of this kind are not taken. These are: ${known}.`)
  }
  const found = await fileTypeFromBuffer(bytes)
  const type = found && (sameTypes[found.mime] ?? found.mime)
  if (type === named || (!found && texts.has(named) && isText(bytes))) return
  const is = type ?? 'something else'
  throw new DomainError('unsupported', `The name says ${named}, but the content is ${is}.`)
}

function isText(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return false
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}
