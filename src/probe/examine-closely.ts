import { type Answer, ask, ourName } from './ask.ts'
import { kindOf } from './feed-checks.ts'
import type { Finding, Subject } from './finding.ts'

/** What one feed of each format shows of all: codings and conditions. */
export async function examineClosely(subject: Subject): Promise<Finding[]> {
  const { address } = subject
  const plain = await ask(address, ourName)
  const findings = [
    ...(await examineCodings(address, plain)),
    await examineDate(address, plain),
    await examineAccept(subject),
    examinePolicies(plain),
  ]
  const at = new URL(address).pathname
  return findings.map(({ check, ...rest }) => ({ check: `${check} (${at})`, ...rest }))
}

type Advice = { advice: string; state?: 'warning' }

function finding(check: string, trouble: string | undefined, { advice, state }: Advice): Finding {
  if (trouble === undefined) return { check, state: 'ok', text: '' }
  return { check, state: state ?? 'wrong', text: trouble, advice }
}

async function examineCodings(address: string, plain: Answer): Promise<Finding[]> {
  const wrong: string[] = []
  const uncoded: string[] = []
  if (plain.headers['content-encoding']) wrong.push('a coding comes unasked')
  for (const coding of ['gzip', 'br']) {
    const coded = await ask(address, { ...ourName, 'Accept-Encoding': coding })
    const sent = coded.headers['content-encoding']
    const isSame = !coded.garbled && Buffer.from(coded.body).equals(plain.body)
    if (!sent) uncoded.push(coding)
    else if (sent !== coding) wrong.push(`${sent} comes for ${coding}`)
    else if (!isSame) wrong.push(`${coding} ${coded.garbled ?? 'holds something else'}`)
  }
  return [
    finding('Codings are those that were asked for, and decode', wrong.join(', ') || undefined, {
      advice: 'Let the proxy leave Accept-Encoding and Content-Encoding alone.',
    }),
    finding(
      'Answers are compressed',
      uncoded.length > 0 ? `not with ${uncoded.join(' or ')}` : undefined,
      { advice: 'Let the proxy pass Accept-Encoding on.', state: 'warning' },
    ),
  ]
}

async function examineDate(address: string, { headers }: Answer): Promise<Finding> {
  const modified = headers['last-modified']
  const since = { ...ourName, 'If-Modified-Since': modified ?? '' }
  const status = modified ? (await ask(address, since)).status : 304
  return finding(
    'Who sends a date alone is told 304, too',
    status === 304 ? undefined : `is answered ${status}`,
    { advice: 'Let the proxy pass If-Modified-Since on.' },
  )
}

async function examineAccept(subject: Subject): Promise<Finding> {
  const headers = { ...ourName, Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
  const kind = kindOf(await ask(subject.address, headers), subject)
  return finding(
    'The feed is a feed also for who likes pages',
    kind === 'feed' ? undefined : `a ${kind} comes`,
    { advice: 'Let the proxy not choose by Accept.' },
  )
}

function examinePolicies({ headers }: Answer): Finding {
  const policies = ['x-content-type-options', 'access-control-allow-origin']
  const missing = policies.filter((name) => !headers[name])
  return finding(
    'Other headers come through',
    missing.length > 0 ? `${missing.join(', ')} missing` : undefined,
    { advice: 'Let the proxy leave them alone.', state: 'warning' },
  )
}
