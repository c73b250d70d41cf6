// A real browser on the service, once for the tests of a file.
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createAdaptorServer, type ServerType } from '@hono/node-server'
import packed, { inflate } from '@sparticuz/chromium'
import type axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { systemClock } from '../src/clock.ts'
import { nodePress } from './platforms.ts'
import { lastingFolder } from './temporary-folder.ts'

const project = join(import.meta.dirname, '..')

/** Less than half as long as what the package exports, as every page compiles it anew. */
const axeSource = readFileSync(join(project, 'node_modules/axe-core/axe.min.js'), 'utf8')

/** Nothing of what a browser does by itself may disturb, and root has no sandbox. */
const quiet = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run']

/** Starts a browser, or says on the console why the tests with it are skipped. */
export async function launchBrowser(): Promise<Browser | undefined> {
  const ways =
    process.platform === 'linux' && process.arch === 'x64'
      ? [launchPacked, () => launchPacked('with libraries')]
      : [() => chromium.launch({ channel: 'chrome' })]
  let reason = ''
  for (const way of ways) {
    try {
      return await way()
    } catch (error) {
      reason = (error as Error).message.split('\n')[0]!
    }
  }
  console.warn(`Skipped: the tests in a browser, which cannot be started here (${reason})`)
  return undefined
}

/** The Chromium that comes with a package, with the fonts that come with it, on any Linux x64. */
async function launchPacked(libraries?: 'with libraries'): Promise<Browser> {
  const folder = await unpack()
  const env = { ...process.env, FONTCONFIG_FILE: join(folder, 'fonts.conf') }
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    args: quiet,
    env: libraries ? { ...env, LD_LIBRARY_PATH: join(folder, 'al2023/lib') } : env,
  })
}

/** Unpacks it once for each version. Another process may be at it too, so it appears as a whole. */
async function unpack(): Promise<string> {
  const { devDependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>
  }
  const folder = join(lastingFolder(), `tiedote-chromium-${devDependencies['@sparticuz/chromium']}`)
  if (existsSync(folder)) return folder
  const staging = mkdtempSync(`${folder}-`)
  const before = process.env.TMPDIR
  // The package unpacks to where temporary files go.
  process.env.TMPDIR = staging
  try {
    await packed.executablePath()
    await inflate(join(project, 'node_modules/@sparticuz/chromium/bin/al2023.tar.br'))
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
  writeFileSync(
    join(staging, 'fonts.conf'),
    `<?xml version="1.0"?><fontconfig><dir>${folder}/fonts/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>\n`,
  )
  try {
    renameSync(staging, folder)
  } catch {
    rmSync(staging, { recursive: true, force: true })
  }
  return folder
}

/** A page with all that went wrong on it since it was opened. */
export type Visit = {
  page: Page
  status: number | undefined
  /** Errors on the console, violations of the policy among them. */
  errors: string[]
  /** Addresses on other hosts that were asked for. */
  elsewhere: string[]
}

type Window = { page: Page; errors: string[]; elsewhere: string[] }

/** Serves a folder to a browser for the tests of a file. Opening an address leaves the one before. */
export function browse(browser: Browser | undefined, writeContent: () => string) {
  let server: ServerType
  let press: Awaited<ReturnType<typeof nodePress>>
  let directory: string
  // Starting a window takes longer than most of what is done in it.
  const windows = new Map<boolean, Window>()
  /** As the pages name themselves. */
  const origin = () => `http://localhost:${(server.address() as AddressInfo).port}`

  beforeAll(async () => {
    if (!browser) return
    directory = writeContent()
    server = createAdaptorServer({ fetch: (request) => press.fetch(request.url, request) })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    press = await nodePress(directory, systemClock, undefined, { address: origin() })
  })

  afterAll(async () => {
    await browser?.close()
    server?.close()
    await press?.close()
    if (directory) rmSync(directory, { recursive: true, force: true })
  })

  async function openWindow(javaScriptEnabled: boolean): Promise<Window> {
    const context = await browser!.newContext({ javaScriptEnabled })
    const page = await context.newPage()
    const window: Window = { page, errors: [], elsewhere: [] }
    page.on('console', (message) => {
      // Chromium says so of every address with such a status, which is what was asked for.
      const isOwnStatus =
        message.location().url === page.url() && message.text().startsWith('Failed to load')
      if (message.type() === 'error' && !isOwnStatus) window.errors.push(message.text())
    })
    page.on('pageerror', (error) => window.errors.push(error.message))
    page.on('request', (request) => {
      if (!request.url().startsWith(`${origin()}/`)) window.elsewhere.push(request.url())
    })
    windows.set(javaScriptEnabled, window)
    return window
  }

  return {
    origin,
    /** Asks the service itself, as its authors do. */
    fetch: (path: string, init?: RequestInit) => press.fetch(path, init),
    async open(
      path: string,
      viewport: { width: number; height: number },
      { javaScriptEnabled = true } = {},
    ): Promise<Visit> {
      const window = windows.get(javaScriptEnabled) ?? (await openWindow(javaScriptEnabled))
      const { page } = window
      // Nothing that the page before still asks for counts.
      await page.goto('about:blank')
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme: 'light' })
      Object.assign(window, { errors: [], elsewhere: [] })
      const answer = await page.goto(`${origin()}${path}`, { waitUntil: 'load' })
      return { ...window, status: answer?.status() }
    },
  }
}

const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** What axe finds wrong with a page, or with its colours alone: each rule with the elements that break it. */
export async function findBarriers(page: Page, what: 'all' | 'colours' = 'all'): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(axeSource)
  const options = {
    runOnly:
      what === 'all'
        ? { type: 'tag', values: levels }
        : { type: 'rule', values: ['color-contrast'] },
    rules: { 'target-size': { enabled: true } },
    resultTypes: ['violations'],
    // What takes time and is not asked for.
    selectors: false,
    preload: false,
  }
  const { violations } = await page.evaluate<axe.AxeResults>(
    `axe.run(document, ${JSON.stringify(options)})`,
  )
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

/** Elements that stick out of the window, unless one can scroll to them where they stand. */
export async function findOverflow(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const width = document.documentElement.clientWidth
    const scrolls = (element) => {
      for (let one = element.parentElement; one && one !== document.body; one = one.parentElement) {
        if (/auto|scroll/.test(getComputedStyle(one).overflowX)) return true
      }
      return false
    }
    const isSeen = (element) => {
      const { width, height } = element.getBoundingClientRect()
      return width > 1 && height > 1 && element.checkVisibility({ visibilityProperty: true })
    }
    const wide = Array.from(document.body.querySelectorAll('*')).filter((element) => {
      const { left, right } = element.getBoundingClientRect()
      return isSeen(element) && !scrolls(element) && (right > width + 1 || left < -1)
    })
    const page = document.documentElement.scrollWidth > width ? ['the page'] : []
    return [...page, ...wide.map((element) => element.outerHTML.slice(0, 120))]
  })()`)
}

/**
 * How a page begins, how many main parts and headings it has, and what has no name that could be spoken. The page
 * itself counts, which is quicker than asking for roles.
 */
export async function describePage(page: Page) {
  return page.evaluate<{
    title: string
    language: string
    mains: number
    headings: number
    nameless: string[]
  }>(`(() => {
    const all = (selector) => Array.from(document.querySelectorAll(selector)).filter((one) => one.checkVisibility())
    const textsOf = (one) => [
      one.ariaLabel,
      one.alt,
      one.title,
      ...(one.labels ? Array.from(one.labels, ({ textContent }) => textContent) : []),
      ...(/^(input|select)$/.test(one.localName) ? [] : [one.textContent]),
      ...Array.from(one.querySelectorAll('img, svg'), (image) => image.alt ?? image.ariaLabel),
      ...(one.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent),
    ]
    const isNameless = (one) => !textsOf(one).some((text) => text?.trim())
    return {
      title: document.title,
      language: document.documentElement.lang,
      mains: all('main, [role=main]').length,
      headings: all('h1').length,
      nameless: all('a[href], button, input:not([type=hidden]), select, textarea, summary, img:not([alt=""])')
        .filter(isNameless)
        .map((one) => one.outerHTML.slice(0, 120)),
    }
  })()`)
}

/** What moved by itself since a page was opened (layout shifts), by the elements that moved. */
export async function findShifts(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`new Promise((resolve) => {
    const seen = []
    const describe = ({ node }) => node?.outerHTML?.slice(0, 120) ?? 'something'
    new PerformanceObserver((list) => {
      for (const { sources } of list.getEntries()) seen.push(...sources.map(describe))
    }).observe({ type: 'layout-shift', buffered: true })
    // Entries come after the next frame.
    requestAnimationFrame(() => setTimeout(() => resolve(seen), 50))
  })`)
}

/** The controls of a page in the order of the document, as the keyboard should reach them. */
const controls = `(() => {
  const all = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]'
  return Array.from(document.querySelectorAll(all)).filter((one) => {
    if (one.disabled || !one.checkVisibility({ visibilityProperty: true })) return false
    if (one.type !== 'radio') return true
    // Of a group of radio buttons the keyboard reaches one.
    const group = Array.from(document.querySelectorAll('input[type=radio]')).filter(({ name }) => name === one.name)
    return one === (group.find(({ checked }) => checked) ?? group[0])
  })
})()`

const named = `((one) => [one.localName, one.getAttribute('href') ?? one.name ?? '', one.textContent.trim() || one.value || ''].join(' '))`

/** The controls of a page, in the order of the document. */
export async function listControls(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`${controls}.map(${named})`)
}

/**
 * The next ones as the Tab key finds them, for so many steps. Where scripts run the page itself takes it down, which
 * is quicker than asking after each step.
 */
export async function tabThrough(page: Page, steps: number, hasScripts: boolean) {
  const reached: string[] = []
  if (hasScripts) {
    await page.evaluate(`{
      if (!window.reached) addEventListener('focusin', ({ target }) => window.reached.push(${named}(target)))
      window.reached = []
    }`)
  }
  for (let step = 0; step < steps; step++) {
    await page.keyboard.press('Tab')
    if (!hasScripts) reached.push(await page.evaluate<string>(`${named}(document.activeElement)`))
  }
  return hasScripts ? page.evaluate<string[]>('window.reached') : reached
}

/** Where the link with the focus leads, and where it stands in the window. */
export async function focusedLink(
  page: Page,
): Promise<{ target: string; top: number; height: number }> {
  return page.evaluate(`(() => {
    const { top, height } = document.activeElement.getBoundingClientRect()
    return { target: document.activeElement.getAttribute('href') ?? '', top, height }
  })()`)
}
