import { DomainError } from '../../domain/errors.ts'
import { hiddenFiles } from '../../publishing/permission.ts'
import { largest, readBytes } from './bodies.ts'
import { checkFileType } from './file-type.ts'
import { type Ask, sizing, surroundings } from './request.ts'

/** Bytes of a file's name. Disks take 255, of which unfinished files need some for their names. */
const longestName = 200

/** Whether a file is there, as far as its author may know of it. */
export async function getFile(c: Ask): Promise<Response> {
  const path = mediaPathOf(c)
  const { store, media, clock } = c.get('publishing')
  const hidden = await hiddenFiles(store, [path], c.get('author'), clock.now())
  const found = hidden.has(path) ? undefined : await media.find(path)
  if (!found) throw new DomainError('not-found', 'There is no such file.')
  return c.json({ file: path, ...found })
}

/** A file that releases show or attach. */
export async function putFile(c: Ask): Promise<Response> {
  const path = mediaPathOf(c)
  const { isDryRun } = surroundings(c)
  const bytes = await readBytes(c.req.raw, largest.file, sizing(c))
  await checkFileType(path, bytes)
  const change = await c.get('publishing').media.put(path, bytes, isDryRun)
  return c.json(
    { change, file: path, size: bytes.length },
    change === 'created' && !isDryRun ? 201 : 200,
  )
}

/** `media/…`, decoded once. Throws DomainError `invalid` for what can be no file of ours. */
function mediaPathOf(c: Ask): string {
  let path = ''
  try {
    path = decodeURIComponent(new URL(c.req.url).pathname).slice('/api/'.length)
  } catch {
    throw new DomainError('invalid', 'The address is not written in UTF-8.')
  }
  const names = path.split('/').slice(1)
  const isFit = names.every((name) => {
    const isShort = new TextEncoder().encode(name).length <= longestName
    return isShort && /^[^./\\\p{C}<>:"|?*][^/\\\p{C}<>:"|?*]*$/u.test(name) && name.trim() === name
  })
  if (names.length > 0 && isFit && path.length <= 200) return path
  throw new DomainError(
    'invalid',
    'This is no name for a file. Write one such as /api/media/2026/agenda.pdf.',
  )
}
