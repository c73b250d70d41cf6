import ical, { ICalEventBusyStatus, ICalEventStatus, ICalEventTransparency } from 'ical-generator'
import type { Calendar, CalendarEvent } from './events.ts'

// Loaded when somebody asks for a calendar. What it imported beside the library would become a part of the Worker of
// its own, and be sent apart from the rest.

/** Seconds after which programs are to ask again. Most ask less often, whatever they are told. */
const refreshAfter = 3600
/** RFC 5545 section 3.3.8. */
const largestInteger = 2 ** 31 - 1

/** A calendar as iCalendar (RFC 5545, RFC 7986). */
export function renderCalendar(calendar: Calendar): string {
  const { name, description, language, page, self, events } = calendar
  const made = ical({
    prodId: { company: 'Tiedote', product: 'Tiedote', language: language.toUpperCase() },
    name: escape(name),
    description: escape(description),
    url: page,
    source: self,
    ttl: refreshAfter,
  })
  for (const event of events) made.createEvent(writtenEvent(event))
  return `${made.toString()}\r\n`
}

function writtenEvent({
  start,
  end,
  isOfDays,
  published,
  updated,
  place,
  ...event
}: CalendarEvent) {
  return {
    id: escape(event.id),
    // It grows with every change that readers must see.
    sequence: Math.min(updated - published, largestInteger),
    stamp: moment(updated),
    created: moment(published),
    lastModified: moment(updated),
    start: moment(start),
    ...(end !== undefined && { end: moment(end) }),
    allDay: isOfDays,
    summary: event.title,
    description: event.description,
    ...(place && { location: place }),
    // What the library would escape as a text, though it is none.
    url: event.url.replace(/[\\;,]/g, encodeURIComponent),
    categories: event.categories.map((name) => ({ name })),
    status: event.isCancelled ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
    // Whoever follows what is on is not there.
    transparency: ICalEventTransparency.TRANSPARENT,
    busystatus: ICalEventBusyStatus.FREE,
  }
}

function moment(second: number): Date {
  return new Date(second * 1000)
}

/** The library does so with what is said of an event, and not with names and identities (RFC 5545 section 3.3.11). */
function escape(text: string): string {
  return text.replace(/[\\;,]/g, '\\$&').replaceAll('\n', '\\n')
}
