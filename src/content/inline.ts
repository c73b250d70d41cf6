/** Elements within a line of text, and `br`, which ends one. */
export const inline = new Set(
  'a abbr b bdi bdo br cite code em i img q s span strong sub sup time u'.split(' '),
)
