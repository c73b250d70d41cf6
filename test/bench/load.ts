import autocannon from 'autocannon'

export type Load = {
  /** Full addresses, asked for in turn. */
  addresses: string[]
  headers?: Record<string, string>
  seconds: number
  /** What every answer must be. */
  status: 200 | 304
}

const connections = 10

/** Answers per second under load, and how many there were. Throws when any is not what it must be. */
export async function press({ addresses, headers = {}, seconds, status }: Load) {
  const [first = ''] = addresses
  const requests = addresses.map((address) => ({ path: pathOf(address), headers }))
  const result = await autocannon({
    url: new URL(first).origin,
    connections,
    duration: seconds,
    requests,
  })
  const statuses = result as typeof result & { statusCodeStats?: Record<string, { count: number }> }
  const seen = statuses.statusCodeStats ?? {}
  const wrong = Object.keys(seen).filter((one) => Number(one) !== status)
  if (wrong.length > 0 || result.errors > 0) {
    throw new Error(`${first} answered ${JSON.stringify(seen)} with ${result.errors} errors`)
  }
  return { perSecond: result.requests.total / result.duration, total: result.requests.total }
}

function pathOf(address: string): string {
  const { pathname, search } = new URL(address)
  return pathname + search
}
