import type { CallAnswer } from './caller.ts'

/** What a subscriber is asked to confirm (WebSub section 5.3). */
export type Verification = {
  callback: string
  mode: 'subscribe' | 'unsubscribe'
  /** As it was asked for. */
  topic: string
  challenge: string
  /** Of a subscription. */
  leaseSeconds?: number | undefined
  /** `hub.verify_token`, which PubSubHubbub 0.3 has sent back. */
  verifyToken?: string | undefined
}

/** The address at which a subscriber is asked to confirm. */
export function verificationAddress({
  callback,
  mode,
  topic,
  challenge,
  leaseSeconds,
  verifyToken,
}: Verification): string {
  return withParameters(callback, {
    'hub.mode': mode,
    'hub.topic': topic,
    'hub.challenge': challenge,
    'hub.lease_seconds': leaseSeconds?.toString(),
    'hub.verify_token': verifyToken,
  })
}

/** The address at which a subscriber learns that it has, or gets, no subscription (WebSub section 5.2). */
export function denialAddress({
  callback,
  topic,
  reason,
}: {
  callback: string
  topic: string
  reason: string
}): string {
  return withParameters(callback, {
    'hub.mode': 'denied',
    'hub.topic': topic,
    'hub.reason': reason,
  })
}

/**
 * Adds parameters to a callback and leaves every byte of it as it is, also parameters of the same names: a
 * subscriber may have signed its query, or know it by the text (W-56).
 */
function withParameters(callback: string, parameters: Record<string, string | undefined>): string {
  const added = Object.entries(parameters)
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
    )
    .join('&')
  const separator = callback.includes('?') ? (/[?&]$/.test(callback) ? '' : '&') : '?'
  return `${callback}${separator}${added}`
}

/**
 * What a verification came to. A subscriber confirms by a 2xx with the challenge, which the plugin of WordPress
 * writes as a JSON string (W-12). Any other answer is final; one that never came may be asked for again.
 */
export function judgeVerification(
  answer: CallAnswer,
  challenge: string,
): 'confirmed' | 'refused' | 'unreached' {
  if ('failed' in answer) return 'unreached'
  const echo = answer.body.trim().replace(/^"(.*)"$/s, '$1')
  return answer.status >= 200 && answer.status < 300 && echo === challenge ? 'confirmed' : 'refused'
}
