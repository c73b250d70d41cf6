import { serveStatic } from '@hono/node-server/serve-static'
import type { MiddlewareHandler } from 'hono'

/** Answers paths below `/media/` from a folder on disk. */
export function serveFolder(root: string): MiddlewareHandler {
  // The handler leaves encoded what it takes for separators, and files may have them in their names.
  const decode = (path: string) =>
    path.replace(/%(?:2C|2B|26|3D|40|3A|3B|24|23|3F)/gi, decodeURIComponent)
  // No folder has a page of its own, and hidden files are never asked for.
  const index = '.none'
  return serveStatic({ root, index, allowPercentInPath: true, rewriteRequestPath: decode })
}

/** Whether a path can be a file that releases attach: no folder, no hidden file, nothing above. */
export function isMediaFile(path: string): boolean {
  const [, folder, ...names] = path.split('/')
  return folder === 'media' && names.every((name) => name !== '' && !/^(\.|%2e)/i.test(name))
}
