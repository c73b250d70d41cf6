// Where tests run: Node, which finds our files by itself.
import { registerHooks, setSourceMapsSupport } from 'node:module'
import type { Environment } from 'vitest/runtime'

/**
 * Vitest has every import go through a hook that tells its main process of it, which only watching needs. It also
 * gives a file of tests another address with each run, so that Node never finds it in its compile cache and leaves
 * it there once more. And it has Node read the source maps of packages.
 */
const environment: Environment = {
  name: 'node',
  viteEnvironment: 'ssr',
  setup() {
    setSourceMapsSupport(false)
    registerHooks({
      resolve(specifier, context, nextResolve) {
        if (/^\..*\.ts$/.test(specifier)) {
          const { href: url } = new URL(specifier, context.parentURL)
          return { url, format: 'module-typescript', shortCircuit: true }
        }
        return nextResolve(specifier.replace(/(%3F|\?)vitest=\d+$/, ''), context)
      },
    })
    return { teardown() {} }
  },
}

export default environment
