import { toJsonSchema } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'
import { releaseStates, type SiteAndTopics } from '../../domain/publishing-store.ts'
import { datings } from '../../domain/publishing.ts'
import { mediaTypes } from '../../domain/media-types.ts'
import { createSamples, type Samples } from './samples.ts'
import { describeSchemas, type Schemas } from './schemas.ts'

/** JSON Schema of the draft 2020-12, as far as the page for people reads it. */
export type JsonSchema = {
  type?: string
  description?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  enum?: string[]
  anyOf?: JsonSchema[]
  format?: string
  readOnly?: boolean
  $ref?: string
}

type Parameter = {
  in: 'path' | 'query' | 'header'
  name: string
  required?: true
  description: string
  schema: JsonSchema & Record<string, unknown>
}

type Content = Record<string, { schema: JsonSchema; example?: unknown }>

/** What one method does at one path. */
export type Operation = {
  /** Clients that are generated call it so. */
  operationId: string
  summary: string
  description?: string
  parameters?: Parameter[]
  requestBody?: { required: true; content: Content }
  responses: Record<number, { description: string; content?: Content }>
}

/** Operations by path and method. */
type Paths = Record<string, Record<string, Operation>>

/** An OpenAPI 3.1 document. */
export type OpenApiDocument = ReturnType<typeof describe>

let last: { of: string; document: OpenApiDocument } | undefined

/** Describes the API of one site, and again only when that changes: languages, publishers and a topic stand in it. */
export function openApiDocument(siteAndTopics: SiteAndTopics, baseUrl: string): OpenApiDocument {
  const [topic] = siteAndTopics.vocabulary.topics.keys()
  const of = JSON.stringify([siteAndTopics.site, topic, baseUrl])
  if (last?.of !== of) last = { of, document: describe(siteAndTopics, baseUrl) }
  return last.document
}

function describe(siteAndTopics: SiteAndTopics, baseUrl: string) {
  const { site, vocabulary } = siteAndTopics
  const schemas = describeSchemas(site, vocabulary)
  const samples = createSamples(siteAndTopics, baseUrl)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tiedote: publishing',
      description:
        'Releases and topics from a newsroom system. What is answered with 2xx is on disk and public, unless its time is in the future. What is accepted is public within two seconds: there is at most one change in a second, and all that comes in until then becomes public in it together. Send many releases at once with POST /api/releases. Programs on pages of other sites may read this document, and their browsers let them publish nothing.',
      version: '1',
    },
    servers: [{ url: baseUrl }],
    security: [{ token: [] }],
    components: {
      schemas: { Problem: json(schemas.problem) },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A secret of PUBLISH_TOKENS.' },
      },
    },
    paths: {
      ...releasePaths(schemas, samples),
      ...releaseChangePaths(schemas, samples),
      ...manyReleasesPaths(schemas, samples),
      ...topicPaths(schemas, samples),
      ...mediaPaths(schemas, samples),
      ...clockPaths(schemas, samples),
    },
  }
}

const ofRelease = [inPath('slug', 'Of the release.'), inPath('language', 'Such as en.')]
const dryRun = inQuery('dry-run', 'Checks everything and changes nothing.', { type: 'boolean' })
const how = [
  dryRun,
  inQuery(
    'dates',
    'What becomes of times that are over. news: published now, if it comes late; keep: all keep their times, for filling a service that nobody reads yet; archive: they keep them, and only archives have them.',
    { type: 'string', enum: [...datings], default: 'news' },
  ),
]
/** Which releases are listed. Of one name any of several values, parted by commas; all names must hold. */
const filters = [
  inQuery('topic', 'Topics, or an expression as in the address of a feed: a+b both, a,b either.', {
    type: 'string',
  }),
  inQuery('without', 'Topics, publishers or kinds that a release must not have.', {
    type: 'string',
  }),
  inQuery('publisher', 'Publishers.', { type: 'string' }),
  inQuery('kind', 'Kinds.', { type: 'string' }),
  inQuery('match', 'Whether all topics must be there, or any.', {
    type: 'string',
    enum: ['any', 'all'],
  }),
  inQuery('language', 'Languages.', { type: 'string' }),
  inQuery('state', `States: ${releaseStates.join(', ')}.`, { type: 'string' }),
  inQuery('from', 'Published at this date or time, or later.', { type: 'string' }),
  inQuery('before', 'Published before this date or time.', { type: 'string' }),
]

const ifMatch = inHeader(
  'If-Match',
  'The ETag of the release as you know it: 412 if it has changed since.',
)
const ifNoneMatch = inHeader('If-None-Match', 'Write * to create a release and never change one.')

/** One release: written and read. */
function releasePaths(schemas: Schemas, samples: Samples): Paths {
  const written = answer('The release is written.', schemas.receipt, samples.receipt)
  return {
    '/api/releases/{slug}/{language}': {
      put: {
        operationId: 'putRelease',
        summary: 'Create or revise a release',
        description:
          'Sending the same again changes nothing. Identity, earlier slugs, notes of changes and the time stay as they are unless you write them; without a time a new release is published now. "change" adds a note for readers: a correction marks the release as updated in every feed. A withdrawn release stands again only with "withdrawn": null. A title has at most 500 characters, a lead 5,000, the text 50,000 elements. A token for some publishers writes only to slugs that no release of another publisher has or had, in any language, and names only such in "formerly" and "corrects".',
        parameters: [...ofRelease, ...how, ifMatch, ifNoneMatch],
        requestBody: body('application/json', schemas.release),
        responses: {
          200: written,
          201: written,
          ...refusals(400, 401, 403, 409, 412, 413, 415, 422, 429, 503),
        },
      },
      get: {
        operationId: 'getRelease',
        summary: 'Read a release as it can be sent again, and whether it is out',
        description:
          'The text is Markdown if it was written so through the API. "status" says whether the release is out, since when (or when it will be), and in which feeds; sent back, it is not looked at.',
        parameters: ofRelease,
        responses: {
          200: answer('The release.', schemas.written, samples.written),
          ...refusals(401, 403, 404, 429),
        },
      },
    },
  }
}

/** What becomes of a release, and what became of it. */
function releaseChangePaths(schemas: Schemas, samples: Samples): Paths {
  return {
    '/api/releases/{slug}/{language}/withdraw': {
      post: {
        operationId: 'withdrawRelease',
        summary: 'Withdraw a release',
        description: 'Every feed tells its reason, its text and its files are gone.',
        parameters: [...ofRelease, ...how, ifMatch],
        requestBody: body('application/json', schemas.withdrawal),
        responses: {
          200: answer('The release is written.', schemas.receipt, samples.receipt),
          ...refusals(400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 503),
        },
      },
    },
    '/api/releases/{slug}/{language}/history': {
      get: {
        operationId: 'getReleaseHistory',
        summary: 'Who changed a release and when, the last change first',
        parameters: ofRelease,
        responses: {
          200: answer('The history.', schemas.history, samples.releaseHistory),
          ...refusals(401, 403, 404, 429),
        },
      },
    },
  }
}

/** All releases, and many at once. */
function manyReleasesPaths(schemas: Schemas, samples: Samples): Paths {
  return {
    '/api/releases': {
      get: {
        operationId: 'listReleases',
        summary: 'List all releases, also those to come',
        description: 'A token for some publishers sees what is to come of these alone.',
        parameters: [
          inQuery('after', 'The release after which to begin: slug.language.', { type: 'string' }),
          inQuery('limit', 'At most 1,000.', { type: 'integer', minimum: 1, maximum: 1000 }),
          ...filters,
        ],
        responses: {
          200: answer('The list.', schemas.list, samples.list),
          ...refusals(400, 401, 403, 404, 429),
        },
      },
      post: {
        operationId: 'putReleases',
        summary: 'Create or revise many releases',
        description:
          'A release a line, each with slug and language, at most 500 lines and 20 MB, 4 MB a line, and few empty ones. Each line is answered by a line of its own in the same order; a line that is wrong does not keep the others.',
        parameters: how,
        requestBody: body('application/x-ndjson', schemas.release),
        responses: {
          200: {
            description: 'A line for every line, with the status that PUT would have answered.',
            content: {
              'application/x-ndjson': {
                schema: json(schemas.lineReceipt),
                example: samples.lineReceipt,
              },
            },
          },
          ...refusals(400, 401, 403, 413, 415, 429, 503),
        },
      },
    },
  }
}

/** The vocabulary. */
function topicPaths(schemas: Schemas, samples: Samples): Paths {
  return {
    '/api/topics/{slug}': {
      put: {
        operationId: 'putTopic',
        summary: 'Create or revise a topic, or say which took its place',
        parameters: [inPath('slug', 'Of the topic.'), dryRun],
        requestBody: body('application/json', schemas.topic),
        responses: {
          200: answer('The topic is written.', schemas.topicReceipt, samples.topicReceipt),
          201: answer('The topic is new.', schemas.topicReceipt, samples.topicReceipt),
          ...refusals(400, 401, 403, 409, 413, 415, 422, 429, 503),
        },
      },
      get: {
        operationId: 'getTopic',
        summary: 'Read a topic',
        parameters: [inPath('slug', 'Of the topic.')],
        responses: {
          200: answer('The topic.', schemas.topic, samples.topic),
          ...refusals(401, 403, 404, 429),
        },
      },
    },
    '/api/topics/{slug}/history': {
      get: {
        operationId: 'getTopicHistory',
        summary: 'Who changed a topic and when',
        parameters: [inPath('slug', 'Of the topic.')],
        responses: {
          200: answer('The history.', schemas.history, samples.topicHistory),
          ...refusals(401, 403, 429),
        },
      },
    },
  }
}

/** Files. */
function mediaPaths(schemas: Schemas, samples: Samples): Paths {
  return {
    '/api/media/{path}': {
      put: {
        operationId: 'putFile',
        summary: 'Upload a file that releases show or attach',
        description: `At most 25 MB: ${Object.keys(mediaTypes).join(', ')}. The content must be what the name says. It is public as soon as a public release speaks of it. A file never changes: give another one another name.`,
        parameters: [inPath('path', 'Such as 2026/agenda.pdf.'), dryRun],
        requestBody: {
          required: true,
          content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
        },
        responses: {
          200: answer('The file is there already.', schemas.fileReceipt, samples.fileReceipt),
          201: answer('The file is kept.', schemas.fileReceipt, samples.fileReceipt),
          ...refusals(400, 401, 403, 409, 413, 415, 429, 503),
        },
      },
      get: {
        operationId: 'getFile',
        summary: 'Ask whether a file is there',
        parameters: [inPath('path', 'Such as 2026/agenda.pdf.')],
        responses: {
          200: answer('It is.', schemas.file, samples.file),
          ...refusals(400, 401, 403, 404, 429),
        },
      },
    },
  }
}

/** After the clock was ahead. */
function clockPaths(schemas: Schemas, samples: Samples): Paths {
  return {
    '/api/mend-clock': {
      post: {
        operationId: 'mendClock',
        summary: 'Publish again after the clock was ahead',
        description:
          'Dates what came while the clock was ahead at the present, in its order; nothing that is public is hidden. It takes a token for everybody, and the time, by a clock other than that of the service: 422 when they differ by more than a minute. Where nothing is wrong, nothing is changed.',
        requestBody: body('application/json', schemas.mending),
        responses: {
          200: answer('What was done.', schemas.mended, samples.mended),
          ...refusals(400, 401, 403, 413, 415, 422, 429, 503),
        },
      },
    },
  }
}

/** Answers with a problem document (RFC 9457), by their status. */
function refusals(...statuses: number[]): Operation['responses'] {
  const schema = { $ref: '#/components/schemas/Problem' }
  const content = { 'application/problem+json': { schema } }
  return Object.fromEntries(
    statuses.map((status) => [status, { description: meaning[status]!, content }]),
  )
}

const meaning: Record<number, string> = {
  400: 'It cannot be read.',
  401: 'No token, or one that is not known.',
  403: 'This token may not do that.',
  404: 'It is not there.',
  409: 'It cannot be changed here: it is in the content folder, was withdrawn, or its identity would change.',
  412: 'It is not what you know.',
  413: 'It is too large.',
  415: 'This kind of content is not taken.',
  422: 'Fields are wrong: "errors" names all of them.',
  429: 'Too many wrong tokens.',
  503: 'The store cannot be written now, or too much is sent at once. Nothing has changed.',
}

function inPath(name: string, description: string): Parameter {
  return { in: 'path', name, required: true, description, schema: { type: 'string' } }
}

function inHeader(name: string, description: string): Parameter {
  return { in: 'header', name, description, schema: { type: 'string' } }
}

function inQuery(name: string, description: string, schema: Parameter['schema']): Parameter {
  return { in: 'query', name, description, schema }
}

function body(type: string, schema: GenericSchema): Operation['requestBody'] & {} {
  return { required: true, content: { [type]: { schema: json(schema) } } }
}

function answer(description: string, schema: GenericSchema, example: unknown) {
  return { description, content: { 'application/json': { schema: json(schema), example } } }
}

/** What our own checks say beyond types has no words in JSON Schema; the errors have them. */
function json(schema: GenericSchema): JsonSchema {
  const found = toJsonSchema(schema, {
    typeMode: 'input',
    errorMode: 'ignore',
    target: 'draft-2020-12',
  }) as JsonSchema
  return described(found)
}

/** What a field holds that is text, by its name. */
const textFormats: Record<string, string> = {
  ...Object.fromEntries(
    ['published', 'updated', 'authored', 'at', 'since', 'now'].map((name) => [name, 'date-time']),
  ),
  ...Object.fromEntries(['url', 'page', 'next'].map((name) => [name, 'uri'])),
  email: 'email',
}

/** A schema with the formats of its fields, and with what only answers have marked as that. */
function described(schema: JsonSchema): JsonSchema {
  const { properties, items, anyOf } = schema
  return {
    ...schema,
    ...(items && { items: described(items) }),
    ...(anyOf && { anyOf: anyOf.map(described) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, one]) => [name, describedField(name, one)]),
      ),
    }),
  }
}

function describedField(name: string, schema: JsonSchema): JsonSchema {
  const format = schema.type === 'string' ? textFormats[name] : undefined
  const isToRead = name === 'status' && schema.properties !== undefined
  return {
    ...described(schema),
    ...(format && { format }),
    ...(isToRead && { readOnly: true }),
  }
}
