import * as v from 'valibot'
import { beyondBounds } from '../../domain/bounds.ts'
import { noteBounds } from '../../domain/limits.ts'
import { type Advice, checkWritten, type Problem } from '../../domain/problem.ts'
import { releaseSchema } from '../../domain/release.ts'
import { filledLine, type Site, slug } from '../../domain/site.ts'
import { topicSchema, type Vocabulary } from '../../domain/topic.ts'
import { DomainError } from '../../domain/errors.ts'

/** A note for readers on what was changed. */
export const changeSchema = v.strictObject({
  kind: v.picklist(['minor', 'correction'], (issue) => {
    return `${issue.received} is not a kind of change. Write minor or correction.`
  }),
  note: filledLine,
})

/** Why a release no longer stands, and the slug of the one that takes its place. */
export const withdrawalSchema = v.strictObject({
  reason: filledLine,
  replacedBy: v.optional(slug),
})

/** What time it is, by somebody who knows. */
export const mendingSchema = v.strictObject({
  now: v.pipe(
    filledLine,
    v.check(
      (text) => /(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
      (issue) => {
        return `${issue.received} is not a time.`
      },
    ),
  ),
})

const advice: Advice = {
  now: 'Write the time as it is, such as 2026-12-01T09:00:00Z.',
  change: 'Write { "kind": "correction", "note": "What was wrong" }, or leave it out.',
  kind: 'Write minor or correction.',
  note: 'Write one sentence for readers.',
  reason: 'Write one sentence for readers.',
  replacedBy: 'Write the slug of the release that takes its place, or leave it out.',
}

/** Throws DomainError `wrong` with every field that is. */
export function parse<Schema extends v.GenericSchema>(
  schema: Schema,
  written: unknown,
  within = '',
): v.InferOutput<Schema> {
  const beyond = beyondBounds(written, noteBounds)
  const checked = beyond.length > 0 ? { problems: beyond } : checkWritten(schema, written, advice)
  if ('output' in checked) return checked.output
  const errors = checked.problems.map((problem): Problem => {
    const field = [within, problem.field].filter(Boolean).join('.')
    return { ...problem, field }
  })
  throw new DomainError('wrong', 'Something in it is wrong.', { errors })
}

/** All that requests and answers look like, in the words of one site. */
export function describeSchemas(site: Site, vocabulary: Vocabulary) {
  const schema = releaseSchema(site, vocabulary)
  // As lists, which our own checks hide from JSON Schema.
  const entries = {
    ...schema.entries,
    language: v.picklist(site.languages),
    publisher: v.optional(v.picklist(Object.keys(site.publishers))),
  }
  const release = v.strictObject({
    ...entries,
    slug: v.optional(entries.slug),
    language: v.optional(entries.language),
    published: v.optional(entries.published),
    withdrawn: v.nullish(entries.withdrawn.wrapped),
    change: v.optional(changeSchema),
  })
  const { renamed, topic } = topicSchema(site.languages, site.timezone)
  const second = v.pipe(v.string(), v.isoTimestamp())
  const problem = v.object({ field: v.string(), message: v.string() })
  const receipt = v.object({
    change: v.picklist(['created', 'revised', 'unchanged']),
    id: v.string(),
    slug: v.string(),
    language: v.string(),
    url: v.string(),
    published: second,
    updated: second,
    etag: v.string(),
    warnings: v.array(problem),
  })
  return {
    release,
    written: v.strictObject(entries),
    topic: v.union([topic, renamed]),
    withdrawal: withdrawalSchema,
    receipt,
    lineReceipt: v.object({ line: v.number(), status: v.number(), ...v.partial(receipt).entries }),
    list: v.object({
      releases: v.array(
        v.object({
          slug: v.string(),
          language: v.string(),
          title: v.string(),
          published: second,
          updated: second,
          etag: v.string(),
          fingerprint: v.string(),
          from: v.picklist(['api', 'content']),
          withdrawn: v.boolean(),
        }),
      ),
      next: v.optional(v.string()),
    }),
    history: v.object({
      history: v.array(
        v.object({
          at: second,
          by: v.string(),
          action: v.string(),
          note: v.string(),
          replaced: v.optional(v.unknown()),
        }),
      ),
    }),
    mending: mendingSchema,
    mended: v.object({
      change: v.picklist(['mended', 'unchanged']),
      sentences: v.array(v.string()),
    }),
    problem: v.object({
      type: v.string(),
      title: v.string(),
      status: v.number(),
      detail: v.string(),
      errors: v.optional(v.array(problem)),
    }),
  }
}

export type Schemas = ReturnType<typeof describeSchemas>
