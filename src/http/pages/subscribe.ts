import { html } from 'hono/html'
import type { FeedQuery } from '../../domain/feed-query.ts'
import { inOrderOfTerms } from '../../domain/term.ts'
import { wantedTerms } from '../../domain/topic-expression.ts'
import {
  calendar,
  type FormatName,
  formats,
  preferredFormat,
  rankedFormats,
} from '../../feeds/formats.ts'
import { type Html, nothing, type View } from './view.ts'

/** Web readers that take the address of a feed in a link. Self-hosted ones have no common address. */
const readers: [string, (feed: string) => string][] = [
  ['Feedly', (feed) => `https://feedly.com/i/subscription/feed%2F${feed}`],
  ['Inoreader', (feed) => `https://www.inoreader.com/?add_feed=${feed}`],
  ['NewsBlur', (feed) => `https://www.newsblur.com/?url=${feed}`],
  ['The Old Reader', (feed) => `https://theoldreader.com/feeds/subscribe?url=${feed}`],
]

/**
 * The address of a question's feed to copy, which is all that most need. Behind it: other formats, readers, its calendar
 * if there are events, and lists of feeds. `about` says which releases, where the page does not.
 */
export function subscription(
  query: FeedQuery,
  hasEvents: boolean,
  view: View,
  about: Html = nothing,
): Html {
  const { messages } = view
  const others = rankedFormats.filter((format) => format !== preferredFormat)
  return html`<section class="panel subscribe" aria-labelledby="subscribe">
<h2 id="subscribe">${messages.subscribe}</h2>
${about}<p>${messages.howToSubscribe}</p>
<p class="pending" hidden>${messages.addressFollows}</p>
<div class="take">
${addressField(query, preferredFormat, view)}
${copyButton(preferredFormat, view, messages.copyFeed)}
<details>
<summary>${messages.moreWays}</summary>
<ul class="feeds">
${others.map((format) => address(query, format, view))}</ul>
${openIn(query, view)}
${hasEvents ? html`<h3>${messages.eventsAsCalendar}</h3>\n${calendarLinks(query, view)}\n` : nothing}${query.withdrawn ? nothing : lists(query, view)}
</details>
</div>
</section>`
}

function openIn(query: FeedQuery, { addresses, messages }: View): Html {
  const feed = encodeURIComponent(addresses.feed(query, preferredFormat))
  const links = readers.map(([name, open]) => {
    return html`<li><a href="${open(feed)}" rel="nofollow noreferrer" aria-label="${messages.openInLabel(name)}">${name}</a></li>\n`
  })
  return html`<h3>${messages.openIn}</h3>
<ul class="inline">
${links}</ul>`
}

/** The events of a question, to be subscribed to in a calendar. */
export function calendarLinks(query: FeedQuery, { addresses, messages }: View): Html {
  const { ending, label, mediaType } = calendar
  return html`<ul class="inline">
<li><a href="${addresses.webcal(query, ending)}">${messages.openInCalendar}</a></li>
<li><a href="${addresses.feed(query, ending)}" type="${mediaType}">${label}</a></li>
</ul>`
}

/** A button that copies the address of a feed. It is hidden without a script. */
export function copyButton(format: FormatName, { messages }: View, text = messages.copy): Html {
  const { label } = formats[format]
  return html`<button type="button" class="copy" data-copies="address-${format}" data-copy="${text}" data-copied="${messages.copied}" aria-label="${text}: ${messages.addressOf(label)}">${text}</button>`
}

function address(query: FeedQuery, format: FormatName, view: View): Html {
  const { label, mediaType } = formats[format]
  return html`<li>
<a href="${view.addresses.feed(query, format)}" type="${mediaType}">${label}</a>
${copyButton(format, view)}
${addressField(query, format, view)}
</li>
`
}

function addressField(query: FeedQuery, format: FormatName, { addresses, messages }: View): Html {
  return html`<input id="address-${format}" readonly value="${addresses.feed(query, format)}" aria-label="${messages.addressOf(formats[format].label)}" dir="ltr">`
}

function lists({ language, topics }: FeedQuery, { addresses, messages }: View): Html {
  const terms = inOrderOfTerms(wantedTerms(topics))
  const all = addresses.opml(language)
  return html`<h3>${messages.forReaders}</h3>
<ul class="plain">
${terms.length > 0 ? html`<li><a href="${all}?topics=${terms.join(',')}">${messages.theseTopicsAsOpml}</a></li>\n` : nothing}<li><a href="${all}">${messages.everyTopicAsOpml}</a></li>
</ul>`
}
