import type { Release } from '../domain/release.ts'
import { ownText } from '../domain/remembered.ts'
import {
  comparableText,
  searchTokens,
  searchWords,
  stemMark,
  type StemsOf,
} from '../domain/text.ts'
import { inline } from './inline.ts'
import { type Stemmer, stemmerOf } from './stemmers.ts'

/**
 * The words of a release as the index takes them: those of its title, lead and text in their order, and then
 * their stems, each once and after `stemMark`. A stem that is a word of the release itself is left out: a
 * search by a stem looks for both. Stemmers go by diacritics, which a question no longer has; so each word
 * has the stem of what is left without them, too. None have words of a single letter, of more than 64, with a
 * digit, or in letters that the stemmers do not know. In a language without a stemmer there are plain words
 * alone.
 *
 * The text is read from the stored HTML, so that what was stored earlier comes to the same words.
 */
export function wordsOf({
  title,
  lead,
  html,
  language,
}: Pick<Release, 'title' | 'lead' | 'html' | 'language'>): string {
  const texts = [title, lead, textOf(html)]
  const stemmer = stemmerOf(language)
  if (!stemmer) return searchTokens(texts.flatMap(searchWords).join(' '))
  const known = rememberedWords(stemmer)
  const release = ++lastRelease
  const words: string[] = []
  // Most words stand in a text more than once.
  const different: Word[] = []
  const folded: string[] = []
  for (const text of texts) {
    for (const written of writtenWords(text)) {
      let word = known.get(written)
      if (!word) remember(known, written, (word = readWord(written, stemmer)))
      const plain = word.folded ?? written
      if (plain) words.push(plain)
      if (word.release === release) continue
      word.release = release
      different.push(word)
      folded.push(plain)
    }
  }
  const stems = new Set<string>()
  for (const { stem, otherStem } of different) {
    if (stem) stems.add(stem)
    if (otherStem) stems.add(otherStem)
  }
  for (const plain of folded) stems.delete(plain)
  let all = searchTokens(words.join(' '))
  for (const stem of stems) all += ` ${stemMark}${stem}`
  return all
}

/** Releases are counted, because a number in each word costs less than a set of them for each release. */
let lastRelease = 0

/**
 * The stems by which a word of a search finds releases in a language, also where one is the word itself. A
 * question has no diacritics, and the index has the stem of each word without them.
 */
export const stemsOf: StemsOf = (word, language) => {
  const stemmer = stemmerOf(language)
  return stemmer && hasStem(word) ? [stemOf(word, stemmer)].filter(Boolean) : []
}

/** Inline elements: they may stand within a word. */
const withinWords = [...inline].filter((name) => name !== 'br').join('|')
const inlineTags = new RegExp(`</?(?:${withinWords})(?: [^>]*)?>`, 'g')

/**
 * The words of HTML that `cleanHtml` made, where every bracket of a tag and every quote in it is its own. What
 * the entities in it stand for belongs to no word, as little as a space does.
 */
function textOf(html: string): string {
  return html.replace(inlineTags, '').replace(/<[^>]*>|&(?:amp|lt|gt|nbsp|quot);/g, ' ')
}

/** Words in lower case, with their diacritics, which stemmers need. */
function writtenWords(text: string): string[] {
  return comparableText(text).match(/(?:[a-z0-9]+|[\p{L}\p{N}\p{M}])+/gu) ?? []
}

type Word = {
  /** Without diacritics, where it has some. Otherwise the text at hand is nearer than one that is remembered. */
  folded: string | undefined
  /** Other than the folded word; empty where there is none. Not in a list, which would be two more objects. */
  stem: string
  otherStem: string
  /** The number of the release in which it was last met. */
  release: number
}

/** Longer words take stemmers long, and nobody searches for them. */
const longestWord = 64
/** Of letters of Latin and Greek, which the stemmers know and the index takes for letters as well. */
const isStemmed = /^[a-zß-ɏͰ-Ͽἀ-ῼ]{2,}$/

function readWord(written: string, stemmer: Stemmer): Word {
  const plain = searchWords(written).join(' ')
  const folded = plain
  const forms = hasStem(written) ? new Set([written, folded]) : []
  const found = Array.from(forms, (form) => stemOf(form, stemmer))
  const [stem = '', otherStem = ''] = found.filter((one) => one !== folded)
  return { folded: folded === written ? undefined : folded, stem, otherStem, release: 0 }
}

function hasStem(word: string): boolean {
  return word.length <= longestWord && isStemmed.test(word)
}

function stemOf(word: string, stemmer: Stemmer): string {
  return searchWords(stemmer(word)).join('')
}

/** A cache of words for each stemmer: most words of a release are in many others. */
const remembered = new Map<Stemmer, Map<string, Word>>()
const mostRemembered = 20_000

function rememberedWords(stemmer: Stemmer): Map<string, Word> {
  let words = remembered.get(stemmer)
  if (!words) remembered.set(stemmer, (words = new Map()))
  return words
}

function remember(known: Map<string, Word>, written: string, word: Word) {
  if (written.length > longestWord) return
  if (known.size >= mostRemembered) known.clear()
  known.set(ownText(written), word)
}
