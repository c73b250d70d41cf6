// What a start makes of a folder and a database, in this process, where nothing of the process is the point.
import { dirname } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { composeNode } from '../src/compose-node.ts'
import { readNodeConfig } from '../src/config.ts'
import { Rest } from '../src/content/rest.ts'
import { ContentUpdates } from '../src/content-updates.ts'
import { openReader } from '../src/store/node-sqlite.ts'
import { openStore } from '../src/store/open-store.ts'
import { upgrading } from '../src/upgrading.ts'
import { requestFor, socket } from './platforms.ts'

/** Tests write each file whole, so nobody has to wait until that was a while ago. */
export class AtRest extends Rest {
  override isAtRest() {
    return true
  }

  override async untilAtRest() {}
}

/**
 * Opens a database and brings it in line with a folder, as `src/writing.ts` does. `settings` are those of a server.
 * `isUsable`: whether a server would go on. `fetch` asks as readers do, of a connection that only reads where the
 * database is a file. `close` lets go of it.
 */
export async function startHere(
  directory: string,
  settings: Record<string, string>,
  rest: Rest = new AtRest(),
) {
  const config = readNodeConfig({ ...settings, CONTENT_DIR: directory })
  const { baseUrl, tokens, hasFeedPages, hasHub } = config
  const database = await openStore(config.database, { mayBeMadeAnew: false, upgrading })
  const isFile = config.database !== ':memory:'
  const reader = isFile ? openReader(config.database) : database
  const ignore = () => {}
  const content = new ContentUpdates({
    config,
    database,
    mayBeMadeAnew: false,
    onDamage: ignore,
    onProgress: ignore,
    rest,
  })
  content.isServing = await content.prepareToServe()
  const isUsable = await content.first()
  content.isServing ||= isUsable
  content.isStarting = false
  const service = composeNode({
    database: reader,
    writer: database,
    publishing: database,
    contentDirectory: directory,
    uploads: isFile ? dirname(config.database) : undefined,
    baseUrl,
    tokens,
    hasFeedPages,
    hasHub,
    clock: systemClock,
    problems: () => content.problems,
    write: ignore,
  })
  return {
    database,
    content,
    isUsable,
    fetch: async (path: string, init?: RequestInit) =>
      service.fetch(requestFor(path, init), socket),
    close: () => {
      if (isFile) reader.close()
      database.close()
    },
  }
}
