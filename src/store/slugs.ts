/** All slugs that the release in a row has and had, as a JSON array. */
export function slugsOf(table: string): string {
  return `json_insert(${table}.document -> '$.formerly', '$[#]', ${table}.slug)`
}
