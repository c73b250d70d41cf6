/** Where `worker-hub-entry.ts` says what it counted since it was asked last. */
export const countsPath = '/bench/counts'

/** What the object of the hub did. */
export type HubCounts = {
  alarms: number
  queries: number
  rowsRead: number
  rowsWritten: number
  /** Requests to subscribers. */
  calls: number
  /** Queries and calls of the alarm that had most of them. */
  mostOfAlarm: number
}
