// What a Worker publishes with: loaded when somebody publishes, and never by an isolate that only has readers.
import type { D1Database } from '@cloudflare/workers-types'
import { systemClock } from './clock.ts'
import { type Bucket, createMediaBucket } from './content/media-bucket.ts'
import { createReleaseReader } from './content/read-release.ts'
import type { MediaFile } from './domain/reading.ts'
import { createApi } from './http/api/api.ts'
import { createDoor, type Token } from './http/api/door.ts'
import { createPublishing } from './http/api/publishing.ts'
import { createPublishingStore } from './store/publishing-store.ts'

type Parts = {
  DB: D1Database
  MEDIA?: Bucket
  /** A file of the content. */
  findAsset: (path: string) => Promise<MediaFile | undefined>
  tokens: Token[]
  baseUrl: string
}

/** The API of an isolate. */
export function createWorkerApi({ DB, MEDIA, findAsset, tokens, baseUrl }: Parts) {
  const letIn = createDoor(tokens, systemClock)
  // What waits for another request would wait for ever if that were cut off, so each has its own.
  return createApi(() =>
    createPublishing({
      store: createPublishingStore(DB),
      media: createMediaBucket(findAsset, MEDIA),
      createReader: createReleaseReader,
      clock: systemClock,
      letIn,
      clientOf: (c) => c.req.header('cf-connecting-ip') ?? '',
      baseUrl,
    }),
  )
}
