import { type Database, statement, type Statement } from './database.ts'

/** The statement that makes a transaction fail as a whole unless a condition holds: null is refused by the table. */
export function requireThat(
  database: Database,
  condition: string,
  ...values: (string | number)[]
): Statement {
  return statement(
    database,
    `update state set value = iif(${condition}, value, null) where key = 'revision'`,
    ...values,
  )
}
