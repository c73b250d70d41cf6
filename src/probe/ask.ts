import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'

/** An answer as it came, without redirects followed. */
export type Answer = {
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
  /** Decoded. */
  body: Uint8Array
  /** Why the body could not be decoded. */
  garbled?: string
}

/** How we call ourselves. */
export const ourName = { 'User-Agent': 'tiedote-probe' }
/** Headers of a usual request of ours. */
export const ourselves = { ...ourName, 'Accept-Encoding': 'gzip' }

/** Milliseconds after which readers give up. */
const patience = 15_000
/** Bytes after which readers give up. */
const largest = 5_000_000

const decoders: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
}

/** Asks with these headers and no others, as each reader has its own. Rejects with a plain sentence. */
export async function ask(
  address: string,
  headers: Record<string, string> = {},
  method: 'GET' | 'HEAD' = 'GET',
): Promise<Answer> {
  const request = address.startsWith('https:') ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new Error(explain(error, address)))
    const asked = request(
      address,
      { method, headers, signal: AbortSignal.timeout(patience) },
      (answer) => {
        const chunks: Buffer[] = []
        let size = 0
        answer.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          size += chunk.length
          if (size > largest) asked.destroy(new Error(`it has more than ${largest} bytes`))
        })
        answer.on('error', fail)
        answer.on('end', () => {
          const named = Object.entries(answer.headers).map(([name, value]) => [name, String(value)])
          const all = Object.fromEntries(named) as Record<string, string>
          resolve({
            status: answer.statusCode ?? 0,
            headers: all,
            ...decode(Buffer.concat(chunks), all),
          })
        })
      },
    )
    asked.on('error', fail)
    asked.end()
  })
}

function decode(
  bytes: Uint8Array,
  headers: Record<string, string>,
): Pick<Answer, 'body' | 'garbled'> {
  const coding = headers['content-encoding']
  if (!coding || bytes.length === 0) return { body: bytes }
  const decoder = decoders[coding]
  if (!decoder) return { body: bytes, garbled: `${coding} was not asked for` }
  try {
    return { body: decoder(bytes) }
  } catch (error) {
    return { body: bytes, garbled: (error as Error).message }
  }
}

const sentences: Record<string, string> = {
  ENOTFOUND: 'There is no host of this name. Check the address, or the DNS.',
  EAI_AGAIN: 'The name could not be looked up. Check the network, or the DNS.',
  ECONNREFUSED: 'Nothing listens there. Start the service or the proxy, or check the port.',
  ECONNRESET: 'The connection was cut. Check the proxy and its log.',
  CERT_HAS_EXPIRED: 'The certificate has expired. Renew it.',
  CERT_NOT_YET_VALID: 'The certificate is not valid yet. Check the clocks.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is for another host. Get one for this name.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate is self-signed, which no reader accepts.',
  SELF_SIGNED_CERT_IN_CHAIN: 'The certificate is signed by an authority that nobody knows.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'The certificate comes without the one that signed it. Let the server send the whole chain.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'The certificate comes without the one that signed it. Let the server send the whole chain.',
  EPROTO: 'TLS failed. Perhaps http is spoken on this port, or a version of TLS that is too old.',
  ERR_SSL_WRONG_VERSION_NUMBER: 'TLS failed, because http is spoken on this port.',
  ABORT_ERR: 'No answer came within 15 seconds.',
}

function explain(error: Error, address: string): string {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const timedOut = error.name === 'AbortError' || error.name === 'TimeoutError'
  const sentence = sentences[timedOut ? 'ABORT_ERR' : code] ?? `${error.message}.`
  return `${new URL(address).origin} cannot be asked. ${sentence}`
}
