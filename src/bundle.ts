// What wrangler runs before it takes up the Worker: node src/bundle.ts
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'

const output = '.generated'
const program = `${output}/worker/worker.js`
const beginOfSubstitute = 'export default { fetch: () =>'

try {
  await bundle()
} catch (error) {
  const problem = (error as Error).message
  console.error(problem)
  // Under `wrangler dev` a command that fails keeps every request waiting until it is run again.
  if (process.env.WRANGLER_COMMAND !== 'dev') process.exit(1)
  if (isMade()) console.error('What was bundled before is still served.')
  else writeSubstitute(problem)
}

/** Throws an Error that names what is wrong, and leaves what was there before as it was. */
async function bundle() {
  // Loaded here, so that an error in our own files is met above.
  const { readContentDirectory } = await import('./config.ts')
  const { bundleContent } = await import('./bundle-content.ts')
  const { bundleWorker } = await import('./bundle-worker.ts')
  const { formatProblem } = await import('./domain/problem.ts')
  const contentDirectory = readContentDirectory(process.env)
  const { count, problems } = await bundleContent(contentDirectory, output)
  const report = problems.map(formatProblem).join('\n')
  if (count === undefined) throw new Error(report)
  if (report) console.error(report)
  await bundleWorker(`${output}/worker`)
  console.log(`${count} releases bundled from ${contentDirectory}`)
}

/** Whether there is a Worker that was bundled before. */
function isMade(): boolean {
  return existsSync(program) && !readFileSync(program, 'utf8').startsWith(beginOfSubstitute)
}

/** A Worker that says what is wrong, for a developer who has none from before. */
function writeSubstitute(problem: string) {
  mkdirSync(`${output}/worker`, { recursive: true })
  mkdirSync(`${output}/assets`, { recursive: true })
  const answer = `new Response(${JSON.stringify(`${problem}\n`)}, { status: 503 })`
  writeFileSync(program, `${beginOfSubstitute} ${answer} }\n`)
}
