import { open } from 'node:fs/promises'
import type { MediaFile } from '../domain/reading.ts'
import { beginningOfPicture, withMeasures } from './picture-size.ts'

/** A file on disk with its measures, if it is a picture. */
export function withMeasuresOf(path: string, file: MediaFile): Promise<MediaFile> {
  return withMeasures(file, async () => {
    const handle = await open(path, 'r')
    try {
      const bytes = new Uint8Array(Math.min(file.size, beginningOfPicture))
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0)
      return bytes.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  })
}
