import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Figure, type Found, digits, ratios, spreadOf } from './figures.ts'
import { contentFolder } from './folders.ts'
import { buildWithHugo, writeHugoSite } from './hugo.ts'
import { isInstalled, startService } from './processes.ts'
import type { Setup } from './setup.ts'
import { inFolder } from './workplace.ts'

/** The first load of releases, and the start with them when nothing has changed. */
export async function measureStarting(setup: Setup): Promise<Found> {
  const { isQuick, tell } = setup
  const count = isQuick ? 2000 : 12_000
  const rounds = isQuick ? 2 : 3
  return inFolder(async (folder) => {
    const forms = (['jsonl', 'markdown'] as const).map((form) => ({
      name: setup.content ? 'the content' : `${count} releases in ${form}`,
      content: contentFolder(setup, count, form),
      database: join(folder, `${form}.db`),
      first: [] as number[],
      again: [] as number[],
    }))
    // Of a folder that was named there is only one form, and Hugo might not understand it.
    if (setup.content) forms.pop()
    const site = join(folder, 'hugo')
    const hasHugo = !setup.content && isInstalled('hugo', 'version')
    if (hasHugo) writeHugoSite(contentFolder(setup, count, 'markdown'), site)
    const hugo: number[] = []
    for (let round = 0; round < rounds; round++) {
      for (const { name, content, database, first } of forms) {
        for (const ending of ['', '-wal', '-shm']) rmSync(database + ending, { force: true })
        first.push(await secondsToAnswer(content, database))
        tell(`first load of ${name}: ${digits(first.at(-1)!)} s`)
      }
      if (!hasHugo) continue
      hugo.push(buildWithHugo(site))
      tell(`Hugo's build: ${digits(hugo.at(-1)!)} s`)
    }
    for (let round = 0; round < 3 * rounds; round++) {
      for (const { content, database, again } of forms) {
        again.push(await secondsToAnswer(content, database))
      }
    }
    return {
      figures: forms.flatMap(({ name, first, again }): Figure[] => [
        {
          work: `first load of ${name}`,
          spread: spreadOf(first),
          unit: 's',
          limit: undefined,
          detail: setup.content
            ? 'a whole process, until a feed is answered'
            : `${digits((1000 * spreadOf(first).median) / count)} ms a release`,
        },
        ...(hasHugo ? [besideHugo(name, first, hugo)] : []),
        {
          work: `start with ${name}, unchanged`,
          spread: spreadOf(again),
          unit: 's',
          limit: { atMost: 1 },
          detail: 'a whole process, until a feed is answered',
        },
      ]),
    }
  })
}

async function secondsToAnswer(content: string, database: string): Promise<number> {
  const service = await startService(content, database)
  await service.stop()
  return service.startedAfter / 1000
}

function besideHugo(name: string, first: number[], hugo: number[]): Figure {
  return {
    work: `first load of ${name} beside Hugo's build of them in markdown`,
    spread: ratios(first, hugo),
    unit: '×',
    limit: { atMost: name.endsWith('jsonl') ? 2.5 : 3 },
    detail: `${digits(spreadOf(first).median)} s : ${digits(spreadOf(hugo).median)} s, with pages and a feed for each topic and language`,
  }
}
