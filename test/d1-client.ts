// How tests ask a D1 in workerd: over HTTP, at an entry that `answerQuestions` answers.
import { type Agent, request } from 'node:http'
import type { Database, Statement } from '../src/store/database.ts'
import type { Answer, Question } from './worker-controls.ts'

/** The database behind an address, for as long as its workerd runs. What a batch answers is what D1 does. */
export function databaseAt(url: URL, agent: Agent): Database {
  const questions = new WeakMap<Statement, Question>()

  async function ask(asked: Question[]) {
    const answer = JSON.parse(await post(url, agent, JSON.stringify(asked))) as Answer
    if ('error' in answer) throw new Error(answer.error)
    return answer
  }

  function statement(sql: string, values: unknown[]): Statement {
    // JSON would make null of it, and D1 refuses it.
    if (values.includes(undefined)) throw new Error(`A value of ${sql} is undefined`)
    const results = async () => (await ask([{ sql, values }]))[0]!.results
    const self: Statement = {
      bind: (...bound) => statement(sql, bound),
      all: async <T>() => ({ results: (await results()) as T[] }),
      first: async <T>() => ((await results())[0] as T | undefined) ?? null,
    }
    questions.set(self, { sql, values })
    return self
  }

  return {
    prepare: (sql) => statement(sql, []),
    batch: (statements) => ask(statements.map((one) => questions.get(one)!)),
  }
}

/** Sends a text, and answers with that which comes back. */
function post(url: URL, agent: Agent, text: string) {
  return new Promise<string>((resolve, reject) => {
    const asked = request(url, { agent, method: 'POST' }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => resolve(Buffer.concat(chunks).toString()))
      answer.on('error', reject)
    })
    asked.on('error', reject).end(text)
  })
}
