import type { Kind } from '../domain/release.ts'

/** The few words that documents need beside the publisher's own. */
export type Wording = {
  and: string
  or: string
  without: string
  allLanguages: string
  /** Put around the words of a search. */
  searchFor: (words: string) => string
  /** The same where nothing stands before it. */
  releasesFor: (words: string) => string
  correction: string
  withdrawn: string
  withdrawals: string
  corrects: string
  correctedBy: string
  replacedBy: string
  /** Before the time its author gave a release that came out later. */
  dated: string
  event: string
  attachments: string
  related: string
  contacts: string
  telephone: string
  photo: string
  /** Title of the last entry of a feed. */
  ended: string
  /** Its text, for the title of the feed. */
  endedText: (title: string) => string
  instead: string
  kinds: Record<Kind, string>
}

const en: Wording = {
  and: 'and',
  or: 'or',
  without: 'without',
  allLanguages: 'all languages',
  searchFor: (words) => `containing “${words}”`,
  releasesFor: (words) => `releases containing “${words}”`,
  correction: 'Correction',
  withdrawn: 'Withdrawn',
  withdrawals: 'Withdrawn releases',
  corrects: 'Corrects',
  correctedBy: 'Corrected by',
  replacedBy: 'Replaced by',
  dated: 'Dated',
  event: 'Event',
  attachments: 'Attachments',
  related: 'Related links',
  contacts: 'Inquiries',
  telephone: 'tel.',
  photo: 'Photo',
  ended: 'This feed has ended',
  endedText: (title) => `No more releases will appear in “${title}”.`,
  instead: 'Subscribe instead to',
  kinds: {
    'press-release': 'press release',
    statement: 'statement',
    speech: 'speech',
    advisory: 'media advisory',
  },
}

const fi: Wording = {
  and: 'ja',
  or: 'tai',
  without: 'ilman aihetta',
  allLanguages: 'kaikki kielet',
  searchFor: (words) => `sisältää ”${words}”`,
  releasesFor: (words) => `tiedotteet, joissa on ”${words}”`,
  correction: 'Korjaus',
  withdrawn: 'Peruttu',
  withdrawals: 'Perutut tiedotteet',
  corrects: 'Korjaa tiedotteen',
  correctedBy: 'Korjattu tiedotteella',
  replacedBy: 'Korvattu tiedotteella',
  dated: 'Päivätty',
  event: 'Tapahtuma',
  attachments: 'Liitteet',
  related: 'Aiheesta muualla',
  contacts: 'Lisätietoja',
  telephone: 'puh.',
  photo: 'Kuva',
  ended: 'Tämä syöte on päättynyt',
  endedText: (title) => `Syötteeseen ”${title}” ei enää tule tiedotteita.`,
  instead: 'Tilaa sen sijaan',
  kinds: {
    'press-release': 'tiedote',
    statement: 'lausunto',
    speech: 'puhe',
    advisory: 'mediatiedote',
  },
}

const sv: Wording = {
  and: 'och',
  or: 'eller',
  without: 'utan',
  allLanguages: 'alla språk',
  searchFor: (words) => `innehåller ”${words}”`,
  releasesFor: (words) => `meddelanden som innehåller ”${words}”`,
  correction: 'Rättelse',
  withdrawn: 'Återkallat',
  withdrawals: 'Återkallade meddelanden',
  corrects: 'Rättar',
  correctedBy: 'Rättat av',
  replacedBy: 'Ersatt av',
  dated: 'Daterat',
  event: 'Evenemang',
  attachments: 'Bilagor',
  related: 'Läs också',
  contacts: 'Mer information',
  telephone: 'tfn',
  photo: 'Bild',
  ended: 'Detta flöde har upphört',
  endedText: (title) => `Flödet ”${title}” får inga fler meddelanden.`,
  instead: 'Prenumerera i stället på',
  kinds: {
    'press-release': 'pressmeddelande',
    statement: 'uttalande',
    speech: 'tal',
    advisory: 'medieinformation',
  },
}

const wordings: Record<string, Wording> = { en, fi, sv }

/** The wording of a language, else the English one. `sv-FI` finds `sv`. */
export function wordingOf(language: string): Wording {
  return wordings[language.toLowerCase().split('-')[0]!] ?? en
}

const rightToLeft = /^(ar|arc|ckb|dv|fa|he|ks|ps|sd|ug|ur|yi)\b/
const scripts = { rtl: /-(adlm|arab|hebr|nkoo|syrc|thaa)\b/, ltr: /-(cyrl|deva|grek|guru|latn)\b/ }

/** The direction in which a language is written, for `dir`. */
export function directionOf(language: string): 'ltr' | 'rtl' {
  if (scripts.rtl.test(language)) return 'rtl'
  return rightToLeft.test(language) && !scripts.ltr.test(language) ? 'rtl' : 'ltr'
}
