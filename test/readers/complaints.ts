import { baseUrl } from '../platforms.ts'
import type { Model } from './models.ts'
import {
  keyOf,
  type NewsFeed,
  type Newsroom,
  showingsOf,
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
 * What a user has to complain about: a release that is missing, doubled, foreign to the feed or not
 * as it was written last, and a program that met an error or gave up. Programs that look at old entries
 * only once a day have looked at those that were published after `lookedBackTo`.
 */
export function complaintsOf(user: User, newsroom: Newsroom, lookedBackTo: number): string[] {
  const { reader, model } = user
  const releases = new Map(newsroom.releases().map((release) => [keyOf(release), release]))
  const shelves = reader.isGlobal
    ? [{ where: 'all feeds', feeds: [...user.feeds.values()], held: reader.all() }]
    : reader.feeds().map((address) => {
        return { where: address, feeds: [user.feeds.get(address)!], held: reader.held(address) }
      })
  const wrong = shelves.flatMap(({ where, feeds, held }) => [
    ...missing(user, feeds, held, releases).map((key) => `${key} is missing in ${where}`),
    ...held.flatMap((one) => {
      const release = releases.get(nameOf(one))
      if (!release) return [`${one.title} in ${where} was never written`]
      const readsAnew =
        model.seesEdits && (!model.looksBackDaily || release.authored > lookedBackTo)
      return oddities(one, release, feeds, user.since, readsAnew).map((oddity) => {
        return `${nameOf(one)} ${oddity} in ${where}`
      })
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
): string[] {
  const names = new Set(held.map(nameOf))
  return [...releases].flatMap(([key, release]) => {
    if (names.has(key) || release.authored < since - longestShown) return []
    const isDue = feeds.some((feed) => {
      if (!model.seesLateComers) return release.authored > since && stoodFromTheStart(release, feed)
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

function oddities(
  held: Held,
  release: Written,
  feeds: NewsFeed[],
  since: number,
  readsAnew: boolean,
): string[] {
  const showings = feeds
    .flatMap((feed) => showingsOf(release, feed))
    .filter(({ until }) => until === undefined || until > since)
  const path = release.language === 'en' ? '/releases/' : `/${release.language}/releases/`
  const isShown = showings.some(({ until }) => until === undefined)
  const isCurrent = held.title === titleOf(release) && held.content.includes(textOf(release))
  return [
    ...(showings.length === 0 ? ['stands without reason'] : []),
    ...(held.shown.length > 1 ? [`was shown ${held.shown.length} times`] : []),
    ...(held.link === `${baseUrl}${path}${release.slug}` ? [] : [`leads to ${held.link}`]),
    ...(readsAnew && isShown && !isCurrent ? [`still reads ${held.title}`] : []),
  ]
}

function nameOf({ title }: Held): string {
  return title.split(':')[0]!
}
