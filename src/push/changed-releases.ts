import { fingerprint, keyOf } from '../domain/identity.ts'
import { formatProblem } from '../domain/problem.ts'
import type { Listed } from './compare.ts'
import type { Push } from './push.ts'
import type { FolderRelease } from './read-folder.ts'

/**
 * The releases that the service does not have as they are written. Those that may not be sent are told
 * in `refusals`.
 */
export function changedReleases(
  { folder, refusals }: Push,
  listed: Map<string, Listed>,
  isReinstating: boolean,
): FolderRelease[] {
  const changed: FolderRelease[] = []
  for (const release of folder.releases) {
    const there = listed.get(keyOf(release))
    const refuse = (message: string) => {
      const { file, line } = release
      refusals.push(formatProblem({ file, line, field: '', message }))
    }
    if (!there) changed.push(release)
    else if (there.from === 'content') {
      refuse('The service has this release in its own content folder. Change it there.')
    } else if (there.fingerprint === release.fingerprint) continue
    else {
      const again = standingAgain(release)
      const wouldStandAgain = there.withdrawn && !release.isWithdrawn
      if (there.fingerprint === again.fingerprint) continue
      if (!wouldStandAgain) changed.push(release)
      else if (isReinstating) changed.push(again)
      else {
        refuse(
          'This release was withdrawn on the service. Write "withdrawn" here as well, or let it stand again with --reinstate.',
        )
      }
    }
  }
  return changed
}

/** The API takes no withdrawal back by mere silence. */
function standingAgain(release: FolderRelease): FolderRelease {
  const text = JSON.stringify({ ...(JSON.parse(release.text) as object), withdrawn: null })
  return { ...release, text, fingerprint: fingerprint(text) }
}
