import { expect, test } from 'vitest'
import { markdown, writeFolder } from '../content-folder.ts'
import { onNode } from '../platforms.ts'
import { models } from './models.ts'

const release = (title: string, topics: string, day: number, body?: string) =>
  markdown([`title: ${title}`, `published: 2024-01-${day}T09:00`, `topics: [${topics}]`], body)

const releases = () =>
  writeFolder({
    'releases/border.en.md': release('Border', 'migration', 24, 'Text with **marks** & signs.'),
    'releases/ports.en.md': release('Ports, "drugs" & crime', 'organised-crime', 25),
    'releases/both.en.md': release('Both', 'asylum, drugs', 26),
  })

const titles = ['Border', 'Both', 'Ports, "drugs" & crime']

onNode('readers subscribe', releases, (fetch) => {
  for (const { name, isConditional, seesLateComers, create } of models) {
    test(`${name} finds every release once and is told when nothing changed (H-05, H-12, H-14)`, async () => {
      const { formats } = create(fetch)
      for (const format of formats) {
        const reader = create(fetch)
        const address = `/feed.${format}`
        reader.subscribe(address)
        for (let poll = 1; poll <= 4; poll++) await reader.poll(address, poll * 3600)
        expect(reader.errors).toEqual([])
        expect(reader.statuses(address)).toEqual(
          isConditional ? [200, 304, 304, 304] : [200, 200, 200, 200],
        )
        if (!seesLateComers) continue
        const held = reader.held(address)
        expect(held.map(({ title }) => title).toSorted()).toEqual(titles)
        expect(held.flatMap(({ shown }) => shown)).toEqual([3600, 3600, 3600])
      }
    })
  }
})
