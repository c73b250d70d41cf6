import { en } from './messages/en.ts'
import { fi } from './messages/fi.ts'
import type { Messages } from './messages/messages.ts'
import { sv } from './messages/sv.ts'

/** To add a language, write a file beside these and name it here. */
const languages: Record<string, Messages> = { en, fi, sv }

/** The texts of a language, else the English ones. `sv-FI` finds `sv`. */
export function messagesOf(language: string): Messages {
  return languages[language.toLowerCase().split('-')[0]!] ?? en
}
