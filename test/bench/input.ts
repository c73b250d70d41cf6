// The input of the benchmark: releases that look like those of a press office, the same on every machine.

/** A release as a line of JSONL has it. */
export type Line = {
  slug: string
  language: string
  title: string
  lead: string
  published: string
  topics: string[]
  publisher: string
  body: { html: string }
}

/**
 * Grows with every change of what is made up, and of how a database keeps it, so that kept databases and
 * folders are made anew.
 */
export const version = 4

export const languages = ['en', 'fi', 'sv']

/**
 * Seconds between two releases. It is the same however many there are: a longer past must cost nothing,
 * while a denser present makes longer documents.
 */
const pace = 600

/** Before any clock that may read this, and fixed, or documents would differ from day to day. */
const newest = Date.UTC(2024, 10, 1) / 1000

const broad =
  'migration crime economy health education transport environment defence justice energy housing culture agriculture taxation employment'
const narrow =
  'asylum borders drugs trafficking budget hospitals schools railways climate exercises courts electricity rents museums forestry customs pensions vaccines universities roads water cooperation prisons heating construction libraries fisheries excise wages integration terrorism trade medicines kindergartens aviation nature conscription police nuclear planning theatres food corporate training returns smuggling statistics'
const broadTopics = broad.split(' ')
const narrowTopics = narrow.split(' ')

/** The topics, the most frequent first: broad and narrow ones mixed, as they are in an office. */
export const topics = broadTopics.flatMap((topic, index) => [
  topic,
  ...narrowTopics.filter((_, place) => place % broadTopics.length === index),
])

/** The most frequent first. */
export const publishers = ['chancellery', 'interior', 'health']

export const siteYaml = `id: 5d0a8f5e-2f0e-4d43-9a3c-7f2f1a1c7b10
title: { en: "Government: releases", fi: "Hallitus: tiedotteet", sv: "Regeringen: meddelanden" }
description: { en: What the government publishes }
languages: [${languages.join(', ')}]
timezone: Europe/Helsinki
publishers:
  chancellery: { name: { en: The Chancellery }, url: "https://chancellery.example/" }
  interior: { name: { en: Ministry of the Interior }, url: "https://interior.example/" }
  health: { name: { en: Ministry of Health }, url: "https://health.example/" }
`

export const topicsYaml = topics
  .map((topic) => {
    const place = narrowTopics.indexOf(topic)
    const broader = place === -1 ? '' : `\n  broader: ${broadTopics[place % broadTopics.length]}`
    return `${topic}:\n  label: { en: ${topic}, fi: ${topic}-fi, sv: ${topic}-sv }${broader}\n`
  })
  .join('')

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function createChance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Chooses the first of some the most often, the second half as often, and so on (Zipf). */
export function createZipf<T>(all: T[], chance: () => number): () => T {
  let sum = 0
  const sums = all.map((_, index) => (sum += 1 / (index + 1)))
  return () => {
    const wanted = chance() * sum
    let [low, high] = [0, all.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! < wanted) low = middle + 1
      else high = middle
    }
    return all[low]!
  }
}

const syllables = 'ka mi to ra se lun vi pe nor a is tem du el ven sa ty rik ho jar'.split(' ')

/** Words of a made-up language, in the order of how often they are used. */
export function wordsOf(language: string): string[] {
  const chance = createChance(1000 + languages.indexOf(language))
  const words = new Set<string>()
  while (words.size < 8000) {
    const length = 1 + Math.floor(chance() * 2 + Math.log10(words.size + 1) / 2)
    const parts = Array.from({ length }, () => syllables[Math.floor(chance() * syllables.length)])
    words.add(parts.join('') + (words.size > 500 && chance() < 0.2 ? 'ä' : ''))
  }
  return [...words]
}

/** Paragraphs to put releases together of: drawing every word of a million would take an hour. */
const mostParagraphs = 5000

function createWriter(language: string, chance: () => number, count: number) {
  const word = createZipf(wordsOf(language), chance)
  const sentence = (least: number, most: number) => {
    const count = least + Math.floor(chance() * (most - least))
    const text = Array.from({ length: count }, word).join(' ')
    return text[0]!.toUpperCase() + text.slice(1)
  }
  const paragraphs = Array.from({ length: Math.min(mostParagraphs, 10 * count) }, () => {
    const count = 2 + Math.floor(chance() * 4)
    return Array.from({ length: count }, () => `${sentence(8, 22)}.`).join(' ')
  })
  return {
    title: () => sentence(6, 12),
    lead: () => `${sentence(15, 30)}.`,
    html(length: number) {
      let html = ''
      for (let count = 0; html.length < length; count++) {
        const text = paragraphs[Math.floor(chance() * paragraphs.length)]!
        if (count % 5 === 4) html += `<h2>${sentence(3, 7)}</h2>`
        else if (count % 7 === 6)
          html += `<ul><li>${sentence(4, 9)}</li><li>${sentence(4, 9)}</li></ul>`
        html += `<p>${text}</p>`
      }
      return html
    },
  }
}

/** Median 3 KB, one in a hundred more than 12 KB, none above 60 KB: a log-normal distribution. */
function bodyLength(chance: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance())
  return Math.min(60_000, Math.max(400, 2800 * Math.exp(0.62 * normal)))
}

/** Releases, oldest first. Most stand in several languages, one after the other. */
export function* releases(count: number): Generator<Line> {
  const chance = createChance(7)
  const topic = createZipf(topics, chance)
  const publisher = createZipf(publishers, chance)
  const writers = languages.map((language) => createWriter(language, chance, count))
  let made = 0
  for (let group = 0; made < count; group++) {
    const named = new Set(Array.from({ length: 1 + Math.floor(chance() * 3) }, topic))
    const issuer = publisher()
    const length = bodyLength(chance)
    for (const [index, language] of languages.entries()) {
      const isWritten = chance() < [1, 0.6, 0.4][index]!
      if (!isWritten || made === count) continue
      made++
      const writer = writers[index]!
      yield {
        slug: `release-${group}`,
        language,
        title: writer.title(),
        lead: writer.lead(),
        published: new Date((newest - (count - made) * pace) * 1000).toISOString(),
        topics: [...named],
        publisher: issuer,
        body: { html: writer.html(length) },
      }
    }
  }
}
