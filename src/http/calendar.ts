import type { FeedQuery } from '../domain/feed-query.ts'
import type { ReleaseStore } from '../domain/release-store.ts'
import { createCalendar, eventWalks, newestEvents, oneVersionOfEach } from '../feeds/events.ts'
import { calendar } from '../feeds/formats.ts'
import type { Meaning } from './answers/answers.ts'
import type { Current } from './answers/state.ts'
import { feedHeaders } from './feed.ts'
import { checkLength, endingOrGone, pathOf } from './question.ts'

export type CalendarTarget = { query: FeedQuery; renamed: boolean }

type Store = Pick<ReleaseStore, 'places' | 'load' | 'lastModified'>

/** The events of the releases that answer a question, as a calendar. */
export function calendarMeaning(
  { query, renamed }: CalendarTarget,
  current: Current,
  store: Store,
): Meaning {
  const { addresses } = current
  const address = addresses.feed(query, calendar.ending)
  checkLength(address)
  if (renamed) return { movedTo: address }
  const ending = endingOrGone(query, current)
  const page = addresses.page(query)
  const walks = eventWalks(query)
  return {
    key: address,
    address,
    subject: { kind: 'document', path: pathOf(address) },
    renderedAs: calendar.ending,
    contentType: calendar.contentType,
    headers: () => ({
      ...feedHeaders(ending),
      link: `<${page}>; rel="alternate"; type="text/html", <${page}>; rel="canonical"`,
    }),
    lastModified: async () =>
      Math.max(await store.lastModified(query, current, walks), ending?.at ?? 0),
    isToKeep: query.words.length === 0,
    async render() {
      const places = newestEvents(await store.places(query, current, walks))
      const releases = await store.load(
        places.map(({ key }) => key),
        current,
      )
      const shown =
        query.language === 'all' ? oneVersionOfEach(releases, current.site.languages) : releases
      // A Worker that nobody asks for a calendar never loads what writes one.
      const { renderCalendar } = await import('../feeds/calendar.ts')
      return { body: renderCalendar(createCalendar(query, shown, current)) }
    },
  }
}
