// What a thread of the pool runs (`pool.ts`).
import { parentPort } from 'node:worker_threads'
import { giveWay } from './give-way.ts'
import type { Order, Report } from './pool.ts'

// Loading the rest takes long enough for others to notice.
giveWay(10)
const { DomainError } = await import('./domain/errors.ts')
const { mostShared } = await import('./pool.ts')
const { tasks } = await import('./tasks.ts')

/** What was shared last, by its number. */
const shared = new Map<number, object>()

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
