import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Servers, test processes and wrangler load the same code again and again.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'tiedote-compile-cache')

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/worker-build.ts'],
    // Starting workerd and reading thousands of releases take seconds on a busy machine.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // Much of a test is waiting: for the next second, for workerd, for a slow client.
    maxWorkers: 3,
    // Loading wrangler and the readers' libraries takes a second or two, and no file changes them.
    isolate: false,
  },
})
