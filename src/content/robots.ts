import type { FileProblem } from '../domain/problem.ts'
import { absent, type Folder, unreadable } from './folder.ts'

/** Characters of a `robots.txt` (RFC 9309 section 2.5 has programs read 500 KiB). */
const longestRobots = 100_000

/** The office's own `robots.txt`, if there is one that can be used, and what is wrong with it. */
export async function readRobots(
  folder: Pick<Folder, 'read'>,
): Promise<{ robots?: string | undefined; problems: FileProblem[] }> {
  const file = 'robots.txt'
  try {
    const robots = await folder.read(file).catch(absent)
    return { robots, problems: robots === undefined ? [] : problemsOf(robots, file) }
  } catch (error) {
    return { problems: [unreadable(file, error)] }
  }
}

function problemsOf(text: string, file: string): FileProblem[] {
  const problem = { file, line: 1, field: '' }
  if (text.length > longestRobots) {
    const message = `This has more than ${longestRobots} characters, which no program reads.`
    return [{ ...problem, message }]
  }
  if (!keepsEverybodyAway(text)) return []
  const message =
    '"Disallow: /" keeps readers of feeds away, too. Name only what is not to be found.'
  return [{ ...problem, message, warning: true }]
}

/** Whether the group of all that are not named themselves disallows everything (RFC 9309 section 2.2). */
function keepsEverybodyAway(text: string): boolean {
  let isOfAll = false
  let isNaming = false
  for (const line of text.split(/\r\n?|\n/)) {
    const [, name = '', value = ''] = /^\s*([\w-]+)\s*:\s*([^\s#]*)/.exec(line) ?? []
    if (/^user-agent$/i.test(name)) {
      isOfAll = value === '*' || (isNaming && isOfAll)
      isNaming = true
    } else if (/^(?:dis)?allow$/i.test(name)) {
      if (isOfAll && /^d/i.test(name) && value === '/') return true
      isNaming = false
    }
  }
  return false
}
