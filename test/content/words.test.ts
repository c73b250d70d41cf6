import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanHtml } from '../../src/content/html.ts'
import { wordsOf } from '../../src/content/words.ts'
import { searchTokens, searchWords, stemMark } from '../../src/domain/text.ts'
import { openDatabase } from '../../src/store/node-sqlite.ts'
import { anyString } from '../any-text.ts'
import { awkwardNesting, hostileTexts } from '../feeds/hostile-text.ts'
import { amount } from '../trials.ts'

/** Words of Snowball's published vocabularies and their stems there. */
const vocabularies = {
  da: `alabjerget alabjerg, begærings begæring, borttager borttag, drømmer drøm,
    femten femt, fornedrelsen fornedr, fædres fædr, guldbægre guldbægr,
    hjerteløst hjerteløs, indersiden indersid, keniterne kenit, køerne køern,
    magter magt, natlige nat, opkomme opkom, pottemagerne pottemag, røvede røved,
    skrider skrid, spreder spred, svinger sving, tilrette tilret, udbedrer udbedr,
    urijas urija, vrider vrid`,
  de: `aktivitäten aktivitat, aufgehobene aufgehob, beduinen beduin, betrogenen betrog,
    dehnten dehnt, einsperrte einsperrt, erschien erschi, freigelassen freigelass,
    gemäuer gemau, goldgelbes goldgelb, herkommen herkomm, jauchzer jauchz,
    kübler kubl, mannesbilde mannesbild, nebensache nebensach, pudelmütze pudelmutz,
    scharfer scharf, seligen selig, streits streit, überliessen uberliess,
    urwesen urwes, vertrages vertrag, weiden weid, ziegelofen ziegelof`,
  el: `έφταιγε εφταιγ, ανάγλυφων αναγλυφ, ανυπόφορα ανυποφορ, αρρεναγωγείο αρρεναγωγει,
    βλάσφημο βλασφημ, δασοκομία δασοκομ, δικτατορικής δικτατορικ,
    εκστρατεύει εκστρατευ, εξοπλιστεί εξοπλιστ, ετερογενή ετερογεν, ιδεολόγος ιδεολογ,
    καταδείξουν καταδειξ, κρίσιμο κρισιμ, μακεδονικής μακεδονικ, μπασίστα μπασ,
    ομοιότητάς ομοιοτητ, παρασκηνιακό παρασκηνιακ, πολεμικά πολεμ, πρόσεξαν προσεξ,
    σπανιότερο σπανι, συνοδευόταν συνοδευ, τοπολογικού τοπολογ, υποψίες υποψι,
    χλωραιθενίου χλωραιθεν`,
  en: `adjournment adjourn, anyvays anyvay, avoidable avoid, bindloes bindlo,
    bullies bulli, changed chang, colloquial colloqui, consumedly consum,
    crummles crumml, denomination denomin, disgorging disgorg, dwelling dwell,
    enthroned enthron, expressure expressur, flexible flexibl, gangways gangway,
    guessing guess, hothouse hothous, indefinably indefin, invalidate invalid,
    lawgiver lawgiv, malice malic, misprizing mispriz, niggardly niggard,
    outstrike outstrik, perforated perfor, pomander pomand, promissory promissori,
    razors razor, repressed repress, rupees rupe, sepulchral sepulchr, smallness small,
    startingly start, supping sup, thralls thrall, turnips turnip, unmusical unmus,
    vestments vestment, wilful wil`,
  es: `acusación acus, andrade andrad, atraco atrac, cabiedes cabied, ciertamente ciert,
    conoce conoc, cuestionada cuestion, desfiles desfil, ecologista ecolog,
    escapó escap, facilitados facilit, godínez godinez, inamovibles inamov, jalaba jal,
    manhattan manhatt, mutualidad mutual, oscurecer oscurec, plantara plant,
    propia propi, refiera ref, romance romanc, sondeos sonde, tomarnos tom,
    victoriano victorian`,
  fi: `adelboden adelbod, aikapulan aikapul, ajaxille ajax, albumien album,
    allergista allerg, ampuneen ampun, anttilasta anttil, arveluttavan arveluttav,
    asetuksesta asetuks, asutut asutu, avantgarde avantgard, basketball basketbal,
    boysin boys, cervantesin cervantes, derbyn derby, edettävä edettäv,
    ekohuoneiden ekohuon, eläkkeen eläk, entisillä entis, eroanomuksen eroanomuks,
    espanjaa espanj, euroon euro, fjodorovin fjodorov, giljotiinin giljotiin,
    haaveri haaver, hallikauden hallikaud, hannalle han, haudutettu haudutetu,
    heiniön heiniö, heraldinen heraldin, hihkua hihku, hirvisaari hirvisaar,
    hopeamitalit hopeamital, humoreski humoresk, huudon huudo, hyväksyvät hyväksyv,
    härskit härsk, ihmetteli ihmettel, ilmari ilmar, inhotaan inho`,
  fr: `administré administr, approche approch, banians banian, carrières carri,
    comparaient compar, coupes coup, dissipée dissip, dérangements dérang,
    enterrez enterr, feuille feuill, gravité gravit, incendies incend, jusques jusqu,
    mentionner mention, négociant négoci, patrouille patrouill, pressure pressur,
    quinzaine quinzain, renversement renvers, répéter répet, songeât song, tender tend,
    veillât veil, éluder élud`,
  ga: `bhaaid baaid, bhfíorchruth fíorchruth, bhuafar buafar, chábáin cábáin,
    chibeál cibeál, chomhfhiosaí comhfhiosaí, chuisíní cuisíní,
    dhearbhaíodh dearbhaíodh, diúraiceadh diúraic, eisiamh eisi,
    fhoghlaithe foghlaithe, gceanglófar ceanglófar, gcúbaid cúbaid, ghnáthóg gnáthóg,
    lánbhrónach lánbhrón, mbucáid bucáid, mhochré mochré, ndreapadh dreap,
    phearóidí pearóidí, rugadh rug, sheineirce seineirce, sorchóireach sorchóir,
    thiontónta tiontónta, tseanaid seanaid`,
  hu: `agrárprogram agrárprogr, alszunk alsz, bankja ban, beleütközik beleütköz,
    beüzemelt beüzemel, bácsinál bács, játékidőből játékidő, karalábé karaláb,
    kerülnék kerülne, kilobitről kilobit, kitiport kitipor, konfirmálja konfirmál,
    kártételére kártétel, kezünkben kez, körüli körül, legyilkolt legyilkol,
    letölthessék letölthesse, látomásai látomás, marcona marcon, megjelölni megjelöln,
    megszállják megszállja, mindennapok mindennap, másolunk másol, műveltek művelt`,
  it: `adempir ademp, antonelli antonell, avveda avved, caduto cad, clamore clamor,
    contadinesca contadinesc, derrata derr, duelli duell, fenile fenil,
    gioviali giovial, incominciava incominc, iracondo iracond, mandorlo mandorl,
    mutarsi mut, parche parc, postali postal, punteggio puntegg, richiedevano richied,
    riuscendogli riusc, scomposte scompost, soggiungeva soggiung, storice storic,
    tormenta torment, venirci ven`,
  lt: `ansamblį ansambl, atsiliepti atsiliep, brazilas brazil, dirbdami dirb,
    fermentinių fermentin, grindė grind, išleistą išleist, karaliumi karal,
    konstituciją konstitucij, licencijų licencij, minutėms minut, nerandama neran,
    originalius original, pasirinkimą pasirinkim, pikrino pikrin, priešas prieš,
    rekreaciniai rekreacin, siaurėjanti siaurėjan, standartiniu standartin,
    suteikimo suteikim, tobulumą tobulum, vaivados vaivad, vėlesniems vėl,
    švelnesnio šveln`,
  nl: `achterlaten achterlat, atoompje atoompj, bestorming bestorm, brieven briev,
    deponeren deponer, eeuwenlange eeuwenlang, geboden gebod, glansden glansd,
    hofbals hofbal, isphording isphord, krijsten krijst, mannezinnen mannezinn,
    nadrukkelijk nadruk, onhaalbaar onhal, optische optisch, pousseren pousser,
    rondeveense rondeven, snakkende snakkend, sukkelde sukkeld, tweedehands tweedehand,
    verflaag verflag, verzomering verzomer, warreling warrel, zeggen zegg`,
  no: `antatte antatt, bekreftelse bekreft, bukkekjerra bukkekjerr, dverger dverg,
    fellesskapar fellesskap, forrentast forrent, føresetnaden føresetnad,
    hattebremmen hattebremm, iddefjorden iddefjord, kanter kant, koordinert koordiner,
    livrenten livrent, mistar mist, omdanningen omdanning, overstige overst,
    pålegger pålegg, råderetten råderett, skaffast skaff, sortkledde sortkledd,
    styresmakter styresmakt, tilkomme tilkomm, uforandret uforandr, utvide utvid,
    vippetangen vippetang`,
  pt: `adequados adequ, antecipar antecip, atraídas atraíd, bruços bruc, chegaram cheg,
    conduzindo conduz, criticá critic, desfazem desfaz, duplas dupl, enzima enzim,
    exclusão exclusã, fortalecem fortalec, heslander hesland, insistem insist,
    libertário libertári, mesmas mesm, numerais numer, pendendo pend,
    preocupar preocup, reanimar reanim, revenda revend, singular singul, tijolos tijol,
    veneza venez`,
  ro: `adolescenţi adolescenț, argumentezi argument, boșimanul boșiman, celebra celebr,
    comunizării comunizăr, cămine cămin, determină determin, elecronişti elecronist,
    facilitată facilit, ghilimete ghilimet, impopota impopot, inutilă inutil,
    locomotive locomot, mobilasem mobil, neplăceri neplăcer, ospăteze ospăt,
    poloneze polon, pumnul pumn, retractase retract, selecționism selecționist,
    străduţe străduț, transpare transp, vorbitorii vorbit, întruchipări întruchipăr`,
  sv: `andliga and, bagges bagg, bergsspetsen bergsspets, blixtrade blixtr,
    buljongens buljong, dristigt drist, erkänn erkän, flyttar flytt,
    frånskilda frånskild, förflyktigad förflykt, försummas försumm, glatta glatt,
    gåfvor gåfv, hjälpte hjälpt, högförnäma högförnäm, invände invänd, klarar klar,
    kritiserande kritiser, lavoaren lavo, läckerhet läcker, middags middag,
    mönster mönst, obeskedligt obesked, ormdrömmar ormdrömm, plågas plåg,
    ransakat ransak, rännstenarna rännsten, sjugare sjug, skuzle skuzl,
    smågnolande smågnol, stackarna stack, stämma stämm, sålurlda sålurld,
    tistelörosen tistelöros, tungsinthet tungsint, uppledsen uppleds,
    utslockna utslockn, vildhet vild, vågstycke vågstyck, öfversta öfverst`,
}

const languages = [...Object.keys(vocabularies), 'nb', 'nn']

type Text = Partial<Parameters<typeof wordsOf>[0]>

/** Plain words and stems of a text, without the mark. */
function read({ title = '', lead = '', html = '', language = 'en' }: Text) {
  const tokens = wordsOf({ title, lead, html, language }).split(' ')
  const isStem = (token: string) => token.startsWith(stemMark)
  return {
    words: tokens.filter((token) => !isStem(token)).join(' '),
    stems: tokens.filter(isStem).map((token) => token.slice(stemMark.length)),
  }
}

/** What every part of a word in HTML is cleaned with: addresses stay as they are. */
function clean(html: string) {
  return cleanHtml(html, (address) => address)
}

function fold(word: string): string {
  return searchWords(word).join(' ')
}

function plainWords(...texts: string[]): string {
  return searchTokens(texts.flatMap(searchWords).join(' '))
}

test('the words of title, lead and text come in their order, and then each stem that is none of them', () => {
  const release = {
    title: 'Borders closed',
    lead: 'The border is closed.',
    html: '<p>Closing <b>bord</b>ers</p>',
    language: 'en',
  }
  expect(wordsOf(release)).toBe('borders closed the border is closed closing borders \ue001close')
})

test('forms of a word have one stem, which is folded as words are', () => {
  expect(read({ title: 'Hätätila hätätilassa HÄTÄTILAN', language: 'fi' }).stems).toEqual([
    'hatatil',
  ])
  expect(read({ title: 'Rajavalvonnan rajavalvonta', language: 'fi' }).stems).toEqual([
    'rajavalvon',
  ])
  expect(read({ title: 'Gränserna gränser', language: 'sv' }).stems).toEqual(['grans'])
  expect(read({ title: 'Borders, bordering', language: 'en' }).stems).toEqual(['border'])
})

test('a question without diacritics finds a word by the stem that it has without them, too', () => {
  const { stems } = read({ title: 'carrières', language: 'fr' })
  expect(stems).toEqual(['carri', ...read({ title: 'carrieres', language: 'fr' }).stems])
})

test.each(Object.entries(vocabularies))(
  'words in %s have the stems that Snowball publishes',
  (language, vocabulary) => {
    for (const pair of vocabulary.split(/,\s+/)) {
      const [word, stem] = pair.split(' ') as [string, string]
      const { words, stems } = read({ title: word, language })
      expect([words, ...stems], word).toContain(fold(stem))
    }
  },
)

test('a word has a stem by the language of its release, whatever country is named with it', () => {
  const stems = (language: string) => read({ title: 'gränserna ministrene', language }).stems
  expect(stems('sv-FI')).toEqual(stems('sv'))
  expect(stems('nb')).toEqual(stems('no'))
  expect(stems('nn')).toEqual(stems('no'))
  expect(stems('de')).not.toEqual(stems('sv'))
})

test.each(['et', 'pl', 'bg', 'zh-Hant', 'constructor'])(
  'in %s, which has no stemmer, there are plain words alone',
  (language) => {
    expect(wordsOf({ title: 'Borders 移民', lead: '', html: '<p>x</p>', language })).toBe(
      plainWords('Borders 移民', 'x'),
    )
  },
)

test('Romanian with commas below has the stems of Romanian with cedillas', () => {
  const [commas, cedillas] = ['abandonați', 'abandonaţi'].map((title) =>
    read({ title, language: 'ro' }),
  )
  expect(commas).toEqual(cedillas)
  expect(commas!.stems).toEqual(['abandon'])
})

test('numbers, single letters, and words in other letters have no stem', () => {
  const title = '2024 a é 移民 ไทย Русский עולם covid19 x\u0489yz'
  expect(read({ title }).stems).toEqual([])
  expect(read({ title }).words).toBe(plainWords(title))
})

test('a text cannot write a stem itself', () => {
  expect(read({ title: '\ue001border \ue000pst', language: 'et' })).toEqual({
    words: 'border pst',
    stems: [],
  })
})

/** HTML of any elements within each other, with any text, some of it closed wrongly. */
const anyHtml = fc
  .array(
    fc.oneof(
      anyString({ maxLength: 8 }),
      fc.constantFrom(
        ...'aA äé Σς ß \u00a0 &amp; &lt; &gt; &quot; &amp;lt; &#233; &am ]]> <'.split(' '),
      ),
      fc
        .tuple(
          fc.constantFrom('<', '</', ''),
          fc.constantFrom(
            ...'p b i a abbr q br hr img td tr table li ul pre h2 div section xmp s del svg wbr iframe'.split(
              ' ',
            ),
          ),
          fc.constantFrom('', ' href="x>y" title="a<b"', ' src="u" alt="w&quot;>"', '/'),
        )
        .map(([open, name, rest]) => (open ? `${open}${name}${rest}>` : ' ')),
    ),
    { maxLength: 25 },
  )
  .map((parts) => parts.join(''))

test('stored HTML has the words that its text has (what browsers show, line by line)', () => {
  const check = (source: string) => {
    const { html, text } = clean(source)
    expect(read({ html, language: 'et' }).words, source).toBe(plainWords(text))
    expect(read({ html, language: 'fi' }).words, source).toBe(plainWords(text))
  }
  for (const { text } of [...hostileTexts, ...awkwardNesting]) {
    check(text)
    check(`<p>${text}</p>`)
    check(`<a title="${text}">x</a>y`)
  }
  fc.assert(fc.property(anyHtml, check), { numRuns: amount(300, 200_000) })
})

test('plain words are the same whether a language has a stemmer or not', () => {
  const check = (title: string) => {
    expect(read({ title, language: 'el' }).words).toBe(read({ title, language: 'et' }).words)
  }
  const last = amount(0x2fff, 0x10ffff)
  for (let code = 0; code <= last; code += 16) {
    const characters = Array.from({ length: 16 }, (_, index) => String.fromCodePoint(code + index))
    check(characters.map((one) => `ΑΣ${one}a${one} ${one}`).join(' '))
  }
  fc.assert(fc.property(anyString(), check), { numRuns: amount(500, 100_000) })
})

test('the index takes each stem for one word, and finds the words and phrases that it found without', async () => {
  const database = openDatabase(':memory:')
  const run = (sql: string, ...values: unknown[]) =>
    database
      .prepare(sql)
      .bind(...values)
      .all<{ term: string }>()
  await run(
    `create virtual table indexed using fts5(words, tokenize = 'unicode61 remove_diacritics 2')`,
  )
  await run('create virtual table place using fts5vocab(indexed, instance)')
  const letters = Array.from({ length: 0x2c00 }, (_, code) => String.fromCharCode(code))
  const title = letters.map((letter) => `${letter} rajat${letter}ojen ἀρχ${letter}`).join(' ')
  const { words, stems } = read({ title, language: 'fi' })
  expect(stems.length).toBeGreaterThan(100)
  const indexed = []
  for (const text of [words, wordsOf({ title, lead: '', html: '', language: 'fi' })]) {
    await run('delete from indexed')
    await run('insert into indexed values (?)', text)
    const { results } = await run('select term from place order by offset')
    indexed.push(results.map(({ term }) => term))
  }
  const [without = [], all = []] = indexed
  expect(all.slice(0, without.length)).toEqual(without)
  expect(all.slice(without.length).map((term) => term[0])).toEqual(stems.map(() => stemMark))
  const phrase = `"${words.split(' ').at(-1)} ${stems[0]}"`
  expect((await run('select 1 from indexed where indexed match ?', phrase)).results).toEqual([])
  database.close()
})

test('any word in any language has stems that are folded', () => {
  const letter = fc.constantFrom(
    ...Array.from('abcdefghijklmnopqrstuvwxyzäöåøæßéèêçñãõșțşţőűąčęėįšųūž'),
    ...Array.from('άέήίόύώαβγδεζηθικλμνξοπρστυφχψως'),
  )
  const word = fc.string({ unit: letter, minLength: 2, maxLength: 70 })
  fc.assert(
    fc.property(fc.constantFrom(...languages), fc.array(word), (language, words) => {
      const { stems } = read({ title: words.join(' '), language })
      expect(stems).toEqual([...new Set(stems)])
      for (const stem of stems) expect(fold(stem)).toBe(stem)
    }),
    { numRuns: amount(250, 50_000) },
  )
})

test('characters that nobody sees change neither words nor their stems', () => {
  const release = (text: string, language: string) =>
    wordsOf({ title: text, lead: '', html: `<p>${text}</p>`, language })
  for (const language of ['fi', 'en', 'xx']) {
    const plain = release('Maahanmuuttovirastossa', language)
    for (const sign of ['\u00ad', '\u200b', '\u2060', '\ufeff']) {
      expect(release(`Maahan${sign}muutto${sign}virastossa`, language)).toBe(plain)
    }
  }
  const { html } = cleanHtml(
    '<p>raja&shy;vartio turva&ZeroWidthSpace;paikka a&#8288;b</p>',
    () => '',
  )
  expect(wordsOf({ title: '', lead: '', html, language: 'xx' })).toBe('rajavartio turvapaikka ab')
})
