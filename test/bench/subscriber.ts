// A reader that subscribes to a topic and believes what it is told.

type Item = { id: string; title: string; _tiedote: { status: string } }

type Ask = (
  path: string,
  headers: Record<string, string>,
) => Promise<{ status: number; headers: Headers; text: string } | undefined>

/** What is known of a release: the number in its title, and whether it stands. */
type Known = { version: number; isWithdrawn: boolean }

export type Subscriber = {
  poll(ask: Ask): Promise<void>
  /** What it did not learn of a release that was answered for. */
  faultOf(one: Known & { id: string; slug: string }): string | undefined
}

/** Polls the feed of a topic with its validators. What no reader may be told goes to `errors`. */
export function createSubscriber(topic: string, errors: string[]): Subscriber {
  const known = new Map<string, Known>()
  let validators: Record<string, string> = {}

  function learn({ id, title, _tiedote: { status } }: Item) {
    const version = Number(/version (\d+)$/.exec(title)?.[1] ?? 0)
    const isWithdrawn = status === 'withdrawn'
    const before = known.get(id)
    if (before && (version < before.version || (before.isWithdrawn && !isWithdrawn))) {
      errors.push(`${topic}: ${title} came after ${JSON.stringify(before)}`)
    }
    known.set(id, { version, isWithdrawn })
  }

  return {
    async poll(ask) {
      const answer = await ask(`/topics/${topic}.json`, validators)
      if (answer?.status !== 200) return
      const { items } = JSON.parse(answer.text) as { items: Item[] }
      if (new Set(items.map(({ id }) => id)).size < items.length) {
        errors.push(`${topic}: a document has a release twice`)
      }
      for (const item of items) learn(item)
      const { headers } = answer
      validators = {
        'if-none-match': headers.get('etag')!,
        'if-modified-since': headers.get('last-modified')!,
      }
    },
    faultOf({ id, slug, version, isWithdrawn }) {
      const found = known.get(id)
      if (!found) return `${topic}: ${slug} never came`
      if (found.version < version) return `${topic}: ${slug} is known in version ${found.version}`
      return isWithdrawn && !found.isWithdrawn ? `${topic}: ${slug} still stands` : undefined
    },
  }
}

/** Reads a feed and its archives back until all of some releases were seen. Answers those that were not. */
export async function walk(address: string, wanted: Set<string>): Promise<string[]> {
  const left = new Set(wanted)
  let next: string | undefined = address
  for (let documents = 0; next && left.size > 0 && documents < 200; documents++) {
    const answer = await fetch(next)
    const read = (await answer.json()) as { items: { id: string }[]; next_url?: string }
    for (const { id } of read.items) left.delete(id)
    next = read.next_url
  }
  return [...left]
}
