import { en } from './languages/en.ts'
import { fi } from './languages/fi.ts'
import { sv } from './languages/sv.ts'
import type { Texts } from './languages/texts.ts'

/** The languages in which the service has texts of its own. */
export const interfaceLanguages: Texts[] = [en, fi, sv]

const byLanguage = new Map(interfaceLanguages.map((texts) => [texts.language, texts]))

/** The texts of a language, else the English ones. `sv-FI` finds `sv`. */
export function textsOf(language: string): Texts {
  return byLanguage.get(language.toLowerCase().split('-')[0]!) ?? en
}
