import { readdirSync, readFileSync } from 'node:fs'
import { fingerprint } from './domain/identity.ts'

let made: Promise<string> | undefined

/**
 * Fingerprint of our code and of the libraries it names: another one may make other documents of
 * the same content. Commands and tools make none. For Node and for the bundle of a Worker, which cannot read its own code.
 */
export function programFingerprint(): Promise<string> {
  // A process goes on with the code that it began with.
  return (made ??= fingerprint(ownCode()))
}

function ownCode(): string {
  const folder = `${import.meta.dirname}/`
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(
      (file) => file.endsWith('.ts') && !/^(cli\/|import\/|push\/|probe\/|web-client)/.test(file),
    )
    .toSorted()
  return ['../package.json', ...files].map((file) => readFileSync(folder + file, 'utf8')).join('\n')
}
