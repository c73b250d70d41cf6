import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Figure, type Found, digits, ratios, spreadOf } from './figures.ts'
import { contentFolder } from './folders.ts'
import { isInstalled, startService } from './processes.ts'
import type { Setup } from './setup.ts'
import { inFolder } from './workplace.ts'

/** The first load of releases, and the start with them when nothing has changed. */
export async function measureStarting(setup: Setup): Promise<Found> {
  const { isQuick, tell } = setup
  const count = isQuick ? 2000 : 12_000
  const rounds = isQuick ? 2 : 3
  return inFolder(async (folder) => {
    const figures: Figure[] = []
    for (const form of ['jsonl', 'markdown'] as const) {
      const content = contentFolder(setup, count, form)
      const database = join(folder, `${form}.db`)
      const first: number[] = []
      const hugo: number[] = []
      for (let round = 0; round < rounds; round++) {
        for (const ending of ['', '-wal', '-shm']) rmSync(database + ending, { force: true })
        const service = await startService(content, database)
        await service.stop()
        first.push(service.startedAfter / 1000)
        if (form === 'markdown' && isInstalled('hugo', 'version'))
          hugo.push(buildWithHugo(content, folder))
        tell(`first load, ${form}: ${digits(service.startedAfter / 1000)} s`)
      }
      const again: number[] = []
      for (let round = 0; round < 3 * rounds; round++) {
        const service = await startService(content, database)
        await service.stop()
        again.push(service.startedAfter / 1000)
      }
      const each = digits((1000 * spreadOf(first).median) / count)
      figures.push(
        {
          work: `first load of ${setup.content ? 'the content' : `${count} releases in ${form}`}`,
          spread: spreadOf(first),
          unit: 's',
          limit: undefined,
          detail: `${each} ms a release; ${hugo.length > 0 ? '' : 'Hugo was not there to compare'}`,
        },
        {
          work: `start with them unchanged, to the first answer (${form})`,
          spread: spreadOf(again),
          unit: 's',
          limit: { atMost: 1 },
          detail: 'a whole process, until a feed is answered',
        },
      )
      if (hugo.length > 0) {
        figures.push({
          work: `the same first load beside Hugo's build with feeds of topics`,
          spread: ratios(first, hugo),
          unit: '×',
          limit: { atMost: 5 },
          detail: `${digits(spreadOf(first).median)} s : ${digits(spreadOf(hugo).median)} s`,
        })
      }
    }
    return { figures }
  })
}

/** Seconds that Hugo takes for the same releases as a site with a feed for each topic. */
function buildWithHugo(content: string, folder: string): number {
  const site = join(folder, 'hugo')
  rmSync(site, { recursive: true, force: true })
  mkdirSync(join(site, 'layouts', '_default'), { recursive: true })
  cpSync(join(content, 'releases'), join(site, 'content', 'releases'), { recursive: true })
  const item = '{{ .Title }}{{ .Content }}'
  for (const name of ['single', 'list']) {
    writeFileSync(join(site, 'layouts', '_default', `${name}.html`), item)
  }
  writeFileSync(
    join(site, 'hugo.toml'),
    `baseURL = "https://example.org/"\n[taxonomies]\ntopic = "topics"\n[services.rss]\nlimit = 50\n[markup.goldmark.renderer]\nunsafe = true\n[languages.en]\n[languages.fi]\n[languages.sv]\n`,
  )
  const began = performance.now()
  const { status, stderr } = spawnSync('hugo', ['--source', site, '--quiet'])
  if (status !== 0) throw new Error(`Hugo ended: ${String(stderr)}`)
  return (performance.now() - began) / 1000
}
