import { html } from 'hono/html'
import { allReleases } from '../../domain/feed-query.ts'
import type { Current } from '../answers/state.ts'
import { layout } from './layout.ts'
import { type Html, pathOf, viewIn } from './view.ts'

/** What is added to a release in JSON Feed. */
const members = [
  ['status', 'current, corrected or withdrawn'],
  ['kind', 'press-release, statement, speech or advisory'],
  ['authored', 'the time that its author gave it'],
  ['topics', 'its topics, with their labels and concepts of other vocabularies'],
  ['contacts', 'whom to ask'],
  ['event', 'when and where something takes place'],
  ['translations', 'its other languages'],
  ['corrects, correctedBy, replacedBy', 'releases that put others right'],
  ['related', 'links to more'],
  ['changes', 'what was changed, when and why'],
  ['images', 'its pictures, with text and credit'],
] as const

/** How programs use the service, in English: whoever programs reads it. */
export function developersPage(current: Current): Html {
  const view = viewIn(current.site.languages[0]!, current)
  const { addresses, language } = view
  const everything = allReleases(language)
  const rows = members.map(
    ([names, what]) => html`<dt><code>${names}</code></dt><dd>${what}</dd>\n`,
  )
  const main = html`<article class="api" lang="en" dir="ltr">
<h1>For developers</h1>
<p class="lead">Every list of releases is a feed, and needs no key. The same address always means the same.</p>
<section>
<h2>How addresses are built</h2>
<dl>
<dt><code>${pathOf(addresses.feed(everything, 'atom'))}</code></dt><dd>Everything. The same ends in <code>.rss</code>, <code>.json</code> (JSON Feed), and <code>.ics</code> for events.</dd>
<dt><code>/topics/a+b.atom</code></dt><dd>Both topics.</dd>
<dt><code>/topics/a,b.atom</code></dt><dd>Either topic. <code>+</code> binds tighter than <code>,</code>.</dd>
<dt><code>/topics/a+-b.atom</code></dt><dd>The first without the second.</dd>
<dt><code>/topics/by:name+kind:speech.atom</code></dt><dd>A publisher and a kind: at most eight terms together.</dd>
<dt><code>?q=words</code></dt><dd>Behind any of these: with all these words.</dd>
</dl>
<p>Another language stands first in the path, <code>/all</code> for all of them. <a href="${addresses.vocabulary(language)}">topics.json</a> lists every topic, publisher and kind with counts and feeds; <a href="${addresses.opml(language)}">feeds.opml</a> lists the feeds for readers. A release is JSON at its own address with <code>.json</code> behind it.</p>
</section>
<section>
<h2>Asking again</h2>
<p>Send back <code>ETag</code> or <code>Last-Modified</code>, and an answer without news has no body (304). Older releases are in archives: <code>prev-archive</code> in Atom and RSS (RFC 5005), <code>next_url</code> in JSON Feed.</p>
</section>
<section>
<h2>Corrections and withdrawals</h2>
<p>A release keeps its <code>id</code> for good, in every feed and format. A correction moves <code>updated</code> (<code>date_modified</code>) and stands at the top of the text; a change that nobody need notice moves neither. In place of a withdrawn release its feeds say for thirty days that it was withdrawn and why. It is listed in <a href="${addresses.page({ ...everything, withdrawn: true })}">the withdrawn releases</a>, and its page answers 410 with the reason. Atom feeds also name it in <code>at:deleted-entry</code> (RFC 6721), JSON feeds under <code>_tiedote</code> in <code>withdrawn</code>.</p>
</section>
<section id="json-feed">
<h2>What JSON Feed has in addition</h2>
<p>Each release has an object <code>_tiedote</code>:</p>
<dl>
${rows}</dl>
<p>That of a feed has <code>withdrawn</code>; that of a release by itself has <code>languages</code> and <code>current</code>.</p>
</section>
</article>`
  return layout({ title: 'For developers', address: addresses.developers(), main }, view)
}
