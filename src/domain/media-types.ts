/** Files that are taken, by the ending of their names. What a browser could run is not among them. */
export const mediaTypes: Record<string, string> = {
  avif: 'image/avif',
  csv: 'text/csv',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  gif: 'image/gif',
  ics: 'text/calendar',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  m4a: 'audio/mp4',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  odp: 'application/vnd.oasis.opendocument.presentation',
  ods: 'application/vnd.oasis.opendocument.spreadsheet',
  odt: 'application/vnd.oasis.opendocument.text',
  ogg: 'audio/ogg',
  pdf: 'application/pdf',
  png: 'image/png',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  rtf: 'application/rtf',
  txt: 'text/plain',
  wav: 'audio/wav',
  webm: 'video/webm',
  webp: 'image/webp',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  zip: 'application/zip',
}

const unknownType = 'application/octet-stream'

/** The media type of an uploaded file, by its name. */
export function mediaTypeOf(path: string): string {
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase()
  return Object.hasOwn(mediaTypes, ending) ? mediaTypes[ending]! : unknownType
}

/**
 * Content-Type of the answer with a file, by its name; undefined for one that is not among those above. Texts are taken
 * for UTF-8.
 */
export function contentTypeOf(path: string): string | undefined {
  const type = mediaTypeOf(path)
  if (type === unknownType) return undefined
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type
}

const shown = new Set(
  [
    'apng',
    'avif',
    'bmp',
    'gif',
    'jpeg',
    'png',
    'svg+xml',
    'vnd.microsoft.icon',
    'webp',
    'x-icon',
  ].map((name) => `image/${name}`),
)

/** Whether every browser shows a file as a picture. TIFF and HEIC are for printers and telephones. */
export function isShownAsPicture(type: string): boolean {
  return shown.has(type)
}

/**
 * The spellings in which a file of this name may be there: as it is written, and with its letters composed or
 * decomposed (UAX 15), which look the same. Some systems give files one, and texts have the other.
 */
export function spellings(path: string): string[] {
  return [...new Set([path, path.normalize('NFC'), path.normalize('NFD')])]
}
