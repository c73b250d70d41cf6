/** The time, as the parts of the service that need it are told it. */
export type Clock = {
  /** Seconds since 1970. */
  now(): number
  /** Waits until a second has passed. */
  passed(second: number): Promise<void>
}
