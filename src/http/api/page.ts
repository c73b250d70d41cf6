import { html } from 'hono/html'
import type { OpenApiDocument } from './openapi.ts'
import type { JsonSchema, Operation } from './operations.ts'
import { asCommand, type Step } from './walk.ts'

/** The OpenAPI document as a page that people can read, behind a walk for whoever begins. */
export function apiPage({ info, paths, servers }: OpenApiDocument, walk: Step[]) {
  const origin = servers[0]!.url
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation,
    })),
  )
  return html`<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${info.title}</title>
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main class="api">
<h1>Publishing from your own system</h1>
<p>${info.description}</p>
<p>The same for programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1), of which generators make types and clients.</p>
<section id="walk">
<h2>The first half hour, in five requests</h2>
<p>Try them on a service of your own: <code>PUBLISH_TOKENS=newsroom=$TOKEN npm start</code>, with a secret of 16 characters or more in <code>TOKEN</code>. Identities and tags are others there, and the times are yours.</p>
<ol>
${walk.map((step) => stepOf(step, origin))}</ol>
</section>
${operations.map(section)}
</main>
</body>
</html>
`
}

function stepOf(step: Step, origin: string) {
  return html`<li>
<p>${step.why}</p>
<pre tabindex="0"><code>${asCommand(step, origin)}</code></pre>
<p>${step.status}:</p>
<pre tabindex="0"><code>${JSON.stringify(step.answer, undefined, 2)}</code></pre>
</li>
`
}

function section({
  path,
  method,
  operation,
}: {
  path: string
  method: string
  operation: Operation
}) {
  const { summary, description, parameters = [], requestBody, responses } = operation
  const [[type, content] = ['', undefined]] = Object.entries(requestBody?.content ?? {})
  return html`<section>
<h2>${summary}</h2>
<p><code>${method} ${path}</code></p>
${description ? html`<p>${description}</p>` : ''}
${parameters.length > 0 ? html`<dl>${parameters.map(parameter)}</dl>` : ''}
${type ? html`<h3>Body: ${type}</h3>${fields(content?.schema)}` : ''}
${sample(responses)}
<h3>Answers</h3>
<dl>${Object.entries(responses).map(([status, one]) => html`<dt>${status}</dt><dd>${one.description}</dd>`)}</dl>
</section>
`
}

/** What is answered if all is well. */
function sample(responses: Operation['responses']) {
  const [content] = Object.values(responses[201]?.content ?? responses[200]?.content ?? {})
  if (content?.example === undefined) return ''
  const text = JSON.stringify(content.example, undefined, 2)
  return html`<h3>Sample answer</h3><pre tabindex="0"><code>${text}</code></pre>`
}

function parameter({
  in: where,
  name,
  description,
  schema,
}: NonNullable<Operation['parameters']>[number]) {
  const values = schema?.enum ? ` One of ${schema.enum.join(', ')}.` : ''
  return html`<dt><code>${name}</code> (${where})</dt><dd>${description}${values}</dd>`
}

function fields(schema: JsonSchema | undefined) {
  if (!schema?.properties) return ''
  const { properties, required = [] } = schema
  return html`<dl>${Object.entries(properties).map(
    ([name, one]) =>
      html`<dt><code>${name}</code>${required.includes(name) ? ', needed' : ''}</dt><dd>${shapeOf(one)}</dd>`,
  )}</dl>`
}

/** In few words: the errors say the rest, field by field. */
function shapeOf({ type, enum: values, items, properties, anyOf }: JsonSchema): string {
  if (values) return `one of ${values.slice(0, 12).join(', ')}`
  if (items) return `list of ${shapeOf(items)}`
  if (properties) return `{ ${Object.keys(properties).join(', ')} }`
  if (anyOf) return anyOf.map(shapeOf).join(' or ')
  return type === 'string' ? 'text' : (type ?? 'anything')
}
