// What a start makes of a folder and a database, in this process, where nothing of the process is the point.
import { systemClock } from '../src/clock.ts'
import { composeNode } from '../src/compose-node.ts'
import { readNodeConfig } from '../src/config.ts'
import { ContentUpdates } from '../src/content-updates.ts'
import { openStore } from '../src/store/open-store.ts'
import { upgrading } from '../src/upgrading.ts'
import { requestFor } from './platforms.ts'

/** Where requests come from: this machine. */
const socket = { incoming: { socket: { remoteAddress: '127.0.0.1' } } }

/**
 * Opens a database and brings it in line with a folder, as `src/writing.ts` does. `settings` are those of a server.
 * `isUsable`: whether a server would go on. `fetch` asks as readers do.
 */
export async function startHere(directory: string, settings: Record<string, string>) {
  const config = readNodeConfig({ ...settings, CONTENT_DIR: directory })
  const { baseUrl, tokens, hasFeedPages, hasHub } = config
  const database = await openStore(config.database, { mayBeMadeAnew: false, upgrading })
  const ignore = () => {}
  const content = new ContentUpdates({
    config,
    database,
    mayBeMadeAnew: false,
    onDamage: ignore,
    onProgress: ignore,
  })
  content.isServing = await content.prepareToServe()
  const isUsable = await content.first()
  const service = composeNode({
    database,
    contentDirectory: directory,
    uploads: undefined,
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
  }
}
