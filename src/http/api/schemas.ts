import * as v from 'valibot'
import { beyondBounds } from '../../domain/bounds.ts'
import { noteBounds } from '../../domain/limits.ts'
import { timeSchema } from '../../domain/explain-time.ts'
import { everyLanguage, previewStates } from '../../domain/preview.ts'
import { releaseStates } from '../../domain/publishing-store.ts'
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

/** A link to a release before its time: for whom, until when, and in which other languages. */
export function previewSchema(site: Site) {
  return v.strictObject({
    name: v.pipe(filledLine, v.maxLength(200, 'This is too long. Write at most 200 characters.')),
    expires: v.optional(timeSchema(site)),
    languages: v.optional(
      v.array(
        v.picklist([...site.languages, everyLanguage], (issue) => {
          return `${issue.received} is no language of the site.`
        }),
      ),
      [],
    ),
  })
}

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
  name: 'Write for whom the link is, such as "The aide of the minister".',
  expires: 'Write a time such as 2026-12-01T09:00, at most sixty days ahead, or leave it out.',
  languages: 'Write a list such as ["fi", "sv"], or ["all"], or leave it out.',
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
    draft: v.optional(v.boolean()),
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
    status: v.optional(statusSchema),
  })
  const topic = describeTopic(site)
  const written = v.strictObject({ ...entries, status: statusSchema })
  return {
    ...answerSchemas,
    release,
    written,
    topic,
    withdrawal: withdrawalSchema,
    preview: previewSchema(site),
    history: historySchema(v.union([v.strictObject(entries), topic])),
    mending: mendingSchema,
  }
}

/** A topic as it may be written, or its new name. Texts in several languages hide their shape from JSON Schema. */
function describeTopic(site: Site) {
  const { renamed, topic: checked } = topicSchema(site.languages, site.timezone)
  const byLanguage = Object.fromEntries(site.languages.map((one) => [one, v.optional(text)]))
  const labels = v.union([text, v.strictObject(byLanguage)])
  const topic = v.strictObject({
    ...checked.entries,
    label: labels,
    description: v.optional(labels),
    retired: v.optional(
      v.union([
        text,
        v.strictObject({
          at: text,
          until: v.optional(text),
          replacedBy: v.optional(v.array(text)),
          note: v.optional(labels),
        }),
      ]),
    ),
  })
  return v.union([topic, renamed])
}

const text = v.string()
const problem = v.object({ field: text, message: text })

/** Whether a release is out (`status.ts`). */
const statusSchema = v.object({
  state: v.picklist(releaseStates),
  since: text,
  page: text,
  feeds: v.array(v.record(v.string(), text)),
})

const receipt = v.object({
  change: v.picklist(['created', 'revised', 'unchanged']),
  id: text,
  slug: text,
  language: text,
  url: text,
  published: text,
  updated: text,
  etag: text,
  warnings: v.array(problem),
})

const summary = v.object({
  slug: text,
  language: text,
  title: text,
  state: v.picklist(releaseStates),
  published: text,
  updated: text,
  etag: text,
  fingerprint: text,
  from: v.picklist(['api', 'content']),
  withdrawn: v.boolean(),
})

/** A link as authors are told of it. Only whoever made it is told the address. */
const keptPreview = v.object({
  id: text,
  name: text,
  languages: v.array(text),
  by: text,
  created: text,
  expires: text,
  state: v.picklist(previewStates),
})

/** Answers that are the same for every site. */
const answerSchemas = {
  receipt,
  keptPreview,
  madePreview: v.object({
    ...keptPreview.entries,
    warnings: v.array(problem),
    url: v.optional(text),
  }),
  previewList: v.object({ previews: v.array(keptPreview) }),
  lineReceipt: v.object({ line: v.number(), status: v.number(), ...v.partial(receipt).entries }),
  list: v.object({ releases: v.array(summary), next: v.optional(text) }),
  topicReceipt: v.object({ change: receipt.entries.change, slug: text }),
  fileReceipt: v.object({
    change: v.picklist(['created', 'unchanged']),
    file: text,
    size: v.number(),
  }),
  file: v.object({
    file: text,
    type: text,
    size: v.number(),
    width: v.optional(v.number()),
    height: v.optional(v.number()),
  }),
  mended: v.object({
    change: v.picklist(['mended', 'unchanged']),
    sentences: v.array(text),
  }),
  problem: v.object({
    type: text,
    title: text,
    status: v.number(),
    detail: text,
    errors: v.optional(v.array(problem)),
  }),
}

/** `replaced` is what there was before, as it was written down. */
function historySchema<Replaced extends v.GenericSchema>(replaced: Replaced) {
  const entry = { at: text, by: text, action: text, note: text, replaced: v.optional(replaced) }
  return v.object({ history: v.array(v.object(entry)) })
}

export type Schemas = ReturnType<typeof describeSchemas>
