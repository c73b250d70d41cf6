import type { Context } from 'hono'
import type { Clock, Mended } from '../../domain/clock.ts'
import type { MediaStore } from '../../domain/media-store.ts'
import type { PreviewStore } from '../../domain/preview.ts'
import type { PublishingStore } from '../../domain/publishing-store.ts'
import type { ReadBody, ReadText, ReleaseToRead, Surroundings } from '../../domain/reading.ts'
import type { PublishingPorts } from '../../publishing/prepare.ts'
import type { Authentication } from './authentication.ts'
import type { BodyMemory } from './body-memory.ts'

/** What differs from one place where something is published to another. */
export type PublishingParts = {
  store: PublishingStore
  /** What links to releases before their time are kept in. */
  previews: PreviewStore
  media: MediaStore
  /** All that may take long, perhaps in another thread. */
  reading: {
    bodies: (bodies: Uint8Array[]) => Promise<ReadBody[]>
    releases: (releases: ReleaseToRead[], surroundings: Surroundings) => Promise<ReadText[]>
  }
  clock: Clock
  /** Where bodies wait for each other, if they share the memory of this process and nothing else bounds it. */
  bodyMemory?: BodyMemory
  /** Throws what keeps the database from being read and written, as damage or tables of another version. */
  checkStore?: () => void | Promise<void>
  /** Sets the store back to a second when the clock had been ahead; undefined when nothing is wrong. */
  mendStoreClock: (now: number) => Promise<Mended | undefined>
  authentication: Authentication
  /** Does work once all before it is done, with time in between for others; without it all is done at once. */
  inTurn?: <T>(work: () => Promise<T>) => Promise<T>
  /** Who asks, for slowing down those who guess tokens. */
  clientOf: (c: Context) => string
  baseUrl: string
}

/** What publishing over HTTP is made of. No request waits in it for another: on Workers one may be cut off at any moment. */
export type Publishing = Omit<PublishingParts, 'inTurn'> & {
  inTurn: NonNullable<PublishingParts['inTurn']>
  ports: PublishingPorts
}

export function createPublishing(parts: PublishingParts): Publishing {
  const { store, media, clock, reading, baseUrl, inTurn = (work) => work() } = parts
  const ports: PublishingPorts = {
    store,
    readReleases: reading.releases,
    findMedia: (path) => media.find(path),
    clock,
    createBatch: () => crypto.randomUUID(),
    baseUrl,
  }
  return { ...parts, inTurn, ports }
}
