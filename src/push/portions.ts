import type { FolderRelease } from './read-folder.ts'

/** Releases that are sent in one request. */
export type Portion = {
  releases: FolderRelease[]
  /** While this one is on its way no other is: the service might part it. */
  isAlone: boolean
}

/** Requests of so many lines are written without keeping readers waiting; several become public together. */
const usual = 125
/** Lines that it takes at once. */
const most = 500
const mostBytes = 4_000_000

/**
 * Parts releases into portions, oldest first. Releases of one second follow each other as they come in, so
 * those that share one stay together, and it makes no difference which portion arrives first.
 */
export function portionsOf(releases: FolderRelease[]): Portion[] {
  const portions: Portion[] = []
  let lines: FolderRelease[] = []
  let bytes = 0
  const close = (isAlone = false) => {
    if (lines.length > 0) portions.push({ releases: lines, isAlone })
    lines = []
    bytes = 0
  }
  for (const group of groupsOf(releases)) {
    const size = group.reduce((sum, { text }) => sum + Buffer.byteLength(text) + 1, 0)
    if (lines.length + group.length > usual || bytes + size > mostBytes) close()
    if (group.length <= usual && size <= mostBytes) {
      lines.push(...group)
      bytes += size
      continue
    }
    for (const one of group) {
      const more = Buffer.byteLength(one.text) + 1
      if (lines.length === most || bytes + more > mostBytes) close(true)
      lines.push(one)
      bytes += more
    }
    close(true)
  }
  close()
  return portions
}

/** Groups of releases that share seconds, of publication or of the last material change. */
function groupsOf(releases: FolderRelease[]): FolderRelease[][] {
  const seconds = releases.flatMap(({ published, updated }, index) => [
    { second: published, index },
    ...(updated === published ? [] : [{ second: updated, index }]),
  ])
  seconds.sort((a, b) => a.second - b.second || a.index - b.index)
  // Each release names another one of its group, or itself.
  const others = releases.map((_, index) => index)
  const first = (index: number): number => {
    let at = index
    while (others[at] !== at) {
      others[at] = others[others[at]!]!
      at = others[at]!
    }
    return at
  }
  for (const [at, { second, index }] of seconds.entries()) {
    const before = seconds[at - 1]
    if (before?.second !== second) continue
    const [one, other] = [first(index), first(before.index)]
    others[Math.max(one, other)] = Math.min(one, other)
  }
  const groups = Map.groupBy(releases.keys(), first)
  return [...groups.values()].map((group) => group.map((index) => releases[index]!))
}
