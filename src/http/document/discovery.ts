/**
 * The API as a document of Google's API Discovery Service, version v1, to which its clients bind. What is added to
 * Google's API is marked in its description and by `x-rollcall-addition`, which clients do not know and do not mind.
 */
import { METHODS } from '../api.ts'
import type { Method } from '../method.ts'
import { map, type Field, type Json, type Scalar, type Schema } from './field.ts'
import { COMMON, queryOf, type QueryParameter } from './parameters.ts'
import { idTemplate, nameTemplate, type NameParameter } from './place.ts'
import { SCHEMAS } from './schemas.ts'

/** What clients ask of Google's users. Nothing here asks for a scope: what counts is who calls. */
const SCOPES: Readonly<Record<string, string>> = {
  'https://www.googleapis.com/auth/cloud-platform': "For Google's clients, which ask for it.",
  'https://www.googleapis.com/auth/cloudruntimeconfig': "For Google's clients, which ask for it.",
}

/** The document of the service that answers at `origin`, such as `https://rollcall.example.com`. */
export function discoveryDocument(origin: string): Json {
  return {
    kind: 'discovery#restDescription',
    discoveryVersion: 'v1',
    id: 'runtimeconfig:v1beta1',
    name: 'runtimeconfig',
    canonicalName: 'Cloud RuntimeConfig',
    version: 'v1beta1',
    version_module: true,
    title: 'Rollcall: RuntimeConfig v1beta1',
    description: 'Variables that nodes write as they become ready, and waiters that end when all of them have.',
    documentationLink: `${origin}/docs`,
    protocol: 'rest',
    rootUrl: `${origin}/`,
    baseUrl: `${origin}/`,
    servicePath: '',
    basePath: '',
    // There is no batching. Clients that are told no path would send what they batch, tokens and all, to Google.
    batchPath: 'batch',
    fullyEncodeReservedExpansion: true,
    auth: { oauth2: { scopes: map(SCOPES, (description) => ({ description })) } },
    parameters: map(COMMON, describeParameter),
    schemas: map(SCHEMAS as Record<string, Schema>, describeSchema),
    resources: resources(),
  }
}

/** The methods, each at the place that its id tells: projects.configs.get is a method of configs in projects. */
function resources(): Json {
  const root: Resource = {}
  for (const method of METHODS) {
    const names = method.id.split('.')
    const verb = names.pop() as string
    const place = names.reduce((parent, name) => ((parent.resources ??= {})[name] ??= {}), root)
    ;(place.methods ??= {})[verb] = describeMethod(method)
  }
  return root.resources as Json
}

interface Resource {
  methods?: Json
  resources?: Record<string, Resource>
}

function describeMethod(method: Method): Json {
  const { path, parameter } = nameTemplate(method)
  const query = queryOf(method).map(([name, given]) => [name, describeParameter(given)])
  return {
    id: `runtimeconfig.${method.id}`,
    ...marked(method.about, method.ours),
    httpMethod: method.http,
    path,
    flatPath: idTemplate(method, (id) => `${id}sId`).path,
    parameterOrder: parameter ? [parameter.name] : [],
    parameters: { ...(parameter && describeName(parameter)), ...Object.fromEntries(query) },
    ...(method.body?.type && { request: { $ref: method.body.type } }),
    response: { $ref: method.answers },
    scopes: Object.keys(SCOPES),
  }
}

function describeName({ name, about, pattern }: NameParameter): Json {
  return { [name]: { type: 'string', location: 'path', required: true, description: about, pattern } }
}

function describeParameter({ about, type, values, absent }: QueryParameter): Json {
  return {
    ...TYPES[type],
    location: 'query',
    description: about,
    ...(values && { enum: Object.keys(values), enumDescriptions: Object.values(values) }),
    ...(absent && { default: absent }),
  }
}

function describeSchema({ about, fields, ours }: Schema, id: string): Json {
  return { id, type: 'object', ...marked(about, ours), properties: map(fields, describeField) }
}

function describeField({ about, type, repeated, values, readOnly, ours }: Field): Json {
  const value = typeof type === 'string' ? TYPES[type] : { $ref: type.schema }
  return {
    ...(repeated ? { type: 'array', items: value } : value),
    ...marked(about, ours),
    ...(values && { enum: Object.keys(values), enumDescriptions: Object.values(values) }),
    ...(readOnly && { readOnly }),
  }
}

const ANY = { type: 'any', description: 'Whatever the type has that `@type` names.' }

const TYPES: Record<Scalar, Json> = {
  string: { type: 'string' },
  bytes: { type: 'string', format: 'byte' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  double: { type: 'number', format: 'double' },
  timestamp: { type: 'string', format: 'google-datetime' },
  duration: { type: 'string', format: 'google-duration' },
  any: { type: 'object', additionalProperties: ANY },
}

/** The description, which says so where something is an addition. */
function marked(about: string, ours: true | undefined): Json {
  return ours ? { description: `Rollcall only. ${about}`, 'x-rollcall-addition': true } : { description: about }
}
