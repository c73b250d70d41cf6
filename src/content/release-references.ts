import type { FileProblem } from '../domain/problem.ts'
import type { Draft } from '../domain/publishing.ts'
import { fileOf } from './sources.ts'

/** A field of a release that names another release. */
export type ReleaseReference = Pick<FileProblem, 'file' | 'line' | 'field' | 'published'> & {
  /** The release that is named, and the one that names it: `slug.language`. */
  target: string
  self: string
}

/** The fields of a release that name others. `line` is that of the release in its file. */
export function referencesOf({ source, release }: Draft, line = 1): ReleaseReference[] {
  const { language, published, corrects, withdrawn } = release
  const named = { corrects, 'withdrawn.replacedBy': withdrawn?.replacedBy }
  return Object.entries(named).flatMap(([field, slug]) => {
    if (!slug) return []
    const target = `${slug}.${language}`
    const self = `${release.slug}.${language}`
    return [{ file: fileOf(source), line, field, published, target, self }]
  })
}

/** Warnings about references to no release, or to the release that has them. */
export function brokenReferences(
  references: ReleaseReference[],
  exists: (address: string) => boolean,
): FileProblem[] {
  return references
    .filter(({ target, self }) => target === self || !exists(target))
    .map(({ target, self, ...where }) => {
      const message =
        target === self
          ? 'This names the release itself. Write the slug of another one.'
          : `There is no release ${target}. Write the slug of one in the same language.`
      return { ...where, message, warning: true }
    })
}
