import { Marked } from 'marked'

const marked = new Marked({ gfm: true })

/** Markdown (GitHub's flavour) as HTML, not yet safe: it goes through `cleanHtml` next. */
export function markdownToHtml(markdown: string): string {
  return marked.parse(markdown, { async: false })
}
