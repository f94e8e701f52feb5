/** The API as an OpenAPI 3.1 document. */
import { METHODS } from '../api.ts'
import type { Method } from '../method.ts'
import { map, type Field, type Json, type Scalar, type Schema } from './field.ts'
import { COMMON, queryOf, type QueryParameter } from './parameters.ts'
import { idTemplate } from './place.ts'
import { SCHEMAS, type SchemaName } from './schemas.ts'

/** The common parameters that say something here; the others are taken for the sake of Google's clients. */
const SHARED = ['fields', 'prettyPrint']

/** The collections, in the order in which they are described. */
const TAGS: Readonly<Record<string, string>> = {
  projects: 'Projects: all that configs lie in.',
  configs: 'Configs: the homes of variables and waiters that belong together.',
  variables: 'Variables: small values under paths.',
  waiters: 'Waiters: they end once, by success, by failure, or when their time runs out.',
  operations: 'Waiters, as long-running operations.',
}

/** The document of the service whose root it is served from. */
export function openApiDocument(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Rollcall: RuntimeConfig v1beta1',
      version: 'v1beta1',
      summary: 'Has everyone checked in?',
      description:
        "Google's RuntimeConfig v1beta1, and what was added to it: that bears `x-rollcall-addition`. Bodies may be relaxed JSON; a field that is not known is refused.",
      contact: { name: 'Whoever runs this deployment' },
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { token: [] }, {}],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: paths(),
    components: {
      schemas: map(SCHEMAS as Record<string, Schema>, describeSchema),
      parameters: Object.fromEntries(
        SHARED.map((name) => [name, describeParameter(name, COMMON[name] as QueryParameter)]),
      ),
      responses: {
        Error: {
          description:
            'What went wrong: `code` is the HTTP status, and `details` name the field of a malformed request.',
          content: json({ type: 'object', properties: { error: ref('HttpStatus') }, required: ['error'] }),
        },
      },
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of the access document, or a JWT of an issuer.',
        },
        token: {
          type: 'apiKey',
          in: 'query',
          name: 'access_token',
          description: 'The same, where no header can be set.',
        },
      },
    },
  }
}

function paths(): Json {
  const all: Record<string, Json> = {}
  for (const method of METHODS) {
    const { path, ids } = idTemplate(method)
    const named = ids.map(({ name, about }) => ({
      name,
      in: 'path',
      required: true,
      description: about,
      schema: { type: 'string' },
    }))
    const place = (all[`/${path}`] ??= named.length ? { parameters: named } : {})
    place[method.http.toLowerCase()] = describeMethod(method)
  }
  return all
}

function describeMethod(method: Method): Json {
  const { id, about, permission, answers, body, ours } = method
  const collection = id.split('.').at(-2) as string
  return {
    operationId: id,
    tags: [collection],
    summary: about.split('. ')[0]?.replace(/\.$/, ''),
    description: `${about}${permission ? ` Takes the permission \`${permission}\`.` : ''}`,
    ...(ours && ADDITION),
    parameters: [
      ...queryOf(method).map(([name, given]) => describeParameter(name, given)),
      ...SHARED.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    ],
    ...(body?.type && { requestBody: { required: true, content: json(ref(body.type)) } }),
    responses: {
      ...(method.verb === 'subscribe'
        ? streamed(answers)
        : { 200: { description: 'Done.', content: json(ref(answers)) } }),
      '4XX': { $ref: '#/components/responses/Error' },
      '5XX': { $ref: '#/components/responses/Error' },
    },
  }
}

/** What a subscription answers: messages, on a WebSocket or as Server-Sent Events. */
function streamed(message: SchemaName): Json {
  return {
    101: { description: `A WebSocket follows, whose messages are each a ${message} as JSON.` },
    200: {
      description: `Events, whose data are each a ${message} as JSON.`,
      content: {
        'text/event-stream': {
          schema: { type: 'string', contentMediaType: 'application/json', contentSchema: ref(message) },
        },
      },
    },
  }
}

function describeParameter(name: string, { about, type, absent }: QueryParameter): Json {
  const standard = absent === undefined ? {} : { default: type === 'bool' ? absent === 'true' : absent }
  return { name, in: 'query', description: about, schema: { ...TYPES[type], ...standard } }
}

function describeSchema({ about, fields, ours }: Schema): Json {
  return { type: 'object', description: about, ...(ours && ADDITION), properties: map(fields, describeField) }
}

function describeField({ about, type, repeated, values, readOnly, ours }: Field): Json {
  const value =
    typeof type === 'string' ? { ...TYPES[type], ...(values && { enum: Object.keys(values) }) } : ref(type.schema)
  return {
    ...(repeated ? { type: 'array', items: value } : value),
    description: about,
    ...(readOnly && { readOnly }),
    ...(ours && ADDITION),
  }
}

const ADDITION = { 'x-rollcall-addition': true }

const TYPES: Record<Scalar, Json> = {
  string: { type: 'string' },
  bytes: { type: 'string', contentEncoding: 'base64' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  double: { type: 'number', format: 'double' },
  timestamp: { type: 'string', format: 'date-time' },
  duration: { type: 'string', pattern: String.raw`^\d+(\.\d{1,9})?s$` },
  any: { type: 'object', properties: { '@type': { type: 'string' } }, additionalProperties: true },
}

const ref = (schema: string) => ({ $ref: `#/components/schemas/${schema}` })
const json = (schema: Json) => ({ 'application/json': { schema } })
