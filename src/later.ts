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
