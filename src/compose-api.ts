// Publishing stands apart from `compose.ts`, because a Worker that only has readers never loads it.
import { readBodies } from './content/read-body.ts'
import { readReleases } from './content/read-release.ts'
import { type Api, createApi } from './http/api/api.ts'
import { createBodyRoom } from './http/api/body-room.ts'
import { createDoor, type Token } from './http/api/door.ts'
import { createPublishing, type PublishingParts } from './http/api/publishing.ts'
import type { Database } from './store/database.ts'
import { createPublishingStore } from './store/publishing-store.ts'

export type ApiParts = Omit<PublishingParts, 'store' | 'reading' | 'letIn'> & {
  database: Database
  /** Who reads what is sent, if not this thread. */
  reading?: PublishingParts['reading']
  tokens: Token[]
}

/**
 * Puts publishing over HTTP together, for each runtime and for tests. With `isShared` one publisher
 * serves all requests, as on Node; on Workers every request has its own, because what waits for another
 * request would wait for ever if that were cut off.
 */
export function composeApi(
  { database, tokens, reading = ownReading, ...parts }: ApiParts,
  { isShared }: { isShared: boolean },
): Api {
  const letIn = createDoor(tokens, parts.clock)
  const room = createBodyRoom()
  const create = () =>
    createPublishing({
      ...parts,
      ...(isShared && { room }),
      reading,
      store: createPublishingStore(database, parts.checkStore),
      letIn,
    })
  if (!isShared) return createApi(create)
  const publishing = create()
  return createApi(() => publishing)
}

const ownReading = { bodies: readBodies, releases: readReleases }
