import * as v from 'valibot'
import type { FileProblem } from './domain/problem.ts'
import { presentPublisher, type Site, slug } from './domain/site.ts'
import type { Token } from './http/api/authentication.ts'

/** A setting as text, with the sentence that names it when it is wrong. */
const port = v.pipe(
  v.optional(v.string(), '3000'),
  v.regex(/^\d{1,5}$/, 'PORT must be a number from 0 to 65535, such as 3000.'),
  v.transform(Number),
  v.maxValue(65_535, 'PORT must be a number from 0 to 65535, such as 3000.'),
)
const baseUrl = v.pipe(
  v.string(),
  v.check(
    (text) => pathOf(text) === '/',
    ({ input }) =>
      `BASE_URL has a path, ${pathOf(input)}. Tiedote answers at the root of a host: give it a host of its own, and write the origin alone, such as ${originOf(input)}.`,
  ),
  v.check(
    isOrigin,
    'BASE_URL must be an origin without a path, such as https://releases.example.org.',
  ),
  v.transform((text) => new URL(text).origin),
)
const publishTokens = v.pipe(
  v.optional(v.string(), ''),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const tokens = readTokens(dataset.value)
    const problems = checkTokens(tokens)
    for (const message of problems) addIssue({ message })
    return problems.length > 0 ? NEVER : tokens
  }),
)

const feedPages = v.pipe(
  v.optional(v.string(), 'on'),
  v.picklist(['on', 'off'], 'FEED_PAGES must be on or off.'),
  v.transform((value) => value === 'on'),
)

const hub = v.pipe(
  v.optional(v.picklist(['on', 'off'], 'HUB must be on or off.')),
  v.transform((value) => value && value === 'on'),
)

/** `readAllowList` reads it, which no reader of a Worker is to load. */
const hubAllow = v.optional(v.string(), '')

const log = v.optional(v.picklist(['text', 'json'], 'LOG must be text or json.'))

const nodeSchema = v.object({
  PORT: port,
  HOST: v.optional(v.string(), '0.0.0.0'),
  BASE_URL: v.optional(baseUrl),
  CONTENT_DIR: v.optional(v.string(), 'content'),
  DATABASE: v.optional(v.string(), 'data/tiedote.db'),
  PUBLISH_TOKENS: publishTokens,
  FEED_PAGES: feedPages,
  HUB: hub,
  HUB_ALLOW: hubAllow,
  LOG: log,
})

const workerSchema = v.object({
  BASE_URL: v.optional(baseUrl),
  PUBLISH_TOKENS: publishTokens,
  FEED_PAGES: feedPages,
  HUB: hub,
  HUB_ALLOW: hubAllow,
})

/** Settings of the Node entry. */
export type NodeConfig = {
  port: number
  host: string
  baseUrl: string
  contentDirectory: string
  database: string
  hasFeedPages: boolean
  /** Whether feeds announce our hub, and new subscriptions to it are taken. */
  hasHub: boolean
  /** HUB_ALLOW as it is written: who the hub may call although they are private. */
  hubAllow: string
  tokens: Token[]
  /** How requests are logged; undefined to choose by where the log goes. */
  log: 'text' | 'json' | undefined
}

/** Settings of the Worker. */
export type WorkerConfig = Pick<
  NodeConfig,
  'baseUrl' | 'hasFeedPages' | 'hasHub' | 'hubAllow' | 'tokens'
>

/** Reads the environment. Throws an Error that names every wrong setting. */
export function readNodeConfig(environment: Record<string, string | undefined>): NodeConfig {
  const settings = parse(nodeSchema, environment)
  const { PORT, BASE_URL: baseUrl = `http://localhost:${PORT}` } = settings
  return {
    port: PORT,
    host: settings.HOST,
    baseUrl,
    contentDirectory: settings.CONTENT_DIR,
    database: settings.DATABASE,
    hasHub: hasHubAt(baseUrl, settings.HUB),
    hubAllow: settings.HUB_ALLOW,
    hasFeedPages: settings.FEED_PAGES,
    tokens: settings.PUBLISH_TOKENS,
    log: settings.LOG,
  }
}

/** Subscribers could not reach a hub at an address that is not public, which an origin without https mostly is. */
function hasHubAt(baseUrl: string, setting: boolean | undefined): boolean {
  return setting ?? baseUrl.startsWith('https:')
}

/** Reads the only setting that the bundle depends on. */
export function readContentDirectory(environment: Record<string, string | undefined>): string {
  return parse(v.pick(nodeSchema, ['CONTENT_DIR']), environment).CONTENT_DIR
}

/**
 * Reads the variables of a Worker. On a developer's own machine BASE_URL may be missing and is then the origin
 * of the request. Elsewhere the first request would otherwise decide the name of the service.
 */
export function readWorkerConfig(
  variables: Record<string, unknown>,
  requestUrl: string,
): WorkerConfig {
  const settings = parse(workerSchema, variables)
  const { FEED_PAGES: hasFeedPages, PUBLISH_TOKENS: tokens } = settings
  const { origin, hostname } = new URL(requestUrl)
  const baseUrl = settings.BASE_URL ?? (isOwnMachine(hostname) ? origin : undefined)
  const hubAllow = settings.HUB_ALLOW
  if (baseUrl)
    return { baseUrl, hasHub: hasHubAt(baseUrl, settings.HUB), hubAllow, hasFeedPages, tokens }
  throw new Error('BASE_URL is not set. Write the public origin under [vars] in wrangler.toml.')
}

/**
 * Whether a request came to the host of BASE_URL. Any other host may be a preview, and a preview must not
 * change what all versions share.
 */
export function isAtHome(requestUrl: string, baseUrl: string): boolean {
  const asked = new URL(requestUrl).hostname
  const home = new URL(baseUrl).hostname
  return asked === home || (isOwnMachine(asked) && isOwnMachine(home))
}

/** Whether a host name is that of the machine itself. */
export function isOwnMachine(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}

/** An empty value counts as not set, so that what a file sets can be switched off. */
function parse<Schema extends v.ObjectSchema<v.ObjectEntries, undefined>>(
  schema: Schema,
  settings: Record<string, unknown>,
): v.InferOutput<Schema> {
  const set = Object.keys(schema.entries)
    .map((name) => [name, settings[name]] as const)
    .filter(([, value]) => value !== '' && value !== undefined)
  const result = v.safeParse(schema, Object.fromEntries(set))
  if (result.success) return result.output
  throw new Error(result.issues.map((issue) => issue.message).join('\n'))
}

/** The path of an address; `/` of what is none, which is refused for that. */
function pathOf(text: string): string {
  return URL.canParse(text) && /^https?:/.test(text) ? new URL(text).pathname : '/'
}

function originOf(text: string): string {
  return new URL(text).origin
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, pathname, search, hash, username } = new URL(text)
  return /^https?:$/.test(protocol) && pathname === '/' && !search && !hash && !username
}

/** `name=secret`, or `name@publisher+publisher=secret`, several parted by commas. Nothing is checked yet. */
export function readTokens(text: string): Token[] {
  return text === '' ? [] : text.split(',').map(readToken)
}

/**
 * Whatever follows `@` limits the token. If nothing follows, it must not become a token that may do
 * everything.
 */
function readToken(text: string): Token {
  const [who = '', ...rest] = text.split('=')
  const [name = '', ...limits] = who.split('@')
  const secret = rest.join('=')
  if (limits.length === 0) return { name, secret }
  return { name, publishers: limits.join('@').split('+'), secret }
}

/** Problems of tokens, in sentences that name them and never a secret. */
export function checkTokens(tokens: Token[]): string[] {
  if (tokens.some(isMalformed)) {
    return [
      'PUBLISH_TOKENS must be name=secret or name@publisher+publisher=secret, several parted by commas, each secret of 16 characters or more.',
    ]
  }
  return tokens.flatMap((token, index) => {
    const { name, publishers, secret } = token
    const before = tokens.slice(0, index)
    const wrong = (publishers ?? []).filter((one) => !v.is(slug, one))
    return [
      ...(wrong.length > 0
        ? [
            `PUBLISH_TOKENS limits ${name} to "${wrong.join('" and "')}", which is no publisher. Write short names of publishers after @, such as ${name}@customs+police=…, or leave @ out for a token that may publish for all.`,
          ]
        : []),
      ...(before.some((one) => one.secret === secret)
        ? [`PUBLISH_TOKENS gives ${name} the secret of another token. Give each its own.`]
        : []),
      ...(before.some((one) => one.name === name && !isSame(one, token))
        ? [
            `PUBLISH_TOKENS names ${name} twice, for different publishers. Give each token its own name.`,
          ]
        : []),
    ]
  })
}

/**
 * Warnings about tokens that are limited to publishers that the site does not have. Only warnings, because
 * `site.yaml` may change while the service runs.
 */
export function unknownPublishers(tokens: Token[], site: Site): FileProblem[] {
  const { publishers } = site
  const named = new Set(tokens.flatMap((token) => token.publishers ?? []))
  return [...named]
    .filter((one) => !Object.hasOwn(publishers, one))
    .map((one) => ({
      file: 'PUBLISH_TOKENS',
      line: 1,
      field: '',
      message: messageOf(one, site),
      warning: true,
    }))
}

function messageOf(publisher: string, site: Site): string {
  const present = presentPublisher(publisher, site)
  return present
    ? `A token is limited to ${publisher}, which is called ${present} by now. Write ${present}.`
    : `A token is limited to ${publisher}, which is no publisher of site.yaml. Write one of ${Object.keys(site.publishers).join(', ')}.`
}

function isMalformed({ name, publishers = [], secret }: Token): boolean {
  const isNamed = [name, ...publishers].every((one) => !/\s/.test(one)) && name !== ''
  return !isNamed || !/^[^,\s]{16,}$/.test(secret)
}

/** Two tokens may have the same name and different secrets: so a secret is replaced without a break. */
function isSame(one: Token, other: Token): boolean {
  const limits = ({ publishers }: Token) => publishers?.toSorted().join()
  return limits(one) === limits(other)
}
