import { keyOf } from '../domain/identity.ts'
import type { Output } from '../domain/tool.ts'
import type { Listed } from './compare.ts'
import type { Push } from './push.ts'
import type { Counts } from './send-releases.ts'

/** Lines of a kind that are told one by one. */
const mostTold = 50

/** What a push came to, in a sentence. */
export function describePush(
  { created, revised, unchanged, unchecked }: Counts,
  sent: { topics: number; files: number },
  { origin, isDryRun, changed }: { origin: string; isDryRun: boolean; changed: number },
): string {
  if (changed + sent.topics + sent.files === 0) return `${origin} has everything already.`
  const parts = [
    `${created} new releases`,
    `${revised} changed`,
    ...(unchanged > 0 ? [`${unchanged} that make no difference`] : []),
    ...(sent.topics > 0 ? [`${sent.topics} topics`] : []),
    ...(sent.files > 0 ? [`${sent.files} files`] : []),
  ]
  if (!isDryRun) return `${origin} has taken ${parts.join(', ')}.`
  const later =
    unchecked > 0
      ? ` ${unchecked} more releases need topics or files that are not there yet, and were only read here.`
      : ''
  return `${origin} would take ${parts.join(', ')}. Nothing was changed.${later}`
}

/** What only the service has: another may have published it, or its file was removed. */
export function sayMissing({ folder, output }: Push, listed: Map<string, Listed>) {
  const moved = new Set(
    folder.releases.flatMap(({ formerly, language }) => {
      return formerly.map((slug) => keyOf({ slug, language }))
    }),
  )
  const missing = [...listed].flatMap(([address, { from, withdrawn }]) => {
    const isHere = folder.addresses.has(address) || moved.has(address)
    return isHere || from === 'content' || withdrawn ? [] : [address]
  })
  if (missing.length === 0) return
  output.say('Only the service has these. If one is not to stand any more, withdraw it there:')
  for (const address of missing.slice(0, mostTold)) output.say(`  ${address}`)
  if (missing.length > mostTold) output.say(`  and ${missing.length - mostTold} more`)
}

/** Tells lines of one kind, and how many more there are. */
export function tellSome(lines: string[], output: Output) {
  for (const line of lines.slice(0, mostTold)) output.tell(line)
  if (lines.length > mostTold) output.tell(`and ${lines.length - mostTold} more like these`)
}
