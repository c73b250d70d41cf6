/** Rows to a statement. They go in as one JSON array, because D1 binds at most 100 values. */
export const rowsPerStatement = 5000

/** Cuts rows into as many as one statement takes. */
export function chunks<T>(items: T[]): T[][] {
  const count = Math.ceil(items.length / rowsPerStatement)
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * rowsPerStatement, (index + 1) * rowsPerStatement),
  )
}
