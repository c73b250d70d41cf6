/** What `src/bundle-content.ts` writes. */
declare module '*.txt' {
  const text: string
  export default text
}
