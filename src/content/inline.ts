/** Elements that stand within a line of text, and `br`, which ends one. */
export const inline = new Set('a abbr b br cite code em i img q s strong sub sup time u'.split(' '))
