import { reading } from './content/reading.ts'

/**
 * What threads do (`pool.ts`): pure functions of plain values, the second of which is shared with the work
 * before.
 */
export const tasks = {
  readBodies: reading.bodies,
  readReleases: reading.releases,
  readFiles: reading.files,
  readFrame: reading.frame,
}
