/** Written by `src/bundle-content.ts`. */
declare module '*.txt' {
  const text: string
  export default text
}

/** The part of the Workers runtime that we use. */
declare module 'cloudflare:workers' {
  export function waitUntil(promise: Promise<unknown>): void
}
