/** Runs work piece by piece, so that what nobody waits for does not hold up what somebody does. */
export function createLater(): (work: () => Promise<void>) => void {
  let last = Promise.resolve()
  return (work) => {
    last = last
      .then(() => new Promise((resolve) => setImmediate(resolve)))
      .then(work)
      .catch(console.error)
  }
}

/** Runs work one after the other, for those who wait for it. Between two, whoever else asks is answered. */
export function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const turn = last.then(() => new Promise((resolve) => setImmediate(resolve))).then(work)
    last = turn.catch(() => {})
    return turn
  }
}
