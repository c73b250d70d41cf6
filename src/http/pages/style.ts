/** The one style sheet of the pages: system fonts, light and dark, any width, either direction. */
export const styleSheet = `:root {
  color-scheme: light dark;
  --paper: #fff; --raised: #f3f5f8; --ink: #16202b; --quiet: #4c5967; --line: #cfd6de; --field: #75818e;
  --link: #0b4b94; --visited: #5b3a94; --accent: #0a3766; --on-accent: #fff; --notice: #b25d00; --mark: #ffd54a;
  --mono: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace;
  --serif: Charter, "Bitstream Charter", "Iowan Old Style", "Sitka Text", Cambria, Georgia, "Noto Serif", serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #10161d; --raised: #1a222c; --ink: #e8ecf1; --quiet: #a9b4c0; --line: #35404d; --field: #7f8b98;
    --link: #8fc0ff; --visited: #c5aef5; --accent: #8fc0ff; --on-accent: #0b1622; --notice: #f0a955; --mark: #ffd54a;
  }
}
*, ::before, ::after { box-sizing: border-box; }
html { scroll-padding-block-end: 5rem; font: 100%/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
@media (min-width: 100rem) { html { font-size: 112.5%; } }
@media (min-width: 160rem) { html { font-size: 150%; } }
body { margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: anywhere; hyphens: auto; min-block-size: 100vh; display: flex; flex-direction: column; }
/* Our own texts are in another language than the page: each runs in its own direction. */
body[lang] :is(h1, h2, h3, p, li, dt, dd, label, summary, legend, a, span, time, button) { unicode-bidi: plaintext; }
body[lang] .ticks label > span { unicode-bidi: isolate; }
/* A number would be turned round in a text from right to left. */
body a:is([href^="tel:"], [href^="mailto:"]) { direction: ltr; unicode-bidi: isolate; }
[dir=rtl] > body[lang] { text-align: right; }
a { color: var(--link); text-underline-offset: .18em; text-decoration-thickness: 1px; }
a:visited { color: var(--visited); }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; box-shadow: 0 0 0 6px var(--mark); border-radius: 2px; }
main:focus { outline: none; box-shadow: none; }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; margin: 0; }
h1 { font: 700 clamp(1.4rem, 1rem + 2.4vw, 2.6rem)/1.15 var(--serif); letter-spacing: -.005em; }
.release h1.long { font-size: clamp(1.35rem, 1.1rem + 1.2vw, 1.9rem); line-height: 1.2; }
h2 { font: 700 1.3rem/1.25 var(--serif); }
h3 { font-size: 1rem; }
p { margin: .6rem 0; }
.columns h1 { margin-block-end: .6rem; }
ul, ol { padding-inline-start: 1.25rem; }
.frame, main { inline-size: 100%; max-inline-size: 76rem; margin-inline: auto; padding-inline: clamp(1rem, 4vw, 2.5rem); }
main { flex: 1; padding-block: clamp(1.25rem, 4vw, 2.75rem); }
.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: fixed; inset-inline-start: .5rem; inset-block-start: -6rem; background: var(--accent); color: var(--on-accent); padding: .6rem 1rem; z-index: 1; }
.skip:focus { inset-block-start: .5rem; color: var(--on-accent); }

.preview-bar { position: sticky; inset-block-start: 0; z-index: 1; background: #7a1f1f; color: #fff; padding: .5rem 1rem; }
.preview-bar p { margin: 0; }
.preview-bar a { color: #fff; }
.preview-bar pre { white-space: pre-wrap; margin: .4rem 0 0; font-size: .9em; }

.masthead { border-block-start: .3rem solid var(--accent); border-block-end: 1px solid var(--line); }
.masthead .frame { display: flex; flex-wrap: wrap; align-items: center; gap: .2rem 1.25rem; padding-block: .5rem; }
.name { font: 700 clamp(1.05rem, .9rem + .7vw, 1.35rem)/1.25 var(--serif); color: var(--ink); text-decoration: none; flex: 1 1 12rem; display: flex; align-items: center; gap: .6rem; padding-block: .15rem; }
.name img { inline-size: auto; max-inline-size: 9rem; block-size: 2.25rem; object-fit: contain; background: none; flex: none; }
.name:visited { color: var(--ink); }
.name:hover { text-decoration: underline; }
.languages { font-size: .95rem; }
.languages ul, .inline { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .1rem 1rem; }
.languages a, .inline a, .archive a, .plain a, .topics a { display: inline-block; padding-block: .2rem; min-block-size: 1.75rem; min-inline-size: 1.5rem; }
a[aria-current] { font-weight: 700; color: var(--ink); text-decoration: none; }
.search { display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; }
.masthead .search { flex: 1 1 100%; flex-wrap: nowrap; }
.masthead .search input { flex: 1; }
.colophon { border-block-start: 1px solid var(--line); background: var(--raised); color: var(--quiet); font-size: .9rem; padding-block: 1.25rem; }
.colophon p { max-inline-size: 70ch; }
.colophon a { display: inline-block; padding-block: .15rem; }

input, select, button { font: inherit; color: inherit; max-inline-size: 100%; min-inline-size: 0; }
input:not([type=checkbox], [type=radio]), select { inline-size: 100%; min-block-size: 2.5rem; padding: .35rem .6rem; background: var(--paper); border: 1px solid var(--field); border-radius: 3px; }
button { min-block-size: 2.5rem; padding: .35rem .95rem; border: 1px solid var(--accent); border-radius: 3px; background: var(--accent); color: var(--on-accent); font-weight: 600; cursor: pointer; white-space: nowrap; flex: none; }
button:hover { filter: brightness(1.15); }
::placeholder { color: var(--quiet); opacity: 1; }
.copy { background: transparent; color: var(--link); border-color: var(--field); visibility: hidden; }
.scripted .copy { visibility: visible; }
@media (scripting: none) { .take > .copy { display: none; } }
.take > .copy { inline-size: 100%; min-block-size: 2.75rem; background: var(--accent); color: var(--on-accent); border-color: var(--accent); font-size: 1rem; margin-block: .4rem .6rem; }
.take > input:read-only { font-family: var(--mono); font-size: .8rem; text-overflow: ellipsis; min-block-size: 2.1rem; }
.leaving body::before, [aria-busy=true] .apply::before { content: ""; position: fixed; z-index: 2; inset-block-start: 0; inset-inline-start: 0; inline-size: 40%; block-size: .4rem; background: var(--mark); }
@media (prefers-reduced-motion: no-preference) {
  .leaving body::before, [aria-busy=true] .apply::before { animation: wait 1.2s linear infinite alternate; }
  @keyframes wait { to { inset-inline-start: 60%; } }
}
input[type=checkbox], input[type=radio] { inline-size: 1.2rem; block-size: 1.2rem; margin: .15rem .55rem 0 0; margin-inline: 0 .55rem; accent-color: var(--accent); flex: none; }
fieldset { border: 0; margin: 0 0 1rem; padding: 0; min-inline-size: 0; }
legend, .field label { font-weight: 700; padding: 0; display: block; margin-block-end: .25rem; }
.builder label:has(input) { display: flex; align-items: flex-start; padding-block: .22rem; cursor: pointer; }
.ticks, .ticks ul { list-style: none; margin: 0; padding: 0; }
.builder fieldset > .ticks { columns: 15rem; column-gap: 2rem; }
.builder fieldset > .ticks > li { break-inside: avoid; }
.groups { display: grid; gap: 0 1.5rem; margin-block: .4rem; }
.groups > details { border-block-start: 1px solid var(--line); min-inline-size: 0; }
.groups > details[open] { grid-column: 1 / -1; }
.groups summary { margin: 0; padding-block: .5rem; }
.chosen { color: var(--ink); font-weight: 400; margin-inline-start: .4rem; }
.narrow label { display: flex; flex-wrap: wrap; align-items: center; gap: .2rem .8rem; }
.narrow input { max-inline-size: 20rem; }
/* However long an open list is, the button and what it would find stay in view. */
.builder:has(details[open]) .apply { position: sticky; inset-block-end: 0; }
.apply { background: var(--raised); border-block-start: 1px solid var(--line); padding-block: .6rem; margin-block-end: -1.2rem; }
.apply p { margin: 0; display: flex; flex-wrap: wrap; align-items: center; gap: .1rem .8rem; }
.apply .notice { margin-block-end: .6rem; background: var(--paper); }
.ticks ul { padding-inline-start: 1.7rem; }
.choice { margin-block-end: .4rem; padding-block-end: .4rem; border-block-end: 1px solid var(--line); }
.count { color: var(--quiet); white-space: nowrap; font-size: .85rem; font-variant-numeric: tabular-nums; margin-inline-start: .25rem; }
.hint { color: var(--quiet); font-size: .88rem; }
summary { cursor: pointer; font-weight: 700; padding-block: .35rem; color: var(--link); }
summary:hover { text-decoration: underline; }

.columns { display: grid; gap: 0 clamp(2rem, 4vw, 3.5rem); }
.columns > div { min-inline-size: 0; }
.lead { font-size: 1.15rem; line-height: 1.5; max-inline-size: 62ch; }
.details, .kind { color: var(--quiet); font-size: .9rem; margin: 0; }
.kind::first-letter { text-transform: uppercase; }
.releases { list-style: none; margin: 1rem 0 2rem; padding: 0; }
.releases > li { border-block-start: 1px solid var(--line); padding-block: 1rem; display: grid; gap: .15rem 1.5rem; }
.releases h3 { font: 700 1.2rem/1.3 var(--serif); }
.releases h3 a:not(:hover) { text-decoration-color: color-mix(in srgb, currentcolor 40%, transparent); }
.releases > li:has(> img) { grid-template-columns: minmax(0, 1fr) auto; }
.releases > li:has(> img) > .details { grid-column: 1 / -1; }
.releases > li > img { inline-size: clamp(5rem, 14vw, 8rem); block-size: auto; aspect-ratio: 3 / 2; object-fit: cover; border-radius: 3px; margin-block-start: .3rem; }
.releases p { max-inline-size: 65ch; margin-block: .3rem; }
.releases h3 a, .details a { display: inline-block; padding-block: .1rem; }
.releases .details > * + *::before { content: "·"; margin-inline: .15rem .4rem; }
.panel { background: var(--raised); border-block-start: 3px solid var(--accent); padding: 1.1rem clamp(.9rem, 2vw, 1.4rem) 1.2rem; margin-block-end: 1.5rem; }
aside .panel { margin-block-start: 1rem; }
.columns > div > .lead { margin-block-end: 1.25rem; }
.panel h3 { margin-block: 1.1rem .3rem; }
.feeds { list-style: none; margin: .9rem 0; padding: 0; display: grid; gap: .6rem; }
.feeds li { display: grid; grid-template-columns: 1fr auto; gap: .2rem .4rem; align-items: center; }
.feeds a { justify-self: start; font-weight: 600; padding-block: .2rem; }
.copy { min-block-size: 1.8rem; padding: .05rem .6rem; font-size: .88rem; }
.feeds input:read-only { grid-column: 1 / -1; min-block-size: 2.1rem; font-family: var(--mono); font-size: .8rem; text-overflow: ellipsis; }
.plain { list-style: none; margin: 0; padding: 0; }
.place { margin: 1rem 0; display: grid; gap: .3rem; }
.place > div, .facts { display: flex; flex-wrap: wrap; gap: .1rem 1rem; }
.place dt { color: var(--quiet); padding-block: .2rem; }
dd { margin: 0; }
.archive > ul { list-style: none; padding: 0; margin: .6rem 0; }
.archive > ul > li { display: grid; grid-template-columns: 4rem 1fr; padding-block: .3rem; border-block-start: 1px solid var(--line); }
.archive strong { padding-block: .2rem; font-variant-numeric: tabular-nums; }
.archive ul ul { list-style: none; padding: 0; margin: 0; display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; }
.paging { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline; margin-block-end: 2rem; }
.topics { list-style: none; padding: 0; columns: 17rem; column-gap: 2.5rem; margin-block: .8rem 2.5rem; }
.topics li { break-inside: avoid; padding-block: .4rem; border-block-start: 1px solid var(--line); }
.topics .details { display: block; }
.columns ~ nav { margin-block-start: 2rem; }
.error > p a, .error li a { display: inline-block; padding-block: .2rem; }
.error .search { margin-block: 1.25rem; max-inline-size: 30rem; }
.error .search label { flex: 1 0 100%; font-weight: 700; }
.error .search input { flex: 1; inline-size: auto; }
.error h2 { margin-block-start: 1.5rem; }
.notice { border-inline-start: .3rem solid var(--notice); background: var(--raised); padding: .5rem 1rem; margin-block: 1rem; max-inline-size: 66ch; }

[hidden] { display: none !important; }

.release > header, .error { max-inline-size: 44rem; }
.text { max-inline-size: 39rem; }
.release > header { margin-block-end: 1.5rem; }
.release h1 { margin-block: .35rem .8rem; }
.facts { color: var(--quiet); margin: 0; align-items: baseline; }
.release .lead { font-weight: 600; margin-block-start: 0; }
.body { font-size: 1.0625rem; line-height: 1.65; margin-block: 1.25rem 2rem; }
.body h2, .body h3, .body h4 { margin-block: 1.8rem .5rem; }
.body p { margin-block: .9rem; }
.body pre { overflow-x: auto; padding: .7rem .9rem; background: var(--raised); border-radius: 3px; }
.body code { background: var(--raised); padding: .1em .3em; border-radius: 3px; }
.body pre code { padding: 0; overflow-wrap: normal; }
blockquote { margin: 1.25rem 0; padding-inline-start: 1.1rem; border-inline-start: .25rem solid var(--accent); }
figure { margin: 1.5rem 0; }
img { display: block; max-inline-size: 100%; block-size: auto; }
/* A portrait keeps its proportions, and leaves room for the text below. */
.text img[width][height] { inline-size: auto; max-block-size: 34rem; }
img:not([width][height]) { background: var(--raised); inline-size: 100%; aspect-ratio: 3 / 2; object-fit: contain; }
figcaption { color: var(--quiet); font-size: .9rem; margin-block-start: .4rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; hyphens: none; }
th, td { border: 1px solid var(--line); padding: .35rem .65rem; vertical-align: top; overflow-wrap: normal; }
th:not([align]), td:not([align]) { text-align: start; }
.part { border-block-start: 1px solid var(--line); padding-block: 1.1rem .4rem; }
.part h2 { font-size: 1.1rem; }
.part ul:not(.inline) { list-style: none; padding: 0; margin-block: .5rem; }
.part li { padding-block: .3rem; }
.part a, .facts a { display: inline-block; padding-block: .15rem; }
.tags { margin-block-start: .5rem; }
.tags a { border: 1px solid var(--field); border-radius: 2rem; padding: .15rem .8rem; text-decoration: none; }
.tags a:hover { text-decoration: underline; }
code, pre { font-family: var(--mono); font-size: .92em; }
pre code { font-size: 1em; }
code { overflow-wrap: anywhere; hyphens: none; }

@media (min-width: 40rem) {
  .groups { grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); }
  .masthead .frame { column-gap: 1rem; }
  .masthead :is(.languages, input, button) { font-size: .9rem; }
  .masthead .search { flex: 0 1 16rem; }
  .releases > li, .releases > li:has(> img) { grid-template-columns: 9.5rem minmax(0, 1fr) auto; }
  .releases > li:has(> img) > .details { grid-column: auto; }
  .releases .details { padding-block-start: .3rem; }
  .releases .details > * { display: block; }
  .releases .details > * + *::before { content: none; }
}
@media (min-width: 60rem) {
  .masthead .search { flex-basis: 20rem; }
  .columns { grid-template-columns: minmax(0, 1fr) 21rem; grid-template-rows: auto 1fr; }
  .columns .filter { margin-block-start: 1.5rem; }
  .columns > :nth-child(2) { grid-area: 1 / 2 / 3; }
  .facts .jump { display: none; }
  .release { display: grid; grid-template-columns: minmax(0, 39rem) minmax(16rem, 1fr); gap: 0 clamp(2rem, 5vw, 4.5rem); }
  .release > header { grid-column: 1 / -1; }
}
.api { max-inline-size: 54rem; }
.api section { margin-block-start: 2.5rem; padding-block-start: 1.25rem; border-block-start: 1px solid var(--line); }
.api h3 { margin-block-start: 1.25rem; font-size: 1rem; }
.api dl { display: grid; grid-template-columns: minmax(8rem, 13rem) 1fr; gap: .35rem 1rem; margin-block: .6rem; }
.api dd { margin: 0; color: var(--quiet); }
.api pre { overflow-x: auto; padding: .8rem 1rem; background: var(--raised); }
@media (max-width: 34rem) { .api dl { grid-template-columns: 1fr; } .api dd { margin-block-end: .5rem; } }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
@media (forced-colors: active) { .panel, .notice { border: 1px solid; } }
@media print {
  .skip, .search, .languages, .panel, .archive, .paging, .topics, .programs, .facts .jump, nav { display: none; }
  body { font-size: 11pt; }
  .masthead { border-block-start: 0; }
  .colophon { background: none; }
  .body a[href^=http]::after { content: " (" attr(href) ")"; font-size: .85em; overflow-wrap: anywhere; }
  h1, h2, h3, figure { break-inside: avoid; break-after: avoid; }
}
`
