import { openFolder } from '../content/folder.ts'
import { readTopics } from '../content/read-site.ts'
import type { Readers } from '../content/reading.ts'
import type { Clock } from '../domain/clock.ts'
import { formatProblem } from '../domain/problem.ts'
import { withMedia } from '../domain/reading.ts'
import type { Site } from '../domain/site.ts'
import type { Output } from '../domain/tool.ts'
import type { ReleaseLine } from './import-folder.ts'
import { type LeftOut, NotImported } from './read-entry.ts'
import { composeRelease, type KeptFiles } from './compose-release.ts'
import type { Settled } from './settle.ts'
import type { Proposal } from './topics.ts'

type Composition = {
  into: string
  site: Site
  slugs: Map<string, string>
  topicsText: string
  proposal: Proposal
  files: KeptFiles
  tools: { output: Output; clock: Clock; reading: Readers }
}

/** Makes the releases, and reads each as the service will, so that what it would refuse is left out. */
export async function composeAll(
  entries: Settled[],
  { into, site, slugs, topicsText, proposal, files, tools }: Composition,
): Promise<{ releases: ReleaseLine[]; refused: LeftOut[] }> {
  const { vocabulary, problems } = readTopics(topicsText, site.languages, site.timezone)
  const wrong = problems.filter(({ warning }) => !warning)
  if (wrong.length > 0) {
    throw new NotImported(
      `topics.yaml cannot take the new topics:\n${wrong.map(formatProblem).join('\n')}`,
    )
  }
  const { media } = await openFolder(into)
  const surroundings = { site, vocabulary }
  const now = tools.clock.now()
  const releases: ReleaseLine[] = []
  const refused: LeftOut[] = []
  const progress = tools.output.progress('Releases', entries.length)
  try {
    for (const settled of entries) {
      const release = composeRelease(settled, {
        slug: slugs.get(settled.id)!,
        topics: proposal.slugsOf(settled.entry.categories),
        files,
      })
      // Of what an office published once, later limits are only warnings.
      const asWritten = { written: release, origin: { source: '', origin: '' }, isNew: false, now }
      const [text] = await tools.reading.releases([asWritten], surroundings)
      const { problems: found } = await withMedia(text!, (path) => media.get(path))
      const grave = found.find(({ warning }) => !warning)
      if (grave) refused.push({ what: settled.title, reason: `${grave.field}: ${grave.message}` })
      else {
        const { id, published } = release
        releases.push({ id, published, text: JSON.stringify(release) })
      }
      progress.step()
    }
  } finally {
    progress.end()
  }
  return { releases, refused }
}
