// One folder for all that a run writes. Nobody else could remove what a process leaves that was killed.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Has temporary files of this run, of its test processes and of what they start lie in a folder that goes with it. */
export default function setup() {
  const { TMPDIR: before } = process.env
  const folder = mkdtempSync(join(tmpdir(), 'tiedote-run-'))
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
