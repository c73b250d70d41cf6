import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/worker-build.ts'],
    // Starting workerd and reading thousands of releases take seconds on a busy machine.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // Much of a test is waiting: for the next second, for workerd, for a slow client.
    maxWorkers: 3,
  },
})
