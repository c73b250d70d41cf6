import { escapeMarkup } from '../../domain/text.ts'
import type { View } from './view.ts'

/**
 * The text of a release as a page shows it. A page has one first heading, its title, and asks nobody
 * else for anything: pictures from elsewhere become links to them.
 */
export function ownPictures(html: string, { addresses, language, messages }: View): string {
  const origin = new URL(addresses.home(language)).origin
  let inLink = false
  return html.replace(/<(\/?)(h1|a|img|table)\b[^>]*>/g, (tag, closing: string, name: string) => {
    // A wide table is scrolled, and whoever has no pointer must be able to get into it.
    if (name === 'table') return closing ? tag : '<table tabindex="0">'
    if (name === 'a') inLink = closing === ''
    if (name === 'h1') return tag.replace('h1', 'h2')
    if (name !== 'img') return tag
    const source = /\ssrc="([^"]*)"/.exec(tag)?.[1] ?? ''
    if (source.startsWith(`${origin}/`)) return tag.replace('<img', '<img loading="lazy"')
    const text = /\salt="([^"]+)"/.exec(tag)?.[1] ?? escapeMarkup(messages.pictureElsewhere)
    return inLink ? text : `<a href="${source}" rel="noreferrer">${text}</a>`
  })
}
