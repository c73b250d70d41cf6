import { type Addresses, storedOrigin } from '../domain/addresses.ts'
import { decoded } from '../domain/names.ts'
import type { FileProblem } from '../domain/problem.ts'
import type { Draft } from '../domain/publishing.ts'
import { placeInFile } from './place-in-file.ts'
import type { Service } from './service.ts'

/**
 * Links and pictures in the texts of releases at addresses of ours at which there is nothing. What is to come later
 * than the release that leads there is more than a warning, as long as that one is no draft itself.
 */
export async function findBrokenLinks(
  service: Service,
  directory: string,
  { addresses, baseUrl }: { addresses: Addresses; baseUrl: string },
): Promise<FileProblem[]> {
  const unfinished = new Set(service.unfinished.map(({ source }) => source))
  const known = new Map(
    [...service.unfinished, ...service.drafts].flatMap(({ source, release }) => {
      const comesOut = unfinished.has(source) ? Infinity : release.authored
      return [release.slug, ...release.formerly].map((slug) => {
        return [addresses.release({ slug, language: release.language }), comesOut] as const
      })
    }),
  )
  const problems: FileProblem[] = []
  for (const draft of [...service.drafts, ...service.unfinished]) {
    for (const link of ownLinks(draft.release.html, baseUrl)) {
      const comesOut = known.get(link)
      const message =
        comesOut === undefined ? await nothingAt(service, link) : laterThan(draft, comesOut, link)
      if (!message) continue
      const { file, line } = placeOf(draft, link, directory)
      if (isTold(service.problems, file, link)) continue
      const isWarning = comesOut === undefined || unfinished.has(draft.source)
      const problem = { file, line, field: 'body', message }
      problems.push(isWarning ? { ...problem, warning: true } : problem)
    }
  }
  return problems
}

/** Whether the loader has said already that an address is none, by the file's name that ends it. */
function isTold(problems: FileProblem[], file: string, link: string): boolean {
  const name = decoded(new URL(link).pathname.split('/').at(-1)!)
  if (name === '') return false
  return problems.some(
    (one) => one.file === file && one.message.includes(`${name}" is not in the media`),
  )
}

function ownLinks(html: string, baseUrl: string): string[] {
  const hrefs = Array.from(html.matchAll(/(?:href|src)="([^"#]*)/g), ([, href = '']) => href)
  const own = hrefs.map((href) => href.replaceAll('&amp;', '&').replace(storedOrigin, baseUrl))
  return [...new Set(own)].filter((href) => href === baseUrl || href.startsWith(`${baseUrl}/`))
}

function laterThan({ release }: Draft, comesOut: number, link: string): string | undefined {
  if (comesOut <= Math.max(release.authored, Date.now() / 1000)) return undefined
  if (comesOut === Infinity) {
    return `The link to ${link} leads nowhere as long as that release is a draft.`
  }
  return `The link to ${link} leads nowhere until that release comes out, which is later than this one.`
}

async function nothingAt(service: Service, link: string): Promise<string | undefined> {
  // Files that are missing are told of when the folder is read, others may be to come.
  if (new URL(link).pathname.startsWith('/media/')) return undefined
  const { status } = await service.fetch(new Request(link))
  if (status < 400) return undefined
  return `There is nothing at ${link}. Write the address of another page or release.`
}

/** Where a link stands in its file: at the first line that has the end of its address. */
function placeOf(
  { source }: Draft,
  link: string,
  directory: string,
): { file: string; line: number } {
  const end = decoded(new URL(link).pathname.split('/').at(-1)!)
  return placeInFile(source, directory, (line) => line.includes(end), 'last')
}
