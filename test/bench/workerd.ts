import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, type Server, startProcess, startScript } from './processes.ts'

const binary = join(import.meta.dirname, '../../node_modules/.bin/workerd')

export type Workerd = Server & {
  /** How many statements D1 was asked to run since it was started. */
  queries(): Promise<number>
}

/**
 * A built Worker in workerd alone: nothing of wrangler stands in front of it, and D1 is asked over HTTP in
 * another process, as it is where Workers run. A module that ends in .js is code, and any other is text.
 */
export async function startWorkerd(
  built: string,
  { inspector }: { inspector?: string } = {},
): Promise<Workerd> {
  const d1 = await startScript('d1.ts', { DATABASE: join(built, 'd1.db') })
  const port = await freePort()
  const configuration = join(built, 'workerd.capnp')
  writeFileSync(configuration, describe(built, { port, d1: d1.url }))
  const watched = inspector ? [`--inspector-addr=${inspector}`] : []
  const parameters = ['serve', configuration, '--experimental', ...watched]
  const server = await startProcess(binary, parameters, port, {}, '/feed.rss')
  return {
    ...server,
    queries: async () => Number(await (await fetch(d1.url)).text()),
    async stop() {
      await server.stop()
      await d1.stop()
    },
  }
}

/** A Worker that answers the same bytes to everybody: what workerd itself and the connection cost. */
export async function startNothing(folder: string, answer: string): Promise<Server> {
  const port = await freePort()
  const code = `const body = new TextEncoder().encode(${JSON.stringify(answer)})
    export default { fetch: (request) => request.headers.has('if-none-match')
      ? new Response(null, { status: 304 }) : new Response(body) }`
  writeFileSync(join(folder, 'worker.js'), code)
  const configuration = join(folder, 'workerd.capnp')
  writeFileSync(configuration, describe(folder, { port, d1: 'http://127.0.0.1:1' }))
  return startProcess(binary, ['serve', configuration, '--experimental'], port, {}, '/')
}

/** The language of https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp. */
function describe(folder: string, { port, d1 }: { port: number; d1: string }): string {
  const toml = readFileSync(join(import.meta.dirname, '../../wrangler.toml'), 'utf8')
  const [, date = ''] = /^compatibility_date = "(.*)"/m.exec(toml)!
  const names = readdirSync(folder).filter((name) => /\.(m?js|txt)$/.test(name))
  const modules = names
    .toSorted((a, b) => Number(b === 'worker.js') - Number(a === 'worker.js'))
    .map((name) => {
      const kind = name.endsWith('js') ? 'esModule' : 'text'
      return `(name = "${name}", ${kind} = embed "${name}")`
    })
  const elsewhere = (name: string, address: string) =>
    `(name = "${name}", external = (address = "${address.replace('http://', '')}", http = ()))`
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    ${elsewhere('d1', d1)},
    (name = "nothing", worker = .nothing),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${modules.join(', ')}],
  compatibilityDate = "${date}",
  compatibilityFlags = ["nodejs_compat"],
  cacheApiOutbound = "nothing",
  bindings = [
    (name = "DB", wrapped = (
      moduleName = "cloudflare-internal:d1-api",
      innerBindings = [(name = "fetcher", service = "d1")],
    )),
    (name = "ASSETS", service = "nothing"),
    (name = "BASE_URL", text = "http://127.0.0.1:${port}"),
  ],
);
const nothing :Workerd.Worker = (
  modules = [(name = "nothing.js", esModule = "export default { fetch: () => new Response(null, { status: 204 }) }")],
  compatibilityDate = "${date}",
);
`
}
