import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Connection, detailOf } from './connection.ts'

/** What became of a file of the folder. */
export type MediaResult = { path: string; state: 'there' | 'sent' | 'missing'; refusal?: string }

/**
 * Sends a file below `media/`, unless the service has one of its name and size. A dry run only looks
 * whether it is there.
 */
export async function sendMedia(
  { ask }: Connection,
  directory: string,
  path: string,
  isDryRun: boolean,
): Promise<MediaResult> {
  const address = `/api/${path.split('/').map(encodeURIComponent).join('/')}`
  const file = join(directory, path)
  const { size } = await stat(file)
  const found = await ask('GET', address)
  if (found.status === 200 && found.json?.size === size) return { path, state: 'there' }
  if (isDryRun && found.status === 404) return { path, state: 'missing' }
  if (found.status === 200) {
    const refusal =
      'The service has another file of this name, and files never change. Give the new one a name of its own.'
    return { path, state: 'missing', refusal }
  }
  const content = { type: 'application/octet-stream', body: new Uint8Array(await readFile(file)) }
  const answer = await ask('PUT', address, content)
  if (answer.status < 300) return { path, state: 'sent' }
  return { path, state: 'missing', refusal: detailOf(answer) }
}
