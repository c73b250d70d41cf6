import { mkdirSync, readFileSync, rmSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Dates } from '../domain/publishing.ts'
import { NotDone } from '../domain/tool.ts'
import type { Listed } from './compare.ts'
import type { FolderRelease } from './read-folder.ts'

/**
 * Remembers beside a folder that a service is being filled with it for the first time, so that a run
 * that goes on where another one broke off treats times as that one did.
 */
export function createFirstFill(directory: string, origin: string) {
  const { host } = new URL(origin)
  const file = join(directory, '.push', host.replace(':', '_'))
  return {
    isUnderWay(): boolean {
      try {
        readFileSync(file)
        return true
      } catch {
        return false
      }
    },
    /** Answers whether it could be noted. */
    begin(): boolean {
      try {
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, `${origin} is being filled. Its releases keep their times.\n`)
        return true
      } catch {
        return false
      }
    },
    end() {
      rmSync(file, { force: true })
      try {
        rmdirSync(dirname(file))
      } catch {
        // Another service is being filled, or the folder was never there.
      }
    },
  }
}

const week = 7 * 86_400
/** The service takes more than so many old ones at once for the history of an office. */
const mostLate = 50

/** Releases with what becomes of their times. */
export type Dated = { dates: Dates; releases: FolderRelease[] }

type Situation = {
  /** What was asked for. */
  asked: Dates | undefined
  isFirstFill: boolean
  listed: Map<string, Listed>
  /** Addresses of all releases of the folder. */
  addresses: Set<string>
  now: number
}

/**
 * Decides what becomes of times. The service decides for what it is sent at once, so what is news and
 * what is history is told apart here, where all of it is known. Throws NotDone where only a person can
 * know.
 */
export function dateReleases(
  releases: FolderRelease[],
  { asked, isFirstFill, listed, addresses, now }: Situation,
): Dated[] {
  if (asked === 'keep' || (!asked && isFirstFill)) return [{ dates: 'keep', releases }]
  if (asked === 'archive') return [{ dates: 'archive', releases }]
  const isOld = ({ slug, language, published }: FolderRelease) =>
    published < now - week && !listed.has(`${slug}.${language}`)
  const old = releases.filter(isOld)
  if (old.length <= mostLate) return [{ dates: 'news', releases }]
  const isOfFolder = [...listed.keys()].every((address) => addresses.has(address))
  if (!asked && isOfFolder) {
    throw new NotDone(
      `${old.length} releases are older than a week, and all that the service has is of this folder. Was it being filled when something broke off, write --dates keep: they keep their times. Is this the history of an office, write --dates archive: only archives have them.`,
      2,
    )
  }
  const rest = releases.filter((one) => !isOld(one))
  return [
    { dates: 'archive', releases: old },
    { dates: 'news', releases: rest },
  ]
}
