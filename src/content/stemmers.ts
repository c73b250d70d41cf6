import { stemmer as danish } from '@orama/stemmers/danish'
import { stemmer as dutch } from '@orama/stemmers/dutch'
import { stemmer as finnish } from '@orama/stemmers/finnish'
import { stemmer as french } from '@orama/stemmers/french'
import { stemmer as german } from '@orama/stemmers/german'
import { stemmer as greek } from '@orama/stemmers/greek'
import { stemmer as hungarian } from '@orama/stemmers/hungarian'
import { stemmer as irish } from '@orama/stemmers/irish'
import { stemmer as italian } from '@orama/stemmers/italian'
import { stemmer as lithuanian } from '@orama/stemmers/lithuanian'
import { stemmer as norwegian } from '@orama/stemmers/norwegian'
import { stemmer as portuguese } from '@orama/stemmers/portuguese'
import { stemmer as romanian } from '@orama/stemmers/romanian'
import { stemmer as spanish } from '@orama/stemmers/spanish'
import { stemmer as swedish } from '@orama/stemmers/swedish'
import { stem as english } from 'porter2'

/** Returns the stem of a word: in lower case, with diacritics, one character for each letter. */
export type Stemmer = (word: string) => string

/** By primary subtag. Bulgarian is left out: the package fails at many of its words. */
const stemmers = new Map<string, Stemmer>([
  ['da', danish],
  ['de', german],
  ['el', greek],
  ['en', english],
  ['es', spanish],
  ['fi', finnish],
  ['fr', french],
  ['ga', irish],
  ['hu', hungarian],
  ['it', italian],
  ['lt', lithuanian],
  ['nb', norwegian],
  ['nl', dutch],
  ['nn', norwegian],
  ['no', norwegian],
  ['pt', portuguese],
  ['ro', (word) => romanian(withCedillas(word))],
  ['sv', swedish],
])

/** The stemmer of a language such as `sv` or `sv-FI`, where there is one. */
export function stemmerOf(language: string): Stemmer | undefined {
  return stemmers.get(language.split('-', 1)[0]!.toLowerCase())
}

/** Romanian has commas below its letters. Its stemmer is from the time when computers had only cedillas. */
function withCedillas(word: string): string {
  return word.replaceAll('ș', 'ş').replaceAll('ț', 'ţ')
}
