import type { Clock } from '../domain/clock.ts'
import { clockProblem } from '../domain/clock.ts'
import { DomainError } from '../domain/errors.ts'
import { formatInPublic, formatProblem } from '../domain/problem.ts'
import type { FileProblem } from '../domain/problem.ts'
import type { ReleaseStore } from '../domain/release-store.ts'
import { formatUtc } from '../domain/time.ts'
import type { Asked } from './answers/asked.ts'
import { always } from './answers/record.ts'
import type { StateSource } from './answers/state.ts'
import type { HubHealth } from './hub-watch.ts'
import { errorHeaders, publicProblemResponse, toFailure } from './problem.ts'

export type HealthParts = {
  store: Pick<ReleaseStore, 'state'>
  state: StateSource
  clock: Clock
  /** What is wrong with the content at present. */
  problems: () => FileProblem[]
  /** What is wrong with the database itself, and what to do; only where that can be known. */
  damage?: (() => string | undefined) | undefined
  /** How far a first start is, while nothing can be served yet. */
  progress?: (() => string | undefined) | undefined
  /** How the hub is, where there is one. */
  hub?: ((since: number) => Promise<HubHealth | undefined>) | undefined
  /** Version of the program, where it is known. */
  version?: string | undefined
}

/** What everything is answered before the database is open. One of an earlier version is first brought to this one. */
export function notOpenYet(request: Request): Response {
  const sentence = 'The database is being opened, which may take minutes. Ask again in a minute.'
  const failure = toFailure(new DomainError('unavailable', sentence))
  if (new URL(request.url).pathname !== '/healthz') return publicProblemResponse(failure)
  const document = { status: 'being set up', problems: [sentence] }
  const headers = { ...always, ...errorHeaders(failure) }
  return Response.json(document, { status: failure.status, headers })
}

/**
 * Whether all is well with the service, and what its operator should look at. Only who is trusted learns of problems of
 * releases that are not public.
 */
export async function healthDocument(parts: HealthParts, asked: Asked, isTrusted = false) {
  const problems = parts.problems()
  const content = isTrusted
    ? problems.map(formatProblem)
    : formatInPublic(problems, parts.clock.now())
  const { failure, clock, hub, ...newest } = await readNewest(parts, asked)
  // Asked for afterwards, because the question may have met it.
  const damage = parts.damage?.()
  if (damage !== undefined) {
    const problems = [damage, ...content]
    return { healthy: false, document: { status: 'database has problems', ...newest, problems } }
  }
  const progress = parts.progress?.()
  if (progress !== undefined) {
    return {
      healthy: false,
      document: { status: 'being set up', problems: [progress, ...content] },
    }
  }
  if (failure !== undefined) {
    const problems = [failure, ...content]
    return { healthy: false, document: { status: 'store does not answer', problems } }
  }
  if (clock !== undefined) {
    const problems = [clock, ...content]
    return { healthy: false, document: { status: 'clock is behind', ...newest, problems } }
  }
  if (hub && hub.problems.length > 0) {
    const problems = [...hub.problems, ...content]
    const document = { status: 'hub has problems', ...newest, hub: hub.document, problems }
    return { healthy: false, document }
  }
  const status = content.length > 0 ? 'content has problems' : 'ok'
  return {
    healthy: true,
    document: { status, version: parts.version, ...newest, hub: hub?.document, problems: content },
  }
}

async function readNewest({ store, state, clock, hub }: HealthParts, asked: Asked) {
  try {
    const now = clock.now()
    const current = await state.read(asked)
    // Why the database does not answer is only told by asking it.
    const { horizon, since } = current.isFailing ? await store.state(now) : current
    return {
      clock: clockProblem(now, since),
      hub: await hub?.(since),
      lastChange: since > 0 ? formatUtc(since) : undefined,
      newestRelease: horizon > 0 ? formatUtc(horizon) : undefined,
    }
  } catch (error) {
    return { failure: (error as Error).message }
  }
}
