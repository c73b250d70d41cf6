// One folder for all that a run writes. Nobody else could remove what a process leaves that was killed.
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

/** Where Linux keeps files in memory. */
const inMemory = '/dev/shm'

/** Bytes that must be free there, and as memory: `npm test` writes a tenth of it. */
const room = 1.5e9

/** Has temporary files of this run, of its test processes and of what they start lie in a folder that goes with it. */
export default function setup({ config }: TestProject) {
  const { TMPDIR: before } = process.env
  const isTrial = config.env.EXTENT === 'trials'
  const folder = mkdtempSync(join(isTrial ? tmpdir() : cheapestFolder(), 'tiedote-run-'))
  // Some tests start processes of another user.
  chmodSync(folder, 0o755)
  process.env.TMPDIR = folder
  return () => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Where lies what later runs use again: compiled code, a browser. */
export function lastingFolder(): string {
  return process.env.LASTING_FOLDER ?? tmpdir()
}

/** Memory if there is enough: syncing databases to a disk takes a twentieth of the time of all tests. */
function cheapestFolder(): string {
  if (process.env.TMPDIR !== undefined || !existsSync(inMemory)) return tmpdir()
  const { bavail, bsize } = statfsSync(inMemory)
  return Math.min(bavail * bsize, process.availableMemory()) < room ? tmpdir() : inMemory
}
