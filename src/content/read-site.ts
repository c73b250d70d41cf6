import * as v from 'valibot'
import { checkWritten, type FileProblem, type Problem } from '../domain/problem.ts'
import {
  checkPublishers,
  completeSite,
  languagesSchema,
  type Site,
  siteAdvice,
  siteSchema,
  timezoneSchema,
} from '../domain/site.ts'
import { checkVocabulary, createTopicReader, type VocabularySource } from '../domain/topic.ts'
import { parseYaml, type YamlSource } from './yaml.ts'

/**
 * Reads `site.yaml`. Without `site` the problems say why; `languages` may be known all the same, so
 * that the rest of a folder can be looked at.
 */
export function readSite(text: string): {
  site?: Site
  languages?: string[]
  problems: FileProblem[]
} {
  const source = parseYaml(text)
  const told = inFile('site.yaml', source, source.problems)
  if (told.some(({ warning }) => !warning)) return { problems: told }
  const stated = v.safeParse(v.looseObject({ languages: languagesSchema }), source.value)
  const languages = stated.success ? stated.output.languages : undefined
  const zone = v.safeParse(v.looseObject({ timezone: timezoneSchema }), source.value)
  const schema = siteSchema(languages ?? ['en'], zone.success ? zone.output.timezone : 'UTC')
  const checked = checkWritten(schema, source.value, siteAdvice)
  if ('problems' in checked) {
    const problems = [...told, ...inFile('site.yaml', source, checked.problems)]
    return { ...(languages && { languages }), problems }
  }
  const wrong = inFile('site.yaml', source, checkPublishers(checked.output))
  if (wrong.length > 0)
    return { languages: checked.output.languages, problems: [...told, ...wrong] }
  const site = completeSite(checked.output)
  return { site, languages: site.languages, problems: told }
}

/** Reads `topics.yaml`; `timezone` is that of its times. Topics that are wrong are left out, and the problems say why. */
export function readTopics(
  text: string,
  languages: string[],
  timezone: string,
): { vocabulary: VocabularySource; problems: FileProblem[] } {
  const source = parseYaml(text)
  const vocabulary: VocabularySource = { topics: [], renamed: {} }
  const told = inFile('topics.yaml', source, source.problems)
  if (told.some(({ warning }) => !warning)) return { vocabulary, problems: told }
  if (typeof source.value !== 'object' || Array.isArray(source.value) || source.value === null) {
    const message =
      'This is not a set of topics. Write one per line, such as migration: { label: migration }.'
    return {
      vocabulary,
      problems: [...told, ...inFile('topics.yaml', source, [{ field: '', message }])],
    }
  }

  const readTopic = createTopicReader(languages, timezone)
  const problems: Problem[] = []
  for (const [name, entry] of Object.entries(source.value)) {
    const { written, problems: found } = readTopic(name, entry)
    for (const problem of found) {
      problems.push({ ...problem, field: [name, problem.field].filter(Boolean).join('.') })
    }
    if (!written) continue
    if ('renamed' in written) vocabulary.renamed[name] = written.renamed
    else vocabulary.topics.push(written)
  }
  if (problems.every(({ warning }) => warning)) problems.push(...checkVocabulary(vocabulary))
  return { vocabulary, problems: [...told, ...inFile('topics.yaml', source, problems)] }
}

function inFile(
  file: string,
  source: YamlSource,
  problems: (Problem & { line?: number })[],
): FileProblem[] {
  return problems.map((problem) => ({
    ...problem,
    file,
    line: problem.line ?? source.lineOf(problem.field),
  }))
}
