// The thread in which a database is looked through, so that nobody waits for that.
import { parentPort, workerData } from 'node:worker_threads'
import { examine } from './examine.ts'

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window
parentPort!.postMessage({ found: examine(workerData as string) })
