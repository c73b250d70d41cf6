import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  browse,
  describePage,
  findBarriers,
  findOverflow,
  findShifts,
  focusedLink,
  launchBrowser,
  listControls,
  tabThrough,
  type Visit,
} from '../browser.ts'
import { markdown, topicsYaml, writeFolder } from '../content-folder.ts'
import { isTrial } from '../trials.ts'

const phone = { width: 360, height: 740 }
const desktop = { width: 1280, height: 800 }
/** The narrowest window that a page must fit into (WCAG 1.4.10). */
const narrow = { width: 320, height: 640 }

const longWord = 'maahanmuuttohallintojärjestelmäuudistuslainsäädäntöhankekokonaisuus'

const titles = {
  en: 'Ministers meet in Helsinki',
  fi: `Ministerit tapaavat Helsingissä: ${longWord}`,
  sv: 'Ministrarna möts i Helsingfors',
}

const body = `The **text** of the release, see [elsewhere](https://example.org/).

## What follows

- ${longWord}
- another

| Column | Of a table |
|---|---|
| ${longWord} | ${longWord} |

    ${longWord} ${longWord}
`

function releases(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(titles).flatMap(([language, title], index) => [
      [
        `releases/meeting.${language}.md`,
        markdown(
          [
            `title: "${title}"`,
            `published: 2024-01-24T09:0${index}`,
            'topics: [asylum, eu, organised-crime]',
            'attachments: [{ file: agenda.pdf, title: Agenda }, { file: port.png, alt: A port, credit: Customs }]',
            'contacts: [{ name: Press office, phone: "+358 1", email: press@ministry.example }]',
            'event: { start: 2024-01-24, end: 2024-01-25, place: Helsinki }',
            'related: [{ url: "https://example.org/", title: Background }]',
            'changes: [{ at: 2024-01-25T09:00, kind: correction, note: The date was wrong. }]',
          ],
          body,
        ),
      ],
      [
        `releases/wrong.${language}.md`,
        markdown([
          `title: "${title}"`,
          `published: 2024-01-25T09:0${index}`,
          'topics: [eu]',
          `withdrawn: { at: 2024-01-26T09:00, reason: It was wrong., replacedBy: meeting }`,
        ]),
      ],
    ]),
  )
}

const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** So many that their list can be narrowed. */
const fields = [
  'Elinkeinoelämä',
  'Sähkö',
  'Vesi',
  'Åland',
  'Koulut',
  'Tiede',
  'Liikunta',
  'Terveys',
]
const furtherTopics = fields.map((name, index) => `field-${index}: { label: { en: ${name} } }\n`)

const content = () =>
  writeFolder({
    'topics.yaml': topicsYaml + furtherTopics.join(''),
    'media/agenda.pdf': '%PDF-1.4 agenda',
    'media/port.png': pixel,
    'releases/coming.en.md': markdown(
      ['title: To come', 'published: 2199-01-01', 'topics: [eu]'],
      '![A port](media/harbour.png)',
    ),
    'releases/coming.fi.md': markdown(['title: Tulossa', 'published: 2199-01-01']),
    'media/harbour.png': pixel,
    ...releases(),
  })

const inAMonth = () => new Date(Date.now() + 30 * 86_400_000).toISOString()
const widths = "[...document.querySelectorAll('main img')].map((one) => one.naturalWidth)"

const everyTopic = 'asylum+crime+drugs+eu+immigration+migration+organised-crime+space-travel'

/** Every kind of page: path and status. A feed that is opened is one of them. */
const kinds: Record<string, [string, number]> = {
  home: ['/', 200],
  topic: ['/topics/migration', 200],
  'question with three terms': ['/topics/asylum+eu,organised-crime', 200],
  search: ['/?q=release', 200],
  release: ['/releases/meeting', 200],
  'withdrawn release': ['/releases/wrong', 410],
  'missing topic': ['/topics/migrtion', 404],
  'impossible question': [`/topics/${everyTopic},kind:speech`, 400],
  'opened feed': ['/topics/migration.atom', 200],
}

const languages = { en: '', fi: '/fi', sv: '/sv' }

type Kind = {
  kind: string
  language: string
  path: string
  status: number
  /** Seen with everything that a browser can show. Other languages of its kind differ in words alone. */
  isWhole: boolean
  /** Holds all that a page may hold. */
  isMain: boolean
}

/** Of the kinds that have their form and lists from the same parts, one is in all languages, and has the keyboard. */
const likeOthers = isTrial ? [] : ['topic', 'search', 'impossible question']

/** Languages take turns, so that each of them is seen as a whole on some kinds. */
const everywhere = Object.entries(kinds)
  .flatMap(([kind, [path, status]], index) =>
    Object.entries(languages).map(([language, prefix], turn): Kind => ({
      kind,
      language,
      path: `${prefix}${path}`,
      status,
      isWhole: index % 3 === turn,
      isMain: kind === 'home' || kind === 'release',
    })),
  )
  .filter(({ kind, isWhole }) => isWhole || !likeOthers.includes(kind))
// Whoever programs reads English.
everywhere.push({
  kind: 'page of the API',
  language: 'en',
  path: '/api',
  status: 200,
  isWhole: true,
  isMain: false,
})

/**
 * How a page looks: layouts differ by device, colours by scheme. What is seen as a whole in one look is looked
 * at in another for its colours alone.
 */
const looks = [
  { name: 'phone dark', viewport: phone, colorScheme: 'dark', what: 'all' },
  { name: 'desktop light', viewport: desktop, colorScheme: 'light', what: 'colours' },
  { name: 'desktop dark', viewport: desktop, colorScheme: 'dark', what: 'all' },
  { name: 'phone light', viewport: phone, colorScheme: 'light', what: 'colours' },
] as const

/**
 * In a trial main kinds are seen in all looks. In other languages than one only their words differ. What is like
 * others has its colours from them.
 */
function looksOf({ kind, isWhole, isMain }: Kind): (typeof looks)[number][] {
  if (!isWhole) return isMain && isTrial ? looks.slice(0, 1) : []
  if (isMain && isTrial) return [...looks]
  return looks.slice(0, likeOthers.includes(kind) ? 1 : 2)
}

const browser = await launchBrowser()

describe.skipIf(!browser)('pages in a browser (skipped where none can be started)', () => {
  const press = browse(browser, content)

  /** One visit for some tests. */
  function visiting(path: string, options?: Parameters<typeof press.open>[2]) {
    let visit: Visit
    beforeAll(async () => {
      visit = await press.open(path, desktop, options)
    })
    return () => visit
  }

  describe.each(everywhere)('$kind in $language', (one) => {
    const { kind, language, path, status, isWhole } = one
    const seen = looksOf(one)
    const visit = visiting(path)

    test('is a page in its language with one main part and one heading, and names all that can be used', async () => {
      const { page, status: answered } = visit()
      expect(answered).toBe(status)
      const { title, ...others } = await describePage(page)
      expect(title).not.toBe('')
      expect(others).toEqual({ language, mains: 1, headings: 1, nameless: [] })
    })

    if (isWhole) {
      test('moves nothing once it is shown', async () => {
        expect(await findShifts(visit().page)).toEqual([])
      })
    }

    if (seen.length > 0) {
      test('has no barriers, in light and dark, on a phone and on a desk (WCAG 2.2 AA)', async () => {
        const { page } = visit()
        const found: string[] = []
        for (const { name, viewport, colorScheme, what } of seen) {
          await page.setViewportSize(viewport)
          await page.emulateMedia({ colorScheme })
          for (const barrier of await findBarriers(page, what)) found.push(`${name}: ${barrier}`)
        }
        expect(found).toEqual([])
      })
    }

    test('fits into windows from 320 pixels on (WCAG 1.4.10)', async () => {
      const { page } = visit()
      for (const viewport of isWhole || isTrial ? [narrow, phone, desktop] : [narrow]) {
        await page.setViewportSize(viewport)
        expect(await findOverflow(page)).toEqual([])
      }
    })

    test('asks no other host, keeps no cookie and reports no error', async () => {
      const { page, errors, elsewhere } = visit()
      expect(errors).toEqual([])
      expect(elsewhere).toEqual([])
      expect(await page.context().cookies()).toEqual([])
    })

    if (isWhole && kind in kinds && !likeOthers.includes(kind)) testKeyboard(visit, true)
  })

  // Forms, buttons that only scripts can use, and a page with neither.
  const withoutScript = everywhere.filter(
    ({ kind, isWhole }) => isWhole && /^(home|opened feed|release)$/.test(kind),
  )

  describe.each(withoutScript)('$kind in $language without JavaScript', ({ path }) => {
    testKeyboard(visiting(path, { javaScriptEnabled: false }), false)
  })

  function testKeyboard(visit: () => Visit, hasScripts: boolean) {
    test('by keyboard every control is reached in order, first a link to the main part, which shows itself', async () => {
      const { page, errors } = visit()
      const controls = await listControls(page)
      expect(controls.length).toBeGreaterThan(0)
      const first = await tabThrough(page, 1, hasScripts)
      const { target, top, height } = await focusedLink(page)
      expect(target).toMatch(/^#./)
      expect(await page.locator(`main${target}, main ${target}`).count()).toBe(1)
      expect(top).toBeGreaterThanOrEqual(0)
      expect(height).toBeGreaterThan(10)
      const others = await tabThrough(page, controls.length - 1, hasScripts)
      expect([...first, ...others]).toEqual(controls)
      expect(errors).toEqual([])
      await page.locator(`a[href="${target}"]`).first().focus()
      await page.keyboard.press('Enter')
      await expect.poll(() => new URL(page.url()).hash, { interval: 10 }).toBe(target)
    })
  }

  describe('a release before its time', () => {
    const visit = visiting('/')
    beforeAll(async () => {
      const { page } = visit()
      const made = await press.fetch('/api/releases/coming/en/previews', {
        method: 'POST',
        headers: {
          Authorization: `Bearer a-secret-of-the-newsroom`,
          'Content-Type': 'application/json',
        },
        body: JSON.stringify({ name: 'A browser', languages: ['all'], expires: inAMonth() }),
      })
      await page.goto(((await made.json()) as { url: string }).url)
    })

    test('says that it is not public on top of a page without barriers, which fits (WCAG 2.2 AA)', async () => {
      const { page, errors, elsewhere } = visit()
      expect(await page.getByLabel('Not public').textContent()).toMatch(/It comes out on/)
      expect(await describePage(page)).toMatchObject({ mains: 1, headings: 1, nameless: [] })
      const found: string[] = []
      for (const { name, viewport, colorScheme, what } of isTrial ? looks : looks.slice(0, 2)) {
        await page.setViewportSize(viewport)
        await page.emulateMedia({ colorScheme })
        for (const barrier of await findBarriers(page, what)) found.push(`${name}: ${barrier}`)
        found.push(...(await findOverflow(page)))
      }
      expect(found).toEqual([])
      // Behind the secret, as the page is.
      await expect.poll(async () => page.evaluate(widths), { interval: 10 }).toEqual([1])
      expect([errors, elsewhere]).toEqual([[], []])
    })
  })

  const group = (page: Page, name: RegExp) => page.locator('summary').filter({ hasText: name })
  const button = (page: Page) => page.getByRole('button', { name: 'Show the releases' })
  // What is announced to screen readers repeats words of the page, and stands outside of it.
  const text = (page: Page, words: string | RegExp) =>
    page.locator('#content').getByText(words, { exact: true })
  const box = (page: Page, name: RegExp) =>
    page.locator('details:has([name=topic])').getByRole('checkbox', { name })

  test('nothing changes while somebody chooses but the number at the button; then address, title and feeds follow', async () => {
    const { page } = await press.open('/', desktop)
    await group(page, /^Topics/).click()
    await box(page, /^asylum/).check()
    await text(page, '1 release matches').waitFor()
    await box(page, /^EU/).check()
    await text(page, '1 release matches').waitFor()
    await page.locator('summary', { hasText: /^Topics asylum, EU$/ }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/')
    // The address on the page would be that of another choice.
    expect(await page.locator('.take').isVisible()).toBe(false)
    await text(page, /^The choice below has changed/).waitFor()
    await box(page, /^asylum/).uncheck()
    await box(page, /^EU/).uncheck()
    expect(await page.locator('.take').isVisible()).toBe(true)
    await box(page, /^asylum/).check()
    await box(page, /^EU/).check()
    await button(page).click()
    await page.waitForURL(/\/topics\/asylum,eu$/)
    await page.getByRole('heading', { level: 1, name: /or EU/i }).waitFor()
    expect(await page.getByRole('textbox', { name: /Atom/ }).inputValue()).toMatch(
      /\/topics\/asylum,eu\.atom$/,
    )
    expect(await page.title()).toMatch(/asylum or EU/i)
    await page.getByRole('status').filter({ hasText: 'Now showing: Asylum or EU' }).waitFor()
  })

  test('the same feed is built with the keyboard alone, which skips to the filter and stays at the button', async () => {
    const { page } = await press.open('/', desktop)
    const focused = () =>
      page.evaluate<string>(
        "[document.activeElement.name, document.activeElement.value, document.activeElement.textContent.trim()].join(' ').trim()",
      )
    const reach = async (name: string, key: string) => {
      for (let step = 0; step < 60 && (await focused()) !== name; step++) {
        await page.keyboard.press('Tab')
      }
      expect(await focused()).toBe(name)
      await page.keyboard.press(key)
    }
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    expect((await focusedLink(page)).target).toBe('#filter')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('Topics')
    await reach('Topics', 'Enter')
    await reach('topic asylum', 'Space')
    expect(await focused()).toBe('topic asylum')
    await reach('topic eu', 'Space')
    await reach('Show the releases', 'Enter')
    await page.waitForURL(/\/topics\/asylum,eu$/)
    await expect.poll(focused).toBe('Show the releases')
  })

  test('going back shows the question before', async () => {
    const { page } = await press.open('/topics/asylum', desktop)
    await group(page, /^Topics/).click()
    await box(page, /^EU/).check()
    await button(page).click()
    await page.waitForURL(/\/topics\/asylum,eu$/)
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Asylum', exact: true }).waitFor()
    await group(page, /^Topics/).click()
    expect(await box(page, /^EU/).isChecked()).toBe(false)
    expect(await box(page, /^asylum/).isChecked()).toBe(true)
  })

  test('language and words that are chosen stand beside the name of their part; another language changes nothing before the button is pressed (WCAG 3.2.2), and then the whole page', async () => {
    const { page } = await press.open('/topics/asylum', desktop)
    await group(page, /^Language/).click()
    const chosen = page.locator('details:has([name=q]) .chosen')
    await page.getByRole('combobox').selectOption({ label: 'All languages' })
    await page.locator('#words').fill('  border guard ')
    expect(await chosen.textContent()).toBe('All languages, “border guard”')
    await page.getByRole('combobox').selectOption('en')
    await page.locator('#words').fill('')
    expect(await chosen.textContent()).toBe('')
    await page.getByRole('combobox').focus()
    await page.keyboard.press('ArrowDown')
    await text(page, '1 tiedote').waitFor()
    expect(await page.evaluate('document.activeElement.id')).toBe('language')
    expect(new URL(page.url()).pathname).toBe('/topics/asylum')
    await button(page).click()
    await page.waitForURL(/\/fi\/topics\/asylum$/)
    await page.getByRole('link', { name: 'Siirry sisältöön' }).waitFor({ state: 'attached' })
    expect(await page.getAttribute('html', 'lang')).toBe('fi')
  })

  test('on a phone a link at the head of a release leads to its feed; on a desk it stands beside the text', async () => {
    const { page } = await press.open('/releases/meeting', phone)
    const link = page.getByRole('link', { name: 'Subscribe', exact: true })
    await link.click()
    await expect
      .poll(async () => (await page.locator('#subscribe').boundingBox())?.y)
      .toBeLessThan(phone.height / 2)
    await page.setViewportSize(desktop)
    expect(await link.isVisible()).toBe(false)
  })

  test('whoever ticks a publisher and a kind sees the page of both, and its short address', async () => {
    const { page } = await press.open('/?publisher=ministry&utm_source=x', desktop)
    await page.waitForURL(/\/topics\/by:ministry$/)
    await group(page, /^Kinds/).click()
    await page.getByRole('checkbox', { name: /^press releases/ }).check()
    await button(page).click()
    await page.waitForURL(/\/topics\/by:ministry\+kind:press-release$/)
    const heading = page.getByRole('heading', { level: 1 })
    await heading.getByText('Press releases by The Ministry').waitFor()
    await group(page, /^Publishers The Ministry$/).waitFor()
  })

  test('too many topics are told at the button, and the choice is kept', async () => {
    const { page } = await press.open(`/topics/${everyTopic.replaceAll('+', ',')}`, desktop)
    await group(page, /^Kinds/).click()
    await page.getByRole('checkbox', { name: /^speeches/ }).check()
    await page.getByRole('alert').filter({ hasText: 'at most eight topics' }).waitFor()
    await button(page).click()
    await page.getByRole('alert').filter({ hasText: 'at most eight topics' }).waitFor()
    expect(await page.locator('.builder :checked:not([type=radio], option)').count()).toBe(9)
    expect(await page.locator('.take').isVisible()).toBe(false)
    await page.getByRole('checkbox', { name: /^speeches/ }).uncheck()
    await text(page, /release(s)? match/).waitFor()
    await expect.poll(() => page.getByRole('alert').isVisible()).toBe(false)
  })

  test('a request that fails is told, and can be repeated', async () => {
    const { page } = await press.open('/', desktop)
    await group(page, /^Topics/).click()
    await page.route(/topics\?/, (route) => route.abort())
    await box(page, /^EU/).check()
    await button(page).click()
    await page.getByRole('alert').filter({ hasText: 'Your choice is kept' }).waitFor()
    expect(await box(page, /^EU/).isChecked()).toBe(true)
    await page.unrouteAll()
    await button(page).click()
    await page.waitForURL(/\/topics\/eu$/)
  })

  test('while an answer is on its way the page says so', async () => {
    const { page } = await press.open('/', desktop)
    await group(page, /^Topics/).click()
    let answer = () => {}
    await page.route(/topics\?/, async (route) => {
      await new Promise<void>((resolve) => (answer = resolve))
      await route.continue()
    })
    await box(page, /^EU/).check()
    await text(page, 'Loading …').waitFor({ timeout: 1000 })
    await expect.poll(() => page.locator('.builder').getAttribute('aria-busy')).toBe('true')
    answer()
    await text(page, /releases? match/).waitFor()
    await page.unrouteAll({ behavior: 'ignoreErrors' })
  })

  test('a long list is narrowed by typing, below the broader topics, and what is ticked stays', async () => {
    const { page } = await press.open('/fi/topics/space-travel', desktop)
    await page.locator('summary', { hasText: /^Aiheet/ }).click()
    const shown = () =>
      page
        .locator('[name=topic]:visible')
        .evaluateAll((all) => all.map((one) => (one as unknown as { value: string }).value))
    const field = page.getByLabel('Rajaa luetteloa')
    await field.fill('turvapaikka')
    expect(await shown()).toEqual(['migration', 'asylum', 'space-travel'])
    await page.locator('output').getByText('3 / 16').waitFor()
    await page.keyboard.press('Enter')
    // As somebody types whose keyboard has no such letters.
    for (const typed of ['sahko', 'SÄHKÖ']) {
      await field.fill(typed)
      expect(await shown()).toEqual(['space-travel', 'field-1'])
    }
    await field.fill('')
    expect((await shown()).length).toBe(16)
    expect(await page.locator('output').textContent()).toBe('')
    expect(new URL(page.url()).pathname).toBe('/fi/topics/space-travel')
  })

  test('copying an address says which one was copied, as often as it is done', async () => {
    const { page } = await press.open('/topics/asylum', desktop)
    await group(page, /^More ways/).click()
    const status = page.getByRole('status')
    for (const format of ['Atom', 'RSS', 'RSS']) {
      await page.getByRole('button', { name: `Address of the ${format} feed` }).click()
      await status.filter({ hasText: `Copied: Address of the ${format} feed` }).waitFor()
    }
    const buttons = page.getByRole('button', { name: /Address of the/ })
    expect(await buttons.allTextContents()).toEqual(['Copy feed address', 'Copied', 'Copy'])
    // Whoever speaks to the page says what is written on the button.
    await page.getByRole('button', { name: 'Copied: Address of the RSS feed' }).waitFor()
  })

  test('the same feed is built without JavaScript, by sending the form, and searched', async () => {
    const { page } = await press.open('/', desktop, { javaScriptEnabled: false })
    await group(page, /^Topics/).click()
    await box(page, /^asylum/).check()
    await box(page, /^EU/).check()
    const form = page.locator('form:has(input[type="checkbox"])').first()
    await form.locator('button').first().click()
    await page.waitForLoadState()
    expect(await page.locator('link[rel="canonical"]').getAttribute('href')).toMatch(
      /\/topics\/asylum,eu$/,
    )
    expect(await page.title()).toMatch(/asylum or EU/i)
    await page.getByRole('searchbox').first().fill('Helsinki')
    await page.getByRole('searchbox').first().press('Enter')
    await page.waitForURL(/q=Helsinki/i)
    expect(await page.getByRole('main').textContent()).toContain(titles.en)
  })
})
