import { isShownAsPicture } from '../domain/media-types.ts'
import type { MediaFile } from '../domain/reading.ts'

/** Bytes at the beginning of a file that contain its width and height, behind the metadata of cameras. */
export const beginningOfPicture = 512 * 1024

/**
 * A file with the width and height at which browsers show it, if it is a picture. `readBeginning` gives its
 * first bytes; what cannot be measured is left as it is.
 */
export async function withMeasures(
  file: MediaFile,
  readBeginning: () => Promise<Uint8Array>,
): Promise<MediaFile> {
  if (!isShownAsPicture(file.type)) return file
  // Loaded for the first picture, because most releases have none.
  const { imageSize } = await import('image-size')
  try {
    const { width, height, orientation = 1 } = imageSize(await readBeginning())
    const measures = [width, height].map(Math.round)
    if (measures.some((measure) => !(measure > 0))) return file
    // Cameras that were held upright note it, and browsers rotate the picture.
    const [across, down] = orientation > 4 ? measures.toReversed() : measures
    return { ...file, width: across!, height: down! }
  } catch {
    return file
  }
}
