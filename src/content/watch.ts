import { type FSWatcher, watch } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { absent, isLeftBehind } from './folder.ts'

/** Editors and copying write in bursts, in milliseconds. */
const settle = 200
/** Network folders tell nobody of changes, so the folder is looked through now and then, in milliseconds. */
const usualPause = 30_000
/** How often folders are looked for again because some came meanwhile. */
const mostLooks = 5

/** A folder to be watched, and the one name in it that matters if only one does. */
type Place = { folder: string; only?: string }

/** `identity` tells the folder from another one that comes to lie at its path. */
type Watched = { watcher: FSWatcher; identity: string }

/**
 * Calls `changed` after something in a folder changed, never twice at once. Each folder is watched
 * by itself: Node's recursive watching costs a watch per file on Linux. What is watched is the folder
 * that lay at a path and not the path, so each is begun anew when another one lies there, and the folders
 * above are watched for that. `changed` may answer after how many milliseconds to call it again. Answers how
 * to stop.
 */
export function watchFolder(
  directory: string,
  changed: () => Promise<number | void>,
  lookAgain = usualPause,
): () => void {
  const above = placesAbove(directory)
  const watched = new Map<string, Watched>()
  let timer: NodeJS.Timeout | undefined
  let running = false
  let again = false
  let stopped = false
  let isTold = false

  const soon = (wait = settle) => {
    clearTimeout(timer)
    timer = setTimeout(() => void run(), wait)
  }

  async function run() {
    if (running) {
      again = true
      return
    }
    running = true
    let wait: number | void = undefined
    try {
      await watchAll().catch(console.error)
      wait = await changed()
    } catch (error) {
      console.error(error)
    }
    running = false
    if (stopped) return
    if (again) soon()
    else if (wait !== undefined) soon(wait)
    again = false
  }

  /** Folders may come into one before it is watched, so it is looked through again when some are new. */
  async function watchAll() {
    for (let look = 0; look < mostLooks; look++) {
      const places = [...above, ...(await listFolders(directory)).map((folder) => ({ folder }))]
      const there = new Set(places.map(({ folder }) => folder))
      for (const folder of watched.keys()) if (!there.has(folder)) unwatch(folder)
      let isNew = false
      for (const place of places) isNew = (await watchOne(place)) || isNew
      if (!isNew) return
    }
  }

  /** Answers whether it was not watched before. */
  async function watchOne({ folder, only }: Place): Promise<boolean> {
    const identity = await identityOf(folder)
    if (stopped || identity === undefined) return false
    if (watched.get(folder)?.identity === identity) return false
    unwatch(folder)
    try {
      const watcher = watch(folder, (_, name) => {
        // So it is also told that the folder itself was moved or removed, and this hears nothing any more.
        if (name === basename(folder)) unwatch(folder)
        if (only === undefined || name === only || name === basename(folder)) soon()
      })
      watcher.on('error', () => unwatch(folder))
      watched.set(folder, { watcher, identity })
      return true
    } catch (error) {
      if (only === undefined) tell(folder, error as NodeJS.ErrnoException)
      return false
    }
  }

  function unwatch(folder: string) {
    watched.get(folder)?.watcher.close()
    watched.delete(folder)
  }

  function tell(folder: string, { code, message }: NodeJS.ErrnoException) {
    if (isTold || code === 'ENOENT') return
    isTold = true
    console.error(
      `${folder} cannot be watched (${message}), and perhaps others: their changes are found within half a minute.`,
    )
  }

  const interval = setInterval(() => void run(), lookAgain)
  // Whatever changed until the watching began is looked for once.
  void watchAll().then(() => soon(), console.error)
  return () => {
    stopped = true
    clearTimeout(timer)
    clearInterval(interval)
    for (const folder of watched.keys()) unwatch(folder)
  }
}

/** The folders on the way to a folder, each with the name that leads on: it may be a link to another one. */
function placesAbove(directory: string): Place[] {
  const places: Place[] = []
  for (let at = resolve(directory); at !== dirname(at); at = dirname(at)) {
    places.push({ folder: dirname(at), only: basename(at) })
  }
  return places
}

/** A folder and all that are read in it. `releases` and `media` may be links. */
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

/** A number of the file system may come back with another folder, but not with the same time. */
async function identityOf(folder: string): Promise<string | undefined> {
  const found = await stat(folder).catch(() => undefined)
  return found && `${found.dev}-${found.ino}-${found.birthtimeMs}`
}
