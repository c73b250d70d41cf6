// How tests tell the Worker of `worker-entry.ts` what to do.
import type { Database } from '../src/store/database.ts'

/**
 * A header that names the second that its clock is at least, from this request on. Where it is set, answers
 * name the second that it is then: who waits for one moves it on.
 */
export const secondHeader = 'x-test-second'

/** Takes a bundle of content as a body. */
export const takeUpPath = '/test/take-up'

/** A header of what is asked at the address where workerd listens, and answered as at the host of BASE_URL. */
export const homeHeader = 'x-test-home'

/** The entry of the Worker that requests come to directly, past the Workers that Miniflare puts before it. */
export const directEntry = 'direct'

/** Its entry that `answerQuestions` answers. */
export const databaseEntry = 'database'

/** A statement for D1, and what it says to some of them. */
export type Question = { sql: string; values: unknown[] }
export type Answer = { error: string } | { results: unknown[] }[]

/** Asks D1 what a request has as its body: one statement, or several at once. `d1.ts` gives it to workerd as it stands. */
export async function answerQuestions(request: Request, DB: Database): Promise<Response> {
  const questions = (await request.json()) as Question[]
  const statements = questions.map(({ sql, values }) => DB.prepare(sql).bind(...(values as [])))
  try {
    return Response.json(
      statements.length === 1 ? [await statements[0]!.all()] : await DB.batch(statements),
    )
  } catch (error) {
    return Response.json({ error: (error as Error).message })
  }
}
