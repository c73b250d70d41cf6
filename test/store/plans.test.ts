import { expect, test } from 'vitest'
import type { State } from '../../src/domain/release-store.ts'
import type { Database } from '../../src/store/database.ts'
import { createHubRequestStore } from '../../src/store/hub-requests.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import { newDatabase } from '../new-database.ts'

type Step = { detail: string }

/** How SQLite goes about each statement that `ask` leads to. */
async function plansOf(ask: (database: Database) => Promise<unknown>) {
  const database = await newDatabase()
  const statements: string[] = []
  const listening: Database = {
    batch: (all) => database.batch(all),
    prepare(sql) {
      statements.push(sql)
      return database.prepare(sql)
    },
  }
  await ask(listening)
  const plans = statements.map((sql) => {
    const places = new Set(sql.match(/\?\d+/g))
    const values = Array.from(places, () => 0)
    return database
      .prepare(`explain query plan ${sql}`)
      .bind(...values)
      .all<Step>()
  })
  const steps = (await Promise.all(plans)).flatMap(({ results }) => results)
  database.close()
  return steps.map(({ detail }) => detail)
}

const state = { horizon: 1, site: { languages: ['en'] } } as State

test('the parts of a sitemap are found in an index alone', async () => {
  const steps = await plansOf((database) => createReleaseStore(database).parts(state, 2000))
  expect(steps.filter((step) => /\brelease\b/.test(step))).toEqual([
    'SEARCH release USING COVERING INDEX release_by_change (withdrawn=?)',
  ])
})

test('a part is a walk along an index, and language versions are found by their slug', async () => {
  const steps = await plansOf((database) => createReleaseStore(database).list(state, 0, 2000))
  expect(steps.filter((step) => /^(SEARCH|SCAN)/.test(step))).toEqual([
    'SEARCH one USING INDEX release_by_change (withdrawn=? AND updated_key>?)',
    expect.stringMatching(/^SEARCH other USING INDEX \S+ \(slug=\?\)$/),
  ])
  expect(steps.join()).not.toContain('TEMP B-TREE')
})

test('counts of terms look at no release but those to come, along their keys', async () => {
  const steps = await plansOf((database) =>
    createReleaseStore(database).countByTopic({ ...state, marks: new Map() }),
  )
  expect(steps.filter((step) => /\brelease\b/.test(step))).toEqual([
    'SEARCH release USING INTEGER PRIMARY KEY (rowid>?)',
    'SEARCH release USING INTEGER PRIMARY KEY (rowid>?)',
    'SEARCH release USING INTEGER PRIMARY KEY (rowid>?)',
  ])
})

test('whoever asks the hub for anything is found among the subscriptions of one host', async () => {
  const request = { callback: '', host: '', asked: '' }
  const steps = await plansOf((database) => createHubRequestStore(database).find(request, ''))
  expect(steps.filter((step) => step.includes('hub_subscription'))).toEqual([
    'SEARCH hub_subscription USING INDEX hub_subscription_host (host=?)',
  ])
})

test('whatever goes with a release or a feed is found in an index', async () => {
  const database = await newDatabase()
  const { results } = await database
    .prepare(
      `select tables.name as tableName, keys."from" as columnName
       from sqlite_schema as tables cross join pragma_foreign_key_list(tables.name) as keys
       where tables.type = 'table'`,
    )
    .all<{ tableName: string; columnName: string }>()
  expect(results.length).toBeGreaterThan(5)
  for (const { tableName, columnName } of results) {
    const sql = `explain query plan delete from ${tableName} where ${columnName} = 1`
    const steps = (await database.prepare(sql).all<Step>()).results.map(({ detail }) => detail)
    expect(steps, `${tableName} ${columnName}`).toEqual([expect.stringMatching(/^SEARCH/)])
  }
  database.close()
})
