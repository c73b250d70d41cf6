import type { Model } from './models.ts'
import {
  absentFrom,
  addressOf,
  isPublic,
  keyIn,
  keyOf,
  marksOf,
  type NewsFeed,
  type Newsroom,
  showingsOf,
  surroundingsOf,
  textOf,
  titleOf,
  type Written,
} from './newsroom.ts'
import type { Held, Reader } from './reader.ts'

/** What stood in a feed for less long may be missed by whoever polls rarely. */
const longEnough = 12 * 3600
/** A feed may leave out what is older than a week before its newest release (C-08). */
const longestShown = 6 * 86_400

/** A reader with the feeds its user subscribed to, by address, and the second of the first poll. */
export type User = { model: Model; reader: Reader; feeds: Map<string, NewsFeed>; since: number }

/**
 * What a user has to complain about at a second: a release that is missing, doubled, shown too early,
 * foreign to the feed or not as it was written last, and a program that met an error or gave up.
 * Programs that look at old entries only once a day have looked at those that were published after
 * `lookedBackTo`.
 */
export function complaintsOf(
  user: User,
  newsroom: Newsroom,
  lookedBackTo: number,
  now: number,
): string[] {
  const { reader } = user
  const releases = new Map(newsroom.releases().map((release) => [keyOf(release), release]))
  const shelves = reader.isGlobal
    ? [{ where: 'all feeds', feeds: [...user.feeds.values()], held: reader.all() }]
    : reader.feeds().map((address) => {
        return { where: address, feeds: [user.feeds.get(address)!], held: reader.held(address) }
      })
  const wrong = shelves.flatMap(({ where, feeds, held }) => [
    ...missing(user, feeds, held, releases, now).map((key) => `${key} is missing in ${where}`),
    ...held.flatMap((one) => {
      const release = releases.get(nameOf(one))
      if (!release) return [`${one.title} in ${where} was never written`]
      const isUpToDate = isTold(user, release, feeds, lookedBackTo)
      return [
        ...oddities(one, release, feeds, user.since),
        ...(isUpToDate ? textOddities(user, one, release, newsroom.releases(), now) : []),
      ].map((oddity) => `${nameOf(one)} ${oddity} in ${where}`)
    }),
  ])
  const misplaced = reader.feeds().flatMap((address) => {
    const feed = user.feeds.get(address)!
    const strangers = reader.held(address).filter((one) => {
      const release = releases.get(nameOf(one))
      return release && showingsOf(release, feed).length === 0
    })
    return strangers.map((one) => `${nameOf(one)} never stood in ${address}`)
  })
  const givenUp = reader.givenUp().map((address) => `gave up ${address}`)
  return [...wrong, ...misplaced, ...reader.errors, ...givenUp]
}

function missing(
  { model, since }: User,
  feeds: NewsFeed[],
  held: Held[],
  releases: Map<string, Written>,
  now: number,
): string[] {
  const names = new Set(held.map(nameOf))
  return [...releases].flatMap(([key, release]) => {
    if (names.has(key) || !isPublic(release, now)) return []
    if ((release.dated ?? release.public!) < since - longestShown) return []
    const isDue = feeds.some((feed) => {
      if (!model.seesLateComers) return release.public! > since && stoodFromTheStart(release, feed)
      return showingsOf(release, feed).some(
        ({ from, until }) => until === undefined || until - Math.max(from, since) >= longEnough,
      )
    })
    return isDue ? [key] : []
  })
}

function stoodFromTheStart(release: Written, feed: NewsFeed): boolean {
  const [first] = release.history
  return first !== undefined && feed.shows(release, first.topics)
}

function oddities(held: Held, release: Written, feeds: NewsFeed[], since: number): string[] {
  const showings = feeds
    .flatMap((feed) => showingsOf(release, feed))
    .filter(({ until }) => until === undefined || until > since)
  return [
    ...(showings.length === 0 ? ['stands without reason'] : []),
    ...(held.shown.length > 1 ? [`was shown ${held.shown.length} times`] : []),
    ...(held.shown[0]! < release.public! ? [`was shown at ${held.shown[0]}, too early`] : []),
    ...(held.link === addressOf(release) ? [] : [`leads to ${held.link}`]),
  ]
}

/** Whether a user must have been told what became of a release. */
function isTold(
  { model }: User,
  release: Written,
  feeds: NewsFeed[],
  lookedBackTo: number,
): boolean {
  if (model.seesEdits === 'none') return false
  if (model.looksBackDaily && (release.dated ?? release.public!) <= lookedBackTo) return false
  const showings = feeds.flatMap((feed) => showingsOf(release, feed))
  return showings.some(({ until }) => until === undefined)
}

/** What is wrong with the text of an entry that should be the newest. */
function textOddities(
  { model }: User,
  { title, content, files }: Held,
  release: Written,
  all: Written[],
  now: number,
): string[] {
  const stale = `still reads ${title}`
  const lacks = marksOf(release).filter((mark) => !content.includes(mark))
  if (model.seesEdits === 'material') {
    // Changes without a word come with the next one that has one, or never.
    const take = Number(/take (\d+)$/.exec(title)?.[1])
    const isWithdrawn =
      title === titleOf({ ...release, version: take }) && !content.includes('This is take')
    if (release.withdrawn ? !isWithdrawn : take < release.told) return [stale]
    return lacks.map((mark) => `does not say "${mark}"`)
  }
  const isCurrent = title === titleOf(release)
  if (!isCurrent || !(release.withdrawn || content.includes(textOf(release)))) return [stale]
  lacks.push(...surroundingsOf(release, all, now).filter((mark) => !content.includes(mark)))
  const hasFile = files?.some((address) => address.endsWith(`/media/${release.attachment}`))
  const isToHaveFile = release.attachment !== undefined && !release.withdrawn
  return [
    ...lacks.map((mark) => `does not say "${mark}"`),
    ...absentFrom(release)
      .filter((mark) => content.includes(mark))
      .map((mark) => `still says "${mark}"`),
    ...(hasFile === undefined || hasFile === isToHaveFile
      ? []
      : [`${hasFile ? 'still has' : 'lacks'} its attachment`]),
  ]
}

function nameOf({ title }: Held): string {
  return keyIn(title)
}
