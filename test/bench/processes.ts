import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

const project = join(import.meta.dirname, '../..')

export const publishToken = 'a-token-for-the-benchmark'

/** A server in a process of its own, so that it is measured without what measures it. */
export type Server = {
  url: string
  process: ChildProcess
  /** Milliseconds from its start to its first answer. */
  startedAfter: number
  stop(): Promise<void>
}

type ServiceOptions = {
  /** Asked for until it is answered with 200. */
  path?: string
  /** The public origin, if it is not the address that the service has here. */
  baseUrl?: string
  /** Further settings. */
  environment?: Record<string, string>
  /** The folder of the program, if it is another than this one. */
  program?: string
  /** The file that the log goes to; without one it goes nowhere. */
  log?: string
}

/** The service as `npm start` starts it. */
export async function startService(
  content: string,
  database: string,
  { path = '/feed.rss', baseUrl, environment: more = {}, ...around }: ServiceOptions = {},
): Promise<Server> {
  const port = await freePort()
  const environment = {
    PORT: String(port),
    HOST: '127.0.0.1',
    BASE_URL: baseUrl ?? `http://127.0.0.1:${port}`,
    CONTENT_DIR: content,
    DATABASE: database,
    PUBLISH_TOKENS: `bench=${publishToken}`,
    ...more,
  }
  const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
    scripts: { start: string }
  }
  const words = scripts.start.split(' ')
  const program = words.indexOf('node')
  const parameters = words.slice(program + 1)
  const set = words.slice(0, program).map((one) => one.split('=', 2) as [string, string])
  const settings = { ...Object.fromEntries(set), ...environment }
  return startProcess(process.execPath, parameters, port, settings, path, around)
}

/** Starts a script of this folder that listens on PORT. */
export async function startScript(
  name: string,
  environment: Record<string, string>,
): Promise<Server> {
  const port = await freePort()
  const script = join(import.meta.dirname, name)
  return startProcess(process.execPath, [script], port, { ...environment, PORT: String(port) }, '/')
}

/** Starts a program and waits until it answers with 200. */
export async function startProcess(
  command: string,
  parameters: string[],
  port: number,
  environment: Record<string, string>,
  path: string,
  { program = project, log }: Pick<ServiceOptions, 'program' | 'log'> = {},
): Promise<Server> {
  const began = performance.now()
  const child = spawn(command, parameters, {
    cwd: program,
    env: { ...process.env, ...environment },
    stdio: ['ignore', log === undefined ? 'ignore' : openSync(log, 'w'), 'pipe'],
  })
  let complaints = ''
  child.stderr!.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const url = `http://127.0.0.1:${port}`
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${command} ended: ${complaints}`)
    const answer = await fetch(url + path).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.ok) break
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return {
    url,
    process: child,
    startedAfter: performance.now() - began,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Whether a program can be used here. */
export function isInstalled(command: string, version: string): boolean {
  return spawnSync(command, [version], { stdio: 'ignore' }).error === undefined
}

/** Milliseconds of processor time that a process and those it started have used; Linux only. */
export function processorTime(id: number): number {
  const fields = readFileSync(`/proc/${id}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  // By proc(5): utime and stime, in hundredths of a second.
  return 10 * (Number(fields[11]) + Number(fields[12]))
}

/** Megabytes of memory that a process has in use, and the most it ever had; Linux only. */
export function memoryOf(id: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${id}/status`, 'utf8')
  const read = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1000
  return { now: read('VmRSS'), most: read('VmHWM') }
}
