import { NotDone } from '../domain/tool.ts'

/** What a service answered. */
export type Answer = {
  status: number
  text: string
  /** The text as JSON; undefined when it is none. */
  json: Record<string, unknown> | undefined
}

export type Connection = {
  /** Asks again as long as the service cannot answer. Throws NotDone when it does not in the end. */
  ask: (method: string, path: string, content?: Content) => Promise<Answer>
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

/** Nine attempts and a minute between the first and the last. */
const pauses = [0.5, 1, 2, 4, 8, 15, 15, 15]
/** Seconds: whoever asks us to wait longer is asked another day. */
const longestWait = 120
/** Milliseconds in which an answer must be there: many releases take a second of their own each. */
const timeout = 180_000
/** Of several requests that wait for the same, one tells of it. */
const betweenSentences = 5000

/** Speaks with the API of a service. Everything it is asked may be asked twice. */
export function createConnection({ origin, token, tell }: Options): Connection {
  let toldAt = 0
  return {
    async ask(method, path, content) {
      for (let attempt = 0; ; attempt++) {
        const answer = await once(method, path, content).catch((error: unknown) => reasonOf(error))
        const isOver = typeof answer !== 'string' && ![429, 502, 503, 504].includes(answer.status)
        if (isOver) return refuse(answer)
        const told = typeof answer === 'string' ? answer : `${answer.status} ${detailOf(answer)}`
        const pause = pauses[attempt]
        const asked = typeof answer === 'string' ? 0 : answer.retryAfter
        if (pause === undefined || asked > longestWait) {
          throw new NotDone(
            `${origin} cannot take it at present (${told}). What was answered for stays; run the same again to send the rest.`,
          )
        }
        const seconds = Math.max(pause, asked)
        if (Date.now() - toldAt > betweenSentences) {
          toldAt = Date.now()
          tell(`${origin} cannot answer (${told}). It is asked again in ${seconds} seconds.`)
        }
        await wait(seconds)
      }
    },
  }

  async function once(method: string, path: string, content: Content | undefined) {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        'User-Agent': 'tiedote-push',
        ...(content && { 'Content-Type': content.type }),
      },
      ...(content && { body: content.body }),
      // A token is for whom it was given for.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    })
    const text = await response.text()
    const retryAfter = Number(response.headers.get('retry-after') ?? 0) || 0
    const location = response.headers.get('location')
    return { status: response.status, text, json: parsed(text), retryAfter, location }
  }

  function refuse(answer: Answer & { location: string | null }): Answer {
    if (answer.status === 401) {
      throw new NotDone(
        `${origin} does not know this token. Write a secret of its PUBLISH_TOKENS into PUBLISH_TOKEN, or into the file of --token-file.`,
      )
    }
    if (answer.status >= 300 && answer.status < 400 && answer.location) {
      const to = URL.canParse(answer.location, origin) && new URL(answer.location, origin).origin
      throw new NotDone(`${origin} sends us on to ${to || answer.location}. Name that with --to.`)
    }
    return answer
  }
}

/** Waits so many seconds. */
export async function wait(seconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}

/** What an answer says to people. */
export function detailOf({ json, text, status }: Answer): string {
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

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error
    ? cause.message || (cause as NodeJS.ErrnoException).code || message
    : message
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
