// What `npm start` runs. It is JavaScript, because Node takes a tenth of a second of processor time to be able to read
// TypeScript, unless it may use what it kept of the last start.
import * as modules from 'node:module'
import { dirname, join } from 'node:path'

// Node keeps the code that it compiled beside the database, which saves a third of a start. So nothing may be imported
// before this line. Threads find the place by its name, so that they need not compile their first file either. Where
// nothing can be written, all is compiled again. Deno has no such cache.
const path = process.env.DATABASE || 'data/tiedote.db'
if (path !== ':memory:') {
  process.env.NODE_COMPILE_CACHE ||= join(dirname(path), 'compiled')
  modules.enableCompileCache?.()
}
const { serve } = await import('./serve.ts')
await serve()
