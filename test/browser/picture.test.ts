// The picture at the top of the README: the home page of the sample. To make it anew:
// PICTURE=new npx vitest run --config test/vitest.config.ts browser/picture
import { cpSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { browse, launchBrowser } from '../browser.ts'

const project = join(import.meta.dirname, '../..')
const path = '.github/home-page.webp'
const size = { width: 1100, height: 860 }

const browser = await launchBrowser()
const pages = browse(browser, () => {
  const copy = mkdtempSync(join(tmpdir(), 'tiedote-content-'))
  cpSync(join(project, 'content'), copy, { recursive: true })
  return copy
})

test('the README begins with a picture that is there and small', () => {
  const readme = readFileSync(join(project, 'README.md'), 'utf8')
  const [, named] = /!\[[^\]]+\]\(([^)]+)\)/.exec(readme.slice(0, readme.indexOf('## ')))!
  expect(named).toBe(path)
  expect(statSync(join(project, path)).size).toBeLessThan(60_000)
})

/** Others have other fonts. */
const isAsHere = browser && process.platform === 'linux' && process.arch === 'x64'

test.skipIf(!isAsHere)('the picture shows the home page as it is', async () => {
  const { page } = await pages.open('/', size)
  // As it is after npm start, and every time the same.
  const port = JSON.stringify([pages.origin(), 'http://localhost:3000'])
  await page.evaluate(`for (const field of document.querySelectorAll('input[readonly]'))
    field.value = field.value.replace(...${port})`)
  const picture = await pictureOf(page)
  if (process.env.PICTURE === 'new') writeFileSync(join(project, path), picture, 'base64')
  const kept = readFileSync(join(project, path), 'base64')
  const advice =
    'The page has changed: the first lines of this file say how to make its picture anew.'
  expect(await shareThatDiffers(page, kept, picture), advice).toBeLessThan(0.02)
})

/** WebP, of which a page of text takes a third of what it does as PNG. */
async function pictureOf(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 75 })
  return data
}

/** How much of one picture another does not have, where a colour is another by more than an eye passes over. */
async function shareThatDiffers(page: Page, one: string, other: string): Promise<number> {
  // The policy of our pages has no room for pictures of elsewhere.
  await page.goto('about:blank')
  return page.evaluate<number>(`(async () => {
    const read = async (data) => {
      const picture = new Image()
      picture.src = 'data:image/webp;base64,' + data
      await picture.decode()
      const { naturalWidth: width, naturalHeight: height } = picture
      const context = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d')
      context.drawImage(picture, 0, 0)
      return context.getImageData(0, 0, width, height).data
    }
    const [one, other] = [await read('${one}'), await read('${other}')]
    if (one.length !== other.length) return 1
    let different = 0
    for (let at = 0; at < one.length; at += 4) {
      const apart = [0, 1, 2].map((colour) => Math.abs(one[at + colour] - other[at + colour]))
      if (Math.max(...apart) > 60) different++
    }
    return different / (one.length / 4)
  })()`)
}
