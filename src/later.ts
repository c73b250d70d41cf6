/** Runs work that nobody waits for, one piece after the other, so that it does not delay answers. */
export function createLater(): (work: () => Promise<void>) => void {
  let last = Promise.resolve()
  return (work) => {
    last = last
      .then(() => new Promise((resolve) => setImmediate(resolve)))
      .then(work)
      .catch(console.error)
  }
}

/** Runs work that somebody waits for, one after the other. Other requests are answered in between. */
export function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const turn = last.then(() => new Promise((resolve) => setImmediate(resolve))).then(work)
    last = turn.catch(() => {})
    return turn
  }
}
