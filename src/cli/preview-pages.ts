import type { Addresses } from '../domain/addresses.ts'
import { type FileProblem, formatProblem } from '../domain/problem.ts'
import type { Release } from '../domain/release.ts'
import { escapeMarkup } from '../domain/text.ts'

/** A release that the public does not see. */
export type Unseen = {
  release: Release
  /** `comes out tomorrow at 09:00`, or `a draft`. */
  status: string
}

/** What is said around the pages of a preview. */
export type Surround = {
  unseen: Unseen[]
  problems: FileProblem[]
  addresses: Addresses
  /** Grows whenever something else is to be seen. */
  version: number
}

/** Asks now and then whether a file was saved, and shows the page again where the reader was. */
const reload = (
  version: number,
) => `<script>(()=>{const shown='${version}';setInterval(async()=>{try{const version=(await(await fetch('/preview/version')).text()).trim()
if(shown!==version)location.reload()}catch{}},1000)})()</script>`

/** A page with a bar that says what is not public, and with a mark behind every link to that. */
export function withMarks(page: string, path: string, surround: Surround): string {
  const head = `<style>${marks(surround)}</style>${reload(surround.version)}</head>`
  return page
    .replace('</head>', () => head)
    .replace(/<body[^>]*>/, (body) => `${body}\n${bar(path, surround)}`)
}

function marks({ unseen, addresses }: Surround): string {
  return unseen
    .map(({ release, status }) => {
      const address = addresses.releasePage(release)
      const links = [address, pathOf(address)].map((one) => `main a[href="${one}"]::after`)
      return `${links.join(',')}{content:" (not public: ${status.replace(/["\\<]/g, '')})"}`
    })
    .join('\n')
}

function bar(path: string, { unseen, problems, addresses }: Surround): string {
  const shown = unseen.find(({ release }) => pathOf(addresses.releasePage(release)) === path)
  const said = shown
    ? `<strong>Not public:</strong> ${escapeMarkup(shown.status)}.`
    : `<strong>Preview.</strong> ${unseen.length === 1 ? '1 release is' : `${unseen.length} releases are`} not public.`
  const wrong = problems.map(formatProblem).map(escapeMarkup).join('\n')
  const told = wrong ? `<pre>${wrong}</pre>` : ''
  return `<div class="preview-bar" role="note">${said} <a href="/preview">What comes out when</a>${told}</div>`
}

function pathOf(address: string): string {
  return new URL(address).pathname
}

/** What is seen until the folder can be shown. */
export function waitingPage(problems: FileProblem[], version: number): string {
  const said = problems.map(formatProblem).map(escapeMarkup).join('\n')
  const told = said ? `This has to be mended first:\n\n${said}` : 'The folder is being read.'
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Preview</title>${reload(version)}</head>
<body><pre style="white-space:pre-wrap">${told}</pre></body></html>
`
}

/** The list of what comes out when. */
export function listPage({ unseen, problems, addresses, version }: Surround): string {
  const items = unseen.map(({ release, status }) => {
    const { title, language } = release
    const link = `<a href="${pathOf(addresses.releasePage(release))}" lang="${language}">${escapeMarkup(title)}</a>`
    return `<li>${link} (${language}): ${escapeMarkup(status)}</li>`
  })
  const list = items.length > 0 ? `<ol>\n${items.join('\n')}\n</ol>` : '<p>Nothing is to come.</p>'
  const wrong = problems.map(formatProblem).map(escapeMarkup).join('\n')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>What comes out when</title><link rel="stylesheet" href="/style.css">${reload(version)}</head>
<body><main class="frame"><h1>What comes out when</h1>
${list}
${wrong ? `<h2>What is wrong</h2>\n<pre>${wrong}</pre>\n` : ''}<p><a href="/">All releases</a></p></main></body></html>
`
}
