// The thread in which a database is checked, so that nobody waits for that.
import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { findDamage } from './integrity-check.ts'

lowerPriority()

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window
parentPort!.postMessage({ found: findDamage(workerData as string) })

/** Linux has a priority for each thread, other systems have one for the process alone. */
function lowerPriority() {
  if (process.platform !== 'linux') return
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // A service may not be allowed to.
  }
}
