const rightToLeft = /^(ar|arc|ckb|dv|fa|he|ks|ps|sd|ug|ur|yi)\b/
const scripts = { rtl: /-(adlm|arab|hebr|nkoo|syrc|thaa)\b/, ltr: /-(cyrl|deva|grek|guru|latn)\b/ }

/** The direction in which a language is written, for `dir`. */
export function directionOf(language: string): 'ltr' | 'rtl' {
  if (scripts.rtl.test(language)) return 'rtl'
  return rightToLeft.test(language) && !scripts.ltr.test(language) ? 'rtl' : 'ltr'
}
