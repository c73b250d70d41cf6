// A press office that writes into a content folder and remembers what it wrote, so that what readers
// must hold never comes from the feeds under test.
import { baseUrl } from '../platforms.ts'
import { markdown, writeFiles } from '../content-folder.ts'

/** A release as it stands in its file, and what became of it. All times are seconds. */
export type Written = {
  slug: string
  language: string
  authored: number
  /** With `budget` for a text that a search for this word finds. */
  topics: string[]
  /** Counts up with every edit, and down when one is taken back. */
  version: number
  /** The version of which readers were told: the first, or that of the last correction. */
  told: number
  corrections: { at: number; note: string }[]
  /** Slug of the release that it corrects. */
  corrects?: string
  /** Name of the file that it attaches. */
  attachment?: string
  withdrawn?: Withdrawn
  /** Since when it is public or will be; undefined while the service does not know it. */
  public?: number
  /** Whether it came after something that readers saw which is younger by its author's time. */
  isLate?: boolean
  /** Since a database was lost: the second that it counts as published. */
  dated?: number
  /** From when on it was public under which topics. */
  history: { from: number; topics: string[] }[]
}

export type Withdrawn = { at: number; reason: string; replacedBy?: string }

/** What an author decides about a new release. */
export type New = Pick<
  Written,
  'slug' | 'language' | 'authored' | 'topics' | 'corrects' | 'attachment'
>

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

/** What identifies a release to the tests: it stands in its title. */
export function keyOf({ slug, language }: Pick<Written, 'slug' | 'language'>): string {
  return `${slug}.${language}`
}

/** The release that a title belongs to. */
export function keyIn(title: string): string {
  return /[a-z0-9-]+\.(en|fi)(?=:)/.exec(title)?.[0] ?? title
}

/** As the author wrote it. */
function headlineOf(release: Written): string {
  return `${keyOf(release)}: ports & "borders", take ${release.version}`
}

/** As readers see it. */
export function titleOf(release: Written): string {
  const title = headlineOf(release)
  return release.withdrawn ? `${words[release.language]!.withdrawn}: ${title}` : title
}

export function textOf(release: Written): string {
  return `This is take ${release.version} of ${keyOf(release)}.`
}

/** What the service says around what was written, by language. */
const words: Record<string, { withdrawn: string; dated: string }> = {
  en: { withdrawn: 'Withdrawn', dated: 'Dated:' },
  fi: { withdrawn: 'Peruttu', dated: 'Päivätty:' },
}

/** What somebody must read in the full text of a release, beside its own words. */
export function marksOf(release: Written): string[] {
  const { withdrawn, corrections } = release
  if (withdrawn) return [withdrawn.reason]
  return corrections.map(({ note }) => note)
}

/** What surrounds the text without readers being told: links to and fro, and the author's time. */
export function surroundingsOf(release: Written, all: Written[], now: number): string[] {
  const { slug, language, withdrawn, corrects } = release
  const named = (other: string | undefined) =>
    all.filter((one) => one.slug === other && one.language === language && isPublic(one, now))
  if (withdrawn) return named(withdrawn.replacedBy).map(linkTo)
  const corrections = all.filter((one) => {
    return one.corrects === slug && one.language === language && isPublic(one, now)
  })
  return [
    ...named(corrects).map(linkTo),
    ...corrections.filter((one) => !one.withdrawn).map(linkTo),
    ...(isDated(release) ? [words[language]!.dated] : []),
  ]
}

/** What nobody may read in it any more. */
export function absentFrom(release: Written): string[] {
  if (release.withdrawn) return ['This is take', 'media/']
  return ['Taken back', ...(isDated(release) ? [] : [words[release.language]!.dated])]
}

export function isPublic({ public: since }: Written, now: number): boolean {
  return since !== undefined && since <= now
}

/** Readers are told when a release came out an hour and more after its author's time. */
function isDated({ authored, public: since = 0, isLate }: Written): boolean {
  return isLate === true && since - authored >= 3600
}

export function addressOf({ slug, language }: Pick<Written, 'slug' | 'language'>): string {
  return `${baseUrl}${language === 'en' ? '' : `/${language}`}/releases/${slug}`
}

function linkTo(release: Written): string {
  return `href="${addressOf(release)}"`
}

export function createNewsroom(directory: string) {
  const releases = new Map<string, Written>()
  /** Written since the service took anything up. */
  const fresh = new Set<Written>()
  /** Second of the last change that readers can have seen, but for embargoes that ended since. */
  let seen: number | undefined

  function write(release: Written) {
    const { corrections, corrects, attachment, withdrawn } = release
    const replacedBy = withdrawn?.replacedBy ? `, replacedBy: ${withdrawn.replacedBy}` : ''
    const fields = [
      `title: '${headlineOf(release)}'`,
      `published: ${iso(release.authored)}`,
      `topics: [${release.topics.filter((topic) => topic !== 'budget').join(', ')}]`,
      ...(corrects ? [`corrects: ${corrects}`] : []),
      ...(attachment ? [`attachments: [{ file: ${attachment}, title: Agenda }]`] : []),
      ...(corrections.length > 0 ? ['changes:'] : []),
      ...corrections.map(
        ({ at, note }) => `  - { at: ${iso(at)}, kind: correction, note: ${note} }`,
      ),
      ...(withdrawn
        ? [`withdrawn: { at: ${iso(withdrawn.at)}, reason: ${withdrawn.reason}${replacedBy} }`]
        : []),
    ]
    const isOnBudget = release.topics.includes('budget')
    const text = `${textOf(release)} ${isOnBudget ? 'It is about the budget.' : ''}`
    writeFiles(directory, { [`releases/${keyOf(release)}.md`]: markdown(fields, text) })
    fresh.add(release)
  }

  return {
    directory,
    releases: () => [...releases.values()],

    publish(release: New) {
      if (release.attachment) writeFiles(directory, { [`media/${release.attachment}`]: '%PDF' })
      const written = { ...release, version: 1, told: 1, corrections: [], history: [] }
      releases.set(keyOf(written), written)
      write(written)
    },

    /** Changes the text, without a word or with a correction at a second. */
    edit(release: Written, correctedAt?: number) {
      release.version++
      if (correctedAt !== undefined) {
        release.told = release.version
        const note = `Take ${release.version - 1} was wrong`
        release.corrections.push({ at: correctedAt, note })
      }
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

    withdraw(release: Written, at: number, replacedBy?: string) {
      const reason = `Taken back at ${at}`
      release.withdrawn = replacedBy ? { at, reason, replacedBy } : { at, reason }
      release.told = release.version
      write(release)
    },

    /** It stands again, as if it had never been withdrawn. */
    reinstate(release: Written) {
      delete release.withdrawn
      release.told = release.version
      write(release)
    },

    /** Remembers that the service has everything that was written. */
    isTakenUp(now: number) {
      const before = [...releases.values()].filter((release) => isPublic(release, now))
      const horizon = before.reduce((latest, one) => Math.max(latest, one.public!), seen ?? 0)
      for (const release of releases.values()) {
        const { history, topics: named, authored } = release
        if (release.public === undefined) {
          // What an empty service is filled with keeps its times, and an embargo ends by itself.
          release.public = seen === undefined ? authored : Math.max(authored, now)
          release.isLate = seen !== undefined && authored <= horizon
        }
        const from = Math.max(release.public, now)
        if (history.at(-1)?.topics !== named) history.push({ from, topics: named })
      }
      if ([...fresh].some((release) => isPublic(release, now))) seen = now
      fresh.clear()
    },

    /** Remembers that the service has nothing but the folder: it must believe the authors. */
    isRebuilt() {
      for (const release of releases.values()) {
        release.isLate = false
        release.dated = release.authored
      }
    },
  }
}

/** When a release stood in a feed, be it as a notice that it was withdrawn. */
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
