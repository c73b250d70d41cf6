import { type Composed, compose, type Parts } from './compose.ts'
import { createMediaFolder } from './content/media-folder.ts'
import { StoreDamaged } from './domain/errors.ts'
import type { Api } from './http/api/api.ts'
import { Authentication, isOfTrusted, type Token } from './http/api/authentication.ts'
import { clientAtSocket } from './http/client.ts'
import { serveFolders } from './http/media.ts'
import { createLater, createTurns } from './later.ts'
import { readingInThreads } from './read-in-threads.ts'
import type { Database } from './store/database.ts'
import { type NodeDatabase, newestMigration } from './store/node-sqlite.ts'
import { checkSchemaVersion } from './store/schema-version.ts'

/** The parts of the service on Node. What is left out is as in the server. */
export type NodeParts = Pick<
  Parts,
  'baseUrl' | 'clock' | 'problems' | 'write' | 'damage' | 'progress'
> & {
  database: Database & Pick<NodeDatabase, 'watch'>
  /** The database for those who publish, if another thread writes it. */
  publishing?: Database
  contentDirectory: string
  /** The folder for uploads; undefined where nothing is kept on disk. */
  uploads: string | undefined
  tokens: Token[]
} & Partial<
    Pick<
      Parts,
      | 'store'
      | 'writer'
      | 'version'
      | 'hasChanged'
      | 'hasFeedPages'
      | 'hasHub'
      | 'hub'
      | 'memory'
      | 'format'
    >
  >

/** Puts the service on Node together, over a database that is open and filled. */
export function composeNode({ contentDirectory, uploads, tokens, ...parts }: NodeParts): Composed {
  const { database, clock } = parts
  // Later a newer version may lie in the place of this one.
  const newest = newestMigration()
  let api: Promise<Api> | undefined
  const loadOnce = () => {
    // Code that could not be loaded is tried again.
    api ??= loadApi({ contentDirectory, uploads, tokens, ...parts }, newest).catch((error) => {
      api = undefined
      throw error
    })
    return api
  }
  const authentication = new Authentication(tokens, clock)
  return compose({
    memory: 64_000_000,
    hasFeedPages: true,
    hasChanged: database.watch(),
    ...parts,
    clientOf: clientAtSocket,
    later: createLater(),
    media: serveFolders(uploads === undefined ? [contentDirectory] : [contentDirectory, uploads]),
    isTrusted: (c) => isOfTrusted(authentication, c.req.header('authorization'), clientAtSocket(c)),
    api: loadOnce,
  })
}

/** Publishing over HTTP, whose code is loaded for the first request of it. `newest`: the last migration of this version. */
async function loadApi(
  { contentDirectory, uploads, ...parts }: NodeParts,
  newest: string,
): Promise<Api> {
  const { database, writer = database, publishing = database, damage } = parts
  const { tokens, clock, baseUrl } = parts
  const [{ composeApi }, { createBodyMemory }] = await Promise.all([
    import('./compose-api.ts'),
    import('./http/api/body-memory.ts'),
  ])
  return composeApi({
    database: publishing,
    patientDatabase: writer,
    reader: database,
    async checkStore() {
      const sentence = damage?.()
      if (sentence !== undefined) throw new StoreDamaged(sentence)
      await checkSchemaVersion(database, newest)
    },
    reading: readingInThreads,
    bodyMemory: createBodyMemory(),
    inTurn: createTurns(),
    media: createMediaFolder(contentDirectory, uploads),
    clock,
    tokens,
    clientOf: clientAtSocket,
    baseUrl,
  })
}
