// What is left of topics that changed goes from the full-text index in portions: whenever there is time.
import { type Database, statement, type Statement } from './database.ts'
import { anyOf, moveMark } from './full-text-query.ts'
import { dropPreparation } from './prepare-topics.ts'
import { requireThat } from './require-that.ts'
import { type Marking, readPortion, writeWords } from './rewrite-words.ts'
import { readStateValues } from './state-values.ts'

/** Seconds after which nobody will go on with what was prepared. */
const longestPause = 600

/**
 * Marks those releases anew that have marks beside the ones of their topics, and drops what was prepared and not gone
 * on with for ten minutes. No answer changes by it. Returns whether all is done; if not, call again. Two callers at
 * once do no harm.
 */
export async function removeOldMarks(
  database: Database,
  now: number,
  { portions = Infinity, ...marking }: Marking,
): Promise<boolean> {
  await dropAbandoned(database, now)
  let [from, numbers] = [0, '[]']
  for (let portion = 0; ; portion++) {
    const old = JSON.stringify(await readOldNumbers(database))
    // The rows of numbers that came meanwhile may stand before.
    if (old !== numbers) from = 0
    numbers = old
    if (numbers === '[]') return true
    if (portion >= portions) return false
    from = await removePortion(database, JSON.parse(numbers) as number[], from, marking)
    await new Promise((resolve) => setTimeout(resolve))
  }
}

async function dropAbandoned(database: Database, now: number): Promise<void> {
  const found = await statement(
    database,
    'select id from topic_preparation where touched < ?',
    now - longestPause,
  ).first<{ id: number }>()
  if (!found) return
  const isStillThere = 'exists (select 1 from topic_preparation where id = ?1 and touched < ?2)'
  await database
    .batch([
      requireThat(database, isStillThere, found.id, now - longestPause),
      ...dropPreparation(database),
    ])
    .catch(async (error: unknown) => {
      const still = await database.prepare('select id, touched from topic_preparation').first<{
        id: number
        touched: number
      }>()
      if (still?.id === found.id && still.touched < now - longestPause) throw error
    })
}

async function readOldNumbers(database: Database): Promise<number[]> {
  const { results } = await database
    .prepare("select number from topic_move where stage <> 'coming' order by number")
    .all<{ number: number }>()
  return results.map(({ number }) => number)
}

/** Returns the key to go on from. */
async function removePortion(
  database: Database,
  numbers: number[],
  from: number,
  marking: Marking,
): Promise<number> {
  const { revision } = await readStateValues(database, 'revision')
  const words = await readPortion(database, anyOf(numbers.map(moveMark)), from, marking)
  if (words.length === 0 && from > 0) return 0
  // Whatever is written has none of these marks any more.
  const statements =
    words.length > 0 ? writeWords(database, words) : [forgetNumbers(database, numbers)]
  try {
    await database.batch([requireThat(database, 'value = ?', Number(revision)), ...statements])
  } catch (error) {
    const now = await readStateValues(database, 'revision')
    if (now.revision === revision) throw error
    return from
  }
  return (words.at(-1)?.key ?? -1) + 1
}

function forgetNumbers(database: Database, numbers: number[]): Statement {
  return statement(
    database,
    'delete from topic_move where number in (select value from json_each(?))',
    JSON.stringify(numbers),
  )
}
