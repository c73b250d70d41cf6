/** Where a language is at home, if that is not where its tag says in capitals. */
const territories = new Map(
  (
    'ar=AR cs=CZ da=DK el=GR en=GB et=EE fa=IR ga=IE he=IL nb=NO se=NO sl=SI smn=FI sms=FI sq=AL ' +
    'sv=SE uk=UA'
  )
    .split(' ')
    .map((pair) => pair.split('=') as [string, string]),
)

/** A language as Open Graph wants it, with a territory: `fi_FI`. */
export function localeOf(tag: string): string {
  const [language = '', territory] = tag.split('-')
  return `${language}_${(territory ?? territories.get(language) ?? language).toUpperCase()}`
}

/** What speakers call their language, so that they find it whatever language a page is in. */
const ownNames = new Map(
  (
    'ar=العربية bg=български cs=čeština da=dansk de=Deutsch el=ελληνικά en=English es=español ' +
    'et=eesti fa=فارسی fi=suomi fr=français ga=Gaeilge he=עברית hr=hrvatski hu=magyar is=íslenska ' +
    'it=italiano lt=lietuvių lv=latviešu mt=Malti nb=norsk nl=Nederlands no=norsk pl=polski ' +
    'pt=português ro=română ru=русский se=davvisámegiella sk=slovenčina sl=slovenščina ' +
    'smn=anarâškielâ sms=nuõrttsääʹmǩiõll so=Soomaali sq=shqip sv=svenska tr=Türkçe uk=українська'
  )
    .split(' ')
    .map((pair) => pair.split('=') as [string, string]),
)

/** The name of a language in itself, with a capital; its tag where we do not know it. */
export function languageName(language: string): string {
  const [first = '', ...rest] = ownNames.get(language) ?? language
  return `${first.toUpperCase()}${rest.join('')}`
}
