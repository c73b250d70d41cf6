import type { Output } from '../domain/tool.ts'
import { ask, ourselves } from './ask.ts'
import { feedChecks, type Observed, opaque } from './feed-checks.ts'
import type { Finding, Subject } from './finding.ts'

/** Requests at the same time: no more than a browser makes. */
const atOnce = 4

/** Looks at each feed, some at once, and says of each check how many feeds it found wanting. */
export async function examineFeeds(subjects: Subject[], output: Output): Promise<Finding[]> {
  const progress = output.progress('Feeds', subjects.length)
  const troubles = new Map(feedChecks.map(({ name }) => [name, [] as string[]]))
  const waiting = [...subjects]
  const work = async () => {
    for (let subject = waiting.shift(); subject; subject = waiting.shift()) {
      const observed = await observe(subject)
      for (const { name, trouble } of feedChecks) {
        const isThere = observed.plain.status === 200 || name === feedChecks[0]!.name
        const found = isThere && trouble(observed)
        if (found) troubles.get(name)!.push(`${subject.address} ${found}`)
      }
      progress.step()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work)).finally(() => progress.end())
  return feedChecks.map(({ name, advice, isWarning }) => {
    // Some are asked at once, and the same faults are to be told in the same words.
    const place = (text: string) =>
      subjects.findIndex(({ address }) => text.startsWith(`${address} `))
    const found = troubles.get(name)!.toSorted((a, b) => place(a) - place(b))
    if (found.length === 0)
      return { check: name, state: 'ok', text: `${subjects.length} of ${subjects.length}` }
    const more = found.length > 3 ? `; and ${found.length - 3} more` : ''
    const text = `${found.slice(0, 3).join('; ')}${more}`
    return { check: name, state: isWarning ? 'warning' : 'wrong', text, advice }
  })
}

async function observe(subject: Subject): Promise<Observed> {
  const once = async (): Promise<Observed> => {
    const plain = await ask(subject.address, ourselves)
    const etag = plain.headers.etag
    const again = etag ? await ask(subject.address, { ...ourselves, 'If-None-Match': etag }) : plain
    return { ...subject, plain, again, head: await ask(subject.address, ourselves, 'HEAD') }
  }
  const observed = await once()
  const { plain, again, head } = observed
  // A release may have come out between the questions.
  const isMoved = [again, head].some(
    ({ headers }) => opaque(headers.etag) !== opaque(plain.headers.etag),
  )
  return isMoved && plain.headers.etag ? once() : observed
}
