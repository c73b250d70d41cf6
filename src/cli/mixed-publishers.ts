import type { FileProblem } from '../domain/problem.ts'
import type { Draft } from '../domain/publishing.ts'
import type { Release } from '../domain/release.ts'
import { keyOf } from '../domain/identity.ts'
import { placeInFile } from './place-in-file.ts'

/**
 * Where releases of several publishers share a slug: as language versions, by `formerly` or by `corrects`.
 * A folder may do that, but tokens that are limited to a publisher may not.
 */
export function findMixedPublishers(drafts: Draft[], directory: string): FileProblem[] {
  const having = Map.groupBy(drafts, ({ release }) => release.slug)
  const had = Map.groupBy(
    drafts.flatMap((draft) => draft.release.formerly.map((slug) => ({ slug, draft }))),
    ({ slug }) => slug,
  )
  const place = new Map(drafts.map((draft, index) => [draft, index]))
  const problems: FileProblem[] = []
  const warn = (draft: Draft, field: string, slug: string, others: Draft[]) => {
    const other = others.find(({ release }) => release.publisher !== draft.release.publisher)
    if (!other) return
    const [own, theirs] = [nameOf(draft.release), nameOf(other.release)]
    const message =
      field === 'corrects'
        ? `${own} corrects ${theirs}. A token that is limited to one of these publishers could not write that. Leave it out, unless it is meant.`
        : `${own} shares the slug ${slug} with ${theirs}. A token that is limited to one of these publishers may not write to it. Use one publisher or two slugs, unless it is meant.`
    problems.push({ ...placeOf(draft, field, directory), field, message, warning: true })
  }
  for (const [index, draft] of drafts.entries()) {
    const { slug, formerly, corrects } = draft.release
    // Of two that have the same, the later one is told of.
    const isBefore = (other: Draft) => place.get(other)! < index
    warn(draft, 'slug', slug, (having.get(slug) ?? []).filter(isBefore))
    for (const one of formerly) {
      const before = (had.get(one) ?? []).map((other) => other.draft).filter(isBefore)
      warn(draft, 'formerly', one, [...(having.get(one) ?? []), ...before])
    }
    if (corrects !== undefined) {
      const before = (had.get(corrects) ?? []).map((other) => other.draft)
      warn(draft, 'corrects', corrects, [...(having.get(corrects) ?? []), ...before])
    }
  }
  return problems
}

function nameOf(release: Release): string {
  return `${keyOf(release)} (${release.publisher})`
}

function placeOf({ source }: Draft, field: string, directory: string) {
  return placeInFile(source, directory, (line) => line.startsWith(`${field}:`))
}
