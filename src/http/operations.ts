import { clockProblem } from '../domain/clock.ts'
import { formatInPublic } from '../domain/problem.ts'
import { formatUtc } from '../domain/time.ts'
import type { Services } from './services.ts'

/** Whether all is well with the service, and what its operator should look at. */
export async function healthDocument(services: Services) {
  const content = formatInPublic(services.problems(), services.clock.now())
  const { failure, clock, ...newest } = await readNewest(services)
  // Asked for afterwards, because the question may have met it.
  const damage = services.damage?.()
  if (damage !== undefined) {
    const problems = [damage, ...content]
    return { healthy: false, document: { status: 'database has problems', ...newest, problems } }
  }
  if (failure !== undefined) {
    const problems = [failure, ...content]
    return { healthy: false, document: { status: 'store does not answer', problems } }
  }
  if (clock !== undefined) {
    const problems = [clock, ...content]
    return { healthy: false, document: { status: 'clock is behind', ...newest, problems } }
  }
  const status = content.length > 0 ? 'content has problems' : 'ok'
  return { healthy: true, document: { status, ...newest, problems: content } }
}

async function readNewest({ store, clock }: Services) {
  try {
    const now = clock.now()
    const { horizon, since } = await store.state(now)
    return {
      clock: clockProblem(now, since),
      lastChange: since > 0 ? formatUtc(since) : undefined,
      newestRelease: horizon > 0 ? formatUtc(horizon) : undefined,
    }
  } catch (error) {
    return { failure: (error as Error).message }
  }
}
