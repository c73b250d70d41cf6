import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { markdown, temporaryFolder } from '../content-folder.ts'
import { nodePress } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'

test('a feed that nobody asked for yet is answered while another process writes all the time', async () => {
  const clock = createSimulatedClock(Date.UTC(2026, 2, 2, 6) / 1000)
  const directory = temporaryFolder({
    'releases/a.en.md': markdown(['title: A', 'published: 2026-03-01', 'topics: [eu]']),
  })
  let commit = () => {}
  const { fetch, databaseFile } = await nodePress(
    directory,
    clock,
    (store) => ({
      ...store,
      // While the releases of a document are read.
      load(...what) {
        commit()
        return store.load(...what)
      },
    }),
    { isOnDisk: true },
  )
  for (let poll = 0; poll < 3; poll++) expect((await fetch('/feed.rss')).status).toBe(200)
  const other = new DatabaseSync(databaseFile)
  const next = () => {
    clock.moveTo(clock.now() + 1)
    other.exec(`begin immediate;
      update state set value = value + 1 where key = 'revision';
      update state set value = ${clock.now()} where key = 'changed';
      commit`)
  }
  for (const times of [1, 5, 10]) {
    let left = times
    commit = () => {
      if (left-- > 0) next()
    }
    next()
    const answer = await fetch(
      `/topics/eu.${times === 5 ? 'atom' : 'rss'}?q=a${times > 5 ? '+a' : ''}`,
    )
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain('<title>A</title>')
  }
  other.close()
})

test('a database that was put back and comes to the same revision is told from the one before', async () => {
  const clock = createSimulatedClock(Date.UTC(2026, 2, 2, 6) / 1000)
  const directory = temporaryFolder({
    'releases/a.en.md': markdown(['title: A', 'published: 2026-03-01', 'topics: [eu]']),
  })
  const { fetch, databaseFile } = await nodePress(directory, clock, (store) => store, {
    isOnDisk: true,
  })
  const title = async () => ((await (await fetch('/feed.json')).json()) as { title: string }).title
  expect(await title()).not.toBe('After')
  clock.moveTo(clock.now() + 60)
  const other = new DatabaseSync(databaseFile)
  other.exec(`begin;
    update state set value = json_set(value, '$.title.en', 'After') where key = 'site';
    update state set value = ${clock.now()} where key in ('changed', 'framed');
    commit`)
  other.close()
  expect(await title()).toBe('After')
})
