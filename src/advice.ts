// What an operator is told at a start that goes on all the same.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isOwnMachine } from './config.ts'
import type { HeaderReader } from './http/answers/asked.ts'

/** The `id` in `content/site.yaml`. */
const sampleId = '2f1c9a52-6a1e-4c57-9d0f-6b3f0c1d7e84'

/** What to say of a public origin that is not encrypted. */
export function adviceOnOrigin(baseUrl: string): string | undefined {
  const { protocol, host, hostname } = new URL(baseUrl)
  if (protocol === 'https:' || isOwnMachine(hostname)) return undefined
  return `BASE_URL is ${baseUrl}: everybody on the way can read and change what is sent, tokens too. Put a proxy with a certificate in front, and set BASE_URL to https://${host}.`
}

/** What to say of a content folder that is the sample: with its `id`, releases would have identities of others. */
export function adviceOnSample(contentDirectory: string): string | undefined {
  if (!readIfThere(join(contentDirectory, 'site.yaml')).includes(sampleId)) return undefined
  return `${contentDirectory} is the sample that comes with Tiedote, or has its id. To begin a folder of your own: npm run tiedote -- init ../releases, and start with CONTENT_DIR=../releases.`
}

/** Whether a proxy asks for a host of its own, while BASE_URL is an address of this machine. */
export function lacksBaseUrl(headers: HeaderReader, baseUrl: string): boolean {
  const asked = headers.get('x-forwarded-host')
  if (asked === null || !isOwnMachine(new URL(baseUrl).hostname)) return false
  return !isOwnMachine(asked.replace(/:\d+$/, ''))
}

/** What to say of that. The host that was asked for is left out, because whoever asks chooses it. */
export function adviceOnProxy(baseUrl: string): string {
  return `A request came through a proxy, and BASE_URL is not set to a public origin, so every address in feeds begins with ${baseUrl}. Set BASE_URL to the address that readers use, such as https://releases.example.org.`
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
