import { globSync, readFileSync } from 'node:fs'
import { fingerprint } from './domain/identity.ts'

/**
 * Fingerprint of our code and of the libraries it names: another one may make other documents of
 * the same content. Commands make none. For Node and for the bundle of a Worker, which cannot read its own code.
 */
export async function programFingerprint(): Promise<string> {
  const folder = `${import.meta.dirname}/`
  const files = globSync('**/*.ts', { cwd: folder, exclude: ['cli/**'] }).toSorted()
  const texts = ['../package.json', ...files].map((file) =>
    readFileSync(`${folder}${file}`, 'utf8'),
  )
  return fingerprint(texts.join('\n'))
}
