import { type Answer, ask, ourselves } from './ask.ts'
import { kindOf } from './feed-checks.ts'
import type { Finding, Subject } from './finding.ts'
import { browser, readers } from './readers.ts'

/** Whether a rule about bots stands before the feeds. */
export async function examineReaders(subjects: Subject[]): Promise<Finding> {
  const check = 'Every reader is served as a browser is'
  const refused: string[] = []
  for (const subject of subjects) {
    const { address } = subject
    const show = (answer: Answer) => {
      const challenge = answer.headers['cf-mitigated'] ? ' with a challenge of Cloudflare' : ''
      return `${answer.status} ${kindOf(answer, subject)}${challenge}`
    }
    const usual = show(await ask(address, { 'User-Agent': browser, 'Accept-Encoding': 'gzip' }))
    if (usual !== '200 feed') refused.push(`a browser gets ${usual} at ${address}`)
    for (const [name, agent] of Object.entries(readers)) {
      const headers = { 'Accept-Encoding': 'gzip', ...(agent && { 'User-Agent': agent }) }
      const shown = show(await ask(address, headers))
      if (shown !== usual) refused.push(`${name} gets ${shown} at ${address}`)
    }
  }
  if (refused.length === 0) return { check, state: 'ok', text: Object.keys(readers).join(', ') }
  const more = refused.length > 8 ? `; and ${refused.length - 8} more` : ''
  return {
    check,
    state: 'wrong',
    text: `${refused.slice(0, 8).join('; ')}${more}`,
    advice:
      'Turn off challenges and rules about User-Agents for addresses of feeds (deploy/README.md, "A proxy in front").',
  }
}

/** What is answered where nothing is. */
export async function examineMissing(origin: string): Promise<Finding> {
  const check = 'What is not there is answered 404'
  const { status } = await ask(`${origin}/topics/no-such-topic-as-this.rss`, ourselves)
  if (status === 404) return { check, state: 'ok', text: '' }
  return {
    check,
    state: 'warning',
    text: `it is answered ${status}`,
    advice: 'Let the proxy pass errors through.',
  }
}

/** What `/healthz` says, where it is for everybody. */
export async function examineHealth(origin: string): Promise<Finding> {
  const check = '/healthz'
  const { status, body } = await ask(`${origin}/healthz`, ourselves)
  if ([401, 403, 404].includes(status))
    return { check, state: 'ok', text: 'not for everybody, as it should be' }
  const text = new TextDecoder().decode(body)
  if (status !== 200) {
    return {
      check,
      state: 'wrong',
      text: `it is answered ${status}`,
      advice: 'Look at the log of the service.',
    }
  }
  if (text.includes('"status":"ok"')) {
    return {
      check,
      state: 'ok',
      text: 'the service is well. In public, deny this address to others',
    }
  }
  return { check, state: 'warning', text: text.trim().slice(0, 500), advice: 'Mend the content.' }
}

/** Whether who asks without TLS finds the way. */
export async function examineUnencrypted(address: string): Promise<Finding> {
  const check = 'http leads to https in one step'
  const advice = 'Redirect with 301 or 308 to the same path (deploy/README.md, "A proxy in front").'
  try {
    const { status, headers } = await ask(address.replace(/^https:/, 'http:'), ourselves)
    const isRight = [301, 308].includes(status) && headers.location === address
    if (isRight) return { check, state: 'ok', text: '' }
    return {
      check,
      state: 'warning',
      text: `it is answered ${status} ${headers.location ?? ''}`,
      advice,
    }
  } catch (error) {
    return { check, state: 'warning', text: (error as Error).message, advice }
  }
}
