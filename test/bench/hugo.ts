// Hugo as a static site would use it: the same releases in Markdown, a page for each of them, and a feed
// with the full text of the newest 50 for each topic and language.
import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { languages, topics } from './input.ts'
import { writeFiles } from './workplace.ts'

const inFeed = 50

const settings = `baseURL = "https://example.org/"
defaultContentLanguage = "${languages[0]}"
[taxonomies]
topic = "topics"
[frontmatter]
date = ["published"]
[services.rss]
limit = ${inFeed}
${languages.map((language) => `[languages.${language}]\ntitle = "Releases"\n`).join('')}`

const release = `<!doctype html>
<html lang="{{ .Site.Language.Lang }}"><title>{{ .Title }}</title>
<h1>{{ .Title }}</h1><p>{{ .Params.lead }}</p>{{ .Content }}</html>
`

const list = `<!doctype html>
<html lang="{{ .Site.Language.Lang }}"><title>{{ .Title }}</title>
{{ range first ${inFeed} .RegularPages }}<p><a href="{{ .Permalink }}">{{ .Title }}</a></p>{{ end }}</html>
`

const feed = `{{ printf "<?xml version=\\"1.0\\" encoding=\\"utf-8\\"?>" | safeHTML }}
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>{{ .Title }}</title><link>{{ .Permalink }}</link><description>{{ .Title }}</description>
{{ $pages := .RegularPages }}{{ if .IsHome }}{{ $pages = .Site.RegularPages }}{{ end -}}
{{ range first .Site.Config.Services.RSS.Limit $pages }}<item>
<title>{{ .Title }}</title><link>{{ .Permalink }}</link><guid>{{ .Permalink }}</guid>
<pubDate>{{ .Date.Format "Mon, 02 Jan 2006 15:04:05 -0700" }}</pubDate>
{{ range .Params.topics }}<category>{{ . }}</category>{{ end }}
<description>{{ .Params.lead }}</description><content:encoded>{{ .Content | html }}</content:encoded>
</item>{{ end }}</channel></rss>
`

/** Writes a site for Hugo of the releases in a content folder. */
export function writeHugoSite(content: string, site: string) {
  writeFiles(site, {
    'hugo.toml': settings,
    'layouts/_default/single.html': release,
    'layouts/_default/list.html': list,
    'layouts/_default/rss.xml': feed,
  })
  cpSync(join(content, 'releases'), join(site, 'content/releases'), { recursive: true })
}

/** Seconds that Hugo takes for all of it, from nothing. */
export function buildWithHugo(site: string): number {
  for (const made of ['public', 'resources'])
    rmSync(join(site, made), { recursive: true, force: true })
  const began = performance.now()
  const { status, stderr } = spawnSync('hugo', ['--source', site, '--quiet'])
  const seconds = (performance.now() - began) / 1000
  if (status !== 0) throw new Error(`Hugo ended: ${String(stderr)}`)
  const ofTopic = readFileSync(join(site, 'public/topics', topics[0]!, 'index.xml'), 'utf8')
  if (ofTopic.split('<item>').length !== inFeed + 1) throw new Error('Hugo made other feeds.')
  return seconds
}
