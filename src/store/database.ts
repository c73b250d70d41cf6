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
  /** Whether nothing can or may be written. */
  readonly readOnly?: boolean
  /**
   * The same database for one request of somebody who publishes: all its statements together wait no longer than one
   * may. Only where statements wait for others.
   */
  forRequest?(): Database
  /**
   * What to throw instead of an error, after it was reported to whoever monitors the database; only where
   * somebody does.
   */
  failed?(error: Error): Error
}

/** A statement with its values. */
export function statement(database: Database, sql: string, ...values: unknown[]): Statement {
  return database.prepare(sql).bind(...values)
}

/** A text that was stored as JSON can no longer be parsed: SQLite does not notice every changed byte. */
export class StoredTextBroken extends Error {}

/** Parses a text that was stored as JSON. Throws StoredTextBroken, or what `failed` makes of it. */
export function readStored<T>(database: Database, text: string): T {
  try {
    return JSON.parse(text) as T
  } catch (cause) {
    const error = new StoredTextBroken('a stored text cannot be read', { cause })
    throw database.failed?.(error) ?? error
  }
}
