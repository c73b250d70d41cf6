// The Worker as it is deployed, with two things that tests need: a clock that they can set, so that nobody
// waits for real seconds, and a way to change the content as another isolate would.
import { wordsOf } from '../src/content/words.ts'
import { systemClock } from '../src/clock.ts'
import { bringBundleInLine, readBundle } from '../src/content/bundle.ts'
import { createContentStore } from '../src/store/content-store.ts'
import worker from '../src/worker.ts'
import { answerQuestions, homeHeader, secondHeader, takeUpPath } from './worker-controls.ts'

export { HubObject } from '../src/worker.ts'

type Env = Parameters<typeof worker.fetch>[1]
type Context = Parameters<typeof worker.fetch>[2]

const real = { ...systemClock }
/** The second that tests have set, until they do the time of the machine. */
let second: number | undefined

systemClock.now = () => second ?? real.now()
systemClock.passed = async (over) => {
  if (second === undefined) await real.passed(over)
  else second = Math.max(second, over + 1)
}

export default {
  scheduled: (...asked: Parameters<typeof worker.scheduled>) => worker.scheduled(...asked),
  fetch: answerInTime,
}

/** The same for who asks past Miniflare's own Workers, named by `directEntry`. */
export const direct = { fetch: answerInTime }

/** For who asks its database, named by `databaseEntry`. */
export const database = { fetch: (request: Request, { DB }: Env) => answerQuestions(request, DB) }

async function answerInTime(request: Request, env: Env, context: Context): Promise<Response> {
  const named = request.headers.get(secondHeader)
  if (named !== null) second = Math.max(second ?? 0, Number(named))
  const answer = await answerOf(request, env, context)
  if (second !== undefined) answer.headers.set(secondHeader, String(second))
  return answer
}

async function answerOf(request: Request, env: Env, context: Context): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  if (pathname === takeUpPath) return takeUp(await request.text(), env)
  const isAtHome = request.headers.has(homeHeader)
  const url = isAtHome ? `${env.BASE_URL}${pathname}${search}` : request.url
  const asked = new Request(url, request)
  for (const name of [secondHeader, homeHeader]) asked.headers.delete(name)
  return worker.fetch(asked as never, env, context)
}

/**
 * Brings the database in line with a bundle, and leaves what it says of whose bundle it has: were that
 * another one than the deployment's, the deployment would put its own content back.
 */
async function takeUp(text: string, { DB }: Env): Promise<Response> {
  const store = createContentStore(DB, { wordsOf })
  const program = (await store.program()) ?? ''
  const nameless: typeof store = {
    ...store,
    bundle: async () => undefined,
    apply: (batch, update, clock) => store.apply(batch, update, clock),
  }
  await bringBundleInLine(readBundle(text), nameless, { program, clock: systemClock, steps: 50 })
  return new Response()
}
