import { type FSWatcher, watch } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Editors and copying write in bursts, in milliseconds. */
const settle = 200
/** Network folders tell nobody of changes, so the folder is looked through now and then. */
const lookAgain = 30_000

/**
 * Calls `changed` after something in a folder changed, never twice at once. Each folder is watched
 * by itself: Node's recursive watching costs a watch per file on Linux. Answers how to stop.
 */
export function watchFolder(directory: string, changed: () => Promise<void>): () => void {
  const watchers = new Map<string, FSWatcher>()
  let timer: NodeJS.Timeout | undefined
  let running = false
  let again = false
  let stopped = false

  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(() => void run(), settle)
  }

  async function run() {
    if (running) {
      again = true
      return
    }
    running = true
    try {
      await watchAll().catch(console.error)
      await changed()
    } catch (error) {
      console.error(error)
    }
    running = false
    if (!again || stopped) return
    again = false
    soon()
  }

  async function watchAll() {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    const folders = entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name))
    for (const folder of [directory, ...folders]) {
      if (stopped || watchers.has(folder)) continue
      const watcher = watch(folder, soon)
      watcher.on('error', () => {
        watcher.close()
        watchers.delete(folder)
      })
      watchers.set(folder, watcher)
    }
  }

  const interval = setInterval(() => void run(), lookAgain)
  // Whatever changed until the watching began is looked for once.
  void watchAll().then(soon, console.error)
  return () => {
    stopped = true
    clearTimeout(timer)
    clearInterval(interval)
    for (const watcher of watchers.values()) watcher.close()
  }
}
