import { agrees, describeMending } from '../../domain/clock.ts'
import { DomainError } from '../../domain/errors.ts'
import { formatUtc } from '../../domain/time.ts'
import { type Ask, readFields } from './request.ts'
import { mendingSchema, parse } from './schemas.ts'

/** Sets the store back after the clock was ahead. */
export async function mendClock(c: Ask): Promise<Response> {
  if (c.get('author').publishers) {
    throw new DomainError('forbidden', 'This takes a token that may publish for everybody.')
  }
  const { clock, mendStoreClock } = c.get('publishing')
  const told = parse(mendingSchema, (await readFields(c)).value)
  const now = clock.now()
  if (!agrees(Date.parse(told.now) / 1000, now)) throw clocksDiffer(now)
  const mended = await mendStoreClock(now)
  const change = mended ? 'mended' : 'unchanged'
  return c.json({ change, sentences: describeMending(mended, now) })
}

function clocksDiffer(now: number): DomainError {
  const message = `The clock here says ${formatUtc(now)}. If that is not the time, this would do harm; if it is, send it as "now", as it is within a minute.`
  return new DomainError('wrong', 'Something in it is wrong.', {
    errors: [{ field: 'now', message }],
  })
}
