// Which batches were committed of late: whoever finds nothing staged any more, or got no answer, asks whether that is
// why. What is public cannot tell, as it may be a later version already.
import { type Database, statement, type Statement } from './database.ts'
import { readStateValues } from './state-values.ts'

/** Changes of which it is known what they committed. There is one in a second, and no request waits for so many. */
const mostRemembered = 30

/**
 * The statement that notes what a change commits which leads to a revision: those of the batches `staged`, a JSON array,
 * that are still there at that moment, and the name of the change itself, if it has one.
 */
export function noteCommitted(
  database: Database,
  { staged, name, revision }: { staged: string; name: string | undefined; revision: number },
): Statement {
  return statement(
    database,
    `insert into state (key, value)
     select 'committed', json_group_object(name, revision) from (
       select before.key as name, before.value as revision
       from state, json_each(state.value) as before
       where state.key = 'committed' and before.value > ?2 - ${mostRemembered}
       union all
       select value, ?2 from json_each(?1)
       where exists (select 1 from incoming where batch = json_each.value)
       union all
       select ?3, ?2 where ?3 is not null
     ) where true
     on conflict (key) do update set value = excluded.value`,
    staged,
    revision,
    name ?? null,
  )
}

/** Whether a batch or a change that was decided for a revision was committed. Rejects if that is not known any more. */
export async function wasCommitted(
  database: Database,
  name: string,
  decided: number,
): Promise<boolean> {
  const { committed = '{}', revision } = await readStateValues(database, 'committed', 'revision')
  if (Object.hasOwn(JSON.parse(committed) as object, name)) return true
  if (Number(revision) <= decided + mostRemembered) return false
  throw new Error('so much was changed since that nobody knows whether it was committed')
}
