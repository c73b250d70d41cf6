import { DomainError } from '../domain/errors.ts'
import type { HubTopic } from '../domain/hub-store.ts'
import { endingOf } from '../domain/retirement.ts'
import { type RequestParts, takeRequest } from '../websub/requests.ts'
import { always } from './answers/record.ts'
import type { StateSource } from './answers/state.ts'
import { readHubForm } from './hub-form.ts'
import { errorHeaders, logError, toFailure } from './problem.ts'
import { readAddress } from './urls.ts'

/** Bytes of a form (W-54). */
const longestForm = 8192

const methods = 'POST, OPTIONS'

export type HubParts = Omit<RequestParts, 'findTopic'> & {
  state: StateSource
  /** Public origin, without a slash at its end. */
  baseUrl: string
  /** Told that something was asked for. */
  onRequest?: (() => void) | undefined
}

/** What answers `/hub`: subscribers ask there for pushes (WebSub section 5.1). All answers are plain text. */
export async function answerHub(request: Request, parts: HubParts): Promise<Response> {
  if (request.method === 'OPTIONS') {
    return new Response(null, { status: 204, headers: { ...always, Allow: methods } })
  }
  try {
    if (request.method !== 'POST') {
      const sentence =
        'Subscribers send forms to this address with POST (https://www.w3.org/TR/websub/).'
      throw new DomainError('not-allowed', sentence, { allow: methods })
    }
    const form = readHubForm(await readFields(request))
    await takeRequest(form, { ...parts, findTopic: (address) => findTopic(address, parts) })
    parts.onRequest?.()
    return text(202, 'This is verified at hub.callback now.\n', { 'Cache-Control': 'no-store' })
  } catch (error) {
    if (!(error instanceof DomainError)) logError(error)
    const failure = toFailure(error)
    const headers = { ...errorHeaders(failure), 'Cache-Control': 'no-store' }
    return text(failure.status, `${failure.detail}\n`, headers)
  }
}

function text(status: number, body: string, headers: Record<string, string>): Response {
  const bytes = new TextEncoder().encode(body)
  return new Response(bytes, {
    status,
    headers: {
      ...always,
      ...headers,
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': String(bytes.length),
    },
  })
}

async function readFields(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) {
    throw new DomainError('unsupported', 'Send a form: application/x-www-form-urlencoded.')
  }
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of request.body ?? []) {
      size += (chunk as Uint8Array).length
      if (size > longestForm) break
      chunks.push(chunk as Uint8Array)
    }
  } catch {
    throw new DomainError('invalid', 'The form broke off.')
  }
  if (size > longestForm) {
    throw new DomainError('too-large', `The form has more than ${longestForm} bytes.`)
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return new URLSearchParams(new TextDecoder().decode(whole))
}

/** The feed that an address means, in any of its spellings (W-11). */
async function findTopic(asked: string, { state, baseUrl }: HubParts): Promise<HubTopic> {
  // Some programs read `href` without decoding it (U-01).
  const url = URL.parse(asked.replaceAll('&amp;', '&'))
  const isOurs = url && /^https?:$/.test(url.protocol) && url.host === new URL(baseUrl).host
  if (!isOurs) throw noTopic('hub.topic is no feed of this service.')
  const current = await state.read()
  const target = readAddress(url, current.site, current.vocabulary)
  if (target.kind !== 'feed') throw noTopic('hub.topic is no feed that can be subscribed to.')
  const { query, format } = target
  if (query.words.length > 0) throw noTopic('Searches cannot be subscribed to.')
  if (endingOf(query.topics, current.retired)?.isGone) throw noTopic('This feed has ended.')
  return { address: current.addresses.feed(query, format), query, format }
}

function noTopic(sentence: string): DomainError {
  return new DomainError('not-found', sentence)
}
