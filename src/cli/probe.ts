import { NotDone } from '../domain/tool.ts'
import { formats } from '../feeds/formats.ts'
import { probeService } from '../probe/probe-service.ts'
import { type Context, explain, positiveNumber, type Register } from './program.ts'

/** `probe`: a deployed service as readers meet it. */
export const registerProbe: Register = (program, context) => {
  const command = program
    .command('probe')
    .description('Check a deployed service from outside, as readers meet it.')
    .argument('<address>', 'its public address')
    .option('--most <feeds>', 'look at no more feeds than this', positiveNumber, 300)
    .option('--json', 'write a report for programs')
    .action(async (address: string, options: Options) => probe(address, options, context))
  explain(
    command,
    ['probe https://releases.example.org', 'probe http://localhost:3000 --most 30'],
    'Asks for every feed three times, four at once, and for the first ones as several readers do. Nothing is\nchanged there.',
  )
}

type Options = { most: number; json?: true }

async function probe(address: string, { most, json }: Options, { terminal }: Context) {
  const origin = originOf(address)
  const { feeds, offered, findings } = await probeService(origin, {
    most,
    formats: Object.entries(formats).map(([name, { contentType }]) => ({ name, contentType })),
    output: terminal,
  })
  const wrong = findings.filter(({ state }) => state === 'wrong').length
  if (json) {
    terminal.say(JSON.stringify({ origin, ok: wrong === 0, feeds, findings }, undefined, 2))
  } else {
    for (const { check, state, text, advice } of findings) {
      terminal.say(`${terminal.mark(state)}  ${check}${text ? `: ${text}` : ''}`)
      if (advice) terminal.say(`${' '.repeat(9)}${advice}`)
    }
    const rest = offered > feeds ? ` of ${offered}; --most looks at more` : ''
    terminal.say(`${feeds} feeds looked at${rest}`)
  }
  if (wrong > 0) throw new NotDone(`Something is wrong at ${origin}.`)
}

function originOf(address: string): string {
  const whole = /^https?:\/\//.test(address) ? address : `https://${address}`
  if (URL.canParse(whole)) return new URL(whole).origin
  throw new NotDone(
    `${address} is no web address. Write one such as https://releases.example.org.`,
    2,
  )
}
