/** How much the hub does between two calls of `Hub.work`, where the platform limits that. */
export type HubLimits = {
  verifications: number
  deliveries: number
  /** Deliveries at a time. */
  connections: number
  /** Seconds for which a push waits for further news, which also lets caches notice what changed. */
  quiet: number
}
