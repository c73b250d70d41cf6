import type { Database, Row, Statement } from './database.ts'

/** A statement as it is sent to whoever runs it. */
export type SentStatement = { sql: string; values: unknown[] }

/** Who runs the statements of a `RemoteDatabase`. */
export type StatementRunner = {
  query(statement: SentStatement): Promise<Row[]>
  /** Runs them as one transaction. */
  transact(statements: SentStatement[]): Promise<void>
  readonly readOnly: boolean
  failed(error: Error): Error
  /** The same for statements that together wait no longer than one may. */
  forRequest(): StatementRunner
}

/** A database in the shape of D1 whose statements are run elsewhere, as by the thread that writes. */
export class RemoteDatabase implements Database {
  readonly #runner: StatementRunner

  constructor(runner: StatementRunner) {
    this.#runner = runner
  }

  get readOnly(): boolean {
    return this.#runner.readOnly
  }

  prepare(sql: string): RemoteStatement {
    return new RemoteStatement(sql, [], this.#runner)
  }

  async batch(statements: Statement[]): Promise<void> {
    const sent = (statements as RemoteStatement[]).map(({ sql, values }) => ({ sql, values }))
    await this.#runner.transact(sent)
  }

  failed(error: Error): Error {
    return this.#runner.failed(error)
  }

  forRequest(): RemoteDatabase {
    return new RemoteDatabase(this.#runner.forRequest())
  }
}

class RemoteStatement implements Statement {
  readonly sql: string
  readonly values: unknown[]
  readonly #runner: StatementRunner

  constructor(sql: string, values: unknown[], runner: StatementRunner) {
    this.sql = sql
    this.values = values
    this.#runner = runner
  }

  bind(...values: unknown[]): RemoteStatement {
    return new RemoteStatement(this.sql, values, this.#runner)
  }

  async all<T>(): Promise<{ results: T[] }> {
    const { sql, values } = this
    return { results: (await this.#runner.query({ sql, values })) as T[] }
  }

  async first<T>(): Promise<T | null> {
    const { results } = await this.all<T>()
    return results[0] ?? null
  }
}
