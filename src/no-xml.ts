// Replaces in the Worker what reads XML: see bundle-worker.ts.

export default function readXml(): never {
  throw new Error('The Worker cannot read XML.')
}
