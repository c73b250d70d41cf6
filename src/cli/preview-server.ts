import { systemClock } from '../clock.ts'
import { openFolder } from '../content/folder.ts'
import { watchFolder } from '../content/watch.ts'
import { createAddresses } from '../domain/addresses.ts'
import { isUnderEmbargo } from '../domain/embargo.ts'
import { type FileProblem, formatProblem } from '../domain/problem.ts'
import type { Draft } from '../domain/publishing.ts'
import type { Site } from '../domain/site.ts'
import type { Output } from '../domain/tool.ts'
import { readingInThreads } from '../read-in-threads.ts'
import { listen, type Listening } from '../http/listen.ts'
import { comingOut, sayComingOut, whenInWords } from './comes-out.ts'
import { listPage, type Surround, type Unseen, waitingPage, withMarks } from './preview-pages.ts'
import { RememberedReaders } from './remembered-readers.ts'
import { type Service, serviceInMemory } from './service.ts'

type Options = {
  /** 0 for one that is free. */
  port: number
  /** BASE_URL, which texts may name. */
  baseUrl: string
  output: Pick<Output, 'say' | 'tell'>
}

/** Only this machine is listened to: nobody else may see what is to come. */
const host = '127.0.0.1'
const namesOfHost = ['localhost', host, '[::1]']

/** A folder as the public will see it when everything in it has come out. */
export class Preview {
  readonly #directory: string
  readonly #options: Options
  readonly #readers = new RememberedReaders(readingInThreads)
  #listening: Listening | undefined
  #stopWatching = () => {}
  #isStopped = false
  #service: Service | undefined
  #site: Site | undefined
  #unseen: Unseen[] = []
  #problems: FileProblem[] = []
  /** The files as they were read last. */
  #files = ''
  #version = 0

  constructor(directory: string, options: Options) {
    this.#directory = directory
    this.#options = options
  }

  get address(): string {
    return `http://${host}:${this.#listening!.port}`
  }

  /** How many texts were read since the start. */
  get textsRead(): number {
    return this.#readers.count
  }

  /** Takes the address. */
  async listen() {
    const fetch = (request: Request) => this.#answer(request)
    this.#listening = await listen(fetch, { port: this.#options.port, host })
  }

  /** Shows the folder, and what is saved in it from now on. */
  async start() {
    await this.look()
    this.#stopWatching = watchFolder(this.#directory, () => this.look())
  }

  async stop() {
    this.#isStopped = true
    this.#stopWatching()
    await this.#listening?.close()
    this.#service?.close()
  }

  /** Reads the folder again if a file of it has changed, and says what came of it. */
  async look() {
    const files = await filesOf(this.#directory)
    if (this.#isStopped || files === this.#files) return
    this.#files = files
    const before = this.#problems
    const service = await serviceInMemory(this.#directory, {
      baseUrl: this.address,
      ownAddress: this.#options.baseUrl,
      isPreview: true,
      readers: this.#readers.forOneLook(),
    })
    this.#problems = service.problems
    if (service.problems.every(({ warning }) => warning)) await this.#show(service)
    else service.close()
    this.#version++
    this.#tell(before)
  }

  async #show(service: Service) {
    const now = systemClock.now()
    this.#service?.close()
    this.#service = service
    const { site } = await service.store.state(service.clock.now())
    this.#site = site
    this.#unseen = unseenOf(service, site, now)
  }

  #tell(before: FileProblem[]) {
    const { say, tell } = this.#options.output
    for (const problem of this.#problems) tell(formatProblem(problem))
    if (this.#problems.some(({ warning }) => !warning)) {
      tell(this.#service ? 'What was there before is shown until this is mended.' : 'Mend this.')
      return
    }
    if (before.some(({ warning }) => !warning)) tell('Mended.')
    const now = systemClock.now()
    const finished = this.#service!.drafts.filter((draft) => !isDraft(this.#service!, draft))
    say(sayComingOut(comingOut(finished, now), this.#site!, now).join(' '))
    for (const { release, status } of this.#unseen) {
      say(`  ${release.title} (${release.language}): ${status}`)
    }
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, hostname } = new URL(request.url)
    // A page from elsewhere may have a name of its own that leads to this machine.
    if (!namesOfHost.includes(hostname)) return text(`Ask for ${this.address}.`, 403)
    if (pathname === '/preview/version') return text(String(this.#version))
    if (!this.#service || !this.#site) {
      return page(
        waitingPage(this.#problems, this.#version),
        new Response(undefined, { status: 503 }),
      )
    }
    const addresses = createAddresses(this.address, this.#site)
    const surround = {
      unseen: this.#unseen,
      problems: this.#problems,
      addresses,
      version: this.#version,
    }
    if (pathname === '/preview') return page(listPage(surround), new Response())
    return marked(await this.#service.fetch(plainly(request)), pathname, surround)
  }
}

/** The same request for the whole answer, as it is written. */
function plainly(request: Request): Request {
  const headers = new Headers(request.headers)
  for (const name of ['accept-encoding', 'if-none-match', 'if-modified-since']) headers.delete(name)
  return new Request(request.url, { method: request.method, headers })
}

async function filesOf(directory: string): Promise<string> {
  const { releases, media, frame } = await openFolder(directory)
  const files = [...releases, ...media.values(), ...frame.values()]
  return files.map(({ path, size, modified }) => `${path} ${size} ${modified}`).join('\n')
}

function isDraft({ unfinished }: Service, { source }: { source: string }): boolean {
  return unfinished.some((one) => one.source === source)
}

function unseenOf(service: Service, site: Site, now: number): Unseen[] {
  // Drafts come last: nobody knows when they will be out.
  const comesOut = (draft: Draft) => (isDraft(service, draft) ? Infinity : draft.release.published)
  const inOrder = service.drafts.toSorted((a, b) => (comesOut(a) > comesOut(b) ? 1 : -1))
  return inOrder.flatMap((draft): Unseen[] => {
    const { release } = draft
    if (isDraft(service, draft)) return [{ release, status: 'a draft' }]
    if (release.withdrawn || !isUnderEmbargo(release.published, now)) return []
    return [{ release, status: `comes out ${whenInWords(release.published, site, now)}` }]
  })
}

async function marked(answer: Response, path: string, surround: Surround): Promise<Response> {
  const isPage = answer.headers.get('content-type')?.startsWith('text/html') && answer.body
  if (isPage) return page(withMarks(await answer.text(), path, surround), answer)
  const headers = new Headers(answer.headers)
  headers.set('Cache-Control', 'no-store')
  return new Response(answer.body, { status: answer.status, headers })
}

/** A page of ours in place of an answer. What the service says of its own page does not hold for it. */
function page(content: string, { status, headers: before }: Response): Response {
  const headers = new Headers(before)
  for (const name of ['etag', 'last-modified', 'content-length', 'content-security-policy']) {
    headers.delete(name)
  }
  headers.set('Content-Type', 'text/html; charset=utf-8')
  headers.set('Cache-Control', 'no-store')
  headers.set('X-Robots-Tag', 'noindex')
  return new Response(content, { status, headers })
}

function text(content: string, status = 200): Response {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' }
  return new Response(`${content}\n`, { status, headers })
}
