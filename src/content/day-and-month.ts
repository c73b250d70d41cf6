/** Words that follow the day in a date: `24. tammikuuta`, `1. og 2. maj`. */
type DateWords = { months: string[]; and: string }

const known = new Map<string, DateWords>()

/**
 * Whether a text that stands behind a number and a dot makes a date of them: the name of a month in a language,
 * another day before one, or the month and year as numbers. Many languages write `1. maj` for 1 May.
 */
export function isRestOfDate(text: string, language: string): boolean {
  const { months, and } = wordsOf(language)
  const [first = '', second = '', third = ''] = text.split(/[ \t\u00a0\u202f]+/, 3)
  if (isMonth(first, months)) return true
  if (/^\d{1,2}\.$/.test(first) && /^\d{4}(?!\d)/.test(second)) return true
  const isRange = (and !== '' && first === and) || /^[-–—/]$/.test(first)
  return isRange && /^\d{1,2}\.?$/.test(second) && isMonth(third, months)
}

function wordsOf(language: string): DateWords {
  let words = known.get(language)
  if (!words) known.set(language, (words = learn(language)))
  return words
}

function learn(language: string): DateWords {
  const locale = [language, language.split('-')[0]!].find(isKnown)
  // Without a locale the runtime would take that of the machine.
  return locale ? { months: monthsIn(locale), and: andIn(locale) } : { months: [], and: '' }
}

/** A site may have a tag that Intl does not know. */
function isKnown(language: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(language).length > 0
  } catch {
    return false
  }
}

function monthsIn(language: string): string[] {
  const forms = [
    { day: 'numeric', month: 'long' },
    { month: 'long' },
    { day: 'numeric', month: 'short' },
  ] as const
  const found = forms.flatMap((form) => {
    const format = new Intl.DateTimeFormat(language, { timeZone: 'UTC', ...form })
    return Array.from({ length: 12 }, (_, month) => {
      const parts = format.formatToParts(Date.UTC(2024, month, 1))
      return parts.find(({ type }) => type === 'month')?.value.replace(/\.$/, '') ?? ''
    })
  })
  return [...new Set(found)].filter((name) => /\p{L}/u.test(name))
}

function andIn(language: string): string {
  return new Intl.ListFormat(language).formatToParts(['1', '2'])[1]!.value.trim()
}

function isMonth(word: string, months: string[]): boolean {
  const plain = /^\p{L}+/u.exec(word)?.[0]
  return plain !== undefined && months.some((month) => plain === month || isCaseOf(plain, month))
}

/**
 * A month with another ending: tammikuussa, jaanuaril, janvārī. Names with a capital are left alone, or August
 * would be in Augustin.
 */
function isCaseOf(word: string, month: string): boolean {
  if (month !== month.toLowerCase()) return false
  const isShort = month.length < 5
  const stem = month.slice(0, isShort ? undefined : month.length < 8 ? -1 : -2)
  return word.startsWith(stem) && word.length <= month.length + (isShort ? 1 : 3)
}
