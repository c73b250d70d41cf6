import { escapeMarkup } from '../../domain/text.ts'
import { paragraphs } from './text.ts'

/** The picture of an attachment's number, if it is in the export. */
type FindFile = (number: string) => string | undefined

/** What WordPress keeps as the text of a post, as HTML: without block comments and shortcodes. */
export function wordpressHtml(content: string, findFile: FindFile): string {
  const hasBlocks = content.includes('<!-- wp:')
  const plain = reduceShortcodes(content.replace(/<!--[^]*?-->/g, ''), findFile)
  return hasBlocks ? plain.trim() : paragraphs(plain)
}

/** Shortcodes: what they show if it can be told, else what stands between them. */
function reduceShortcodes(content: string, findFile: FindFile): string {
  return (
    content
      .replace(
        /\[caption([^\]]*)\]([^]*?)\[\/caption\]/gi,
        (_, attributes: string, inner: string) => {
          const picture = /(?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*<\/a>)?/i.exec(inner)?.[0] ?? ''
          const caption = attribute(attributes, 'caption') ?? inner.replace(picture, '').trim()
          return `<figure>${picture}${caption && `<figcaption>${caption}</figcaption>`}</figure>`
        },
      )
      .replace(/\[gallery([^\]]*)\]/gi, (_, attributes: string) => {
        const numbers = attribute(attributes, 'ids')?.split(',') ?? []
        const pictures = numbers.flatMap((number) => findFile(number.trim()) ?? [])
        return pictures.map((url) => `<p><img src="${escapeMarkup(url)}" alt=""></p>`).join('\n')
      })
      .replace(/\[embed[^\]]*\]\s*(https?:[^\s[\]<>"]+)\s*\[\/embed\]/gi, (_, url: string) =>
        linkTo(url),
      )
      .replace(
        /\[(?:audio|video|playlist)\b([^\]]*)\](?:\[\/(?:audio|video)\])?/gi,
        (_, attributes: string) => {
          const names = ['src', 'mp4', 'mp3', 'm4a', 'ogg', 'webm', 'ogv']
          const url = names.map((name) => attribute(attributes, name)).find((found) => found)
          return url ? linkTo(url) : ''
        },
      )
      // Of others only those are shortcodes for certain that have attributes, or an end.
      .replace(/\[([a-z][\w-]*)(?:\s[^\][]*)?\]([^[\]]*)\[\/\1\]/gi, '$2')
      .replace(/\[\/?[a-z][\w-]*(?:\s+[\w-]+=(?:"[^"]*"|'[^']*'|[^\s"'\]]+))+\s*\/?\]/gi, '')
  )
}

function attribute(attributes: string, name: string): string | undefined {
  const [, double, single, bare] =
    new RegExp(`\\b${name}=(?:"([^"]*)"|'([^']*)'|([^\\s"']+))`, 'i').exec(attributes) ?? []
  return double ?? single ?? bare
}

function linkTo(url: string): string {
  return `\n\n<p><a href="${escapeMarkup(url)}">${escapeMarkup(url)}</a></p>\n\n`
}
