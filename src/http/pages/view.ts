import { html } from 'hono/html'
import { inLanguage, type Labels } from '../../domain/site.ts'
import { formatUtc, wallTime } from '../../domain/time.ts'
import { directionOf } from '../../feeds/direction.ts'
import { textsOf } from '../../feeds/languages.ts'
import type { Messages } from '../../feeds/languages/texts.ts'
import type { Current } from '../answers/state.ts'

export type Html = ReturnType<typeof html>

/** Nothing, as a piece of a page. */
export const nothing: Html = html``

/** Everything that a page is made of: the state, and the language it is in. */
export type View = Current & {
  /** Language of the texts of the press office. */
  language: string
  messages: Messages
  /** Language of our own texts: the same, or English if we have none. */
  interfaceLanguage: string
}

export function viewIn(language: string, current: Current): View {
  const { language: ours, pages: messages } = textsOf(language)
  const isTranslated = language.split('-')[0] === ours
  return { ...current, language, messages, interfaceLanguage: isTranslated ? language : ours }
}

/** `lang` and `dir` of an element in another language than our own texts around it. */
export function langAttributes(language: string, { interfaceLanguage }: View): Html {
  return language === interfaceLanguage
    ? nothing
    : html` lang="${language}" dir="${directionOf(language)}"`
}

/** A text of the press office, marked where it is in another language than our own texts around it. */
export function label(labels: Labels, view: View): Html {
  const { language, site, interfaceLanguage } = view
  const used = labels[language] === undefined ? site.languages[0]! : language
  const text = inLanguage(labels, language, site)
  return used === interfaceLanguage
    ? html`${text}`
    : html`<span${langAttributes(used, view)}>${text}</span>`
}

/** A day in the site's time zone, the same on every machine. */
export function day(seconds: number, { messages, site }: View): Html {
  const text = messages.day(wallTime(seconds, site.timezone))
  return html`<time datetime="${formatUtc(seconds)}">${text}</time>`
}

export function dayAndTime(seconds: number, { messages, site }: View): Html {
  const text = dayAndTimeInWords(seconds, { messages, site })
  return html`<time datetime="${formatUtc(seconds)}">${text}</time>`
}

export function dayAndTimeInWords(
  seconds: number,
  { messages, site }: Pick<View, 'messages' | 'site'>,
): string {
  return messages.dayAndTime(wallTime(seconds, site.timezone))
}

/** The path of an address. Forms go to the host of the page, which may be another than `BASE_URL`. */
export function pathOf(address: string): string {
  const { pathname, search } = new URL(address)
  return `${pathname}${search}`
}
