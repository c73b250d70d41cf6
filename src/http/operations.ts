import { formatInPublic } from '../domain/problem.ts'
import { formatUtc } from '../domain/time.ts'
import type { Services } from './services.ts'

/** Whether the service can answer, and what its operator should look at. */
export async function healthDocument({ store, problems, clock }: Services) {
  const content = formatInPublic(problems(), clock.now())
  try {
    const { horizon, since } = await store.state(clock.now())
    const newestRelease = horizon > 0 ? formatUtc(horizon) : undefined
    const status = content.length > 0 ? 'content has problems' : 'ok'
    const lastChange = since > 0 ? formatUtc(since) : undefined
    return { healthy: true, document: { status, lastChange, newestRelease, problems: content } }
  } catch (error) {
    const document = {
      status: 'store does not answer',
      problems: [(error as Error).message, ...content],
    }
    return { healthy: false, document }
  }
}
