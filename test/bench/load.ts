import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import autocannon from 'autocannon'
import { isInstalled } from './processes.ts'

export type Load = {
  /** Full addresses, asked for in turn. */
  addresses: string[]
  headers?: Record<string, string>
  seconds: number
  /** What every answer must be. */
  status: 200 | 304
}

/** Answers per second, and how many there were. */
export type Pressed = { perSecond: number; total: number }

const connections = 10

/** What puts the service under load: wrk where it is installed, because it needs less of the machine. */
export const generator = isInstalled('wrk', '-v') ? 'wrk' : 'autocannon'

/** Answers per second under load. Throws when any is not what it must be. */
export function press(load: Load): Promise<Pressed> {
  return generator === 'wrk' ? pressWithWrk(load) : pressWithAutocannon(load)
}

async function pressWithAutocannon({
  addresses,
  headers = {},
  seconds,
  status,
}: Load): Promise<Pressed> {
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

/** Bytes that no answer without a body has, and every one with a feed. */
const leastOfFeed = 4000

async function pressWithWrk({ addresses, headers = {}, seconds, status }: Load): Promise<Pressed> {
  const [first = ''] = addresses
  const folder = mkdtempSync(join(tmpdir(), 'tiedote-bench-wrk-'))
  const script = join(folder, 'turns.lua')
  writeFileSync(script, inTurns(addresses.map(pathOf)))
  const sent = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const parameters = [`-t1`, `-c${connections}`, `-d${seconds}s`, ...sent, '-s', script, first]
  const { stdout } = await promisify(execFile)('wrk', parameters)
  rmSync(folder, { recursive: true })
  const [total = 0, bytes = 0, microseconds = 0, faults = 0] = stdout
    .split('\n')
    .find((line) => line.startsWith('summary '))!
    .split(' ')
    .slice(1)
    .map(Number)
  // wrk tells apart good and bad answers alone, so the bytes tell which good ones they were.
  const isFeed = bytes / total > leastOfFeed
  if (faults > 0 || isFeed !== (status === 200)) throw new Error(`${first} answered ${stdout}`)
  return { perSecond: total / (microseconds / 1_000_000), total }
}

/** What wrk is told in Lua: paths one after the other, and the sums in a line of their own. */
function inTurns(paths: string[]): string {
  const list = paths.map((path) => JSON.stringify(path)).join(',')
  return `local requests, last = {}, 0
init = function()
  for place, path in ipairs({${list}}) do requests[place] = wrk.format('GET', path) end
end
request = function()
  last = last % #requests + 1
  return requests[last]
end
done = function(summary)
  local errors = summary.errors
  local faults = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format('summary %d %d %d %d', summary.requests, summary.bytes, summary.duration, faults))
end
`
}

function pathOf(address: string): string {
  const { pathname, search } = new URL(address)
  return pathname + search
}
