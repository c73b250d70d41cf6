// The thread that writes (`writer-thread.ts`).
import * as modules from 'node:module'
import { workerData } from 'node:worker_threads'

// As in `node.ts`: nothing else may be imported before.
const { compileCache } = workerData as { compileCache: string | undefined }
if (compileCache !== undefined) modules.enableCompileCache?.(compileCache)
const { giveWay } = await import('./give-way.ts')
giveWay(5)
const { startWriting } = await import('./writing.ts')
startWriting()
