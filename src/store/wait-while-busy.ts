import { isBusy } from './sqlite-errors.ts'

/** Milliseconds for which a start waits for another process that writes into the database. */
const longestWait = 60_000
const betweenAttempts = 100

/**
 * Does some work again and again for a minute, as long as SQLite says that another process writes into the database at
 * `path`. That is told once. Throws what SQLite said if the other does not end.
 */
export async function waitWhileBusy<T>(path: string, work: () => Promise<T>): Promise<T> {
  const end = performance.now() + longestWait
  for (let isTold = false; ; isTold = true) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= end) throw error
    }
    if (!isTold) console.error(`Another process is writing into ${path}. It is waited for.`)
    await new Promise((resolve) => setTimeout(resolve, betweenAttempts))
  }
}
