import type { Texts } from './texts.ts'

const names =
  'tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu'.split(
    ' ',
  )

export const fi: Texts = {
  language: 'fi',
  name: 'suomi',
  territory: 'FI',

  documents: {
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
    kindsInPlural: {
      'press-release': 'lehdistötiedotteet',
      statement: 'lausunnot',
      speech: 'puheet',
      advisory: 'mediatiedotteet',
    },
    withoutKinds: {
      'press-release': 'ilman lehdistötiedotteita',
      statement: 'ilman lausuntoja',
      speech: 'ilman puheita',
      advisory: 'ilman mediatiedotteita',
    },
    releases: 'tiedotteet',
    about: (kinds, topics) => `${kinds}, aiheena ${topics}`,
    publishedBy: (what, publishers) => `${what}, julkaisijana ${publishers}`,
    by: (publishers) => `julkaisijana ${publishers}`,
    notBy: (publishers) => `julkaisijana muu kuin ${publishers}`,
  },

  pages: {
    day: ({ year, month, day }) => `${day}.${month}.${year}`,
    dayAndTime: ({ year, month, day, hour, minute }) =>
      `${day}.${month}.${year} klo ${hour}.${String(minute).padStart(2, '0')}`,
    days: (from, to) => {
      const end = `${to.day}.${to.month}.${to.year}`
      if (from.year !== to.year) return `${from.day}.${from.month}.${from.year}–${end}`
      if (from.month !== to.month) return `${from.day}.${from.month}.–${end}`
      return from.day === to.day ? end : `${from.day}.–${end}`
    },
    hours: (days, from, to) =>
      `${days} klo ${from.hour}.${String(from.minute).padStart(2, '0')}–${to.hour}.${String(to.minute).padStart(2, '0')}`,
    months: names,
    month: (year, month) => `${names[month - 1]} ${year}`,

    toContent: 'Siirry sisältöön',
    toFilter: 'Siirry rajaukseen',
    search: 'Hae',
    searchLabel: 'Hae tiedotteista',
    languages: 'Kielet',
    allLanguages: 'Kaikki kielet',
    timesOf: (timezone) => `Kellonajat ovat aikavyöhykkeen ${timezone} mukaisia.`,
    privacy: 'Sivut eivät käytä evästeitä eivätkä lataa mitään muualta.',
    withdrawals: 'Perutut tiedotteet',

    newest: 'Uusimmat tiedotteet',
    releases: 'Tiedotteet',
    countOfReleases: (count) => (count === 1 ? '1 tiedote' : `${count} tiedotetta`),
    newestOf: (count) => `${count} uusinta. Vanhemmat löytyvät arkistosta.`,
    noReleases:
      'Ei vielä tiedotteita. Syötteen voi silti tilata: ensimmäinen tiedote ilmestyy siihen.',
    noReleasesFound:
      'Mikään tiedote ei vielä vastaa valintoja. Poista jokin rajaus, niin löydät enemmän, tai tilaa syöte: myöhemmin julkaistavat tiedotteet ilmestyvät siihen.',
    page: (page, pages) => `Sivu ${page}/${pages}`,
    newerPage: 'Uudempia tiedotteita',
    olderPage: 'Vanhempia tiedotteita',
    archive: 'Arkisto kuukausittain',
    wholeList: 'Uusimmat tiedotteet',

    topics: 'Aiheet',
    broaderTopic: 'Laajempi aihe',
    narrowerTopics: 'Suppeammat aiheet',
    lastRelease: 'viimeisin tiedote',

    subscribe: 'Tilaa',
    howToSubscribe: 'Syöte tuo uudet tiedotteet luoksesi. Kopioi sen osoite syötteenlukijaasi.',
    addressOf: (format) => `${format.replace(/ Feed$/, '')}-syötteen osoite`,
    copyFeed: 'Kopioi syötteen osoite',
    copy: 'Kopioi',
    copied: 'Kopioitu',
    openIn: 'Avaa lukijassa',
    openInLabel: (reader) => `Tilaa lukijassa ${reader}`,
    eventsAsCalendar: 'Tapahtumat kalenterina',
    openInCalendar: 'Tilaa omaan kalenteriin',
    moreWays: 'Muut tavat: muodot, lukijat, kalenteri',
    addressFollows:
      'Valinta on muuttunut. Näytä sen tiedotteet, niin saat niiden syötteen osoitteen.',
    forReaders: 'Useita syötteitä kerralla (OPML)',
    everyTopicAsOpml: 'Jokainen aihe omana syötteenään',
    theseTopicsAsOpml: 'Nämä aiheet omina syötteinään',
    isFeed: (format) => `Tämä on syöte (${format}), joka tuo uudet tiedotteet syötteenlukijaan.`,
    isArchive: (format) => `Tämä on syötteen arkisto (${format}). Se ei enää muutu.`,
    toSubscribe: 'Tilaa kopioimalla tämä osoite syötteenlukijaan:',

    build: 'Valitse tiedotteet',
    buildThis: 'Muuta valintaa',
    wantedTopics: 'Aiheet',
    publishers: 'Julkaisijat',
    kinds: 'Tiedotetyypit',
    any: 'Tiedotteet, joissa on jokin aiheista',
    all: 'Vain tiedotteet, joissa on kaikki aiheet',
    leaveOut: 'Jätä aiheita pois',
    narrowList: 'Rajaa luetteloa',
    languageAndWords: 'Kieli ja sanat',
    releaseLanguage: 'Tiedotteiden kieli',
    words: 'Sanat tiedotteessa',
    wordsHint:
      'Tiedotteet, joissa on kaikki nämä sanat missä tahansa järjestyksessä ja muodossa. Lainausmerkeissä: juuri nämä sanat peräkkäin.',
    withOneLess: 'Yhtä sanaa vähemmällä:',
    moreReleasesThan: (count) => `yli ${count} tiedotetta`,
    show: 'Näytä tiedotteet',
    matching: (count, isMore) => {
      if (isMore) return `Yli ${count} tiedotetta`
      return count === 1 ? '1 tiedote' : `${count} tiedotetta`
    },
    waiting: 'Ladataan …',
    failed: 'Vastausta ei saatu. Valintasi on tallessa: yritä painikkeella uudelleen.',
    tooRich:
      'Tämä syöte yhdistää aiheita tavalla, jota lomake ei pysty näyttämään. Lomake tekee siitä yksinkertaisemman.',
    resultAnnounced: (title) => `Näytetään: ${title}`,

    published: 'Julkaistu',
    changed: 'Muutettu',
    otherLanguages: 'Muilla kielillä',
    followTopics: 'Seuraa tiedotteen aiheita',
    pictureElsewhere: 'Kuva toisella sivustolla',

    notPublic: 'Ei julkinen',
    comesOut: 'Julkaistaan',
    isDraft: 'Tämä on luonnos, joka voi vielä muuttua.',
    notToBePassedOn: 'Älä anna linkkiä eteenpäin.',

    picturesToDownload: 'Ladattavat kuvat',
    newOn: (what) => `Uudet tiedotteet: ${what}`,

    forPrograms: 'Ohjelmille',
    forDevelopers: 'Kehittäjille',

    errors: {
      invalid: {
        title: 'Tähän ei voi vastata',
        text: 'Osoitteessa on jotain, mitä ei voi tulkita. Jatka jostakin tämän sivun linkistä.',
      },
      moved: {
        title: 'Sivu on siirtynyt',
        text: 'Sivu on siirtynyt pysyvästi uuteen osoitteeseen.',
      },
      'not-allowed': {
        title: 'Tätä voi vain lukea',
        text: 'Tämä osoite ei ota vastaan muita pyyntöjä.',
      },
      'not-found': {
        title: 'Täällä ei ole mitään',
        text: 'Osoitteessa voi olla kirjoitusvirhe, tai sivu on poistettu.',
      },
      gone: { title: 'Tätä ei enää ole', text: 'Sisältö on poistettu pysyvästi.' },
      unavailable: {
        title: 'Palvelu ei ole juuri nyt käytettävissä',
        text: 'Meillä on häiriö. Yritä uudelleen minuutin kuluttua.',
      },
    },
    reasons: {
      'unknown-topic': 'Tämännimistä aihetta ei ole.',
      'unknown-publisher': 'Tämännimistä julkaisijaa ei ole.',
      'unknown-kind': 'Tämännimistä tiedotetyyppiä ei ole.',
      'too-many-topics':
        'Syötteessä voi yhdistää enintään kahdeksan aihetta, julkaisijaa ja tyyppiä. Poista valintoja tai valitse laajempi aihe.',
      'too-many-words': 'Haussa voi olla enintään kahdeksan sanaa. Poista muutama sana.',
      'too-long': 'Syötteen osoitteesta tulisi lukijoille liian pitkä. Poista aiheita tai sanoja.',
      ended: 'Tämä syöte on päättynyt.',
      'empty-month': 'Siinä kuussa ei julkaistu yhtään tiedotetta.',
      'no-release': 'Tässä osoitteessa ei ole tiedotetta.',
      'no-preview':
        'Linkistä ei löydy mitään. Tarkista, että se on kopioitu kokonaan, tai kysy siltä, joka antoi sen sinulle.',
      'preview-ended': 'Linkki ei ole enää voimassa. Pyydä uusi siltä, joka antoi sen sinulle.',
    },
    askedFor: 'Pyysit osoitetta',
    insteadTopics: 'Etsitkö jotakin näistä?',
    lookFor: 'Hae tiedotteista',
    contact: 'Yhteydenotot:',
    toHome: 'Kaikki tiedotteet ja aiheet',
  },
}
