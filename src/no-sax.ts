// Replaces `sax` in the Worker: see bundle-worker.ts.

/** Nothing in the Worker reads XML. */
export function parser(): never {
  throw new Error('The Worker cannot read XML.')
}
