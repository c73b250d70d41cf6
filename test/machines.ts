// Real services by a clock that tests set, each on a machine of its own as far as that can be said of folders, and
// nginx in front of them.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { baseUrl, type Fetch } from './platforms.ts'
import { freePort, type Server, type SharedClock, spawnServer, until } from './server.ts'

const project = join(import.meta.dirname, '..')
export const token = 'a-secret-of-the-newsroom'

export const hasNginx = spawnSync('nginx', ['-v'], { stdio: 'ignore' }).error === undefined

/** A machine with a service that can be started, killed and started again. */
export class Machine {
  readonly port: number
  readonly content: string
  readonly #settings: Record<string, string>
  #server: Server | undefined

  constructor(
    port: number,
    { data, content, clock }: { data: string; content: string; clock: SharedClock },
  ) {
    this.port = port
    this.content = content
    mkdirSync(data, { recursive: true })
    this.#settings = {
      ...clock.environment,
      PORT: String(port),
      BASE_URL: baseUrl,
      DATABASE: join(data, 'tiedote.db'),
      PUBLISH_TOKENS: `newsroom=${token}`,
    }
  }

  get isUp(): boolean {
    return this.#server !== undefined
  }

  async start() {
    const server = await spawnServer(this.content, this.#settings)
    this.#server = server
    await until(() => /^Serving/m.test(server.output()))
  }

  /** As when the power fails, unless another signal is named. */
  async stop(signal: NodeJS.Signals = 'SIGKILL') {
    const server = this.#server
    this.#server = undefined
    server?.process.kill(signal)
    await server?.exit
  }

  /** Runs a command beside the service, and answers how many seconds it took. */
  async run(...parameters: string[]): Promise<number> {
    const began = performance.now()
    const child = spawn(process.execPath, ['src/cli/tiedote.ts', ...parameters], {
      cwd: project,
      env: { ...process.env, ...this.#settings },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    if (code !== 0) throw new Error(`${parameters.join(' ')} ended with ${code}: ${output}`)
    return (performance.now() - began) / 1000
  }
}

type Nginx = {
  /** Lines in place of those that name the machines. */
  upstream: string[]
  /** Whether it answers from its cache while no machine does. */
  hasCache: boolean
}

/** nginx with the configuration of `deploy/nginx-two-machines.conf`, at a port of its own and without TLS. */
export async function startNginx(folder: string, nginx: Nginx) {
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configuration(folder, port, nginx))
  const child = spawn('nginx', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${complaints}`)
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined)
    return answer?.status === 403
  })
  return { port, fetch: fetchAt(port), stop: () => end(child) }
}

/** Its clock is that of the machine, by which five minutes are days of the services: so it keeps answers for a second. */
const ofASecond = 'proxy_ignore_headers Cache-Control; proxy_cache_valid 200 1s;'

function configuration(folder: string, port: number, { upstream, hasCache }: Nginx): string {
  const text = readFileSync(join(project, 'deploy/nginx-two-machines.conf'), 'utf8')
    .replace(/(upstream tiedote \{)[^}]*\}/, `$1 ${upstream.join(' ')} keepalive 16; }`)
    .replace('listen 80;', `listen unix:${folder}/http.sock;`)
    .replace('listen 443 ssl;', `listen 127.0.0.1:${port};`)
    .replaceAll(/^ *ssl_.*\n/gm, '')
    .replace('/var/cache/nginx/tiedote', `${folder}/cache`)
    .replace('/var/log/nginx', folder)
    .replace('proxy_cache tiedote;', hasCache ? `proxy_cache tiedote; ${ofASecond}` : '')
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const temporary = paths.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
  return `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events {}
http { access_log off; ${temporary}
${text}
}
`
}

async function end(child: ChildProcess) {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

/** Asks at a port of this machine, and takes what comes as it comes: `fetch` would decode it. */
export function fetchAt(port: number): Fetch {
  const agent = new Agent({ keepAlive: true })
  return async (address, init) => {
    const { pathname, search } = new URL(address, baseUrl)
    const { promise, resolve, reject } = Promise.withResolvers<Response>()
    const options = {
      host: '127.0.0.1',
      port,
      path: pathname + search,
      method: init?.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init?.headers)),
      agent,
    }
    request(options, (answer) => {
      const headers = new Headers()
      for (let at = 0; at < answer.rawHeaders.length; at += 2)
        headers.append(answer.rawHeaders[at]!, answer.rawHeaders[at + 1]!)
      const status = answer.statusCode!
      answer.toArray().then((parts: Buffer[]) => {
        resolve(new Response(status === 304 ? null : Buffer.concat(parts), { status, headers }))
      }, reject)
    })
      .once('error', reject)
      .end(init?.body as string | undefined)
    return promise
  }
}

export function removeFolder(folder: string) {
  rmSync(folder, { recursive: true, force: true })
}
