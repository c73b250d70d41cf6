const unfinished = new Set<() => void>()

/**
 * Does work that is either there as a whole or not at all: `undo` takes away what there is of it
 * when it fails, or when the process ends before it is done.
 */
export async function allOrNothing<T>(undo: () => void, work: () => Promise<T>): Promise<T> {
  unfinished.add(undo)
  try {
    return await work()
  } catch (error) {
    undo()
    throw error
  } finally {
    unfinished.delete(undo)
  }
}

/** Ctrl+C ends the process with 130, and what is half done goes. */
export function endWhenInterrupted() {
  process.on('SIGINT', () => process.exit(130))
  process.on('SIGTERM', () => process.exit(143))
  process.on('exit', () => {
    for (const undo of unfinished) undo()
  })
}
