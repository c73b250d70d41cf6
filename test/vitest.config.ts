import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Kept from run to run; all else goes with the run.
process.env.LASTING_FOLDER ??= tmpdir()
// Servers, test processes and wrangler load the same code again and again.
process.env.NODE_COMPILE_CACHE ??= join(process.env.LASTING_FOLDER, 'tiedote-compile-cache')

/** Those that take longest or wait most, so that none of them is left alone at the end. */
const first = [
  'http/editions',
  'http/publishing',
  'read-only',
  'http/embargo',
  'node',
  'browser/pages',
  'feeds/hostile-input',
  'http/fuzz',
  'http/listen',
  'durability',
  'hub-kills',
  'hub',
  'worker-hub',
  'worker',
  'worker-versions',
  'upgrades',
  'store/change',
  'bursts',
  'damage',
  'http/far-state',
  'full-disk',
  'readers/newsboat',
  'http/corrections',
].map((name) => join(import.meta.dirname, `${name}.test.ts`))

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const place = ({ moduleId }: TestSpecification) =>
      first.includes(moduleId) ? first.indexOf(moduleId) : first.length
    return files.toSorted((a, b) => place(a) - place(b))
  }
}

/** What `npm run trials` runs: files that use `amount` or `isTrial` of `trials.ts`, and can go on for long. */
const trials = [
  'busy',
  'durability',
  'leftovers',
  'hub-kills',
  'two-services',
  'second-machine',
  'strangers',
  'readers/week',
  'readers/corrections',
  'http/answers',
  'http/archives',
  'http/fuzz',
  'content/fields',
  'content/random-looks',
  'content/words',
  'feeds/ordinary-text',
  'http/clock',
  'store/answers',
  'store/lost-answers',
  'store/mend-clock',
  'store/migrations',
  'upgrades',
  'browser/pages',
  'domain/time',
  'feeds/hostile-input',
  'http/far-state',
  'websub/matching',
  'worker',
  'worker-hub',
].map((name) => `test/${name}.test.ts`)

/** What `npm run test:quick` runs, on Node alone, without the files that start a server or wait for long. */
const quick = [
  ...['domain', 'content', 'feeds', 'store', 'http', 'websub'].map(
    (name) => `test/${name}/**/*.test.ts`,
  ),
  ...['architecture', 'output-version', 'requirements'].map((name) => `test/${name}.test.ts`),
]
const notQuick = [
  'http/listen',
  'http/request-log',
  'http/both-runtimes',
  'http/fuzz',
  'http/archives',
  'http/long-ago',
  'http/sitemaps',
  'http/body-memory',
  'content/watch',
].map((name) => `test/${name}.test.ts`)

export default defineConfig(({ mode }) => ({
  test: {
    include: { trials, quick }[mode] ?? ['test/**/*.test.ts'],
    exclude: mode === 'quick' ? notQuick : [],
    env: { EXTENT: mode },
    globalSetup: [
      'test/temporary-folder.ts',
      ...(mode === 'quick' ? [] : ['test/worker-build.ts']),
    ],
    // Starting workerd and reading thousands of releases take seconds on a busy machine, and trials minutes.
    testTimeout: mode === 'trials' ? 600_000 : 60_000,
    hookTimeout: 90_000,
    // One more than two cores, as some wait for the next second, for workerd or for a slow client. Each more loads
    // and compiles everything once more.
    maxWorkers: 3,
    // Loading Miniflare and the readers' libraries takes a second or two, and no file changes them.
    isolate: false,
    // Tests leave much garbage soon. With more room for it V8 takes a twentieth less time.
    execArgv: ['--min-semi-space-size=32', '--max-semi-space-size=64'],
    sequence: { sequencer: LongestFirst },
    environment: './test/environment.ts',
    // Node loads the tests as it loads the service. Vite would transform each file for it first.
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
}))
