import { type FSWatcher, watch } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { absent, isLeftBehind } from './folder.ts'

/**
 * In milliseconds. `settle`: to wait for the next change, as editors and copying write in bursts. `lookAgain`: between
 * looks at the whole folder, as network folders tell nobody of changes.
 */
const usual = { settle: 200, lookAgain: 30_000 }
/** How often folders are looked for again because some came meanwhile. */
const mostLooks = 5

/** A folder to be watched. `only`: the one name in it whose changes matter. */
type WatchedPath = { folder: string; only?: string }

/** `identity` tells the folder from another one that may later lie at the same path. */
type Watch = { watcher: FSWatcher; identity: string }

/**
 * Calls `changed` after something in a folder changed, never twice at once. `changed` may answer after how
 * many milliseconds to call it again. Returns how to stop.
 */
export function watchFolder(
  directory: string,
  changed: () => Promise<number | void>,
  { settle, lookAgain } = usual,
): () => void {
  const watcher = new FolderWatcher(directory, changed, settle)
  watcher.start(lookAgain)
  return () => watcher.stop()
}

/**
 * Watches each folder by itself: Node's recursive watching costs a watch per file on Linux. A watch follows
 * the folder that lay at a path and not the path. So it is begun anew when another folder lies there, and the
 * folders above are watched to hear of that.
 */
class FolderWatcher {
  #directory: string
  #changed: () => Promise<number | void>
  #settle: number
  #above: WatchedPath[]
  #watched = new Map<string, Watch>()
  #timer: NodeJS.Timeout | undefined
  #interval: NodeJS.Timeout | undefined
  #isRunning = false
  /** Something changed while `changed` was running. */
  #runsAgain = false
  #isStopped = false
  #isTold = false

  constructor(directory: string, changed: () => Promise<number | void>, settle: number) {
    this.#directory = directory
    this.#changed = changed
    this.#settle = settle
    this.#above = placesAbove(directory)
  }

  start(lookAgain: number) {
    this.#interval = setInterval(() => void this.#run(), lookAgain)
    // Whatever changed until the watching began is looked for once.
    void this.#watchAll().then(() => this.#runSoon(), console.error)
  }

  stop() {
    this.#isStopped = true
    clearTimeout(this.#timer)
    clearInterval(this.#interval)
    for (const folder of this.#watched.keys()) this.#unwatch(folder)
  }

  #runSoon(wait = this.#settle) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#run(), wait)
  }

  async #run() {
    if (this.#isRunning) {
      this.#runsAgain = true
      return
    }
    this.#isRunning = true
    let wait: number | void = undefined
    try {
      await this.#watchAll().catch(console.error)
      wait = await this.#changed()
    } catch (error) {
      console.error(error)
    }
    this.#isRunning = false
    if (this.#isStopped) return
    if (this.#runsAgain) this.#runSoon()
    else if (wait !== undefined) this.#runSoon(wait)
    this.#runsAgain = false
  }

  /** Folders may come into one before it is watched, so it is looked through again when some are new. */
  async #watchAll() {
    for (let look = 0; look < mostLooks; look++) {
      const below = (await listFolders(this.#directory)).map((folder) => ({ folder }))
      const places = [...this.#above, ...below]
      const there = new Set(places.map(({ folder }) => folder))
      for (const folder of this.#watched.keys()) if (!there.has(folder)) this.#unwatch(folder)
      let isNew = false
      for (const place of places) isNew = (await this.#watchOne(place)) || isNew
      if (!isNew) return
    }
  }

  /** Returns whether it was not watched before. */
  async #watchOne({ folder, only }: WatchedPath): Promise<boolean> {
    const identity = await identityOf(folder)
    if (this.#isStopped || identity === undefined) return false
    if (this.#watched.get(folder)?.identity === identity) return false
    this.#unwatch(folder)
    try {
      const watcher = watch(folder, (_, name) => {
        // The folder itself was moved or removed, and this watch hears nothing any more.
        if (name === basename(folder)) this.#unwatch(folder)
        if (only === undefined || name === only || name === basename(folder)) this.#runSoon()
      })
      watcher.on('error', () => this.#unwatch(folder))
      this.#watched.set(folder, { watcher, identity })
      return true
    } catch (error) {
      if (only === undefined) this.#tell(folder, error as NodeJS.ErrnoException)
      return false
    }
  }

  #unwatch(folder: string) {
    this.#watched.get(folder)?.watcher.close()
    this.#watched.delete(folder)
  }

  /** Only once: what keeps one folder from being watched, such as a limit of the system, keeps others too. */
  #tell(folder: string, { code, message }: NodeJS.ErrnoException) {
    if (this.#isTold || code === 'ENOENT') return
    this.#isTold = true
    console.error(
      `${folder} cannot be watched (${message}), and perhaps others: their changes are found within half a minute.`,
    )
  }
}

/** The folders above a folder, each with the name that leads towards it. That may be a link that is changed. */
function placesAbove(directory: string): WatchedPath[] {
  const places: WatchedPath[] = []
  for (let at = resolve(directory); at !== dirname(at); at = dirname(at)) {
    places.push({ folder: dirname(at), only: basename(at) })
  }
  return places
}

/** A folder and all folders in it whose files are read. `releases` and `media` may be links. */
async function listFolders(directory: string): Promise<string[]> {
  const inside = async (folder: string) => {
    const options = { recursive: true, withFileTypes: true } as const
    return (await readdir(folder, options).catch(absent)) ?? []
  }
  const entries = await inside(directory)
  const links = entries.filter((entry) => entry.isSymbolicLink() && entry.parentPath === directory)
  const linked = links
    .filter(({ name }) => ['releases', 'media'].includes(name))
    .map(({ name }) => join(directory, name))
  const behind = await Promise.all(linked.map(inside))
  const folders = [...entries, ...behind.flat()].filter((entry) => entry.isDirectory())
  const paths = folders.map(({ parentPath, name }) => join(parentPath, name))
  const isRead = (path: string) => !relative(directory, path).split(sep).some(isLeftBehind)
  return [directory, ...linked, ...paths.filter(isRead)]
}

/**
 * What tells a folder from others. The file system may use an inode again, but not with the same time of
 * birth.
 */
async function identityOf(folder: string): Promise<string | undefined> {
  const found = await stat(folder).catch(() => undefined)
  return found && `${found.dev}-${found.ino}-${found.birthtimeMs}`
}
