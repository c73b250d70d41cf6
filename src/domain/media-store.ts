import type { MediaFile } from './reading.ts'

/** Files that releases show and attach, from the content folder or through the API. */
export interface MediaStore {
  /** The file below `media/`, such as `media/agenda.pdf`. */
  find(path: string): Promise<MediaFile | undefined>
  /**
   * Keeps a file that came through the API; it is on disk when this resolves. Once there, it never
   * changes, because caches and readers keep it.
   *
   * Throws DomainError `conflict` when there is another file, `not-here` where there is no place for
   * files.
   */
  put(path: string, bytes: Uint8Array, isDryRun: boolean): Promise<'created' | 'unchanged'>
}
