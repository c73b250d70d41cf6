// Makes the program of the Worker.
import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build, type Plugin } from 'esbuild'

/** `feed` writes XML with a library that also reads it, which nobody does here. */
const withoutReadingXml: Plugin = {
  name: 'without-reading-xml',
  setup(bundle) {
    const path = join(import.meta.dirname, 'no-xml.ts')
    bundle.onResolve({ filter: /^\.\/xml2js(on)?$/ }, () => ({ path }))
  },
}

/**
 * Writes `worker.js` into a folder, and beside it what is only loaded when it is needed. Wrangler would
 * put all of it into one file. Tests give an entry of their own.
 */
export async function bundleWorker(
  output: string,
  entry = join(import.meta.dirname, 'worker.ts'),
): Promise<void> {
  const { metafile } = await build({
    entryPoints: { worker: entry },
    outdir: output,
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    format: 'esm',
    target: 'es2024',
    // The conditions by which wrangler chooses exports of a package.
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['browser', 'module', 'main'],
    external: ['node:*', 'cloudflare:*', '*.txt'],
    plugins: [withoutReadingXml],
    logLevel: 'warning',
  })
  const written = Object.keys(metafile.outputs).map((path) => basename(path))
  for (const name of readdirSync(output)) {
    if (name.endsWith('.js') && !written.includes(name)) rmSync(join(output, name))
  }
}
