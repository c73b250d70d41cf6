import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { registerCheck } from '../../src/cli/check.ts'
import { registerInit } from '../../src/cli/init.ts'
import { readSite, readTopics } from '../../src/content/read-site.ts'
import { temporaryFolder } from '../content-folder.ts'
import { runCommand } from './run.ts'

const emptyFolder = () => join(temporaryFolder(), 'mine')
const init = (args: string[], answers?: unknown[]) =>
  runCommand(registerInit, ['init', ...args], answers && { answers })
const siteOf = (folder: string) => readSite(readFileSync(join(folder, 'site.yaml'), 'utf8')).site!

test('with a title nothing is asked, and the folder is one that check accepts', async () => {
  const folder = emptyFolder()
  const { code, output, errors } = await init([
    folder,
    '--title',
    'Customs: "releases" #1',
    '--language',
    'fi,en',
    '--timezone',
    'Europe/Oslo',
    '--publisher',
    'Tulli',
    '--topics',
    'rajat, salakuljetus',
    '--homepage',
    'https://tulli.example/',
    '--license',
    'https://license.example/',
  ])
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(siteOf(folder)).toMatchObject({
    title: { fi: 'Customs: "releases" #1' },
    languages: ['fi', 'en'],
    timezone: 'Europe/Oslo',
    publishers: { tulli: { name: { fi: 'Tulli' } } },
    homepage: 'https://tulli.example/',
    license: 'https://license.example/',
  })
  const topics = readTopics(readFileSync(join(folder, 'topics.yaml'), 'utf8'), ['fi'], 'UTC')
  expect(topics.vocabulary.topics.map(({ slug }) => slug)).toEqual(['rajat', 'salakuljetus'])
  expect(output).toContain(`CONTENT_DIR=${folder} npm start`)
  const checked = await runCommand(registerCheck, ['check', folder])
  expect([checked.code, checked.errors]).toEqual([0, ''])
})

test('a person is asked, and every folder has an identity of its own', async () => {
  const folders = [emptyFolder(), emptyFolder()]
  const home = 'https://ministry.example/'
  for (const folder of folders) {
    const answers = ['Releases', '', 'Europe/Helsinki', 'The Ministry', 'one, two', home, '']
    expect((await init([folder], answers)).code).toBe(0)
  }
  const [one, other] = folders.map(siteOf)
  expect(one!.languages).toEqual(['en'])
  expect([one!.homepage, one!.license]).toEqual([home, undefined])
  expect(one!.id).not.toBe(other!.id)
})

test('what is there is never overwritten, and what is wrong is told before anything is written', async () => {
  const taken = emptyFolder()
  mkdirSync(taken)
  writeFileSync(join(taken, 'site.yaml'), 'mine')
  const refused = await init([taken, '--title', 'A'])
  expect(refused).toMatchObject({
    code: 1,
    errors: expect.stringContaining('There is something in'),
  })
  expect(readdirSync(taken)).toEqual(['site.yaml'])
  const folder = emptyFolder()
  const wrong = ['--language', 'English', '--timezone', 'Mars', '--homepage', 'example.org']
  const { code, errors } = await init([folder, '--title', ' ', ...wrong])
  expect(code).toBe(2)
  for (const word of ['--title', '"English"', '"Mars"', '--homepage'])
    expect(errors).toContain(word)
  expect((await init([folder])).code).toBe(2)
  expect(existsSync(folder)).toBe(false)
})
