import { toJsonSchema } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'

// What operations of the OpenAPI document are made of.

/** JSON Schema of the draft 2020-12, as far as the page for people reads it. */
export type JsonSchema = {
  type?: string
  description?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  enum?: string[]
  anyOf?: JsonSchema[]
  format?: string
  readOnly?: boolean
  $ref?: string
}

type Parameter = {
  in: 'path' | 'query' | 'header'
  name: string
  required?: true
  description: string
  schema: JsonSchema & Record<string, unknown>
}

type Content = Record<string, { schema: JsonSchema; example?: unknown }>

/** What one method does at one path. */
export type Operation = {
  /** Clients that are generated call it so. */
  operationId: string
  summary: string
  description?: string
  parameters?: Parameter[]
  requestBody?: { required: true; content: Content }
  responses: Record<number, { description: string; content?: Content }>
}

/** Answers with a problem document (RFC 9457), by their status. */
export function refusals(...statuses: number[]): Operation['responses'] {
  const schema = { $ref: '#/components/schemas/Problem' }
  const content = { 'application/problem+json': { schema } }
  return Object.fromEntries(
    statuses.map((status) => [status, { description: meaning[status]!, content }]),
  )
}

const meaning: Record<number, string> = {
  400: 'It cannot be read.',
  401: 'No token, or one that is not known.',
  403: 'This token may not do that.',
  404: 'It is not there.',
  409: 'It cannot be changed here: it is in the content folder, was withdrawn, or its identity would change.',
  412: 'It is not what you know.',
  413: 'It is too large.',
  415: 'This kind of content is not taken.',
  422: 'Fields are wrong: "errors" names all of them.',
  429: 'Too many wrong tokens.',
  503: 'The store cannot be written now, or too much is sent at once. Nothing has changed.',
}

export function inPath(name: string, description: string): Parameter {
  return { in: 'path', name, required: true, description, schema: { type: 'string' } }
}

export function inHeader(name: string, description: string): Parameter {
  return { in: 'header', name, description, schema: { type: 'string' } }
}

export function inQuery(name: string, description: string, schema: Parameter['schema']): Parameter {
  return { in: 'query', name, description, schema }
}

export function body(type: string, schema: GenericSchema): Operation['requestBody'] & {} {
  return { required: true, content: { [type]: { schema: json(schema) } } }
}

export function answer(description: string, schema: GenericSchema, example?: unknown) {
  const shown = example === undefined ? {} : { example }
  return { description, content: { 'application/json': { schema: json(schema), ...shown } } }
}

/** What our own checks say beyond types has no words in JSON Schema; the errors have them. */
export function json(schema: GenericSchema): JsonSchema {
  const found = toJsonSchema(schema, {
    typeMode: 'input',
    errorMode: 'ignore',
    target: 'draft-2020-12',
  }) as JsonSchema
  return described(found)
}

/** What a field holds that is text, by its name. */
const textFormats: Record<string, string> = {
  ...Object.fromEntries(
    ['published', 'updated', 'authored', 'at', 'since', 'now', 'created', 'expires'].map((name) => [
      name,
      'date-time',
    ]),
  ),
  ...Object.fromEntries(['url', 'page', 'next'].map((name) => [name, 'uri'])),
  email: 'email',
}

/** A schema with the formats of its fields, and with what only answers have marked as that. */
function described(schema: JsonSchema): JsonSchema {
  const { properties, items, anyOf } = schema
  return {
    ...schema,
    ...(items && { items: described(items) }),
    ...(anyOf && { anyOf: anyOf.map(described) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, one]) => [name, describedField(name, one)]),
      ),
    }),
  }
}

function describedField(name: string, schema: JsonSchema): JsonSchema {
  const format = schema.type === 'string' ? textFormats[name] : undefined
  const isToRead = name === 'status' && schema.properties !== undefined
  return {
    ...described(schema),
    ...(format && { format }),
    ...(isToRead && { readOnly: true }),
  }
}
