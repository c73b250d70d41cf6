import { describe, expect, test } from 'vitest'
import { Metrics } from '../../src/http/metrics.ts'
import { readerFamilies } from '../../src/http/reader.ts'
import type { LoggedRequest } from '../../src/http/request-log.ts'

const answer: LoggedRequest = {
  at: 0,
  method: 'GET',
  path: '/topics/migration.rss',
  kind: 'feed',
  format: 'rss',
  status: 200,
  bytes: 1000,
  coding: 'br',
  milliseconds: 30,
  conditional: false,
  reader: { family: 'Miniflux' },
}

type Sample = { name: string; labels: Record<string, string>; value: number }

describe('what Prometheus reads (H-45)', () => {
  test('every request counts for its feed, format, status and reader', async () => {
    const metrics = new Metrics()
    metrics.record(answer)
    metrics.record({ ...answer, path: '/topics/migration.atom', format: 'atom' })
    metrics.record({ ...answer, status: 304, conditional: true, bytes: 0 })
    metrics.record({ ...answer, kind: 'page', format: undefined, path: '/', coding: undefined })
    const labels = { kind: 'feed', feed: '/topics/migration', format: 'rss', reader: 'Miniflux' }
    const { find } = await read(metrics)
    expect(find('tiedote_requests_total', { ...labels, status: '200' })).toEqual([1])
    expect(find('tiedote_requests_total', { ...labels, status: '304' })).toEqual([1])
    expect(find('tiedote_requests_total', { ...labels, status: '200', format: 'atom' })).toEqual([
      1,
    ])
    expect(find('tiedote_requests_total', { kind: 'page', feed: '', format: '' })).toEqual([1])
    expect(find('tiedote_response_bytes_total', { kind: 'feed', format: 'rss' })).toEqual([1000])
    expect(find('tiedote_response_bytes_total', { kind: 'page', coding: 'identity' })).toEqual([
      1000,
    ])
  })

  test('requests take seconds, in buckets up to what readers wait for', async () => {
    const metrics = new Metrics()
    for (const milliseconds of [0.4, 30, 9000]) metrics.record({ ...answer, milliseconds })
    const { find } = await read(metrics)
    const bucket = (le: string) => find('tiedote_request_duration_seconds_bucket', { le })
    expect([bucket('0.001'), bucket('0.05'), bucket('5'), bucket('+Inf')].flat()).toEqual([
      1, 2, 2, 3,
    ])
    expect(find('tiedote_request_duration_seconds_sum', {})[0]).toBeCloseTo(9.0304)
  })

  test('the share of 304 is that of feeds alone, and is not there before any was asked for', async () => {
    const metrics = new Metrics()
    metrics.record({ ...answer, kind: 'page', status: 304 })
    metrics.record({ ...answer, status: 503 })
    expect((await read(metrics)).find('tiedote_not_modified_ratio', {})).toEqual([])
    for (const status of [304, 200]) metrics.record({ ...answer, status })
    expect((await read(metrics)).find('tiedote_not_modified_ratio', {})).toEqual([0.5])
  })

  test('the health of each reader shows in what its conditional requests got', async () => {
    const metrics = new Metrics()
    for (const status of [304, 304, 200, 503]) {
      metrics.record({ ...answer, status, conditional: true })
    }
    metrics.record(answer)
    metrics.record({ ...answer, kind: 'page', conditional: true })
    const { samples } = await read(metrics)
    const outcomes = samples
      .filter(({ name }) => name === 'tiedote_conditional_requests_total')
      .map(({ labels, value }) => [labels['reader'], labels['outcome'], value])
    expect(outcomes).toEqual([
      ['Miniflux', 'not_modified', 2],
      ['Miniflux', 'changed', 1],
      ['Miniflux', 'failed', 1],
    ])
  })

  test('subscribers are those that the aggregator reported last', async () => {
    const metrics = new Metrics()
    for (const subscribers of [16, 12]) {
      metrics.record({ ...answer, reader: { family: 'Feedly', subscribers } })
    }
    metrics.record({ ...answer, reader: { family: 'Feedly' } })
    const { find } = await read(metrics)
    const labels = { feed: '/topics/migration', format: 'rss', reader: 'Feedly' }
    expect(find('tiedote_subscribers', labels)).toEqual([12])
  })

  test('renders and failures of the store are counted', async () => {
    const metrics = new Metrics()
    metrics.rendered('rss')
    metrics.rendered('rss')
    metrics.rendered('a format of a stranger')
    metrics.storeFailed()
    const { find } = await read(metrics)
    expect(find('tiedote_renders_total', { format: 'rss' })).toEqual([2])
    expect(find('tiedote_renders_total', { format: 'other' })).toEqual([1])
    expect(find('tiedote_store_failures_total', {})).toEqual([1])
  })

  test('two services in one process count apart', async () => {
    new Metrics().record(answer)
    expect((await read(new Metrics())).find('tiedote_requests_total', {})).toEqual([])
  })

  test('the answer says which text format it is', async () => {
    const { contentType } = await new Metrics().document()
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
  })
})

describe('what strangers send', () => {
  test('ten thousand feeds are no more than 500 and the others', async () => {
    const metrics = new Metrics()
    for (let index = 0; index < 10_000; index++) {
      const path = `/topics/${Math.random().toString(36).slice(2)}-${index}.rss`
      metrics.record({ ...answer, path, reader: { family: 'Feedly', subscribers: index } })
    }
    const { samples, find } = await read(metrics)
    for (const name of ['tiedote_requests_total', 'tiedote_subscribers']) {
      const feeds = samples.filter((sample) => sample.name === name)
      expect(feeds.length).toBeLessThanOrEqual(501)
    }
    expect(find('tiedote_requests_total', { feed: '(other)' })).toEqual([9500])
    expect(find('tiedote_subscribers', { feed: '(other)' })).toEqual([])
  })

  test('all feeds in all formats with all readers stay a document of bounded size', async () => {
    const metrics = new Metrics()
    for (let feed = 0; feed < 600; feed++) {
      for (const family of readerFamilies) {
        for (const format of ['rss', 'atom', 'json'] as const) {
          const path = `/topics/${'t'.repeat(100)}-${feed}.${format}`
          metrics.record({ ...answer, path, format, reader: { family } })
        }
      }
    }
    const { samples, body } = await read(metrics)
    expect(samples.length).toBeLessThan(11_000)
    expect(body.length).toBeLessThan(3_000_000)
    const total = samples.filter(({ name }) => name === 'tiedote_requests_total')
    expect(total.reduce((sum, { value }) => sum + value, 0)).toBe(600 * readerFamilies.size * 3)
  })

  test('statuses, readers and codings that nobody knows are one each', async () => {
    const metrics = new Metrics()
    for (let index = 0; index < 1000; index++) {
      metrics.record({
        ...answer,
        path: '/x',
        kind: 'error',
        status: 600 + index,
        coding: `coding-${index}`,
        reader: { family: `reader-${index}` },
      })
    }
    const { find } = await read(metrics)
    const labels = { status: 'other', reader: 'other' }
    expect(find('tiedote_requests_total', labels)).toEqual([1000])
    expect(find('tiedote_response_bytes_total', { coding: 'other' })).toEqual([1_000_000])
  })

  test('hostile paths leave the text valid', async () => {
    const metrics = new Metrics()
    const paths = [
      '/a"} 1\ntiedote_forged_total 9\n',
      '/back\\slash\\',
      '/\u2028\u0000\r',
      '/\ud800',
      '/\ud801',
      `/${'long'.repeat(5000)}`,
      '/ä?q=secret',
    ]
    for (const path of paths) metrics.record({ ...answer, path })
    const { samples, find, body } = await read(metrics)
    expect(find('tiedote_requests_total', { feed: paths[0]! })).toEqual([1])
    expect(find('tiedote_requests_total', { feed: '/\ufffd' })).toEqual([2])
    expect(samples.map(({ name }) => name)).not.toContain('tiedote_forged_total')
    expect(body).not.toMatch(/secret|(long){60}/)
  })

  test('numbers that cannot be leave the others right', async () => {
    const metrics = new Metrics()
    metrics.record({ ...answer, bytes: -5, milliseconds: -20 })
    const { find } = await read(metrics)
    expect(find('tiedote_response_bytes_total', {})).toEqual([0])
    expect(find('tiedote_request_duration_seconds_sum', {})).toEqual([0])
  })
})

async function read(metrics: Metrics) {
  // As it arrives: lone surrogates do not survive the way.
  const body = new TextDecoder().decode(new TextEncoder().encode((await metrics.document()).body))
  const samples = parseExposition(body)
  const find = (name: string, labels: Record<string, string>) =>
    samples
      .filter((sample) => sample.name === name)
      .filter((sample) =>
        Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
      )
      .map(({ value }) => value)
  return { body, samples, find }
}

/** Reads the text format of Prometheus 0.0.4, and throws at whatever it does not allow. */
function parseExposition(body: string): Sample[] {
  if (!body.endsWith('\n')) throw new Error('The last line does not end.')
  const types = new Map<string, string>()
  const seen = new Set<string>()
  const samples: Sample[] = []
  let family = ''
  let described = ''
  for (const line of body.split('\n')) {
    if (line === '') continue
    const help = /^# HELP ([a-z_]+) (?:[^\\]|\\\\|\\n)+$/.exec(line)
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line)
    if (help) {
      described = help[1]!
    } else if (type) {
      family = type[1]!
      if (family !== described || types.has(family)) throw new Error(`Out of place: ${line}`)
      if (family.endsWith('_total') !== (type[2] === 'counter'))
        throw new Error(`Named so: ${line}`)
      types.set(family, type[2]!)
    } else {
      const sample = parseSample(line)
      const suffix = types.get(family) === 'histogram' ? '(_bucket|_sum|_count)' : ''
      if (!new RegExp(`^${family}${suffix}$`).test(sample.name)) {
        throw new Error(`Not of ${family}: ${line}`)
      }
      const series = JSON.stringify([sample.name, ...pairsOf(sample.labels)])
      if (seen.has(series)) throw new Error(`Twice: ${line}`)
      seen.add(series)
      samples.push(sample)
    }
  }
  checkHistograms(samples)
  return samples
}

function parseSample(line: string): Sample {
  const pair = String.raw`[a-z_]+="(?:[^"\\]|\\["\\n])*"`
  const pattern = String.raw`^([a-z_]+)(?:\{(${pair}(?:,${pair})*)\})? (\d+(?:\.\d+)?(?:e[+-]\d+)?)$`
  const [, name, list = '', value] = new RegExp(pattern).exec(line) ?? []
  if (name === undefined) throw new Error(`Not a sample: ${JSON.stringify(line)}`)
  const labels: Record<string, string> = {}
  for (const [, label = '', text = ''] of list.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)) {
    if (label in labels) throw new Error(`Label twice: ${line}`)
    labels[label] = text.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))
  }
  return { name, labels, value: Number(value) }
}

function pairsOf(labels: Record<string, string>): string[] {
  return Object.entries(labels)
    .map((pair) => JSON.stringify(pair))
    .toSorted((one, other) => (one < other ? -1 : 1))
}

/** Buckets rise, and the last one holds everything. */
function checkHistograms(samples: Sample[]) {
  const counts = samples.filter(({ name }) => name.endsWith('_count'))
  for (const { name, labels, value } of counts) {
    const buckets = samples
      .filter((one) => one.name === name.replace('_count', '_bucket'))
      .filter((one) => one.labels['kind'] === labels['kind'])
    const values = buckets.map((one) => one.value)
    if (buckets.at(-1)?.labels['le'] !== '+Inf' || values.at(-1) !== value) {
      throw new Error(`The last bucket of ${name} is not everything.`)
    }
    if (values.some((one, index) => one < (values[index - 1] ?? 0))) {
      throw new Error(`The buckets of ${name} fall.`)
    }
  }
}
