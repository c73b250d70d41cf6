// The table `state`: a few values by their names.
import { type Database, statement, type Statement } from './database.ts'

/** The statement that writes one value. */
export function setStateValue(database: Database, key: string, value: string | number): Statement {
  return statement(
    database,
    'insert into state (key, value) values (?, ?) on conflict (key) do update set value = excluded.value',
    key,
    value,
  )
}

/** Some values, in one query. */
export async function readStateValues<Key extends string>(
  database: Database,
  ...keys: Key[]
): Promise<Partial<Record<Key, string>>> {
  const { results } = await statement(
    database,
    'select key, value from state where key in (select value from json_each(?))',
    JSON.stringify(keys),
  ).all<{ key: Key; value: string }>()
  return Object.fromEntries(results.map(({ key, value }) => [key, value])) as Partial<
    Record<Key, string>
  >
}
