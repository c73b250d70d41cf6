// The thread that writes (`writer-thread.ts`).
import { enableCompileCache } from 'node:module'
import { setPriority } from 'node:os'
import { workerData } from 'node:worker_threads'

// Whoever answers goes first. Elsewhere it would be said of the whole process.
if (process.platform === 'linux') setPriority(5)
// As in `node.ts`: nothing else may be imported before.
const { compileCache } = workerData as { compileCache: string | undefined }
if (compileCache !== undefined) enableCompileCache(compileCache)
const { startWriting } = await import('./writing.ts')
startWriting()
