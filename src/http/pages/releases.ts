import { html } from 'hono/html'
import type { FeedQuery } from '../../domain/feed-query.ts'
import { isShownAsPicture } from '../../domain/media-types.ts'
import type { Release } from '../../domain/release.ts'
import { publisherOf } from '../../domain/site.ts'
import { wallTime } from '../../domain/time.ts'
import { headline } from '../../feeds/feed.ts'
import { textsOf } from '../../feeds/languages.ts'
import type { Contents } from './contents.ts'
import { languageName } from './language.ts'
import { day, type Html, label, nothing, langAttributes, type View } from './view.ts'

/** Releases as a list, newest first. */
export function releaseList(releases: Release[], query: FeedQuery, view: View): Html {
  if (releases.length === 0) return nothing
  return html`<ol class="releases">
${releases.map((release) => summary(release, query, view))}</ol>`
}

function summary(release: Release, query: FeedQuery, view: View): Html {
  const { language, kind, published, publisher, withdrawn, lead } = release
  const { publishers } = view.site
  const issuer =
    Object.keys(publishers).length > 1
      ? html` <span>${label(publisherOf(publisher, view.site).name, view)}</span>`
      : nothing
  const inLanguage =
    query.language === 'all' ? html` <span>${languageName(language)}</span>` : nothing
  return html`<li>
<p class="details">${day(published, view)} <span${langAttributes(language, view)}>${textsOf(language).documents.kinds[kind]}</span>${issuer}${inLanguage}</p>
<div${langAttributes(language, view)}>
<h3><a href="${view.addresses.release(release)}">${headline(release)}</a></h3>
${withdrawn || hasLead(release) ? html`<p>${withdrawn?.reason ?? lead}</p>` : nothing}
</div>
${withdrawn ? nothing : thumbnail(release, view)}</li>
`
}

/** Bytes of a picture that a list may load. Pictures are not made smaller, and a list has many. */
const heaviestInList = 300_000

/** The first picture of a release, beside its title, which says what it is about. */
function thumbnail({ attachments }: Release, { addresses }: View): Html {
  const picture = attachments.find(({ type, size, width, height }) => {
    return isShownAsPicture(type) && size <= heaviestInList && width && height
  })
  if (!picture) return nothing
  const { path, width, height } = picture
  return html`<img src="${addresses.media(path)}" alt="" width="${width}" height="${height}" loading="lazy" decoding="async">\n`
}

/** Whether the lead says more than the title. Without a text the title is the lead. */
export function hasLead({ title, lead }: Release): boolean {
  return lead !== title
}

/** The months in which releases stand, by year. */
export function monthList(query: FeedQuery, { months, month }: Contents, view: View): Html {
  if (months.length === 0) return nothing
  const { messages, addresses, site } = view
  const years = Map.groupBy(months, ({ from }) => wallTime(from, site.timezone).year)
  const rows = Array.from(years, ([year, ofYear]) => {
    const links = ofYear.toReversed().map(({ name }) => {
      const number = Number(name.slice(5))
      const current = name === month?.name ? html` aria-current="page"` : nothing
      return html`<li><a href="${addresses.month(query, name)}" aria-label="${messages.month(year, number)}"${current}>${messages.months[number - 1]}</a></li>\n`
    })
    return html`<li><strong>${year}</strong>
<ul>
${links}</ul>
</li>
`
  })
  return html`<nav class="archive" aria-labelledby="archive">
<h2 id="archive">${messages.archive}</h2>
<ul>
${rows}</ul>
</nav>`
}

/** Links to the other pages of a long month. */
export function paging(query: FeedQuery, { month }: Contents, view: View): Html {
  if (!month || month.pages === 1) return nothing
  const { messages, addresses } = view
  const { name, page, pages } = month
  const link = (to: number, text: string, rel: string) =>
    to < 1 || to > pages
      ? nothing
      : html`<a rel="${rel}" href="${addresses.month(query, name, to)}">${text}</a>\n`
  return html`<nav class="paging" aria-label="${messages.page(page, pages)}">
<p>${messages.page(page, pages)}</p>
${link(page - 1, messages.newerPage, 'prev')}${link(page + 1, messages.olderPage, 'next')}</nav>`
}
