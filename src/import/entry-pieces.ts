/** Where an entry stands in the text of a feed. `isClosed`: its end was found before the next one began. */
export type Piece = { start: number; end: number; isClosed: boolean }

/** The entries of a feed in XML, as they can be told apart even where something in them is not closed. */
export type Pieces = { name: string; pieces: Piece[] }

const token =
  /<!\[CDATA\[|<!--[^]*?-->|<(?<closing>\/?)(?<name>(?:[\w-]+:)?(?:item|entry))(?=[\s>/])[^>]*>/gi

/** Finds the entries of a feed by their tags alone, as no parser does that has met a mistake. */
export function piecesOf(text: string): Pieces {
  const pieces: Piece[] = []
  let name = ''
  let start: number | undefined
  const tokens = new RegExp(token)
  for (let match = tokens.exec(text); match; match = tokens.exec(text)) {
    const { closing, name: found } = match.groups as { closing?: string; name?: string }
    if (match[0] === '<![CDATA[') {
      tokens.lastIndex = endOfCdata(text, match.index)
      continue
    }
    if (!found || (name && found !== name) || match[0].endsWith('/>')) continue
    if (closing) {
      if (start !== undefined) pieces.push({ start, end: tokens.lastIndex, isClosed: true })
      start = undefined
    } else {
      name = found
      if (start !== undefined) pieces.push({ start, end: match.index, isClosed: false })
      start = match.index
    }
  }
  if (start !== undefined) pieces.push({ start, end: text.length, isClosed: false })
  return { name, pieces }
}

/** One that is not closed seems to end in a later entry. Then it is taken for text. */
function endOfCdata(text: string, start: number): number {
  const begin = start + '<![CDATA['.length
  const end = text.indexOf(']]>', begin)
  const isOverlong = end < 0 || text.slice(begin, end).includes('<![CDATA[')
  return isOverlong ? begin : end
}
