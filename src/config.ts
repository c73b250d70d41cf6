import * as v from 'valibot'
import type { Token } from './http/api/door.ts'

/** A setting as text, with the sentence that names it when it is wrong. */
const port = v.pipe(
  v.optional(v.string(), '3000'),
  v.regex(/^\d{1,5}$/, 'PORT must be a number from 0 to 65535, such as 3000.'),
  v.transform(Number),
  v.maxValue(65_535, 'PORT must be a number from 0 to 65535, such as 3000.'),
)
/** Empty counts as not set: so a developer leaves out what wrangler.toml says. */
const baseUrl = v.pipe(
  v.string(),
  v.check(
    (text) => text === '' || isOrigin(text),
    'BASE_URL must be an origin without a path, such as https://releases.example.org.',
  ),
  v.transform((text) => (text === '' ? undefined : new URL(text).origin)),
)
const publishTokens = v.pipe(
  v.optional(v.string(), ''),
  v.regex(
    /^$|^[^=,\s]+=[^,\s]{16,}(,[^=,\s]+=[^,\s]{16,})*$/,
    'PUBLISH_TOKENS must be name=secret, several parted by commas, each secret of 16 characters or more.',
  ),
  v.transform(readTokens),
)

/** `name=secret,name=secret`, as PUBLISH_TOKENS has them once it is checked. */
export function readTokens(text: string): Token[] {
  return text.split(',').filter(Boolean).map(readToken)
}

/** `name=secret`, or `name@publisher+publisher=secret`. */
function readToken(text: string): Token {
  const [who = '', ...rest] = text.split('=')
  const [name = '', publishers] = who.split('@')
  const secret = rest.join('=')
  return publishers ? { name, publishers: publishers.split('+'), secret } : { name, secret }
}

const feedPages = v.pipe(
  v.optional(v.string(), 'on'),
  v.picklist(['on', 'off'], 'FEED_PAGES must be on or off.'),
  v.transform((value) => value === 'on'),
)

const filled = (name: string) =>
  v.pipe(v.string(), v.nonEmpty(`${name} is empty. Write a path, or leave it out.`))

const nodeSchema = v.object({
  PORT: port,
  HOST: v.optional(filled('HOST'), '0.0.0.0'),
  BASE_URL: v.optional(baseUrl),
  CONTENT_DIR: v.optional(filled('CONTENT_DIR'), 'content'),
  DATABASE: v.optional(filled('DATABASE'), 'data/tiedote.db'),
  PUBLISH_TOKENS: publishTokens,
  FEED_PAGES: feedPages,
})

const workerSchema = v.object({
  BASE_URL: v.optional(baseUrl),
  PUBLISH_TOKENS: publishTokens,
  FEED_PAGES: feedPages,
})

/** Settings of the Node entry. */
export type NodeConfig = {
  port: number
  host: string
  baseUrl: string
  contentDirectory: string
  database: string
  hasFeedPages: boolean
  tokens: Token[]
}

/** Settings of the Worker. */
export type WorkerConfig = Pick<NodeConfig, 'baseUrl' | 'hasFeedPages' | 'tokens'>

/** Reads the environment. Throws an Error that names every wrong setting. */
export function readNodeConfig(environment: Record<string, string | undefined>): NodeConfig {
  const { PORT, HOST, BASE_URL, CONTENT_DIR, DATABASE, FEED_PAGES, PUBLISH_TOKENS } = parse(
    nodeSchema,
    environment,
  )
  return {
    port: PORT,
    host: HOST,
    baseUrl: BASE_URL ?? `http://localhost:${PORT}`,
    contentDirectory: CONTENT_DIR,
    database: DATABASE,
    hasFeedPages: FEED_PAGES,
    tokens: PUBLISH_TOKENS,
  }
}

/** Reads the only setting that the bundle for a Worker depends on. */
export function readContentDirectory(environment: Record<string, string | undefined>): string {
  return parse(v.pick(nodeSchema, ['CONTENT_DIR']), environment).CONTENT_DIR
}

/**
 * Reads the variables of a Worker. Without BASE_URL it is the origin of the request, on the
 * developer's own machine only: elsewhere whoever asks first would name the service.
 */
export function readWorkerConfig(
  variables: Record<string, unknown>,
  requestUrl: string,
): WorkerConfig {
  const {
    BASE_URL,
    FEED_PAGES: hasFeedPages,
    PUBLISH_TOKENS: tokens,
  } = parse(workerSchema, variables)
  const { origin, hostname } = new URL(requestUrl)
  if (BASE_URL) return { baseUrl: BASE_URL, hasFeedPages, tokens }
  if (isOwnMachine(hostname)) return { baseUrl: origin, hasFeedPages, tokens }
  throw new Error('BASE_URL is not set. Write the public origin under [vars] in wrangler.toml.')
}

/**
 * Whether a request came to the host that BASE_URL names. Any other may be the address of a preview, whose
 * version must not change what all versions have in common.
 */
export function isAtHome(requestUrl: string, baseUrl: string): boolean {
  const asked = new URL(requestUrl).hostname
  const home = new URL(baseUrl).hostname
  return asked === home || (isOwnMachine(asked) && isOwnMachine(home))
}

function isOwnMachine(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}

function parse<Schema extends v.GenericSchema>(
  schema: Schema,
  settings: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, settings)
  if (result.success) return result.output
  throw new Error(result.issues.map((issue) => issue.message).join('\n'))
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, pathname, search, hash, username } = new URL(text)
  return /^https?:$/.test(protocol) && pathname === '/' && !search && !hash && !username
}
