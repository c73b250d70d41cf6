import { escapeMarkup } from '../../domain/text.ts'
import type { View } from './view.ts'

/**
 * The text of a release for a page. A page has one heading of the first level, its title, and no gaps in the
 * levels below. It loads nothing from elsewhere: pictures of other sites become links to them.
 */
export function ownPictures(html: string, { addresses, language, messages }: View): string {
  const origin = new URL(addresses.home(language)).origin
  let inLink = false
  let level = 1
  return html.replace(
    /<(\/?)(h[1-6]|a|img|table|pre)\b[^>]*>/g,
    (tag, closing: string, name: string) => {
      // Wide elements scroll, so the keyboard must be able to reach them.
      if (name === 'table' || name === 'pre') {
        return tag.replace(`<${name}`, `<${name} tabindex="0"`)
      }
      if (name === 'a') inLink = closing === ''
      if (name.startsWith('h')) {
        if (!closing) level = Math.max(2, Math.min(Number(name[1]), level + 1))
        return tag.replace(name, `h${level}`)
      }
      if (name !== 'img') return tag
      const source = /\ssrc="([^"]*)"/.exec(tag)?.[1] ?? ''
      if (source.startsWith(`${origin}/`)) return tag.replace('<img', '<img loading="lazy"')
      const text = /\salt="([^"]+)"/.exec(tag)?.[1] ?? escapeMarkup(messages.pictureElsewhere)
      return inLink ? text : `<a href="${source}" rel="noreferrer">${text}</a>`
    },
  )
}
