// What a thread of the pool runs (`pool.ts`).
import { createHash } from 'node:crypto'
import * as modules from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import type { Order, Report } from './pool.ts'

// As in `node.ts`: nothing else may be imported before.
const { compileCache } = workerData as { compileCache: string | undefined }
if (compileCache !== undefined) modules.enableCompileCache?.(compileCache)
const { giveWay } = await import('./give-way.ts')
giveWay(10)
const { makeDigestsWith } = await import('./domain/digest.ts')
const { DomainError } = await import('./domain/errors.ts')
const { mostShared } = await import('./pool.ts')
const { tasks } = await import('./tasks.ts')

/** What was shared last, by its number. */
const shared = new Map<number, object>()

// Web Crypto would have this thread wait for yet another one.
makeDigestsWith((algorithm, bytes) => createHash(algorithm.replace('-', '')).update(bytes).digest())
parentPort!.on('message', (order: Order) => void answer(order))
report({ ready: true })

async function answer({ task, input, key, shared: sent }: Order) {
  try {
    if (key !== undefined && sent) keep(key, sent)
    const run = tasks[task as keyof typeof tasks] as (input: unknown, shared: unknown) => unknown
    report({ output: await run(input, key === undefined ? undefined : shared.get(key)) })
  } catch (error) {
    if (error instanceof DomainError) {
      const { code, message, details } = error
      report({ refusal: { code, message, details } })
    } else report({ failure: (error as Error).stack ?? String(error) })
  }
}

/** The pool forgets the oldest in the same order. */
function keep(key: number, value: object) {
  shared.set(key, value)
  if (shared.size > mostShared) shared.delete(shared.keys().next().value!)
}

function report(report: Report) {
  parentPort!.postMessage(report)
}
