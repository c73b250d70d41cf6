// Publishing stands apart from `compose.ts`, because a Worker that only has readers never loads it.
import { readBodies } from './content/read-body.ts'
import { wordsOfRelease } from './content/release-body.ts'
import { readReleases } from './content/read-release.ts'
import { type Api, createApi } from './http/api/api.ts'
import { Authentication, type Token } from './http/api/authentication.ts'
import { createPublishing, type PublishingParts } from './http/api/publishing.ts'
import type { Database } from './store/database.ts'
import { mendClock } from './store/mend-clock.ts'
import type { Marking } from './store/rewrite-words.ts'
import { createPreviewStore } from './store/preview-store.ts'
import { createPublishingStore } from './store/publishing-store.ts'

export type ApiParts = Omit<
  PublishingParts,
  'store' | 'previews' | 'reading' | 'authentication' | 'mendStoreClock'
> & {
  database: Database
  /** The same one where nothing is refused because something large is being written. */
  patientDatabase?: Database
  /** The same one where what is committed can be read, also while something large is being written. */
  reader?: Database
  /** Who reads the bodies and texts; this thread if it is left out. */
  reading?: PublishingParts['reading']
  tokens: Token[]
  /** How many releases a request marks for other topics, where the platform limits its queries. */
  portions?: Pick<Marking, 'portions' | 'characters'>
}

/** Puts publishing over HTTP together, for each runtime and for tests. */
export function composeApi({
  database,
  patientDatabase = database,
  reader = patientDatabase,
  tokens,
  portions = {},
  reading = ownReading,
  ...parts
}: ApiParts): Api {
  const common = {
    ...parts,
    reading,
    async mendStoreClock(now: number) {
      const { wordsOf } = await import('./content/words.ts')
      return mendClock(database, now, wordsOf)
    },
    authentication: new Authentication(tokens, parts.clock),
  }
  const marking = { wordsOf: wordsOfRelease, ...portions }
  return createApi(() => {
    const limited = database.forRequest?.() ?? database
    return createPublishing({
      ...common,
      previews: createPreviewStore(limited),
      store: createPublishingStore(limited, marking, parts.checkStore, patientDatabase, reader),
    })
  })
}

const ownReading = { bodies: readBodies, releases: readReleases }
