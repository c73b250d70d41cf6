import * as modules from 'node:module'
import { dirname, join } from 'node:path'

// Node keeps the code that it compiled beside the database, which saves a third of a start. So nothing may be imported
// before this line. Where nothing can be written, all is compiled again. Deno has no such cache.
const path = process.env.DATABASE || 'data/tiedote.db'
if (path !== ':memory:') modules.enableCompileCache?.(join(dirname(path), 'compiled'))
const { serve } = await import('./serve.ts')
await serve()
