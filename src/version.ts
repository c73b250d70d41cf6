import { readFileSync } from 'node:fs'
import { programVersion } from './domain/output-version.ts'

const project = new URL('../', import.meta.url)

/** The version of the program, with the commit where it runs from a checkout: `1.0.0 (1f61df4)`. */
export function readVersion(): string {
  const commit = readCommit()
  return `${programVersion}${commit === undefined ? '' : ` (${commit.slice(0, 7)})`}`
}

/** What Git has checked out, without Git. */
function readCommit(): string | undefined {
  const head = read('.git/HEAD')?.trim()
  const name = head && /^ref: (.+)$/.exec(head)?.[1]
  if (!name) return head
  const packed = read('.git/packed-refs')
    ?.split('\n')
    .find((line) => line.endsWith(` ${name}`))
  return (read(`.git/${name}`) ?? packed)?.trim().split(' ')[0]
}

function read(path: string): string | undefined {
  try {
    return readFileSync(new URL(path, project), 'utf8')
  } catch {
    return undefined
  }
}
