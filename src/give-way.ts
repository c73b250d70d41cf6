import { getPriority, setPriority } from 'node:os'

/**
 * Has this thread give way to those that answer, unless it already gives way more. Linux has a priority for each
 * thread; elsewhere it would be said of the whole process.
 */
export function giveWay(priority: number): void {
  if (process.platform !== 'linux') return
  try {
    // A service that was started with less (`nice`, systemd's Nice=) may not ask for more.
    setPriority(Math.max(priority, getPriority()))
  } catch {
    // Nor may every service ask at all.
  }
}
