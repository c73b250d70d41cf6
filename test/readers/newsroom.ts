// A press office that writes into a content folder and remembers what it wrote, so that what readers
// must hold never comes from the feeds under test.
import { markdown, writeFiles } from '../content-folder.ts'

/** A release as it stands in its file. */
export type Written = {
  slug: string
  language: string
  authored: number
  /** With `budget` for a text that a search for this word finds. */
  topics: string[]
  /** Counts up with every edit, and down when one is taken back. */
  version: number
  corrections: number[]
  /** From when on it was public under which topics. */
  history: { from: number; topics: string[] }[]
}

/** A feed, without the ending of a format. */
export type NewsFeed = {
  path: string
  search?: string
  /** Whether a release stands in it while it is under these topics. */
  shows: (release: Written, topics: string[]) => boolean
}

/** While a release stood in a feed; open at the end while it still does. */
export type Showing = { from: number; until: number | undefined }

export type Newsroom = ReturnType<typeof createNewsroom>

const broader: Record<string, string> = {
  asylum: 'migration',
  immigration: 'migration',
  'organised-crime': 'crime',
  drugs: 'crime',
}

/** Topics that releases are put under. */
export const topics = ['asylum', 'immigration', 'migration', 'organised-crime', 'drugs', 'eu']

const under = (named: string[], topic: string) =>
  named.some((one) => one === topic || broader[one] === topic)

export const newsFeeds: NewsFeed[] = [
  { path: '/feed', shows: ({ language }) => language === 'en' },
  {
    path: '/topics/migration',
    shows: ({ language }, named) => language === 'en' && under(named, 'migration'),
  },
  { path: '/all/feed', shows: () => true },
  {
    path: '/topics/crime,eu',
    shows: ({ language }, named) =>
      language === 'en' && (under(named, 'crime') || under(named, 'eu')),
  },
  {
    path: '/fi/topics/migration',
    shows: ({ language }, named) => language === 'fi' && under(named, 'migration'),
  },
  {
    path: '/all/topics/crime+-drugs',
    shows: (_, named) => under(named, 'crime') && !under(named, 'drugs'),
  },
  {
    path: '/topics/-drugs',
    shows: ({ language }, named) => language === 'en' && !under(named, 'drugs'),
  },
  {
    path: '/topics/eu+migration',
    shows: ({ language }, named) =>
      language === 'en' && under(named, 'eu') && under(named, 'migration'),
  },
  {
    path: '/feed',
    search: '?q=budget',
    shows: ({ language }, named) => language === 'en' && named.includes('budget'),
  },
]

/** What identifies a release to the tests: the beginning of its title. */
export function keyOf({ slug, language }: Pick<Written, 'slug' | 'language'>): string {
  return `${slug}.${language}`
}

export function titleOf(release: Written): string {
  return `${keyOf(release)}: ports & "borders", take ${release.version}`
}

export function textOf(release: Written): string {
  return `This is take ${release.version} of ${keyOf(release)}.`
}

export function createNewsroom(directory: string) {
  const releases = new Map<string, Written>()

  function write(release: Written) {
    const fields = [
      `title: '${titleOf(release)}'`,
      `published: ${iso(release.authored)}`,
      `topics: [${release.topics.filter((topic) => topic !== 'budget').join(', ')}]`,
      ...(release.corrections.length > 0 ? ['changes:'] : []),
      ...release.corrections.map((at) => `  - { at: ${iso(at)}, kind: correction, note: Mended }`),
    ]
    const isOnBudget = release.topics.includes('budget')
    const text = `${textOf(release)} ${isOnBudget ? 'It is about the budget.' : ''}`
    writeFiles(directory, { [`releases/${keyOf(release)}.md`]: markdown(fields, text) })
  }

  return {
    releases: () => [...releases.values()],

    publish(release: Pick<Written, 'slug' | 'language' | 'authored' | 'topics'>) {
      const written = { ...release, version: 1, corrections: [], history: [] }
      releases.set(keyOf(written), written)
      write(written)
    },

    /** Changes the text, without a word or with a correction at a second. */
    edit(release: Written, correctedAt?: number) {
      release.version++
      if (correctedAt !== undefined) release.corrections.push(correctedAt)
      write(release)
    },

    /** Takes an edit without a word back, so that the text is as it was. */
    takeBack(release: Written) {
      release.version--
      write(release)
    },

    retag(release: Written, named: string[]) {
      release.topics = named
      write(release)
    },

    /** Remembers that the service has everything that was written. */
    isTakenUp(now: number) {
      for (const { history, topics: named } of releases.values()) {
        if (history.at(-1)?.topics !== named) history.push({ from: now, topics: named })
      }
    },
  }
}

/** When a release stood in a feed. */
export function showingsOf(release: Written, feed: NewsFeed): Showing[] {
  const showings: Showing[] = []
  release.history.forEach(({ from, topics: named }, index) => {
    if (!feed.shows(release, named)) return
    const until = release.history[index + 1]?.from
    const last = showings.at(-1)
    if (last?.until === from) last.until = until
    else showings.push({ from, until })
  })
  return showings
}

function iso(second: number): string {
  return new Date(second * 1000).toISOString().replace('.000Z', 'Z')
}
