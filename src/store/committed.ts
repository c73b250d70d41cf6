// Which batches were committed of late: whoever finds nothing staged any more, or got no answer, asks whether that is
// why. What is public cannot tell, as it may be a later version already.
import { type Database, type Statement } from './database.ts'
import { readStateValues, setStateValue } from './state-values.ts'

/** Changes of which it is known what they committed. There is one in a second, and no request waits for so many. */
const mostRemembered = 30

/** The statement that notes what a change commits which leads to a revision. */
export async function noteCommitted(
  database: Database,
  batches: string[],
  revision: number,
): Promise<Statement> {
  const { committed } = await readStateValues(database, 'committed')
  const noted = [
    ...Object.entries(revisionsOf(committed)),
    ...batches.map((one) => [one, revision]),
  ]
  const known = noted.filter(([, at]) => Number(at) > revision - mostRemembered)
  return setStateValue(database, 'committed', JSON.stringify(Object.fromEntries(known)))
}

/** Whether a batch that was decided for a revision was committed. Rejects if that is not known any more. */
export async function wasCommitted(
  database: Database,
  batch: string,
  decided: number,
): Promise<boolean> {
  const { committed, revision } = await readStateValues(database, 'committed', 'revision')
  if (Object.hasOwn(revisionsOf(committed), batch)) return true
  if (Number(revision) <= decided + mostRemembered) return false
  throw new Error('so much was changed since that nobody knows whether it was committed')
}

/** Name of a batch → revision that its change led to. */
function revisionsOf(committed = '{}'): Record<string, number> {
  return JSON.parse(committed) as Record<string, number>
}
