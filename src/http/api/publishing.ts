import type { Context } from 'hono'
import type { Clock } from '../../domain/clock.ts'
import type { MediaStore } from '../../domain/media-store.ts'
import { createPublisher } from '../../domain/publisher.ts'
import type { PublishingStore } from '../../domain/publishing-store.ts'
import type { CreateReleaseReader } from '../../domain/reading.ts'
import { createTopicPublisher } from '../../domain/topic-publisher.ts'
import type { createDoor } from './door.ts'

/** What differs from one place where something is published to another. */
export type PublishingParts = {
  store: PublishingStore
  media: MediaStore
  createReader: CreateReleaseReader
  clock: Clock
  /** What is wrong with the database: then nothing is taken. */
  damage?: () => string | undefined
  /** Throws DomainError when somebody may not come in. */
  letIn: ReturnType<typeof createDoor>
  /** Who asks, for slowing down those who guess tokens. */
  clientOf: (c: Context) => string
  baseUrl: string
}

/** What publishing over HTTP is made of. */
export type Publishing = ReturnType<typeof createPublishing>

/** Puts it together. On Node one serves all requests, on Workers every request has its own. */
export function createPublishing({ createReader, ...parts }: PublishingParts) {
  const { store, media, clock } = parts
  return {
    ...parts,
    publisher: createPublisher({
      store,
      createReader,
      findMedia: (path) => media.find(path),
      clock,
      createBatch: () => crypto.randomUUID(),
    }),
    publishTopic: createTopicPublisher({ store, clock }),
  }
}
