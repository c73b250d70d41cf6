/** Written by `src/bundle-content.ts`. */
declare module '*.txt' {
  const text: string
  export default text
}

/** The part of the Workers runtime that we use. */
declare module 'cloudflare:workers' {
  export function waitUntil(promise: Promise<unknown>): void
  export class DurableObject<Env> {
    constructor(ctx: { storage: ObjectStorage }, env: Env)
    protected ctx: { storage: ObjectStorage }
    protected env: Env
  }
  type ObjectStorage = {
    get<T>(key: string): Promise<T | undefined>
    put(key: string, value: unknown): Promise<void>
    /** Milliseconds since 1970. */
    getAlarm(): Promise<number | null>
    setAlarm(time: number): Promise<void>
  }
}
