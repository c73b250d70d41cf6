import { kinds } from '../domain/kind.ts'
import type { ReleaseFields } from '../domain/release.ts'
import { inLanguage, type Site } from '../domain/site.ts'
import type { Topic } from '../domain/topic.ts'
import { textsOf } from '../feeds/languages.ts'

type Pattern = [expression: string, sentence: string]

/** A field of a form of Sveltia or Decap CMS, by its name in front matter. */
export type FormField = {
  name: string
  label: string
  widget: string
  required?: boolean
  hint?: string
  default?: string | boolean
  /** `true`: each language has its own; `duplicate`: all have that of the first. */
  i18n?: boolean | 'duplicate'
  format?: string
  multiple?: boolean
  options?: { label: string; value: string }[]
  pattern?: Pattern
  fields?: FormField[]
  field?: FormField
}

type Input = Omit<FormField, 'name'>

/** Times without a zone are in that of the site. */
const time = { widget: 'datetime', format: 'YYYY-MM-DDTHH:mm' }
const day: Pattern = [
  String.raw`^\d{4}-\d\d-\d\d(T\d\d:\d\d)?$`,
  'Write a day, such as 2026-11-30, or a time, such as 2026-11-30T09:00.',
]
const webAddress: Pattern = [String.raw`^https?://\S+$`, 'Write a whole web address.']
const slug: Pattern = ['^[a-z0-9][a-z0-9_-]*$', 'Write the name in the address.']

/** What people fill in for a release. A field that the schema has and this forgets does not compile. */
export function releaseFields(site: Site, topics: Topic[]): FormField[] {
  const [language = ''] = site.languages
  const optional = { required: false }
  const line = { widget: 'string' }
  const none = undefined
  const fields: { [Name in keyof Required<ReleaseFields>]: Input | undefined } = {
    // The name of the file says both.
    slug: none,
    language: none,
    title: { label: 'Title', ...line },
    draft: {
      label: 'Draft',
      widget: 'boolean',
      default: true,
      hint: 'Nobody sees a draft. What was public cannot become one again.',
    },
    published: { label: 'Published', ...time, default: '{{now}}' },
    lead: { label: 'Lead', widget: 'text', ...optional },
    body: { label: 'Text', widget: 'markdown' },
    topics: { label: 'Topics', ...choice(topics, language, site), ...optional, multiple: true },
    publisher: { label: 'Publisher', ...publishers(site, language) },
    kind: {
      label: 'Kind',
      widget: 'select',
      default: kinds[0],
      options: kinds.map((value) => ({
        label: textsOf(language).documents.kinds[value],
        value,
      })),
    },
    contacts: listOf('Contacts', {
      name: { label: 'Name', ...line },
      role: { label: 'Role', ...line, ...optional },
      phone: { label: 'Telephone', ...line, ...optional },
      email: { label: 'E-mail', ...line, ...optional },
      for: { label: 'For', ...line, ...optional },
    }),
    attachments: listOf('Attachments', {
      file: { label: 'File', widget: 'file' },
      title: { label: 'Title', ...line, ...optional },
      alt: { label: 'What a picture shows', ...line, ...optional },
      credit: { label: 'Credit', ...line, ...optional },
    }),
    event: objectOf('Event', {
      start: { label: 'Start', ...line, pattern: day },
      end: { label: 'End', ...line, ...optional, pattern: day },
      place: { label: 'Place', ...line, ...optional },
    }),
    related: listOf('Related links', {
      url: { label: 'Address', ...line, pattern: webAddress },
      title: { label: 'Title', ...line, ...optional },
    }),
    url: { label: 'Page on your own site', ...line, ...optional, pattern: webAddress },
    changes: listOf('Corrections', {
      at: { label: 'When', ...time, default: '{{now}}' },
      kind: {
        label: 'Kind',
        widget: 'select',
        default: 'correction',
        options: ['correction', 'minor'].map((value) => ({ label: value, value })),
      },
      note: { label: 'Note for readers', ...line },
    }),
    corrects: { label: 'Corrects the release', ...line, ...optional, pattern: slug },
    withdrawn: objectOf('Withdrawn', {
      at: { label: 'When', ...time, default: '{{now}}' },
      reason: { label: 'Reason for readers', ...line },
      replacedBy: { label: 'Replaced by the release', ...line, ...optional, pattern: slug },
    }),
    formerly: {
      label: 'Earlier names in the address',
      widget: 'list',
      ...optional,
      field: { name: 'slug', label: 'Name', ...line, pattern: slug },
    },
    // Whoever has these wrote them by hand. They stay as they are.
    updated: { label: 'Updated', widget: 'hidden' },
    authored: { label: 'Authored', widget: 'hidden' },
    id: { label: 'Identity', widget: 'hidden' },
    archived: { label: 'Archived', widget: 'hidden' },
  }
  return named(fields).map((field) => ({
    ...field,
    i18n: inAllLanguages.has(field.name) ? 'duplicate' : true,
  }))
}

const inAllLanguages = new Set(['topics', 'publisher', 'kind'])

function choice(topics: Topic[], language: string, site: Site): Omit<Input, 'label'> {
  const options = topics.map(({ slug: value, label }) => ({
    label: inLanguage(label, language, site),
    value,
  }))
  return { widget: 'select', options }
}

function publishers(site: Site, language: string): Omit<Input, 'label'> {
  const options = Object.entries(site.publishers).map(([value, { name }]) => ({
    label: inLanguage(name, language, site),
    value,
  }))
  return { widget: 'select', options, default: options[0]!.value }
}

function listOf(label: string, fields: Record<string, Input>): Input {
  return { label, widget: 'list', required: false, fields: named(fields) }
}

function objectOf(label: string, fields: Record<string, Input>): Input {
  return { label, widget: 'object', required: false, fields: named(fields) }
}

function named(fields: Record<string, Input | undefined>): FormField[] {
  return Object.entries(fields).flatMap(([name, input]) => (input ? [{ name, ...input }] : []))
}
