import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readSource } from '../domain/names.ts'

/**
 * Where something stands in the file of a release: in the first line that has it, or in the last; in the first line
 * of the file if none has. A release in a file of JSONL is one line.
 */
export function placeInFile(
  source: string,
  directory: string,
  hasIt: (line: string) => boolean,
  which: 'first' | 'last' = 'first',
): { file: string; line: number } {
  const { file, inLines } = readSource(source)
  const path = join(directory, file)
  if (inLines) return { file, line: linesOf(path).get(inLines) ?? 1 }
  const lines = readFileSync(path, 'utf8').split('\n')
  const index = which === 'first' ? lines.findIndex(hasIt) : lines.findLastIndex(hasIt)
  return { file, line: Math.max(index + 1, 1) }
}

/** The lines of the releases in the last file of JSONL: there may be something to say of each of them. */
let last: { of: string; lines: Map<string, number> } | undefined

/** The line of each release in a file of JSONL: `slug.language` → line from 1. */
function linesOf(path: string): Map<string, number> {
  const { size, mtimeMs } = statSync(path)
  const of = `${path} ${size} ${mtimeMs}`
  if (last?.of !== of) last = { of, lines: readLines(readFileSync(path, 'utf8')) }
  return last.lines
}

function readLines(text: string): Map<string, number> {
  const lines = new Map<string, number>()
  for (const [index, line] of text.split('\n').entries()) {
    const address = addressIn(line)
    if (address !== undefined && !lines.has(address)) lines.set(address, index + 1)
  }
  return lines
}

function addressIn(line: string): string | undefined {
  try {
    const { slug, language } = Object(JSON.parse(line)) as Record<string, unknown>
    // As sources have it.
    return `${String(slug)}.${String(language)}`
  } catch {
    return undefined
  }
}
