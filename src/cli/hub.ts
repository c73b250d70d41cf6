import { existsSync } from 'node:fs'
import { systemClock } from '../clock.ts'
import type { HubCount, HubOverview, HubSubscriber } from '../domain/hub-store.ts'
import { formatUtc } from '../domain/time.ts'
import { NotDone } from '../domain/tool.ts'
import { createHubOverview } from '../store/hub-overview.ts'
import { openStore } from '../store/open-store.ts'
import { upgrading } from '../upgrading.ts'
import { databaseOf } from './backup.ts'
import { type Context, explain, positiveNumber, type Register } from './program.ts'

/** Feeds and hosts that are named without `--all`. */
const mostNamed = 20

type Options = { remove?: number; all?: boolean }

/** `hub`: who subscribes to pushes, and what is owed to them. */
export const registerHub: Register = (program, context) => {
  const command = program
    .command('hub')
    .description('List who subscribes to pushes of feeds, and what is owed to them (Node only).')
    .argument('[host]', 'the host of callbacks whose subscriptions to list')
    .option('--all', 'list every feed and every host')
    .option('--remove <number>', 'end the subscription of this number', positiveNumber)
    .action(async (host: string | undefined, options: Options) => show(host, options, context))
  explain(
    command,
    ['hub', 'hub push.example.org', 'hub --remove 7'],
    'Callbacks are secrets of the subscribers, so hosts and numbers stand for them. Nobody is told of a subscription\nthat is removed: its subscriber may ask for it again.',
  )
}

async function show(
  host: string | undefined,
  { remove, all = false }: Options,
  { terminal, environment }: Context,
) {
  const path = databaseOf(environment)
  if (!existsSync(path)) throw new NotDone(`There is no ${path}.`)
  const database = await openStore(path, { mayBeMadeAnew: false, upgrading })
  const overview = createHubOverview(database)
  const now = systemClock.now()
  try {
    if (remove !== undefined) {
      if (!(await overview.remove(remove))) throw new NotDone(`There is no subscription ${remove}.`)
      terminal.say(`Subscription ${remove} is removed.`)
    } else if (host !== undefined) {
      const found = await overview.ofHost(host, now)
      if (found.length === 0) throw new NotDone(`Nobody at ${host} subscribes.`)
      for (const one of found) terminal.say(describeSubscriber(one))
    } else {
      for (const line of await describeAll(overview, now, all ? Infinity : mostNamed)) {
        terminal.say(line)
      }
    }
  } finally {
    database.close()
  }
}

async function describeAll(overview: HubOverview, now: number, most: number): Promise<string[]> {
  const { leaderUntil = 0, subscriptions, pending } = await overview.watched()
  if (subscriptions + pending === 0) return ['Nobody subscribes.']
  const feeds = await overview.byFeed(now)
  const hosts = await overview.byHost(now)
  const isLed = leaderUntil > now
  return [
    `${countOf(subscriptions, 'subscription')}, ${countOf(pending, 'request')} to be verified. ${isLed ? 'A service distributes.' : 'No service distributes at present.'}`,
    '',
    ...listed(feeds, most, (one) => `${one.address}: ${describeCount(one)}`),
    '',
    ...listed(hosts, most, (one) => {
      const { host, retryAt } = one
      const failing = retryAt ? `; it cannot be reached, next try ${formatUtc(retryAt)}` : ''
      return `${host}: ${describeCount(one)}${failing}`
    }),
  ]
}

function listed<T>(list: T[], most: number, describe: (one: T) => string): string[] {
  const rest = list.length - most
  return [...list.slice(0, most).map(describe), ...(rest > 0 ? [`And ${rest} more (--all).`] : [])]
}

function describeCount({ subscriptions, owed }: HubCount): string {
  return `${countOf(subscriptions, 'subscription')}${owed > 0 ? `, news owed to ${owed}` : ''}`
}

function describeSubscriber({ id, address, leaseUntil, isOwed, status }: HubSubscriber): string {
  const parts = [
    `until ${formatUtc(leaseUntil)}`,
    ...(status === undefined ? [] : [`last: ${status}`]),
    ...(isOwed ? ['news owed'] : []),
  ]
  return `${id}  ${address}  ${parts.join(', ')}`
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
