import { readSource } from '../domain/names.ts'

/** The file that a release was written in. */
export function fileOf(source: string): string {
  return readSource(source).file
}

/** What tells a release from all others in its address: `slug.language` in lower case. */
export function addressOf(source: string): string {
  const { file, inLines } = readSource(source)
  const name = inLines ?? file.split('/').at(-1)!.replace(/\.md$/, '')
  return name.toLowerCase()
}
