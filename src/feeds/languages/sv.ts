import type { Texts } from './texts.ts'

const names =
  'januari februari mars april maj juni juli augusti september oktober november december'.split(' ')

export const sv: Texts = {
  language: 'sv',
  name: 'svenska',
  territory: 'SE',

  documents: {
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
    kindsInPlural: {
      'press-release': 'pressmeddelanden',
      statement: 'uttalanden',
      speech: 'tal',
      advisory: 'medieinformation',
    },
    withoutKinds: {
      'press-release': 'utan pressmeddelanden',
      statement: 'utan uttalanden',
      speech: 'utan tal',
      advisory: 'utan medieinformation',
    },
    releases: 'meddelanden',
    about: (kinds, topics) => `${kinds} om ${topics}`,
    publishedBy: (what, publishers) => `${what} från ${publishers}`,
    by: (publishers) => `från ${publishers}`,
    notBy: (publishers) => `inte från ${publishers}`,
  },

  pages: {
    day: ({ year, month, day }) => `${day} ${names[month - 1]} ${year}`,
    dayAndTime: ({ year, month, day, hour, minute }) =>
      `${day} ${names[month - 1]} ${year} kl. ${hour}.${String(minute).padStart(2, '0')}`,
    days: (from, to) => {
      const month = names[from.month - 1]!
      const end = `${to.day} ${names[to.month - 1]} ${to.year}`
      if (from.year !== to.year) return `${from.day} ${month} ${from.year}–${end}`
      if (from.month !== to.month) return `${from.day} ${month}–${end}`
      return from.day === to.day ? end : `${from.day}–${end}`
    },
    hours: (days, from, to) =>
      `${days} kl. ${from.hour}.${String(from.minute).padStart(2, '0')}–${to.hour}.${String(to.minute).padStart(2, '0')}`,
    months: names,
    month: (year, month) => `${names[month - 1]} ${year}`,

    toContent: 'Hoppa till innehållet',
    toFilter: 'Hoppa till urvalet',
    search: 'Sök',
    searchLabel: 'Sök bland meddelandena',
    languages: 'Språk',
    allLanguages: 'Alla språk',
    timesOf: (timezone) => `Klockslagen gäller tidszonen ${timezone}.`,
    privacy: 'Sidorna använder inga kakor och hämtar ingenting från andra.',
    withdrawals: 'Återkallade meddelanden',

    newest: 'Senaste meddelanden',
    releases: 'Meddelanden',
    countOfReleases: (count) => (count === 1 ? '1 meddelande' : `${count} meddelanden`),
    newestOf: (count) => `De ${count} senaste. Äldre finns i arkivet.`,
    noReleases:
      'Inga meddelanden ännu. Det går ändå att prenumerera på flödet: det första meddelandet kommer att synas där.',
    noReleasesFound:
      'Inget meddelande motsvarar valen ännu. Ta bort något villkor för att hitta fler, eller prenumerera: det som publiceras senare kommer att synas i flödet.',
    page: (page, pages) => `Sida ${page} av ${pages}`,
    newerPage: 'Nyare meddelanden',
    olderPage: 'Äldre meddelanden',
    archive: 'Arkiv per månad',
    wholeList: 'De senaste meddelandena',

    topics: 'Ämnen',
    broaderTopic: 'Hör till ämnet',
    narrowerTopics: 'Omfattar ämnena',
    lastRelease: 'senaste meddelandet',

    subscribe: 'Prenumerera',
    howToSubscribe:
      'Ett flöde ger dig nya meddelanden direkt. Kopiera dess adress till din flödesläsare.',
    addressOf: (format) => `Adress till flödet i formatet ${format.replace(/ Feed$/, '')}`,
    copyFeed: 'Kopiera flödets adress',
    copy: 'Kopiera',
    copied: 'Kopierad',
    openIn: 'Öppna i',
    openInLabel: (reader) => `Prenumerera i ${reader}`,
    eventsAsCalendar: 'Evenemang som kalender',
    openInCalendar: 'Prenumerera i din kalender',
    moreWays: 'Fler sätt: format, läsare, kalender',
    addressFollows: 'Urvalet har ändrats. Visa dess meddelanden för att få flödets adress.',
    forReaders: 'Flera flöden på en gång (OPML)',
    everyTopicAsOpml: 'Alla ämnen som var sitt flöde',
    theseTopicsAsOpml: 'Dessa ämnen som var sitt flöde',
    isFeed: (format) =>
      `Detta är ett flöde (${format}), som för nya meddelanden till en flödesläsare.`,
    isArchive: (format) => `Detta är ett arkiv av ett flöde (${format}). Det ändras inte längre.`,
    toSubscribe: 'Prenumerera genom att kopiera denna adress till din flödesläsare:',

    build: 'Välj meddelanden',
    buildThis: 'Ändra urvalet',
    wantedTopics: 'Ämnen',
    publishers: 'Utgivare',
    kinds: 'Typer av meddelanden',
    any: 'Meddelanden om något av ämnena',
    all: 'Endast meddelanden om alla ämnena',
    leaveOut: 'Uteslut ämnen',
    narrowList: 'Begränsa listan',
    languageAndWords: 'Språk och ord',
    releaseLanguage: 'Meddelandenas språk',
    words: 'Ord i meddelandet',
    wordsHint:
      'Meddelanden med alla dessa ord, i vilken ordning och form som helst. Inom citattecken: exakt dessa ord efter varandra.',
    withOneLess: 'Med ett ord mindre:',
    moreReleasesThan: (count) => `över ${count} meddelanden`,
    show: 'Visa meddelandena',
    matching: (count, isMore) => {
      if (isMore) return `Fler än ${count} meddelanden`
      return count === 1 ? '1 meddelande' : `${count} meddelanden`
    },
    waiting: 'Laddar …',
    failed: 'Inget svar kom. Ditt urval finns kvar: försök igen med knappen.',
    tooRich:
      'Flödet kombinerar ämnen på ett sätt som formuläret inte kan visa. Med formuläret blir det enklare.',
    resultAnnounced: (title) => `Visar nu: ${title}`,

    published: 'Publicerat',
    changed: 'Ändrat',
    otherLanguages: 'På andra språk',
    followTopics: 'Följ meddelandets ämnen',
    pictureElsewhere: 'Bild på en annan webbplats',

    notPublic: 'Inte offentligt',
    comesOut: 'Publiceras',
    isDraft: 'Det här är ett utkast, och kan ännu ändras.',
    notToBePassedOn: 'Ge inte länken vidare.',

    picturesToDownload: 'Bilder att ladda ner',
    newOn: (what) => `Nya meddelanden: ${what}`,

    forPrograms: 'För program',
    forDevelopers: 'För utvecklare',

    errors: {
      invalid: {
        title: 'Det här går inte att besvara',
        text: 'Något i adressen går inte att tolka. Fortsätt via någon av länkarna på sidan.',
      },
      moved: {
        title: 'Sidan har flyttats',
        text: 'Sidan har flyttats permanent till en ny adress.',
      },
      'not-allowed': {
        title: 'Det här kan bara läsas',
        text: 'Adressen tar inte emot några andra förfrågningar.',
      },
      'not-found': {
        title: 'Här finns ingenting',
        text: 'Adressen kan vara felskriven, eller så har sidan tagits bort.',
      },
      gone: { title: 'Det här finns inte längre', text: 'Innehållet har tagits bort permanent.' },
      unavailable: {
        title: 'Inte tillgängligt just nu',
        text: 'Något gick fel hos oss. Försök igen om en minut.',
      },
    },
    reasons: {
      'unknown-topic': 'Det finns inget ämne med detta namn.',
      'unknown-publisher': 'Det finns ingen utgivare med det namnet.',
      'unknown-kind': 'Det finns ingen typ av meddelande med det namnet.',
      'too-many-topics':
        'Ett flöde kan kombinera högst åtta ämnen, utgivare och typer. Ta bort några val eller välj ett bredare ämne.',
      'too-many-words': 'En sökning kan ha högst åtta ord. Ta bort några.',
      'too-long': 'Flödets adress skulle bli för lång för läsarna. Ta bort några ämnen eller ord.',
      ended: 'Flödet har upphört.',
      'empty-month': 'Inget meddelande publicerades den månaden.',
      'no-release': 'Det finns inget meddelande på den här adressen.',
      'no-preview':
        'Länken visar ingenting. Kontrollera att hela länken är med, eller fråga den som gav dig den.',
      'preview-ended': 'Länken gäller inte längre. Be den som gav dig den om en ny.',
    },
    askedFor: 'Du bad om',
    insteadTopics: 'Sökte du något av dessa?',
    lookFor: 'Sök bland meddelandena',
    contact: 'Kontakt:',
    toHome: 'Alla meddelanden och ämnen',
  },
}
