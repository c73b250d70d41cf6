// A copy of the program for one test, which may change it.
import { createHash } from 'node:crypto'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { lastingFolder } from './temporary-folder.ts'

const project = join(import.meta.dirname, '..')

/**
 * Copies what the service runs. Each `name` has a folder of its own, the same in every run: Node then knows the code
 * that it compiled before. If another run is in it, or left it, the folder is a new one.
 */
export function copyOfProgram(name: string): string {
  const copy = ownFolder(name)
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }))
  for (const path of ['src', 'package.json'])
    cpSync(join(project, path), join(copy, path), { recursive: true })
  symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

function ownFolder(name: string): string {
  const ofProject = createHash('sha1').update(project).digest('hex').slice(0, 8)
  const path = join(lastingFolder(), `tiedote-program-${ofProject}-${name}`)
  try {
    mkdirSync(path)
    return path
  } catch {
    return mkdtempSync(`${path}-`)
  }
}

/** Changes a file of a copy. */
export function edit(copy: string, file: string, change: (text: string) => string) {
  const path = join(copy, file)
  const text = readFileSync(path, 'utf8')
  expect(change(text)).not.toBe(text)
  writeFileSync(path, change(text))
}
