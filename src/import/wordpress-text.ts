import { escapeMarkup } from '../domain/text.ts'
import { type FindFile, reduceShortcodes } from './shortcodes.ts'
import { paragraphs } from './text.ts'

type Options = {
  findFile: FindFile
  /** The text of a block that several posts share, by its number. */
  findBlock?: (number: string) => string | undefined
  /** Told the name of each shortcode or block that shows nothing here, such as a form. */
  lose?: (name: string) => void
}

/** What WordPress keeps as the text of a post, as HTML: without block comments and shortcodes. */
export function wordpressHtml(content: string, options: Options): string {
  const whole = withSharedBlocks(content, options)
  const hasBlocks = whole.includes('<!-- wp:')
  for (const [, name] of whole.matchAll(emptyBlock)) {
    if (!silent.has(name!)) options.lose?.(name!)
  }
  const plain = whole.replace(/<!--[^]*?-->/g, '')
  const reduced = reduceShortcodes(plain, options)
  const linked = reduced.replace(addressAlone, (_, url: string) => {
    return `<a href="${escapeMarkup(url)}">${escapeMarkup(url)}</a>`
  })
  return hasBlocks && reduced === plain ? linked.trim() : paragraphs(linked)
}

/** A block that the site makes anew each time it is shown. */
const emptyBlock = /<!-- wp:([\w/-]+)(?: \{[^]*?\})? \/-->/g
const silent = new Set(['more', 'nextpage', 'separator', 'spacer', 'block'])

/** WordPress shows what such an address leads to. */
const addressAlone = /^[^\S\n]*(https?:\/\/[^\s<>"]+)[^\S\n]*$/gm

function withSharedBlocks(content: string, { findBlock }: Options): string {
  return content.replace(/<!-- wp:block \{"ref":(\d+)[^>]*\/-->/g, (block, number: string) => {
    return findBlock?.(number) ?? block
  })
}
