import { createAddresses } from '../../domain/addresses.ts'
import type { SiteAndTopics } from '../../domain/publishing-store.ts'
import { formatUtc } from '../../domain/time.ts'
import { statusOf } from './status.ts'

const id = 'urn:uuid:0b7e9ad6-3f6c-5a0b-9a33-0d3b8a4f5c11'
const tag = '9f2c4b1d7e60.1.0'
const second = Date.UTC(2026, 10, 30, 7) / 1000
const time = formatUtc(second)

/** An answer to each operation, as the service of this site could give it. */
export function createSamples({ site, vocabulary }: SiteAndTopics, baseUrl: string) {
  const language = site.languages[0]!
  const publisher = Object.keys(site.publishers)[0]!
  const kind = 'press-release' as const
  const topics = [...vocabulary.topics.keys()].slice(0, 1)
  const address = { slug: 'ministers-meet', language }
  const addresses = createAddresses(baseUrl, site)
  const written = {
    ...address,
    title: 'Ministers meet',
    lead: 'The meeting begins at nine.',
    published: time,
    topics,
    publisher,
    kind,
    body: { markdown: 'The meeting begins at nine.' },
  }
  const about = { ...address, topics, publisher, kind, published: second, withdrawn: undefined }
  const receipt = {
    change: 'created',
    ...address,
    id,
    warnings: [],
    url: addresses.release(address),
    published: time,
    updated: time,
    etag: tag,
  }
  const keptPreview = {
    id: '019c9e1c98008d0f6c2b7a915e34',
    name: 'The aide of the minister',
    languages: ['all'],
    by: 'newsroom',
    created: formatUtc(second - 2 * 86_400),
    expires: formatUtc(second + 5 * 86_400),
    state: 'open',
  }
  const history = { at: time, by: 'newsroom' }
  return {
    receipt,
    lineReceipt: { line: 1, status: 201, ...receipt },
    written: { ...written, status: statusOf(about, second, { addresses, site, vocabulary }) },
    list: {
      releases: [
        {
          ...address,
          title: 'Ministers meet',
          state: 'public',
          published: time,
          updated: time,
          etag: tag,
          fingerprint: '5d41402abc4b2a76',
          from: 'api',
          withdrawn: false,
        },
      ],
      next: `${baseUrl}/api/releases?after=ministers-meet.${language}`,
    },
    releaseHistory: {
      history: [
        { ...history, action: 'correct', note: 'The meeting begins at nine.', replaced: written },
        { ...history, action: 'publish', note: '' },
      ],
    },
    keptPreview,
    madePreview: {
      ...keptPreview,
      warnings: [],
      url: addresses.preview('5d41402abc4b2a76b9719d911017c592'),
    },
    previewList: { previews: [keptPreview] },
    topic: { label: { [language]: 'border control' }, aliases: ['border policy'] },
    topicReceipt: { change: 'created', slug: 'border-control' },
    topicHistory: { history: [{ ...history, action: 'publish', note: '' }] },
    fileReceipt: { change: 'created', file: 'media/2026/agenda.pdf', size: 48_213 },
    file: { file: 'media/2026/agenda.pdf', type: 'application/pdf', size: 48_213 },
    mended: { change: 'unchanged', sentences: [] },
  }
}

export type Samples = ReturnType<typeof createSamples>
