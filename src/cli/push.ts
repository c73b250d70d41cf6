import { readFileSync } from 'node:fs'
import { systemClock } from '../clock.ts'
import { readNodeConfig } from '../config.ts'
import { type Dates, datings } from '../domain/publishing.ts'
import { NotDone } from '../domain/tool.ts'
import { pushFolder } from '../push/push-folder.ts'
import { readingInThreads } from '../read-in-threads.ts'
import { type Context, explain, oneOf, type Register } from './program.ts'

type Options = {
  to: string
  tokenFile?: string
  dates?: Dates
  dryRun?: true
  reinstate?: true
  insecure?: true
}

/** `push`: sends what changed in a content folder to a running service. */
export const registerPush: Register = (program, context) => {
  const command = program
    .command('push')
    .description('Send what changed in a content folder to a running service, through its API.')
    .argument('[folder]', 'the content folder (default: CONTENT_DIR, or content)')
    .requiredOption('--to <url>', 'where the service is')
    .option('--token-file <file>', 'a file with the token (default: PUBLISH_TOKEN)')
    .option(
      '--dates <what>',
      'news, keep or archive: what becomes of times that are over',
      oneOf(datings),
    )
    .option('--dry-run', 'have everything checked and change nothing')
    .option('--reinstate', 'let releases stand again that were withdrawn on the service')
    .option('--insecure', 'send the token over http, where anybody on the way can read it')
    .action(async (folder: string | undefined, options: Options) => push(folder, options, context))
  explain(
    command,
    [
      'push --to https://releases.example.org',
      'push ../office/content --to https://releases.example.org --token-file /run/secrets/push --dry-run',
    ],
    `Topics go first, then files, then releases, oldest first. What the service has already is not sent, so
the same command goes on after Ctrl+C or a lost connection. A release with a mistake is told and left out;
the others go. Nothing is ever withdrawn because it is missing in the folder: such releases are listed. The
folder has the last word about what is in it: changes made to it in another way are overwritten.

--dates news: what comes late is published now; more than fifty older than a week are history, which only
archives have. keep: all keep their times. archive: all keep them, and only archives have what is over.
Without --dates a service that has no release yet is filled with all times kept, also when that takes
several runs (.push/ in the folder remembers it); after that it is news.`,
  )
}

async function push(folder: string | undefined, options: Options, context: Context) {
  const { terminal, environment } = context
  const { dates, dryRun = false, reinstate = false } = options
  const origin = originOf(options)
  const token = tokenOf(options, environment)
  const directory = folder ?? readNodeConfig(environment).contentDirectory
  await pushFolder(
    { directory, origin, token, dates, isDryRun: dryRun, isReinstating: reinstate },
    { output: terminal, clock: systemClock, reading: readingInThreads },
  )
}

function originOf({ to, insecure }: Options): string {
  if (!URL.canParse(to) || !/^https?:$/.test(new URL(to).protocol)) {
    throw new NotDone(`${to} is no web address. Write it such as https://releases.example.org.`, 2)
  }
  const { protocol, origin, pathname, hostname, username } = new URL(to)
  if (pathname !== '/' || username) {
    throw new NotDone(`Name the service alone, such as ${origin}.`, 2)
  }
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\]|.*\.localhost)$/.test(hostname)
  if (protocol === 'https:' || isHere || insecure) return origin
  throw new NotDone(
    `Over http anybody on the way can read the token. Write https://${hostname}, or --insecure where nobody else is on the way.`,
    2,
  )
}

function tokenOf({ tokenFile }: Options, environment: Context['environment']): string {
  let token = environment.PUBLISH_TOKEN ?? ''
  if (tokenFile !== undefined) {
    try {
      token = readFileSync(tokenFile, 'utf8')
    } catch (error) {
      throw new NotDone(`The token cannot be read: ${(error as Error).message}.`, 2)
    }
  }
  token = token.trim()
  if (/^[\x21-\x7e]+$/.test(token)) return token
  throw new NotDone(
    token
      ? 'The token is no single word. Write the secret alone.'
      : 'There is no token. Set PUBLISH_TOKEN to a secret of the service, or name a file with --token-file.',
    2,
  )
}
