import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Servers, test processes and wrangler load the same code again and again.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'tiedote-compile-cache')

/** Those that take longest or wait most, so that none of them is left alone at the end. */
const first = [
  'http/editions',
  'http/publishing',
  'read-only',
  'http/embargo',
  'node',
  'browser/pages',
  'http/listen',
  'http/corrections',
  'worker',
].map((name) => join(import.meta.dirname, `${name}.test.ts`))

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const place = ({ moduleId }: TestSpecification) =>
      first.includes(moduleId) ? first.indexOf(moduleId) : first.length
    return files.toSorted((a, b) => place(a) - place(b))
  }
}

/** What `npm run trials` runs: files that use `amount` or `isTrial` of `trials.ts`, and can go on for long. */
const trials = ['busy', 'durability', 'two-services', 'readers/week', 'readers/corrections'].map(
  (name) => `test/${name}.test.ts`,
)

export default defineConfig(({ mode }) => ({
  test: {
    include: mode === 'trials' ? trials : ['test/**/*.test.ts'],
    env: { TRIALS: mode === 'trials' ? '1' : '' },
    globalSetup: ['test/worker-build.ts'],
    // Starting workerd and reading thousands of releases take seconds on a busy machine.
    testTimeout: 60_000,
    hookTimeout: 90_000,
    // Much of a test is waiting: for the next second, for workerd, for a slow client.
    maxWorkers: 4,
    // Loading wrangler and the readers' libraries takes a second or two, and no file changes them.
    isolate: false,
    sequence: { sequencer: LongestFirst },
  },
}))
