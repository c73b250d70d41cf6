import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { readSite, readTopics } from '../content/read-site.ts'
import { writeYaml } from '../content/yaml.ts'
import { formatProblem } from '../domain/problem.ts'
import type { Site } from '../domain/site.ts'
import { NotDone } from '../domain/tool.ts'
import type { Topic } from '../domain/topic.ts'
import { releaseFields } from './editor-fields.ts'
import { type Context, explain, oneOf, type Register } from './program.ts'

type Options = {
  repository: string
  backend: string
  branch: string
  path: string
  login?: string
  appId?: string
}

/** The version of the editor that was tried, and the digest of its program. */
const program = 'https://unpkg.com/@sveltia/cms@0.221.1/dist/sveltia-cms.js'
const digest = 'sha384-JQ+XsKx/UzwdTiNnFStza3XtqqQoVtyNPApkfvwlzZDfhe7giE9CnfQrpHqgv3k6'

/** `editor`: the configuration of an editor with a login for a content folder in Git. */
export const registerEditor: Register = (program, context) => {
  const command = program
    .command('editor')
    .argument('[folder]', 'content folder (default: that of the service)')
    .description('Write the configuration of a Git-based editor into a content folder.')
    .requiredOption('--repository <name>', 'where the folder is kept: owner/name')
    .option('--backend <name>', 'github, gitlab or gitea', oneOf(backends), 'github')
    .option('--branch <name>', 'what the service pulls', 'main')
    .option('--path <path>', 'where in the repository the folder lies', '')
    .option('--login <address>', 'of an authenticator, for GitHub')
    .option('--app-id <id>', 'of an application without a secret (PKCE), for GitLab or Gitea')
    .action(async (folder: string | undefined, options: Options) => write(folder, options, context))
  explain(
    command,
    ['editor ../releases --repository ministry/releases'],
    `Writes admin/index.html and admin/config.yml for Sveltia CMS, which Decap CMS reads as well. Run it again when topics,
publishers or languages change. The service does not serve them; deploy/README.md says who does, and how
people log in.`,
  )
}

const backends = ['github', 'gitlab', 'gitea'] as const

async function write(
  folder: string | undefined,
  options: Options,
  { terminal, environment }: Context,
) {
  const directory = folder ?? (environment.CONTENT_DIR || 'content')
  const { site, topics } = readFrame(directory)
  mkdirSync(join(directory, 'admin'), { recursive: true })
  const files = {
    'admin/config.yml': `# Written by tiedote editor. Change it there, or it is lost.\n${writeYaml(withoutSharing(configuration(site, topics, options)))}`,
    'admin/index.html': page,
  }
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(directory, name), text)
    terminal.say(join(directory, name))
  }
}

/** Site and topics of a folder. Throws NotDone with what is wrong with them. */
function readFrame(directory: string): { site: Site; topics: Topic[] } {
  const path = join(directory, 'site.yaml')
  if (!existsSync(path)) throw new NotDone(`There is no ${path}. Name a content folder.`)
  const { site, problems } = readSite(readFileSync(path, 'utf8'))
  const topicsPath = join(directory, 'topics.yaml')
  const text = existsSync(topicsPath) ? readFileSync(topicsPath, 'utf8') : ''
  const topics = site && readTopics(text, site.languages, site.timezone)
  const wrong = [...problems, ...(topics?.problems ?? [])].filter(({ warning }) => !warning)
  if (!site || !topics || wrong.length > 0) throw new NotDone(wrong.map(formatProblem).join('\n'))
  return { site, topics: topics.vocabulary.topics.filter(({ retired }) => !retired) }
}

/** What Sveltia and Decap CMS read. Files get the names and the shape that the service reads. */
function configuration(
  site: Site,
  topics: Topic[],
  { repository, backend, branch, path, login, appId }: Options,
): Record<string, unknown> {
  const inRepository = (name: string) => posix.join(path, name)
  return {
    backend: {
      name: backend,
      repo: repository,
      branch,
      ...(login && { base_url: login }),
      ...(appId && { auth_type: 'pkce', app_id: appId }),
    },
    media_folder: inRepository('media'),
    public_folder: 'media',
    slug: { encoding: 'ascii', clean_accents: true },
    i18n: {
      structure: 'multiple_files',
      locales: site.languages,
      default_locale: site.languages[0],
      // A release may be in one language only.
      initial_locales: 'default',
    },
    output: { omit_empty_optional_fields: true },
    editor: { preview: false },
    collections: [
      {
        name: 'releases',
        label: 'Releases',
        label_singular: 'Release',
        folder: inRepository('releases'),
        path: '{{year}}/{{slug}}',
        extension: 'md',
        format: 'yaml-frontmatter',
        create: true,
        // What was public is withdrawn, not deleted.
        delete: false,
        i18n: true,
        fields: releaseFields(site, topics),
      },
    ],
  }
}

/** YAML would write an object that stands in several places once, and lead there from the others. */
function withoutSharing(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Releases</title>
</head>
<body>
<script src="${program}" integrity="${digest}" crossorigin="anonymous"></script>
</body>
</html>
`
