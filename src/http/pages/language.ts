import { interfaceLanguages } from '../../feeds/languages.ts'

// Names and territories of languages that pages do not speak. For the others they are in `feeds/languages/`.

/** The territory of a language, if it is not its tag in capitals. */
const territories = new Map([
  ...pairs(
    'ar=AR cs=CZ da=DK el=GR et=EE fa=IR ga=IE he=IL nb=NO se=NO sl=SI smn=FI sms=FI sq=AL uk=UA',
  ),
  ...interfaceLanguages.map(({ language, territory }) => [language, territory] as const),
])

/** A language as Open Graph wants it, with a territory: `fi_FI`. */
export function localeOf(tag: string): string {
  const [language = '', territory] = tag.split('-')
  return `${language}_${(territory ?? territories.get(language) ?? language).toUpperCase()}`
}

/** What speakers call their language, so that they find it whatever language a page is in. */
const ownNames = new Map([
  ...pairs(
    'ar=العربية bg=български cs=čeština da=dansk de=Deutsch el=ελληνικά es=español ' +
      'et=eesti fa=فارسی fr=français ga=Gaeilge he=עברית hr=hrvatski hu=magyar is=íslenska ' +
      'it=italiano lt=lietuvių lv=latviešu mt=Malti nb=norsk nl=Nederlands no=norsk pl=polski ' +
      'pt=português ro=română ru=русский se=davvisámegiella sk=slovenčina sl=slovenščina ' +
      'smn=anarâškielâ sms=nuõrttsääʹmǩiõll so=Soomaali sq=shqip tr=Türkçe uk=українська',
  ),
  ...interfaceLanguages.map(({ language, name }) => [language, name] as const),
])

/** The name of a language in itself, with a capital; its tag where we do not know it. */
export function languageName(language: string): string {
  const [first = '', ...rest] = ownNames.get(language) ?? language
  return `${first.toUpperCase()}${rest.join('')}`
}

function pairs(text: string): [string, string][] {
  return text.split(' ').map((pair) => pair.split('=') as [string, string])
}
