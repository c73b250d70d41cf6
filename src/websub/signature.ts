/** Hosts whose programs know SHA-1 alone, with all below them (W-17). */
const oldHosts = /(^|\.)superfeedr\.com$/

/** `X-Hub-Signature` of a body (WebSub section 7.1). */
export async function signatureOf(
  body: Uint8Array<ArrayBuffer>,
  secret: string,
  host: string,
): Promise<string> {
  const isOld = oldHosts.test(host)
  const algorithm = { name: 'HMAC', hash: isOld ? 'SHA-1' : 'SHA-256' }
  const raw = new TextEncoder().encode(secret)
  const key = await crypto.subtle.importKey('raw', raw, algorithm, false, ['sign'])
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, body))
  const hex = Array.from(signature, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${isOld ? 'sha1' : 'sha256'}=${hex}`
}
