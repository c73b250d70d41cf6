// Settings as an operator writes them: what is refused, and in which words.
import { expect, onTestFinished, test, vi } from 'vitest'
import { isAtHome, readNodeConfig, readWorkerConfig } from '../src/config.ts'
import { siteYaml, temporaryFolder } from './content-folder.ts'
import { startHere } from './start-here.ts'

const one = 'a-secret-of-sixteen-and-more'
const other = 'another-secret-of-this-length'

/** Reads it as both runtimes do: they answer alike. */
function tokensOf(text: string) {
  const node = readNodeConfig({ PUBLISH_TOKENS: text }).tokens
  const variables = { PUBLISH_TOKENS: text, BASE_URL: 'https://releases.example.org' }
  expect(readWorkerConfig(variables, 'https://x.example/').tokens).toEqual(node)
  return node
}

function refusalOf(text: string): string {
  const read = [
    () => readNodeConfig({ PUBLISH_TOKENS: text }),
    () =>
      readWorkerConfig(
        { PUBLISH_TOKENS: text, BASE_URL: 'https://releases.example.org' },
        'https://x.example/',
      ),
  ]
  const [sentence = '', again] = read.map((reading) => {
    try {
      return JSON.stringify(reading().tokens)
    } catch (error) {
      return (error as Error).message
    }
  })
  expect(again).toBe(sentence)
  return sentence
}

test('a token may publish for all, or for the publishers that stand behind @', () => {
  expect(tokensOf('')).toEqual([])
  expect(tokensOf(`newsroom=${one},joint@customs+police=${other}=@`)).toEqual([
    { name: 'newsroom', secret: one },
    { name: 'joint', publishers: ['customs', 'police'], secret: `${other}=@` },
  ])
  // As a token is changed without a break.
  expect(tokensOf(`a@customs+police=${one},a@police+customs=${other}`)).toHaveLength(2)
})

test('a token whose limits cannot be told is refused with a sentence that names it and no secret', () => {
  for (const limits of [
    '',
    '+customs',
    'customs+',
    'customs++police',
    'customs@police',
    '@customs',
    'Customs',
    'customs.example',
  ]) {
    const sentence = refusalOf(`other=${other},name@${limits}=${one}`)
    expect([limits, sentence]).toEqual([limits, expect.stringMatching(/limits name to "/)])
    expect(sentence).not.toMatch(new RegExp(`${one}|${other}`))
  }
  for (const text of [
    `@customs=${one}`,
    `=${one}`,
    'name=too-short',
    `name@customs=${one},`,
    `name@customs +police=${one}`,
    `na me=${one}`,
    one,
    ' ',
  ]) {
    expect([text, refusalOf(text)]).toEqual([text, expect.stringContaining('must be name=secret')])
  }
})

test('of two tokens with one secret, or one name and different rights, nobody could tell which it is', () => {
  expect(refusalOf(`a@customs=${one},b=${one}`)).toContain('gives b the secret of another token')
  expect(refusalOf(`a@customs=${one},a=${other}`)).toContain('names a twice')
})

test('a token for an unknown publisher is told, and stops no start', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => told.mockRestore())
  const site = `${siteYaml}  police: { renamed: customs }\n`
  const { database, isUsable, fetch } = await startHere(temporaryFolder({ 'site.yaml': site }), {
    DATABASE: ':memory:',
    PUBLISH_TOKENS: `a@customs+polise=${one},b@police=${other}`,
  })
  onTestFinished(() => database.close())
  const sentences = [
    'A token is limited to polise, which is no publisher of site.yaml.',
    'A token is limited to police, which is called customs by now. Write customs.',
  ]
  const health = await fetch('/healthz')
  const shown = await health.text()
  expect([isUsable, health.status]).toEqual([true, 200])
  for (const sentence of sentences) {
    expect(told.mock.calls.join()).toContain(sentence)
    expect(shown).toContain(sentence)
  }
})

test('LOG is text or json, and without it the place where the log goes decides', () => {
  expect(readNodeConfig({}).log).toBeUndefined()
  expect(readNodeConfig({ LOG: '' }).log).toBeUndefined()
  expect(readNodeConfig({ LOG: 'json' }).log).toBe('json')
  expect(readNodeConfig({ LOG: 'text' }).log).toBe('text')
  expect(() => readNodeConfig({ LOG: 'xml' })).toThrow('LOG must be text or json.')
})

test.each(['http', '-1', '65536', '123456', '80.5'])('PORT=%s is refused in words', (PORT) => {
  expect(() => readNodeConfig({ PORT })).toThrow(
    'PORT must be a number from 0 to 65535, such as 3000.',
  )
})

test.each([
  [
    'https://example.org/releases',
    'BASE_URL has a path, /releases. .* such as https://example.org',
  ],
  ['releases.example.org', 'must be an origin'],
  ['https://releases.example.org/?a=1', 'must be an origin'],
  ['https://user@releases.example.org', 'must be an origin'],
  ['ftp://releases.example.org', 'must be an origin'],
])('BASE_URL=%s is refused in words', (BASE_URL, sentence) => {
  expect(() => readNodeConfig({ BASE_URL })).toThrow(new RegExp(sentence))
})

test('an empty value counts as not set', () => {
  const names = ['PORT', 'HOST', 'BASE_URL', 'CONTENT_DIR', 'DATABASE', 'PUBLISH_TOKENS']
  const empty = Object.fromEntries(names.map((name) => [name, '']))
  expect(readNodeConfig({ ...empty, FEED_PAGES: '' })).toEqual(readNodeConfig({}))
})

test('there is a hub where subscribers can reach it, unless HUB says otherwise', () => {
  const hasHub = (BASE_URL: string, HUB = '') => readNodeConfig({ BASE_URL, HUB }).hasHub
  const [open, encrypted] = ['http://releases.example.org', 'https://releases.example.org']
  expect([hasHub(open), hasHub(encrypted)]).toEqual([false, true])
  expect([hasHub(open, 'on'), hasHub(encrypted, 'off')]).toEqual([true, false])
})

test('a Worker is at home at the host of BASE_URL, and on a machine of its own at any name of that', () => {
  const home = 'https://releases.example.org'
  expect(isAtHome('http://releases.example.org:8080/feed.rss', home)).toBe(true)
  expect(isAtHome('https://a-releases.example.org/feed.rss', home)).toBe(false)
  expect(isAtHome('http://localhost:8787/feed.rss', home)).toBe(false)
  expect(isAtHome('http://127.0.0.1:8787/feed.rss', 'http://localhost:3000')).toBe(true)
})
