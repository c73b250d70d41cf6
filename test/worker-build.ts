// Builds the Worker once for a run, because that takes longer than most tests with it.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { TestProject } from 'vitest/node'
import { bundleWorker } from '../src/bundle-worker.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the program of the Worker. */
    workerBuild: string
  }
}

const project = join(import.meta.dirname, '..')

/** The Worker with a clock that tests can set, made as `npm run bundle` makes it. */
export default async function setup(tests: TestProject) {
  const output = mkdtempSync(join(tmpdir(), 'tiedote-build-'))
  await bundleWorker(output, join(import.meta.dirname, 'worker-entry.ts'))
  tests.provide('workerBuild', output)
  return () => rmSync(output, { recursive: true, force: true })
}

/** What a module imports from the beginning, and so on. What it loads when it needs it is not among that. */
export function importedBy(folder: string, name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found
  found.add(name)
  const code = readFileSync(join(folder, name), 'utf8')
  for (const [, next = ''] of code.matchAll(/(?:from|import)"\.\/([^"]+\.js)"/g)) {
    importedBy(folder, next, found)
  }
  return found
}

/** Thousands of bytes that some files take together in gzip, as wrangler measures it. */
export function compressedSize(folder: string, names: Iterable<string>): number {
  const all = Array.from(names, (name) => readFileSync(join(folder, name)))
  return gzipSync(Buffer.concat(all)).length / 1000
}

/** Does what a deployment does, in a copy of the project, so that nothing is written into ours. */
export async function buildWorker(contentDirectory: string) {
  const copy = mkdtempSync(join(tmpdir(), 'tiedote-build-'))
  for (const path of ['src', 'package.json', 'wrangler.toml']) {
    cpSync(join(project, path), join(copy, path), { recursive: true })
  }
  symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'))
  symlinkSync(contentDirectory, join(copy, 'content'))
  const output = join(copy, 'dist')
  const command = join(copy, 'node_modules/.bin/wrangler')
  const wrangler = spawn(command, ['deploy', '--dry-run', '--outdir', output], { cwd: copy })
  let log = ''
  wrangler.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()))
  wrangler.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const status = await new Promise<number | null>((resolve) => wrangler.once('close', resolve))
  const remove = () => rmSync(copy, { recursive: true, force: true })
  return { status, log, folder: copy, output, remove }
}
