import { NotDone } from '../domain/tool.ts'
import { askPatiently, NotReached, type Patience, request, type WebAnswer } from '../web-client.ts'

/** What a service answered. */
export type ServiceAnswer = {
  status: number
  text: string
  /** The text as JSON; undefined when it is none. */
  json: Record<string, unknown> | undefined
}

export type Connection = {
  /** Asks again as long as the service cannot answer. Throws NotDone when it does not in the end. */
  ask: (method: string, path: string, content?: Content) => Promise<ServiceAnswer>
}

/** What is sent. */
export type Content = { type: string; body: string | Uint8Array<ArrayBuffer> }

type Options = {
  /** Where the service is. */
  origin: string
  token: string
  /** Told why it takes so long. */
  tell: (sentence: string) => void
}

/** Seconds. Nine attempts, and a minute between the first and the last. */
const pauses = [0.5, 1, 2, 4, 8, 15, 15, 15]
/** Milliseconds in which an answer must be there: many releases take a second of their own each. */
const timeout = 180_000
/** Of several requests that wait for the same, one tells of it. */
const betweenSentences = 5000

/** Speaks with the API of a service. Everything it is asked may be asked twice. */
export function createConnection({ origin, token, tell }: Options): Connection {
  let toldAt = 0
  const patience: Patience = {
    pauses,
    mayPass,
    tell(outcome, seconds) {
      if (Date.now() - toldAt <= betweenSentences) return
      toldAt = Date.now()
      tell(`${origin} cannot answer (${whyNot(outcome)}). It is asked again in ${seconds} seconds.`)
    },
  }
  return {
    async ask(method, path, content) {
      const headers = {
        Authorization: `Bearer ${token}`,
        'User-Agent': 'tiedote-push',
        ...(content && { 'Content-Type': content.type }),
      }
      const body = content && { body: content.body }
      const outcome = await askPatiently(
        () => request(`${origin}${path}`, { method, headers, ...body, timeout }),
        patience,
      )
      return understood(outcome, origin)
    },
  }
}

function mayPass(status: number): boolean {
  return [429, 502, 503, 504].includes(status)
}

/** Throws NotDone for what has the whole push end: no answer, a token that is not known, another address. */
function understood(outcome: WebAnswer | NotReached, origin: string): ServiceAnswer {
  if (outcome instanceof NotReached || mayPass(outcome.status)) {
    throw new NotDone(
      `${origin} cannot take it at present (${whyNot(outcome)}). What was answered for stays; run the same again to send the rest.`,
    )
  }
  const { status, headers } = outcome
  if (status === 401) {
    throw new NotDone(
      `${origin} does not know this token. Write a secret of its PUBLISH_TOKENS into PUBLISH_TOKEN, or into the file of --token-file.`,
    )
  }
  const location = headers.get('location')
  // A token is for whom it was given for, so that no redirect is followed.
  if (status >= 300 && status < 400 && location) {
    const to = URL.canParse(location, origin) && new URL(location, origin).origin
    throw new NotDone(`${origin} sends us on to ${to || location}. Name that with --to.`)
  }
  return answerOf(outcome)
}

function answerOf({ status, bytes }: WebAnswer): ServiceAnswer {
  const text = new TextDecoder().decode(bytes)
  return { status, text, json: parsed(text) }
}

function whyNot(outcome: WebAnswer | NotReached): string {
  if (outcome instanceof NotReached) return outcome.reason
  return `${outcome.status} ${detailOf(answerOf(outcome))}`
}

/** What an answer says to people. */
export function detailOf({ json, text, status }: ServiceAnswer): string {
  const { detail, title } = json ?? {}
  if (typeof detail === 'string') return detail
  return typeof title === 'string' ? title : text.trim().slice(0, 100) || `status ${status}`
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    return undefined
  }
}

/** Does work for each of many, some at once. When one fails, those that are on their way end first. */
export async function eachAtOnce<T>(
  many: Iterable<T>,
  atOnce: number,
  work: (one: T) => Promise<void>,
  isAlone: (one: T) => boolean = () => false,
): Promise<void> {
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  for (const one of many) {
    const room = isAlone(one) ? 1 : atOnce
    while (running.size >= room) await Promise.race(running)
    if (failures.length > 0) break
    const task: Promise<void> = work(one)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(task))
    running.add(task)
    if (isAlone(one)) await task
  }
  await Promise.all(running)
  if (failures.length > 0) throw failures[0]
}
