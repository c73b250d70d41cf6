// In the place of `sax` in the Worker: see [alias] in wrangler.toml.

/** Nothing in the Worker reads XML. */
export function parser(): never {
  throw new Error('The Worker cannot read XML.')
}
