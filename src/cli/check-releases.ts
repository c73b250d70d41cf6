import { isUnderEmbargo, isWithdrawnBefore } from '../domain/embargo.ts'
import type { FileProblem } from '../domain/problem.ts'
import type { Draft } from '../domain/publishing.ts'
import type { Site } from '../domain/site.ts'
import { type Concern, concernsOf, lessThanSisters } from '../publishing/concerns.ts'
import { placeInFile } from './place-in-file.ts'

type Surroundings = { directory: string; site: Site; now: number }

/**
 * What should not go out although the service takes it. What is a draft, or was archived as the history of an office,
 * is only warned about.
 */
export function findFaults(
  drafts: Draft[],
  unfinished: Draft[],
  surroundings: Surroundings,
): FileProblem[] {
  const standing = drafts.filter(({ release }) => !release.withdrawn)
  const problems: FileProblem[] = []
  const tell = (draft: Draft, concerns: Concern[], isWarning = false) => {
    const placed = concerns.map((concern) => placedConcern(draft, concern, surroundings.directory))
    problems.push(...placed.map((one) => (isWarning ? { ...one, warning: true as const } : one)))
  }
  for (const draft of standing) {
    tell(draft, concernsOf(draft.release, surroundings), draft.release.archived)
  }
  for (const draft of unfinished) tell(draft, concernsOf(draft.release, surroundings), true)
  for (const draft of drafts) tell(draft, untoldWithdrawal(draft, surroundings))
  for (const [draft, concern] of repeatedTitles(standing)) tell(draft, [concern])
  for (const versions of Map.groupBy(standing, ({ release }) => release.slug).values()) {
    const sisters = versions.map(({ release }) => release)
    for (const draft of versions) tell(draft, lessThanSisters(draft.release, sisters))
  }
  return problems
}

function placedConcern(
  { source }: Draft,
  { near, ...problem }: Concern,
  directory: string,
): FileProblem {
  const name = problem.field.split('.')[0]!
  const hasIt = (line: string) =>
    near === undefined ? line.startsWith(`${name}:`) : line.includes(near)
  // The text stands below everything else.
  const which = name === 'body' ? 'last' : 'first'
  return { ...problem, ...placeInFile(source, directory, hasIt, which) }
}

/** Where the year of a withdrawal is wrong, nothing else would tell its author that a new database hides it. */
function untoldWithdrawal(
  { release: { withdrawn, published } }: Draft,
  { site, now }: Surroundings,
): Concern[] {
  if (!withdrawn || isUnderEmbargo(published, now)) return []
  if (!isWithdrawnBefore(published, withdrawn.at, site.timezone)) return []
  const message =
    'This is before the release was published, so nobody is told of it. If readers saw the release, write when it was withdrawn. If none did, remove the file.'
  return [{ field: 'withdrawn.at', message, warning: true }]
}

const week = 7 * 86_400

/** Of two with the same title the later one is told of. */
function repeatedTitles(drafts: Draft[]): [Draft, Concern][] {
  const titleOf = ({ release }: Draft) => `${release.language} ${release.title.toLowerCase()}`
  const groups = [...Map.groupBy(drafts, titleOf).values()]
  return groups.flatMap((group) => {
    const inOrder = group.toSorted((a, b) => a.release.published - b.release.published)
    return inOrder.flatMap((draft, index): [Draft, Concern][] => {
      const before = inOrder[index - 1]?.release
      if (!before || draft.release.published - before.published > week) return []
      const message = `${before.slug} has the same title, and is not a week older. Readers take the two for one: write another title.`
      return [[draft, { field: 'title', message, warning: true }]]
    })
  })
}
