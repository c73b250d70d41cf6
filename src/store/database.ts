/** A row as a database gives it. */
export type Row = Record<string, unknown>

/**
 * The part of Cloudflare D1 that we use. D1 satisfies it as it is; `node-sqlite.ts` gives Node the
 * same. Values are text, numbers or null, at most 100 to a statement.
 */
export interface Statement {
  bind(...values: unknown[]): Statement
  all<T = Row>(): Promise<{ results: T[] }>
  first<T = Row>(): Promise<T | null>
}

export interface Database {
  prepare(sql: string): Statement
  /** Runs statements in order in one transaction: all of them take effect, or none. */
  batch(statements: Statement[]): Promise<unknown>
}
