// What is noticed at once of a content folder that is changed in every way that programs change folders.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { watchFolder } from '../../src/content/watch.ts'
import { until } from '../server.ts'

/** A content folder that is watched, and how often something was noticed. */
async function watchedFolder(
  { onTestFinished }: TestContext,
  prepare: (content: string) => void = () => {},
) {
  const parent = mkdtempSync(join(tmpdir(), 'tiedote-watch-'))
  const content = join(parent, 'content')
  mkdirSync(join(content, 'releases/2024/a'), { recursive: true })
  prepare(content)
  let noticed = 0
  let duringLook = async () => {}
  const look = async () => {
    noticed++
    const happens = duringLook
    duringLook = async () => {}
    await happens()
  }
  const stop = watchFolder(content, look, waits)
  onTestFinished(() => {
    stop()
    rmSync(parent, { recursive: true, force: true })
  })
  await until(() => noticed > 0)
  /** Does something, and waits until it was noticed and nothing more is. Far sooner than it is looked for. */
  const notices = async (work: () => void) => {
    const before = noticed
    work()
    await until(() => noticed > before)
    for (let last = -1; last !== noticed;) {
      last = noticed
      await new Promise((resolve) => setTimeout(resolve, 2 * waits.settle))
    }
  }
  /** Has something happen while what changed next is being looked at, and answers how often that was noticed. */
  const noticesDuringLook = async (happens: () => Promise<void>) => {
    const before = noticed
    duringLook = happens
    write(content)
    await until(() => noticed > before + 1)
  }
  return { parent, content, notices, noticesDuringLook }
}

/** The folder is looked through soon after something was noticed, and never without. */
const waits = { settle: 50, lookAgain: 2 ** 31 - 1 }

let files = 0
function write(folder: string) {
  writeFileSync(join(folder, `file-${files++}.en.md`), 'text')
}

test.concurrent('a folder that is removed and made again', async (context) => {
  const { content, notices } = await watchedFolder(context)
  for (const name of ['releases/2024', 'releases', '.']) {
    const folder = join(content, name)
    await notices(() => rmSync(folder, { recursive: true }))
    await notices(() => mkdirSync(folder, { recursive: true }))
    await notices(() => write(folder))
    mkdirSync(join(content, 'releases/2024/a'), { recursive: true })
    await notices(() => write(join(content, 'releases')))
    await notices(() => write(join(content, 'releases/2024/a')))
  }
})

test.concurrent('a folder that is removed and made again so quickly that nobody saw it gone', async (context) => {
  const { content, notices } = await watchedFolder(context)
  for (const name of ['releases/2024/a', 'releases/2024', 'releases', '.']) {
    const folder = join(content, name)
    await notices(() => {
      rmSync(folder, { recursive: true })
      mkdirSync(folder, { recursive: true })
      mkdirSync(join(content, 'releases/2024/a'), { recursive: true })
    })
    await notices(() => write(join(content, 'releases/2024/a')))
    await notices(() => write(folder))
  }
})

test.concurrent('a change that comes while the one before is being looked at', async (context) => {
  const { content, noticesDuringLook } = await watchedFolder(context)
  await noticesDuringLook(async () => {
    write(join(content, 'releases'))
    await new Promise((resolve) => setTimeout(resolve, 4 * waits.settle))
  })
})

test.concurrent('a folder that is renamed, and another one in its place', async (context) => {
  const { content, notices } = await watchedFolder(context)
  const [before, after] = [join(content, 'releases/2024'), join(content, 'releases/2025')]
  await notices(() => renameSync(before, after))
  await notices(() => write(after))
  await notices(() => write(join(after, 'a')))
  await notices(() => cpSync(after, before, { recursive: true }))
  await notices(() => write(join(before, 'a')))
  await notices(() => {
    rmSync(after, { recursive: true })
    renameSync(before, after)
  })
  await notices(() => write(join(after, 'a')))
})

test.concurrent('the whole folder put in the place of another, as a deployment does', async (context) => {
  const { parent, content, notices } = await watchedFolder(context)
  for (const name of ['next', 'last']) {
    const next = join(parent, name)
    cpSync(content, next, { recursive: true })
    await notices(() => {
      renameSync(content, `${next}-before`)
      renameSync(next, content)
    })
    await notices(() => write(content))
    await notices(() => write(join(content, 'releases/2024/a')))
  }
})

test.concurrent('links to folders that are made to lead elsewhere', async (context) => {
  const { parent, content, notices } = await watchedFolder(context, (folder) => {
    for (const version of ['one', 'two']) {
      mkdirSync(join(dirname(folder), version, 'releases/2024'), { recursive: true })
    }
    rmSync(folder, { recursive: true })
    symlinkSync('one', folder)
  })
  await notices(() => write(join(content, 'releases/2024')))
  await notices(() => lead(content, 'two'))
  await notices(() => write(join(content, 'releases/2024')))
  mkdirSync(join(parent, 'elsewhere/2026'), { recursive: true })
  await notices(() => {
    rmSync(join(content, 'releases'), { recursive: true })
    symlinkSync('../elsewhere', join(content, 'releases'))
  })
  await notices(() => write(join(parent, 'elsewhere/2026')))
  mkdirSync(join(parent, 'third/2027'), { recursive: true })
  await notices(() => lead(join(content, 'releases'), '../third'))
  await notices(() => write(join(parent, 'third/2027')))
})

/** As `ln -sfn` does. */
function lead(link: string, target: string) {
  symlinkSync(target, `${link}-new`)
  renameSync(`${link}-new`, link)
}

test.concurrent('a deep tree that comes all at once is watched to its last folder', async (context) => {
  const { content, notices } = await watchedFolder(context)
  const folders = Array.from({ length: 300 }, (_, number) =>
    join(content, 'releases', `${number % 10}`, `${number % 100}`, `${number}`),
  )
  await notices(() => folders.forEach((folder) => void mkdirSync(folder, { recursive: true })))
  for (const number of [0, 150, 299]) await notices(() => write(folders[number]!))
  await notices(() => rmSync(join(content, 'releases'), { recursive: true }))
  await notices(() => folders.forEach((folder) => void mkdirSync(folder, { recursive: true })))
  for (const number of [0, 150, 299]) await notices(() => write(folders[number]!))
  const file = join(folders[7]!, 'gone.en.md')
  await notices(() => writeFileSync(file, 'text'))
  await notices(() => unlinkSync(file))
  expect(files).toBeGreaterThan(0)
})
