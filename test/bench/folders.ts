import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from './filled-store.ts'
import { type Line, releases, siteYaml, topicsYaml, version } from './input.ts'
import type { Setup } from './setup.ts'
import { writeFiles } from './workplace.ts'

/** The content folder of a measurement: made up, unless one was named. */
export function contentFolder(setup: Setup, count: number, form: 'jsonl' | 'markdown'): string {
  return setup.content ?? madeFolder(count, form)
}

/** A folder with releases in one file of JSONL for each thousand, or each in a file of Markdown. */
export function madeFolder(count: number, form: 'jsonl' | 'markdown'): string {
  const folder = join(cache, `${form}-${count}-${version}`)
  if (existsSync(folder)) return folder
  const unfinished = `${folder}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  writeFiles(unfinished, { 'site.yaml': siteYaml, 'topics.yaml': topicsYaml })
  mkdirSync(join(unfinished, 'releases'))
  const lines = [...releases(count)]
  if (form === 'jsonl') {
    for (let at = 0; at < count; at += 1000) {
      const text = lines.slice(at, at + 1000).map((line) => `${JSON.stringify(line)}\n`)
      writeFileSync(join(unfinished, 'releases', `${at}.jsonl`), text.join(''))
    }
  } else {
    for (const line of lines) writeMarkdown(unfinished, line)
  }
  renameSync(unfinished, folder)
  return folder
}

/** Writes a release as a press office would. */
export function writeMarkdown(folder: string, { slug, language, body, ...fields }: Line) {
  const front = Object.entries(fields).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  const text = body.html
    .replaceAll(/<h2>(.*?)<\/h2>/g, '## $1\n\n')
    .replaceAll(/<li>(.*?)<\/li>/g, '- $1\n')
    .replaceAll(/<p>(.*?)<\/p>/g, '$1\n\n')
    .replaceAll(/<\/?ul>/g, '\n')
  const year = fields.published.slice(0, 4)
  writeFiles(folder, {
    [`releases/${year}/${slug}.${language}.md`]: `---\n${front.join('\n')}\n---\n\n${text}`,
  })
}
