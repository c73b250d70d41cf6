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

const content = () =>
  writeFolder({
    'topics.yaml': topicsYaml,
    'media/agenda.pdf': '%PDF-1.4 agenda',
    'media/port.png': pixel,
    ...releases(),
  })

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

/** Languages take turns, so that each of them is seen as a whole on some kinds. */
const everywhere = Object.entries(kinds).flatMap(([kind, [path, status]], index) =>
  Object.entries(languages).map(([language, prefix], turn): Kind => ({
    kind,
    language,
    path: `${prefix}${path}`,
    status,
    isWhole: index % 3 === turn,
    isMain: kind === 'home' || kind === 'release',
  })),
)
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

/** Main kinds are seen in all looks in one language. In the other languages only their words differ. */
function looksOf({ isWhole, isMain }: Kind) {
  if (!isWhole) return isMain && isTrial ? looks.slice(0, 1) : []
  return isMain ? looks : looks.slice(0, 2)
}

/** Of the kinds that have their form and lists from the same parts, the keyboard walks through one. */
const likeOthers = isTrial ? [] : ['topic', 'search', 'impossible question']

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
      for (const viewport of isWhole ? [narrow, phone, desktop] : [narrow, desktop]) {
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
    test('by keyboard every control is reached in order', async () => {
      const { page, errors } = visit()
      const controls = await listControls(page)
      expect(controls.length).toBeGreaterThan(0)
      expect(await tabThrough(page, controls.length, hasScripts)).toEqual(controls)
      expect(errors).toEqual([])
    })

    test('by keyboard it begins with a link to the main part, which shows itself', async () => {
      const { page } = visit()
      // Where the keyboard begins is where the page was last touched, so it is opened anew.
      await page.reload()
      await page.keyboard.press('Tab')
      const { target, top, height } = await focusedLink(page)
      expect(target).toMatch(/^#./)
      expect(await page.locator(`main${target}, main ${target}`).count()).toBe(1)
      expect(top).toBeGreaterThanOrEqual(0)
      expect(height).toBeGreaterThan(10)
      await page.keyboard.press('Enter')
      await expect.poll(() => new URL(page.url()).hash, { interval: 10 }).toBe(target)
    })
  }

  test('a feed is built by ticking, with JavaScript: address, title and feeds follow', async () => {
    const { page } = await press.open('/', desktop, {})
    await page
      .getByRole('checkbox', { name: /^asylum/ })
      .first()
      .check()
    await page.waitForURL(/\/topics\/asylum$/)
    await page.getByRole('checkbox', { name: /^EU/ }).first().check()
    await page.waitForURL(/\/topics\/asylum,eu$/)
    await page.getByRole('heading', { level: 1, name: /or EU/i }).waitFor()
    const main = await page.getByRole('main').innerHTML()
    for (const format of ['atom', 'rss', 'json'])
      expect(main).toContain(`/topics/asylum,eu.${format}`)
    expect(await page.title()).toMatch(/asylum or EU/i)
  })

  test('the same feed is built with the keyboard alone, which stays where it was', async () => {
    const { page } = await press.open('/', desktop)
    const focused = () =>
      page.evaluate<string>("document.activeElement.name + ' ' + document.activeElement.value")
    const reach = async (box: string) => {
      for (let step = 0; step < 60 && (await focused()) !== box; step++) {
        await page.keyboard.press('Tab')
      }
      await page.keyboard.press('Space')
    }
    await reach('topic asylum')
    await page.waitForURL(/\/topics\/asylum$/)
    expect(await focused()).toBe('topic asylum')
    await reach('topic eu')
    await page.waitForURL(/\/topics\/asylum,eu$/)
    expect(await focused()).toBe('topic eu')
    await page.getByRole('status').filter({ hasText: 'Now showing: Asylum or EU' }).waitFor()
  })

  test('going back shows the question before, with its ticks', async () => {
    const { page } = await press.open('/topics/asylum', desktop)
    const box = (name: RegExp) => page.getByRole('checkbox', { name }).first()
    await box(/^EU/).check()
    await page.waitForURL(/\/topics\/asylum,eu$/)
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Asylum', exact: true }).waitFor()
    expect(await box(/^EU/).isChecked()).toBe(false)
    expect(await box(/^asylum/).isChecked()).toBe(true)
  })

  test('whoever chooses another language gets a page that is in it as a whole', async () => {
    const { page } = await press.open('/topics/asylum', desktop)
    await page.getByRole('combobox').selectOption('fi')
    await page.waitForURL(/\/fi\/topics\/asylum$/)
    await page.getByRole('link', { name: 'Siirry sisältöön' }).waitFor({ state: 'attached' })
    expect(await page.getAttribute('html', 'lang')).toBe('fi')
  })

  test('whoever ticks a publisher and a kind sees the page of both, and its short address', async () => {
    const { page } = await press.open('/?publisher=ministry&utm_source=x', desktop)
    await page.waitForURL(/\/topics\/by:ministry$/)
    await page.getByRole('checkbox', { name: /^press releases/ }).check()
    await page.waitForURL(/\/topics\/by:ministry\+kind:press-release$/)
    const heading = page.getByRole('heading', { level: 1 })
    await heading.getByText('Press releases by The Ministry').waitFor()
    expect(await page.getByRole('checkbox', { name: /^The Ministry/ }).isChecked()).toBe(true)
  })

  test('what is typed while an answer is on its way stays, and so does the place where one types', async () => {
    for (const index of [0, 1]) {
      const { page } = await press.open('/', desktop)
      const field = page.getByRole('searchbox').nth(index)
      const typeMeanwhile = async (route: { continue: () => Promise<void> }) => {
        await field.pressSequentially('port')
        await route.continue()
      }
      await page.route(/topic=/, typeMeanwhile, { times: 1 })
      await page
        .getByRole('checkbox', { name: /^asylum/ })
        .first()
        .check()
      await page.getByRole('heading', { level: 1, name: /^Asylum/ }).waitFor()
      expect(await field.inputValue()).toBe('port')
      expect(await page.locator(':focus').getAttribute('id')).toBe(await field.getAttribute('id'))
    }
  })

  test('a long list of topics stays where it was scrolled to', async () => {
    const { page } = await press.open('/?q=nothing', desktop)
    // The list of a real office is longer than this one.
    const style = '.ticks { max-block-size: 4rem; overflow-y: auto }'
    await page.route(/style\.css/, (route) =>
      route.fulfill({ contentType: 'text/css', body: style }),
    )
    await page.reload()
    await page.getByRole('checkbox', { name: /^EU/ }).first().check()
    const before = await page.evaluate<number>("document.querySelector('.ticks').scrollTop")
    expect(before).toBeGreaterThan(20)
    await page.waitForURL(/\/topics\/eu/)
    expect(await page.evaluate<number>("document.querySelector('.ticks').scrollTop")).toBe(before)
    await page.unrouteAll()
  })

  test('copying an address says which one was copied, as often as it is done', async () => {
    const { page } = await press.open('/topics/asylum', desktop)
    const status = page.getByRole('status')
    for (const format of ['Atom', 'RSS', 'RSS']) {
      await page.getByRole('button', { name: `Address of the ${format} feed` }).click()
      await status.filter({ hasText: `Copied: Address of the ${format} feed` }).waitFor()
    }
    const buttons = page.getByRole('button', { name: /Address of the/ })
    expect(await buttons.allTextContents()).toEqual(['Copy', 'Copied', 'Copy'])
    // Whoever speaks to the page says what is written on the button.
    await page.getByRole('button', { name: 'Copied: Address of the RSS feed' }).waitFor()
  })

  test('the same feed is built without JavaScript, by sending the form', async () => {
    const { page } = await press.open('/', desktop, { javaScriptEnabled: false })
    await page
      .getByRole('checkbox', { name: /^asylum/ })
      .first()
      .check()
    await page.getByRole('checkbox', { name: /^EU/ }).first().check()
    const form = page.locator('form:has(input[type="checkbox"])').first()
    await form.locator('button').first().click()
    await page.waitForLoadState()
    expect(await page.locator('link[rel="canonical"]').getAttribute('href')).toMatch(
      /\/topics\/asylum,eu$/,
    )
    expect(await page.title()).toMatch(/asylum or EU/i)
  })

  test('a search is a form that works without JavaScript', async () => {
    const { page } = await press.open('/', desktop, { javaScriptEnabled: false })
    await page.getByRole('searchbox').first().fill('Helsinki')
    await page.getByRole('searchbox').first().press('Enter')
    await page.waitForURL(/q=Helsinki/i)
    expect(await page.getByRole('main').textContent()).toContain(titles.en)
  })
})
