import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fingerprint } from '../domain/identity.ts'
import { writeWhole } from './import-folder.ts'
import type { KeptDocuments, WalkedDocument } from './walk-history.ts'

/** Milliseconds after which a feed is read anew, because it will have changed. */
const lifetime = 86_400_000

/**
 * Keeps the documents of a feed in a folder beside the content until its import is done. Those of one
 * walk belong together: pages move on when something new comes out.
 */
export async function keepDocuments(
  directory: string,
  source: string,
): Promise<
  KeptDocuments & {
    /** Whether an earlier import broke off. */
    isResumed: boolean
    forget(): Promise<void>
  }
> {
  const folder = join(directory, '.import', fingerprint(source))
  const pathOf = (address: string) => join(folder, `${fingerprint(address)}.json`)
  const first = await stat(pathOf(source)).catch(() => undefined)
  const isResumed = first !== undefined && Date.now() - first.mtimeMs < lifetime
  if (!isResumed) await rm(folder, { recursive: true, force: true })
  return {
    isResumed,
    async find(address) {
      if (!isResumed) return undefined
      const text = await readFile(pathOf(address), 'utf8').catch(() => undefined)
      return text === undefined ? undefined : (JSON.parse(text) as WalkedDocument)
    },
    async keep(address, document) {
      await mkdir(folder, { recursive: true })
      await writeWhole(pathOf(address), JSON.stringify(document))
    },
    forget: () => rm(join(directory, '.import'), { recursive: true, force: true }),
  }
}
