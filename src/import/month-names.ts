/** Languages whose names of months are understood in every feed: those of the EU and their neighbours. */
const everywhere =
  'en-GB en-US bg cs da de el es et fi fr ga hr hu is it lt lv mk mt nb nl nn pl pt ro ru sk sl sq sr sv tr uk zh'.split(
    ' ',
  )

/** The months that a language has, with the names of each. */
type Names = string[][]

const namesOf = new Map<string, Names>()

/**
 * The month, from 1, that a word names: in the language of its feed, or else in every other language
 * that has it. A beginning of at least three letters is enough where no other month begins so. Answers
 * undefined where languages differ, as over `listopad`.
 */
export function monthNamed(word: string, language: string | undefined): number | undefined {
  const name = folded(word)
  const near = [...(language && isLanguage(language) ? [language] : []), 'en-GB', 'en-US']
  return (
    near
      .map((one) => monthIn(name, one, isName) ?? monthIn(name, one, isBeginning))
      .find(Boolean) ??
    onlyOne(everywhere.flatMap((one) => monthIn(name, one, isName) ?? [])) ??
    onlyOne(everywhere.flatMap((one) => monthIn(name, one, isBeginning) ?? []))
  )
}

function onlyOne(months: number[]): number | undefined {
  return new Set(months).size === 1 ? months[0] : undefined
}

function monthIn(
  name: string,
  language: string,
  isMeant: (name: string, month: string) => boolean,
): number | undefined {
  const months = namesOf.get(language) ?? makeNames(language)
  namesOf.set(language, months)
  return onlyOne(
    months.flatMap((names, index) => (names.some((one) => isMeant(name, one)) ? [index + 1] : [])),
  )
}

function isName(name: string, month: string): boolean {
  return name === month
}

function isBeginning(name: string, month: string): boolean {
  return name.length >= 3 && month.startsWith(name)
}

/** As they stand alone and in a date, where many languages decline them. */
function makeNames(language: string): Names {
  const forms = (['long', 'short'] as const).flatMap((month) =>
    [{ month }, { month, day: 'numeric' as const, year: 'numeric' as const }].map(
      (options) => new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' }),
    ),
  )
  // Years of other calendars are other numbers.
  if (forms[0]!.resolvedOptions().calendar !== 'gregory') return []
  return Array.from({ length: 12 }, (_, month) => {
    const day = Date.UTC(2024, month, 15)
    const names = forms.flatMap((form) => {
      return form.formatToParts(day).flatMap(({ type, value }) => (type === 'month' ? [value] : []))
    })
    return [...new Set(names.map(folded))].filter((name) => /\p{L}/u.test(name))
  })
}

function folded(name: string): string {
  return name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}|[.'’]/gu, '')
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0
  } catch {
    return false
  }
}
