import type { Context } from 'hono'
import type { Clock, Mended } from '../../domain/clock.ts'
import type { MediaStore } from '../../domain/media-store.ts'
import { spellings } from '../../domain/media-types.ts'
import { createPublisher } from '../../domain/publisher.ts'
import type { PublishingStore } from '../../domain/publishing-store.ts'
import { type Author, viewerOf } from '../../domain/reach.ts'
import type { ReadBody, ReadText, ReleaseToRead, Surroundings } from '../../domain/reading.ts'
import { createTopicPublisher } from '../../domain/topic-publisher.ts'
import type { BodyRoom } from './body-room.ts'
import type { createDoor } from './door.ts'

/** What differs from one place where something is published to another. */
export type PublishingParts = {
  store: PublishingStore
  media: MediaStore
  /** All that may take long, perhaps in another thread. */
  reading: {
    bodies: (bodies: Uint8Array[]) => Promise<ReadBody[]>
    releases: (releases: ReleaseToRead[], surroundings: Surroundings) => Promise<ReadText[]>
  }
  clock: Clock
  /** Where bodies wait for each other, if they share the memory of this process and nothing else bounds it. */
  room?: BodyRoom
  /** Throws what keeps the database from being read and written, as damage or tables of another version. */
  checkStore?: () => void | Promise<void>
  /** Sets the store back to a second when the clock had been ahead; undefined when nothing is wrong. */
  mendClock: (now: number) => Promise<Mended | undefined>
  /** Throws DomainError when somebody may not come in. */
  letIn: ReturnType<typeof createDoor>
  /** Does work once all before it is done, with time in between for others; without it all is done at once. */
  inTurn?: <T>(work: () => Promise<T>) => Promise<T>
  /** Who asks, for slowing down those who guess tokens. */
  clientOf: (c: Context) => string
  baseUrl: string
}

/** What publishing over HTTP is made of. */
export type Publishing = ReturnType<typeof createPublishing>

/** Puts it together. No request waits in it for another: on Workers one may be cut off at any moment. */
export function createPublishing(parts: PublishingParts) {
  const { store, media, clock, reading, inTurn = (work) => work() } = parts
  const publishTopic = createTopicPublisher({ store, clock })
  /** A file below `media/`, unless releases speak of it that somebody may not see yet, and no others. */
  const findMedia = async (path: string, by: Author) => {
    for (const spelling of by.publishers ? spellings(path) : []) {
      if (await store.isFileHidden(spelling, viewerOf(by, clock.now()))) return undefined
    }
    return media.find(path)
  }
  return {
    ...parts,
    findMedia,
    publisher: createPublisher({
      store,
      readReleases: reading.releases,
      findMedia,
      clock,
      createBatch: () => crypto.randomUUID(),
      baseUrl: parts.baseUrl,
    }),
    // Each is checked against all topics there are, which may be thousands.
    publishTopic: (...asked: Parameters<typeof publishTopic>) =>
      inTurn(() => publishTopic(...asked)),
  }
}
