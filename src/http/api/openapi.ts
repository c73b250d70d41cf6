import { releaseStates, type SiteAndTopics } from '../../domain/publishing-store.ts'
import { datings } from '../../domain/publishing.ts'
import { mediaTypes } from '../../domain/media-types.ts'
import {
  answer,
  body,
  inHeader,
  inPath,
  inQuery,
  json,
  type Operation,
  refusals,
} from './operations.ts'
import { createSamples, type Samples } from './samples.ts'
import { describeSchemas, type Schemas } from './schemas.ts'

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
      ...previewPaths(schemas, samples),
      ...manyReleasesPaths(schemas, samples),
      ...topicPaths(schemas, samples),
      ...mediaPaths(schemas, samples),
      ...clockPaths(schemas, samples),
    },
  }
}

const ofRelease = [inPath('slug', 'Of the release.'), inPath('language', 'Such as en.')]
const dryRun = inQuery(
  'dry-run',
  'Checks everything and changes nothing. Of releases "warnings" also has what the command check would tell.',
  { type: 'boolean' },
)
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
          'Sending the same again changes nothing. Identity, earlier slugs, notes of changes and the time stay as they are unless you write them; without a time a new release is published now. "change" adds a note for readers: a correction marks the release as updated in every feed. "draft": true keeps a release that no reader sees, whatever its time, until it is sent without it; what was public cannot be a draft again. A withdrawn release stands again only with "withdrawn": null. A title has at most 500 characters, a lead 5,000, the text 50,000 elements. A token for some publishers writes only to slugs that no release of another publisher has or had, in any language, and names only such in "formerly" and "corrects".',
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

/** Links to a release before its time. */
function previewPaths(schemas: Schemas, samples: Samples): Paths {
  const path = '/api/releases/{slug}/{language}/previews'
  return {
    [path]: {
      post: {
        operationId: 'createPreview',
        summary: 'Make a link that shows a release to one person before it is public',
        description:
          'Whoever has the link sees the release as it will be, with its files, and nobody else does. Make one for each person: "name" says for whom, and only authors see it. It works for seven days unless "expires" says otherwise, for sixty at the most. "languages" adds versions in other languages, ["all"] every one that there is when somebody looks. When the release is public the link leads to its page. At most 50 links to one release work at once, and 1,000 in all. "url" is in this answer alone: only a digest of it is kept. "warnings" has what the command check would tell of the release.',
        parameters: [...ofRelease, dryRun],
        requestBody: body('application/json', schemas.preview),
        responses: {
          200: answer('So it would be made, if this were no dry run.', schemas.madePreview),
          201: answer('The link is made.', schemas.madePreview, samples.madePreview),
          ...refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
        },
      },
      get: {
        operationId: 'listPreviews',
        summary: 'List the links to a release, the newest first',
        description:
          '"state" is open while a link works. Sixty days after its end a link is forgotten. No answer has the addresses.',
        parameters: ofRelease,
        responses: {
          200: answer('The links.', schemas.previewList, samples.previewList),
          ...refusals(400, 401, 403, 404, 429, 503),
        },
      },
      delete: {
        operationId: 'revokePreviews',
        summary: 'End all links to a release',
        parameters: [...ofRelease, dryRun],
        responses: {
          200: answer('The links.', schemas.previewList, samples.previewList),
          ...refusals(400, 401, 403, 404, 429, 503),
        },
      },
    },
    [`${path}/{id}`]: {
      delete: {
        operationId: 'revokePreview',
        summary: 'End a link to a release',
        parameters: [...ofRelease, inPath('id', 'Of the link, as the list has it.'), dryRun],
        responses: {
          200: answer('The link.', schemas.keptPreview, samples.keptPreview),
          ...refusals(400, 401, 403, 404, 429, 503),
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
        summary: 'List all releases, also drafts and those to come',
        description: 'A token for some publishers sees what is to come of these alone.',
        parameters: [
          inQuery('after', 'The release after which to begin: slug.language.', { type: 'string' }),
          inQuery('limit', 'Releases to a page, 1,000 if it is left out. More count as 1,000.', {
            type: 'integer',
            minimum: 1,
            maximum: 1000,
          }),
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
