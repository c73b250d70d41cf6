/** What `src/bundle-content.ts` writes. */
declare module '*.ndjson' {
  const text: string
  export default text
}
