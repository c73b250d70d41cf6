import * as v from 'valibot'
import { DomainError } from '../domain/errors.ts'
import type { HubForm } from '../websub/requests.ts'

// What a subscriber sends to `/hub` (WebSub section 5.1).

/** Bytes that a secret must have fewer of. */
const longestSecret = 200
/** Characters of what is sent back as it came. */
const longestToken = 500
const longestTopic = 2000

/** A text that must be there. How long a callback may be is a rule of callbacks. */
function required(name: string) {
  const sentence = `${name} is missing.`
  return v.pipe(v.string(sentence), v.nonEmpty(sentence))
}

function atMost(name: string, longest: number) {
  return v.maxLength<string, number, string>(
    longest,
    `${name} must have at most ${longest} characters.`,
  )
}

const secretSentence = `hub.secret must have from 1 to ${longestSecret - 1} bytes.`

const formSchema = v.object({
  'hub.mode': v.pipe(
    v.optional(v.string(), ''),
    v.notValue('publish', 'This hub knows by itself what is new, and takes no pings.'),
    v.picklist(['subscribe', 'unsubscribe'], 'hub.mode must be subscribe or unsubscribe.'),
  ),
  'hub.topic': v.pipe(required('hub.topic'), atMost('hub.topic', longestTopic)),
  'hub.callback': required('hub.callback'),
  'hub.secret': v.optional(
    v.pipe(
      v.string(),
      v.minBytes(1, secretSentence),
      v.maxBytes(longestSecret - 1, secretSentence),
    ),
  ),
  'hub.verify_token': v.optional(v.pipe(v.string(), atMost('hub.verify_token', longestToken))),
  // What is no number is as if nothing was asked for.
  'hub.lease_seconds': v.fallback(
    v.optional(v.pipe(v.string(), v.regex(/^\d{1,12}$/), v.transform(Number))),
    undefined,
  ),
})

/**
 * Reads a form, of which the first value of each field counts and other fields do not matter. Throws DomainError
 * `invalid` with a sentence for the subscriber.
 */
export function readHubForm(fields: URLSearchParams): HubForm {
  const first = Object.keys(formSchema.entries).map((name) => [name, fields.get(name) ?? undefined])
  const result = v.safeParse(formSchema, Object.fromEntries(first), { abortEarly: true })
  if (!result.success) throw new DomainError('invalid', result.issues[0].message)
  const { output } = result
  return {
    mode: output['hub.mode'],
    topic: output['hub.topic'],
    callback: output['hub.callback'],
    secret: output['hub.secret'],
    verifyToken: output['hub.verify_token'],
    lease: output['hub.lease_seconds'],
  }
}
