/** The reference of the API: a page for people, from the same descriptions as the other documents. */
import { html } from 'hono/html'
import { METHODS } from '../api.ts'
import type { Method } from '../method.ts'
import type { Field, Schema } from './field.ts'
import { COMMON, queryOf } from './parameters.ts'
import { idTemplate } from './place.ts'
import { SCHEMAS } from './schemas.ts'

/** A part of the page: what hono/html makes of a template. */
type Part = ReturnType<typeof html>

/** The page, whole. It has no script, and its style is reference-style.ts. */
export function referencePage(): string {
  const collections = Map.groupBy(METHODS, ({ id }) => id.split('.').at(-2) as string)
  return String(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width" />
          <title>Rollcall: the API</title>
          <link rel="stylesheet" href="/docs/style.css" />
        </head>
        <body>
          <nav aria-label="Contents">
            ${[...collections].map(([name, methods]) => contentsOf(name, methods))}
            <p><a href="#schemas">Schemas</a></p>
          </nav>
          <main>
            <h1>Rollcall: the API</h1>
            <p>
              Google's RuntimeConfig v1beta1, and what was added to it, which is marked <mark>added</mark>. As documents
              for programs: <a href="/$discovery/rest?version=v1beta1">discovery</a>,
              <a href="/openapi.json">OpenAPI 3.1</a>. At the root of the service is its <a href="/">console</a>.
            </p>
            ${[...collections].map(([name, methods]) => [html`<h2 id="${name}">${name}</h2>`, ...methods.map(section)])}
            <h2 id="common">Parameters of every method</h2>
            ${definitions(Object.entries(COMMON).map(([name, { about, type }]) => [name, type, about]))}
            <h2 id="schemas">Schemas</h2>
            ${Object.entries(SCHEMAS).map(([name, schema]) => describeSchema(name, schema))}
          </main>
        </body>
      </html> `,
  )
}

function contentsOf(name: string, methods: readonly Method[]): Part {
  return html`<p><a href="#${name}">${name}</a></p>
    <ul>
      ${methods.map(({ id }) => html`<li><a href="#${id}">${id.split('.').at(-1)}</a></li>`)}
    </ul>`
}

function section(method: Method): Part {
  const { id, about, http, ours, permission, body, answers } = method
  const { path, ids } = idTemplate(method)
  const rows: Row[] = [
    ...ids.map(({ name, about: what }): Row => [name, 'in the path', what]),
    ...queryOf(method).map(([name, { type, about: what }]): Row => [name, type, what]),
  ]
  return html`<section id="${id}">
    <h3>${id} ${ours && ADDED}</h3>
    <p>${prose(about)}</p>
    <pre>${http} /${path}</pre>
    ${definitions(rows)}
    <p>
      ${body?.type && html`Takes ${link(body.type)}. `}Answers ${link(answers)}.
      ${permission && html`Permission: <code>${permission}</code>.`}
    </p>
  </section>`
}

function describeSchema(name: string, { about, fields, ours }: Schema): Part {
  const rows = Object.entries(fields).map(([field, given]): Row => [field, typeOf(given), given.about, given])
  return html`<section id="${name}">
    <h3>${name} ${ours && ADDED}</h3>
    <p>${prose(about)}</p>
    ${definitions(rows)}
  </section>`
}

/** What is defined, its type, and what it is; what else is known of a field. */
type Row = readonly [name: string, type: string | Part, about: string, field?: Field]

function definitions(rows: readonly Row[]): Part | '' {
  if (!rows.length) return ''
  return html`<dl>
    ${rows.map(
      ([name, type, about, field]) =>
        html`<dt><code>${name}</code> <span>${type}</span> ${field?.ours && ADDED}</dt>
          <dd>${prose(about)}${field?.readOnly && ' Only the server writes it.'}${field && valuesOf(field)}</dd>`,
    )}
  </dl>`
}

function typeOf({ type, repeated }: Field): Part {
  return html`${repeated && 'list of '}${typeof type === 'string' ? type : link(type.schema)}`
}

function valuesOf({ values }: Field): Part | '' {
  if (!values) return ''
  return html` ${Object.entries(values).map(([value, about]) => html`<code>${value}</code>: ${about} `)}`
}

const ADDED = html`<mark>added</mark>`

const link = (schema: string) => html`<a href="#${schema}">${schema}</a>`

/** A sentence of the descriptions, with what stands between backticks as code. */
function prose(text: string): Part[] {
  return text.split('`').map((part, index) => (index % 2 ? html`<code>${part}</code>` : html`${part}`))
}
