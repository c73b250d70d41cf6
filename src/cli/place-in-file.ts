import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSource } from '../domain/names.ts'

/**
 * Where something stands in the file of a release: in the first line that has it, or in the last; in the first line
 * of the file if none has.
 */
export function placeInFile(
  source: string,
  directory: string,
  hasIt: (line: string) => boolean,
  which: 'first' | 'last' = 'first',
): { file: string; line: number } {
  const { file, inLines } = readSource(source)
  if (inLines) return { file, line: 1 }
  const lines = readFileSync(join(directory, file), 'utf8').split('\n')
  const index = which === 'first' ? lines.findIndex(hasIt) : lines.findLastIndex(hasIt)
  return { file, line: Math.max(index + 1, 1) }
}
