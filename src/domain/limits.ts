// How much may be sent. Every figure is a count, so that it decides the same on every machine, and is looked
// at before the step that would be expensive. A release of a press office stays far below each of them.

/**
 * Problems that are told at once: nobody corrects more at a time, and each takes a search for the word that
 * was meant.
 */
export const mostProblems = 50

/** Of JSON: values in a body, and levels of them. A release has some dozens, at five levels. */
export const mostValues = 10_000
export const mostLevels = 50
/** Fields of one set. All schemas together have not so many. */
export const mostFields = 200
/** Of bodies that are read together: what is made of all of them goes from one thread to another. */
export const mostValuesTogether = 20_000
export const mostTogether = 50

/** Lines of a request with many releases, and those of them that hold one: these become public together. */
export const mostLines = 1_000
export const mostFilledLines = 500

/** Of HTML. parse5 looks through the open elements at every tag, and through all attributes at each. */
export const mostTags = 50_000
export const mostAttributes = 200
/** Of all elements: those that format text are compared with each other, attribute by attribute. */
export const mostAttributesTogether = 100_000
/** Elements that a parser may make. Twenty that are never closed are made again in every paragraph. */
export const mostElements = 50_000
/** The same of what an earlier version took: more than a million characters can hold. */
export const mostElementsEver = 300_000

/** Of Markdown: marked compares every delimiter of a paragraph with those before it. */
export const mostDelimitersInARow = 500
export const mostDelimitersInAParagraph = 5_000
export const mostDelimiters = 50_000
/** It reads what lists and quotations hold once for each level. */
export const mostNested = 50
/** Levels of all lines: each may be an element of its own. */
export const mostNestedTogether = 50_000
/** It goes through all addresses that are defined for links at every paragraph and cell. */
export const mostDefinitions = 1_000
/**
 * It tries every place in a long word as the beginning of a mail address, and looks at the rest of the word
 * each time: the square of its length. A single word may have 20,000 characters.
 */
export const longWord = 100
export const mostLooksIntoWords = 20_000 ** 2

/** Lines of a text, and of one without an empty line between them. */
export const mostTextLines = 50_000
export const mostParagraphLines = 5_000
/** A short row is filled up with as many cells as its table has columns. */
export const mostCells = 50_000

/** Files that a new text shows or links to: each is looked for on a disk or in a bucket. */
export const mostFiles = 1_000

/** Characters of texts and items of lists, by the names of their field and of those around it. */
export type Bounds = { characters: Record<string, number>; items: Record<string, number> }

/** Of what is not named below: addresses, notes, reasons. */
export const otherCharacters = 2_000
export const otherItems = 200
/** Of the name of a field. */
export const longestName = 100

export const releaseBounds: Bounds = {
  characters: {
    title: 500,
    lead: 5_000,
    contacts: 500,
    attachments: 1_000,
    // Twice what a clean text may have: what word processors write is mostly dropped.
    'body.html': 2_000_000,
    'body.markdown': 2_000_000,
  },
  items: {
    topics: 100,
    contacts: 100,
    attachments: 500,
    related: 200,
    formerly: 200,
    changes: 1_000,
  },
}

export const topicBounds: Bounds = {
  characters: { label: 500, aliases: 500 },
  items: { aliases: 500, exactMatch: 100, closeMatch: 100, 'retired.replacedBy': 10 },
}

/** Of a change or a withdrawal. */
export const noteBounds: Bounds = { characters: {}, items: {} }

/** A number with commas between thousands, in no locale. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** Bytes of a feed document beyond which no further release is added (H-38). */
export const largestDocument = 250_000
