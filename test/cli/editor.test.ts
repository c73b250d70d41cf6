// `editor`: what a Git-based editor saves by our configuration is what `check` accepts.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { registerCheck } from '../../src/cli/check.ts'
import { registerEditor } from '../../src/cli/editor.ts'
import type { FormField } from '../../src/cli/editor-fields.ts'
import { temporaryFolder, writeFiles } from '../content-folder.ts'
import { nodeService } from '../platforms.ts'
import { runCommand } from './run.ts'

type Configuration = {
  media_folder: string
  public_folder: string
  i18n: { locales: string[] }
  collections: { folder: string; path: string; extension: string; fields: FormField[] }[]
}

const write = (directory: string, ...more: string[]) =>
  runCommand(registerEditor, ['editor', directory, '--repository', 'ministry/releases', ...more])

/** What somebody types where any line would not do. */
const typed: Record<string, string> = {
  url: 'https://ministry.example/news',
  email: 'press@ministry.example',
  phone: '+358 295 480 171',
  start: '2026-11-30T09:00',
  end: '2026-12-01',
  corrects: 'small',
  replacedBy: 'small',
  slug: 'an-earlier-name',
}

/** What a field has when all of a form is filled in. */
function filled(field: FormField, folder: string): unknown {
  const { name, widget, label, options, multiple, fields, field: only, pattern } = field
  const inside = () => Object.fromEntries(fields!.map((one) => [one.name, filled(one, folder)]))
  switch (widget) {
    case 'boolean':
      return false
    case 'datetime':
      return '2026-11-02T09:30'
    case 'select':
      return multiple ? options!.map(({ value }) => value) : options!.at(-1)!.value
    case 'file':
      return `${folder}/agenda.pdf`
    case 'object':
      return inside()
    case 'list':
      return [only ? filled(only, folder) : inside()]
    case 'hidden':
      return undefined
    case 'markdown':
      return 'The **text**.\n\n- one'
  }
  const text = typed[name] ?? label
  if (pattern) expect(text).toMatch(new RegExp(pattern[0]))
  return text
}

/** What a field has that nobody has touched: as Sveltia leaves it out, or as an editor may save it. */
function untouched(field: FormField): unknown {
  const { widget, multiple, default: usual, fields } = field
  if (usual === '{{now}}') return '2026-11-01T09:00'
  if (usual !== undefined) return usual
  if (widget === 'list' || multiple) return []
  if (widget === 'object') return Object.fromEntries(fields!.map(({ name }) => [name, '']))
  return ''
}

/** The file as Sveltia CMS writes it (`contents/file/format.js`): with the same library, and these options. */
function saved({ body, ...fields }: Record<string, unknown>): string {
  const head = stringify(fields, null, {
    indent: 2,
    indentSeq: true,
    lineWidth: 0,
    defaultKeyType: 'PLAIN',
    defaultStringType: 'PLAIN',
    singleQuote: true,
  }).trim()
  return `---\n${head}\n---\n${body ? `\n${body as string}\n` : ''}`
}

function parseSaved(file: string): Record<string, unknown> {
  const [, head = '', body = ''] = file.split(/^---\n/m)
  return { ...(parse(head) as object), body: body.trim() }
}

test('whatever is filled in, what the editor saves is what check accepts and feeds show', async () => {
  const directory = temporaryFolder({ 'media/agenda.pdf': '%PDF-1.4' })
  expect(await write(directory)).toMatchObject({ code: 0, errors: '' })
  const written = readFileSync(join(directory, 'admin/config.yml'), 'utf8')
  const { collections, i18n, media_folder, public_folder } = parse(written) as Configuration
  const [{ folder, extension, fields } = collections[0]!] = collections
  expect([folder, media_folder, public_folder, extension]).toEqual([
    'releases',
    'media',
    'media',
    'md',
  ])
  expect(i18n.locales).toEqual(['en', 'fi', 'sv'])

  const valuesOf = (value: (field: FormField) => unknown, some = fields) =>
    Object.fromEntries(some.map((field) => [field.name, value(field)]))
  const all = valuesOf((field) => filled(field, public_folder))
  const { withdrawn: _, ...whole } = all
  const needed = fields.filter(({ required }) => required !== false)
  const small = { ...valuesOf(untouched, needed), title: 'Small: a #title', body: 'Text.' }
  writeFiles(directory, {
    // Only what is needed, as omit_empty_optional_fields leaves it; the same still a draft.
    'releases/2026/small.en.md': saved({ ...small, draft: false }),
    'releases/2026/waiting.en.md': saved(small),
    // With everything, in two languages, and withdrawn.
    'releases/2026/whole.en.md': saved(whole),
    'releases/2026/whole.fi.md': saved({ ...whole, corrects: undefined, formerly: undefined }),
    'releases/2026/gone.en.md': saved({ ...all, formerly: undefined }),
    // As an editor saves it that leaves nothing out, such as Decap.
    'releases/2026/empty.en.md': saved({
      ...valuesOf(
        untouched,
        fields.filter(({ widget }) => widget !== 'object'),
      ),
      ...small,
      draft: false,
    }),
  })
  // As Sveltia CMS 0.221.1 itself saved it, with this configuration.
  const itsOwn = `---
title: 'New border: station "opens"'
draft: true
published: 2026-11-30T14:06
lead: The lead.
publisher: ministry
kind: press-release
---

The text begins here.
`
  expect(saved(parseSaved(itsOwn))).toBe(itsOwn)
  writeFiles(directory, { 'releases/2026/new-border-station-opens.en.md': itsOwn })
  const checked = await runCommand(registerCheck, ['check', directory])
  expect(checked).toMatchObject({ code: 0 })
  const fetch = await nodeService(directory)
  const { items } = (await (await fetch('/feed.json')).json()) as { items: { title: string }[] }
  expect(items.map(({ title }) => title).toSorted()).toEqual([
    'Small: a #title',
    'Small: a #title',
    'Title',
    'Withdrawn: Title',
  ])
  const item = (await (await fetch('/releases/whole.json')).json()) as Record<string, never>
  expect(item).toMatchObject({
    summary: expect.stringContaining('Lead') as string,
    content_html: expect.stringContaining('<strong>text</strong>') as string,
    attachments: [{ url: expect.stringContaining('/media/agenda.pdf') as string }],
    _tiedote: { contacts: [{ name: 'Name', phone: typed.phone }], event: { end: typed.end } },
  })
})

test('a folder within a repository, and another service for it', async () => {
  const directory = temporaryFolder()
  const elsewhere = ['--path', 'content', '--backend', 'gitlab', '--branch', 'live']
  await write(directory, ...elsewhere, '--app-id', '42')
  expect(parse(readFileSync(join(directory, 'admin/config.yml'), 'utf8'))).toMatchObject({
    backend: {
      name: 'gitlab',
      repo: 'ministry/releases',
      branch: 'live',
      auth_type: 'pkce',
      app_id: '42',
    },
    media_folder: 'content/media',
    public_folder: 'media',
    collections: [{ folder: 'content/releases' }],
  })
  const page = readFileSync(join(directory, 'admin/index.html'), 'utf8')
  expect(page).toMatch(/<script src="https:\/\/\S+@\d[^"]+" integrity="sha384-/)
  expect(await write('/nowhere')).toMatchObject({
    code: 1,
    errors: expect.stringContaining('site.yaml'),
  })
})
