// Gathers a content folder and the migrations for the Worker, which has no disk.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from './clock.ts'
import { type BundleHeader, readBundle, writeBundle } from './content/bundle.ts'
import { loadContent } from './content/load-content.ts'
import { fingerprint } from './domain/identity.ts'
import { outputVersion, programVersion } from './domain/output-version.ts'
import type { FileProblem } from './domain/problem.ts'
import type { Draft } from './domain/publishing.ts'
import { readMigrations } from './store/node-sqlite.ts'

/**
 * Writes the bundle and the assets into a folder. Writes nothing if the content has problems that are not
 * warnings.
 */
export async function bundleContent(
  contentDirectory: string,
  output: string,
): Promise<{ count?: number; problems: FileProblem[] }> {
  const drafts: Draft[] = []
  const {
    content,
    unfinished = [],
    problems,
  } = await loadContent(contentDirectory, {
    stage: async (more) => void drafts.push(...more),
    now: systemClock.now(),
  })
  if (!content) return { problems }

  // The stamp of a draft tells when to read its file again, which a Worker never does.
  const lines = drafts.map((draft) => JSON.stringify({ ...draft, origin: '' }))
  const { site, vocabulary } = content
  const rest: Omit<BundleHeader, 'fingerprint' | 'made'> = {
    outputVersion,
    programVersion,
    site,
    vocabulary,
    migrations: readMigrations(),
    releases: drafts.map(({ source, hash }) => ({ source, hash })),
    ...(unfinished.length > 0 && { unfinished }),
  }
  const mark = fingerprint(JSON.stringify([rest, lines]))
  const path = join(output, 'worker/content.txt')
  mkdirSync(join(output, 'worker'), { recursive: true })
  // Wrangler watches the file, and would restart although nothing changed.
  if (fingerprintOf(path) !== mark) {
    const made = Math.floor(Date.now() / 1000)
    writeFileSync(path, writeBundle({ header: { fingerprint: mark, made, ...rest }, lines }))
  }

  const assets = join(output, 'assets')
  rmSync(assets, { recursive: true, force: true })
  mkdirSync(join(assets, 'media'), { recursive: true })
  const media = join(contentDirectory, 'media')
  if (existsSync(media)) cpSync(media, join(assets, 'media'), { recursive: true })
  return { count: drafts.length, problems }
}

/** Fingerprint of the bundle that is there. */
function fingerprintOf(path: string): string | undefined {
  return existsSync(path) ? readBundle(readFileSync(path, 'utf8')).header.fingerprint : undefined
}
