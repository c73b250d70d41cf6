import type { SiteAndTopics } from '../../domain/publishing-store.ts'
import { formatUtc } from '../../domain/time.ts'
import { createSamples } from './samples.ts'

/** One request of the walk, and what it is answered. */
export type Step = {
  /** Why somebody sends it, in a sentence. */
  why: string
  /** Seconds after the first one. */
  after: number
  method: 'GET' | 'PUT' | 'POST'
  path: string
  body?: Record<string, unknown>
  status: number
  answer: Record<string, unknown>
}

/** A release from the first try to its withdrawal, in five requests to the service of this site. */
export function createWalk(siteAndTopics: SiteAndTopics, baseUrl: string): Step[] {
  const { receipt, written } = createSamples(siteAndTopics, baseUrl)
  const { slug, language, title, topics, body } = written
  const path = `/api/releases/${slug}/${language}`
  const release = { title, topics, body }
  const text = 'The meeting begins at ten.'
  const revised = (after: number) => {
    const updated = formatUtc(Date.parse(receipt.updated) / 1000 + after)
    return { ...receipt, change: 'revised', updated }
  }
  const [corrected, withdrawn] = [1800, 3600]
  const missing =
    'The field is missing. Write one line, such as title: Ministers to discuss migration.'
  return [
    {
      why: 'With dry-run nothing is changed, and whatever is wrong is named: here, there is no title.',
      after: 0,
      method: 'PUT',
      path: `${path}?dry-run`,
      body: { topics, body },
      status: 422,
      answer: {
        type: 'about:blank',
        title: 'Invalid fields',
        status: 422,
        detail: 'One field is wrong.',
        errors: [{ field: 'title', message: missing }],
      },
    },
    {
      why: 'Once this is answered, the release is on disk, and public within two seconds. Send it again whenever an answer is missing: that changes nothing.',
      after: 0,
      method: 'PUT',
      path,
      body: release,
      status: 201,
      answer: receipt,
    },
    {
      why: 'The release as it was written, with what was added, whether it is out, and in which feeds.',
      after: 0,
      method: 'GET',
      path,
      status: 200,
      answer: written,
    },
    {
      why: 'A correction says what it corrects. Whoever had the release gets it once more.',
      after: corrected,
      method: 'PUT',
      path,
      body: { ...release, body: { markdown: text }, change: { kind: 'correction', note: text } },
      status: 200,
      answer: revised(corrected),
    },
    {
      why: 'What is taken back is not deleted: readers are told why it is gone.',
      after: withdrawn,
      method: 'POST',
      path: `${path}/withdraw`,
      body: { reason: 'The meeting was called off.' },
      status: 200,
      answer: revised(withdrawn),
    },
  ]
}

/** A step as a command of a shell. */
export function asCommand({ method, path, body }: Step, baseUrl: string): string {
  const send = method === 'GET' ? '' : `-X ${method} `
  const lines = [
    `curl ${send}"${baseUrl}${path}"`,
    `  -H "Authorization: Bearer $TOKEN"${body ? ' -H "Content-Type: application/json"' : ''}`,
    ...(body ? [`  -d '${JSON.stringify(body).replaceAll("'", String.raw`'\''`)}'`] : []),
  ]
  return lines.join(' \\\n')
}
