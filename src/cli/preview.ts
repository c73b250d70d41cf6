import { spawn } from 'node:child_process'
import { readNodeConfig } from '../config.ts'
import { Preview } from './preview-server.ts'
import { type Context, explain, portNumber, type Register } from './program.ts'

type Options = { port: number; open: boolean }

/** `preview`: the whole service on this computer, with what is to come. */
export const registerPreview: Register = (program, context) => {
  const command = program
    .command('preview')
    .description(
      'Show a content folder as the public will see it, with drafts and what is to come.',
    )
    .argument('[folder]', 'the content folder (default: CONTENT_DIR, or content)')
    .option('--port <number>', 'where it is shown, on this computer alone', portNumber, 3080)
    .option('--no-open', 'do not open a browser')
    .action(async (folder: string | undefined, options: Options) => show(folder, options, context))
  explain(
    command,
    ['preview', 'preview ../office/content --port 8080'],
    'Pages and feeds are those of the service. Whatever is not public is marked, and /preview lists what\ncomes out when. A saved file is shown within seconds, and what is wrong with it is told. Only this\ncomputer is listened to. Nothing is written. End it with Ctrl+C.',
  )
}

async function show(
  folder: string | undefined,
  { port, open }: Options,
  { terminal, environment }: Context,
) {
  const { baseUrl, contentDirectory } = readNodeConfig(environment)
  const preview = new Preview(folder ?? contentDirectory, { port, baseUrl, output: terminal })
  await preview.listen()
  terminal.say(`Shown at ${preview.address}/ on this computer alone. End it with Ctrl+C.`)
  await preview.start()
  if (open && terminal.canAsk) openBrowser(`${preview.address}/preview`)
  // Until the process is interrupted.
  await new Promise<never>(() => {})
}

/** Opens an address in the browser of this computer, where there is one. */
function openBrowser(address: string) {
  const { platform, env } = process
  const hasScreen = platform !== 'linux' || env.DISPLAY || env.WAYLAND_DISPLAY
  if (!hasScreen) return
  const command =
    platform === 'darwin' ? ['open'] : platform === 'win32' ? ['explorer.exe'] : ['xdg-open']
  const opening = spawn(command[0]!, [address], { detached: true, stdio: 'ignore' })
  opening.on('error', () => {})
  opening.unref()
}
