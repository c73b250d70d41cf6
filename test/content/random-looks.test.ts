// Random changes of a content folder, looks that are cut off or overtaken by another process, and releases of the API in
// between: after each look the store has what a new one would be filled with.
import { existsSync, mkdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { bringInLine } from '../../src/content/bring-in-line.ts'
import { loadContent } from '../../src/content/load-content.ts'
import { wordsOf } from '../../src/content/words.ts'
import type { Draft } from '../../src/domain/publishing.ts'
import type { ContentStore } from '../../src/domain/release-store.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import { markdown, siteYaml, temporaryFolder, writeFiles } from '../content-folder.ts'
import { hurriedClock, nodePress } from '../platforms.ts'
import { amount } from '../trials.ts'
import { interruptedLook } from './interrupted-look.ts'

const histories = amount(4, 150)
const first = Number(process.env.LOOKS_SEED ?? 1)
const steps = 25

const texts = ['a', 'b', 'c', 'sub/a', 'sub/b'].map((name) => `releases/${name}.en.md`)
const lists = ['releases/one.jsonl', 'releases/sub/two.jsonl']
const names = [...texts, ...lists]
const media = ['media/0.pdf', 'media/1.pdf']

/** Chooses the same for the same seed. */
class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed * 7919
  }

  below(count: number): number {
    this.#state = (this.#state * 1_103_515_245 + 12_345) & 0x7fffffff
    return Math.floor((this.#state / 0x80000000) * count)
  }

  happens(likelihood: number): boolean {
    return this.below(1000) < likelihood * 1000
  }

  of<One>(...all: One[]): One {
    return all[this.below(all.length)]!
  }
}

function textOf(chance: Chance): string {
  const fields = [
    `title: T${chance.below(5)}`,
    'published: 2024-01-24T09:00',
    'topics: [migration]',
  ]
  if (chance.happens(0.3)) fields.push(`slug: s${chance.below(3)}`)
  if (chance.happens(0.25)) fields.push('draft: true')
  if (chance.happens(0.2)) fields.push(`corrects: ${chance.of('a', 'b', 's0')}`)
  return markdown(fields, chance.happens(0.3) ? `[Map](../${chance.of(...media)})` : 'The text.')
}

function linesOf(chance: Chance): string {
  const slugs = ['x', 'y', 'z', 's1'].filter(() => chance.happens(0.6))
  const lines = slugs.map((slug) => {
    const body = { markdown: chance.happens(0.3) ? `[Map](/${chance.of(...media)})` : 'The text.' }
    const release = { slug, language: 'en', title: `T${chance.below(5)}`, topics: ['eu'], body }
    const isDraft = chance.happens(0.2) && { draft: true }
    return `${JSON.stringify({ ...release, published: '2024-01-24T09:00', ...isDraft })}\n`
  })
  return lines.join('')
}

function written(path: string, chance: Chance): string {
  return path.endsWith('.md') ? textOf(chance) : linesOf(chance)
}

/** One change of the folder, in words. */
function change(directory: string, chance: Chance): string {
  const at = (path: string) => join(directory, path)
  const alike = (path: string) => (path.endsWith('.md') ? texts : lists)
  const there = names.filter((name) => existsSync(at(name)))
  const path = chance.of(...(there.length > 0 ? there : names))
  const other = chance.of(...alike(path))
  const deed = there.length > 0 ? chance.below(10) : 0
  if (deed < 3) {
    writeFiles(directory, { [other]: written(other, chance) })
    return `${other} is written`
  }
  if (deed === 3) {
    rmSync(at(path))
    return `${path} goes`
  }
  if (deed === 4) {
    mkdirSync(dirname(at(other)), { recursive: true })
    renameSync(at(path), at(other))
    return `${path} becomes ${other}`
  }
  if (deed === 5) {
    const { atime, mtime } = statSync(at(path))
    writeFiles(directory, { [path]: written(path, chance) })
    utimesSync(at(path), atime, mtime)
    return `${path} is another of the same time`
  }
  if (deed === 6) {
    const file = chance.of(...media)
    if (chance.happens(0.3)) rmSync(at(file), { force: true })
    else writeFiles(directory, { [file]: 'x'.repeat(1 + chance.below(4)) })
    return `${file} goes or is written`
  }
  if (deed === 7 && existsSync(at(other))) {
    renameSync(at(path), at('moving'))
    if (existsSync(at(other))) renameSync(at(other), at(path))
    renameSync(at('moving'), at(other))
    return `${path} and ${other} change places`
  }
  if (deed === 8) {
    const languages = chance.of('[en, fi, sv]', '[en, sv]')
    writeFiles(directory, { 'site.yaml': siteYaml.replace('[en, fi, sv]', languages) })
    return `the languages are ${languages}`
  }
  writeFiles(directory, { [path]: '' })
  return `${path} is emptied`
}

class Killed extends Error {}

function send(
  press: { fetch: (path: string, init: RequestInit) => Promise<Response> },
  slug: string,
) {
  return press.fetch(`/api/releases/${slug}/en`, {
    method: 'PUT',
    headers: {
      authorization: 'Bearer a-secret-of-the-newsroom',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ title: 'Sent', topics: ['migration'], body: { html: '<p>Text.</p>' } }),
  })
}

type Row = { source: string; hash: string; address: string }

const seeds = Array.from({ length: histories }, (_, index) => first + index)
test.each(seeds)('whatever becomes of a folder, the store is as the folder (%i)', async (seed) => {
  const chance = new Chance(seed)
  const directory = temporaryFolder({
    'releases/keep.en.md': markdown(['title: Keep', 'published: 2024-01-24', 'topics: [eu]']),
    'media/0.pdf': 'x',
    'media/1.pdf': 'xx',
  })
  const clock = hurriedClock()
  const press = await nodePress(directory, clock)
  const store = createContentStore(press.database(), { wordsOf })
  const look = async (as: ContentStore = store) => {
    const options = { batch: crypto.randomUUID(), program: 'test', clock, isServing: true }
    const problems = await bringInLine(directory, as, options)
    return problems.filter(({ warning }) => !warning)
  }
  const history: string[] = []
  for (let step = 0; step < steps; step++) {
    for (let left = 1 + chance.below(3); left > 0; left--) history.push(change(directory, chance))
    if (chance.happens(0.15)) {
      const slug = chance.of('a', 'b', 's0', 's1', 'x', 'y')
      history.push(`the API has ${slug}: ${(await send(press, slug)).status}`)
    }
    if (chance.happens(0.3)) {
      const moment = chance.of('drafts', 'stage', 'program')
      const isKilled = chance.happens(0.5)
      const other = interruptedLook(store, moment, async () => {
        if (isKilled) throw new Killed()
        history.push(change(directory, chance))
        await look()
      })
      history.push(`a look is ${isKilled ? 'cut off' : 'overtaken'} at ${moment}`)
      await look(other).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error
      })
    }
    const wrong = await look()
    const drafts: Draft[] = []
    const anew = await loadContent(directory, {
      now: clock.now(),
      stage: async (more) => void drafts.push(...more),
    })
    const { results } = await press
      .database()
      .prepare(`select source, hash, slug || '.' || language as address from release`)
      .all<Row>()
    const isSent = ({ source }: Row) => source.startsWith('api:')
    const sent = new Set(results.filter(isSent).map(({ address }) => address))
    const wrongAnew = anew.problems.filter(({ warning }) => !warning)
    if (wrong.length + wrongAnew.length > 0) {
      // What was public may not be a draft again, which only the store knows.
      const ofDrafts = wrong.filter(({ field }) => field === 'draft')
      // Of a line that the API has it is told once, and so is what is wrong with it.
      const ofLines = wrongAnew.filter(({ field }) => field === 'slug' && sent.size > 0)
      expect([history, wrong.length > 0 || ofLines.length > 0]).toEqual([history, true])
      expect([history, wrongAnew.length > 0 || ofDrafts.length > 0]).toEqual([history, true])
      for (const { file } of [...wrong, ...wrongAnew]) {
        if (names.includes(file)) rmSync(join(directory, file), { force: true })
      }
      continue
    }
    const wanted = drafts.filter(
      ({ release: { slug, language } }) => !sent.has(`${slug}.${language}`),
    )
    const ofFolder = results.filter((row) => !isSent(row))
    const shown = ({ source, hash }: { source: string; hash: string }) => `${source} ${hash}`
    expect([history, ofFolder.map(shown).toSorted()]).toEqual([
      history,
      wanted.map(shown).toSorted(),
    ])
  }
})
