/** Rows to a statement. They go in as one JSON array, because D1 binds at most 100 values. */
export const jsonChunk = 5000

export function chunks<T>(items: T[]): T[][] {
  const count = Math.ceil(items.length / jsonChunk)
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * jsonChunk, (index + 1) * jsonChunk),
  )
}

/** That a row is of one of the batches in a JSON array. */
export function isOf(batches: string): string {
  return `batch in (select value from json_each(${batches}))`
}
