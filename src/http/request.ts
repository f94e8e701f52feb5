/** URLs in Google's dialect: which resource and verb a request names, and its query parameters. */
import { all, invalid, ok, type Result } from '../core/fault.ts'
import { checkProject, parseName, quote, type ResourceName } from '../core/name.ts'
import { MAX_INT32 } from '../core/condition.ts'
import type { Style } from './answer.ts'
import { COMMON } from './document/parameters.ts'
import { readMask, type Mask } from './fields.ts'
import { camelCase } from './json.ts'

/** What a path can point at: a resource, or a collection of them. */
export type Kind = 'projects' | 'configs' | 'config' | 'variables' | 'variable' | 'waiters' | 'waiter' | 'operation'

/** A path, taken apart but not yet checked. */
export interface Target {
  readonly kind: Kind
  /** The custom verb behind the last colon, '' where there is none. */
  readonly verb: string
  /** The resource, or the parent of the collection. */
  readonly name: string
}

const LEAVES = { variables: 'variable', waiters: 'waiter', operations: 'operation' } as const

/**
 * Takes a path apart, such as `projects/P/configs/C/variables/a/b:watch`. Undefined where nothing of the API is.
 * Slashes may be doubled behind `variables/` or percent-encoded; a colon is data only in a project's id.
 */
export function readTarget(path: string): Target | undefined {
  const colon = path.indexOf(':', path.lastIndexOf('/'))
  const verb = colon === -1 ? '' : path.slice(colon + 1)
  const name = colon === -1 ? path : path.slice(0, colon)
  // A colon with nothing behind it is no verb, least of all the absence of one.
  if (colon !== -1 && verb === '') return undefined
  const parts = name.split('/')
  if (parts[0] !== 'projects') return undefined
  if (parts.length === 1) return { kind: 'projects', verb, name }
  if (parts[2] !== 'configs') return undefined
  if (parts.length === 3) return { kind: 'configs', verb, name: parts.slice(0, 2).join('/') }
  if (parts.length === 4) return { kind: 'config', verb, name }
  const collection = parts[4] as string
  if (!Object.hasOwn(LEAVES, collection)) return undefined
  if (parts.length > 5) return { kind: LEAVES[collection as keyof typeof LEAVES], verb, name }
  if (collection === 'operations') return undefined
  return { kind: collection as 'variables' | 'waiters', verb, name: parts.slice(0, 4).join('/') }
}

/** Reads the name that a target has. */
export function readTargetName({ kind, name }: Target): Result<ResourceName> {
  // All projects have no name, and lie in none.
  if (kind === 'projects') return ok({ kind: 'project', project: '' })
  if (kind !== 'configs') return parseName(name, FIELDS[kind])
  const project = checkProject(name.slice('projects/'.length), FIELDS.configs)
  return project.ok ? ok({ kind: 'project', project: project.value }) : project
}

/** What Google's templates call the part of the path that names the target. */
const FIELDS: Record<Exclude<Kind, 'projects'>, string> = {
  configs: 'parent',
  config: 'name',
  variables: 'parent',
  variable: 'name',
  waiters: 'parent',
  waiter: 'name',
  operation: 'name',
}

/** The types that query parameters have, and what each comes to when it is absent. */
export type Parameter = 'string' | 'bool' | 'pageSize' | 'int32'

export type Parameters = { readonly [name: string]: Parameter }

/** The values of parameters, by type. */
export type Values<P extends Parameters> = {
  readonly [name in keyof P]: P[name] extends 'string' ? string : P[name] extends 'bool' ? boolean : number | undefined
}

/** Parameters that every method takes. Those that stand for nothing here are taken and left alone (spec: section 1). */
const TAKEN = new Set([
  ...Object.keys(COMMON),
  ...'$alt $fields $prettyPrint $key $callback $quotaUser $userProject'.split(' '),
])

/** A request's URL, taken apart by hand: the platform's own parser lets a query pass that is no UTF-8. */
export interface Address {
  /** The path, still percent-encoded. */
  readonly path: string
  /** The query's parameters, decoded, in order. */
  readonly query: readonly (readonly [name: string, value: string])[]
}

/** Takes a request's URL apart. Refused where it is not percent-encoded UTF-8. */
export function readAddress(url: string): Result<Address> {
  const start = url.indexOf('/', url.indexOf('//') + 2)
  const mark = url.indexOf('?', start)
  if (mark === -1) return ok({ path: url.slice(start), query: [] })
  const parts = url
    .slice(mark + 1)
    .split('&')
    .filter(Boolean)
  try {
    return ok({ path: url.slice(start, mark), query: parts.map(readPair) })
  } catch {
    return invalid('query', 'the query must be percent-encoded UTF-8')
  }
}

function readPair(part: string): readonly [string, string] {
  const equals = part.indexOf('=')
  return equals === -1 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))]
}

const decode = (text: string) => (/[%+]/.test(text) ? decodeURIComponent(text.replaceAll('+', ' ')) : text)

/** Reads a method's own parameters. One that it does not have is refused, as Google does. */
export function readParameters<P extends Parameters>(query: Address['query'], parameters: P): Result<Values<P>> {
  const values: Record<string, string | boolean | number | undefined> = {}
  for (const [name, type] of Object.entries(parameters)) values[name] = ABSENT[type]
  for (const [given, text] of query) {
    if (TAKEN.has(given)) continue
    const name = camelCase(given)
    if (!Object.hasOwn(parameters, name)) {
      return invalid(given, `${quote(given)} is not a query parameter of this method`)
    }
    const value = readParameter(name, parameters[name] as Parameter, text)
    if (!value.ok) return value
    values[name] = value.value
  }
  return ok(values as Values<P>)
}

const ABSENT = { string: '', bool: false, pageSize: undefined, int32: undefined } as const

function readParameter(name: string, type: Parameter, text: string): Result<string | boolean | number | undefined> {
  switch (type) {
    case 'string':
      return ok(text)
    case 'bool':
      return readBool(name, text)
    case 'int32':
    case 'pageSize':
      return readNumber(name, type, text)
  }
}

/** gcloud writes `True` and `False`. */
function readBool(name: string, text: string): Result<boolean> {
  if (/^(true|1)$/i.test(text)) return ok(true)
  if (/^(false|0)$/i.test(text)) return ok(false)
  return invalid(name, `${name} must be "true" or "false", this is ${quote(text)}`)
}

function readNumber(name: string, type: 'int32' | 'pageSize', text: string): Result<number | undefined> {
  const number = Number(text)
  if (!/^-?\d{1,10}$/.test(text) || Math.abs(number) > MAX_INT32) {
    return invalid(name, `${name} must be a whole number within 32 bits, this is ${quote(text)}`)
  }
  if (type === 'int32') return ok(number)
  if (number < 0) return invalid(name, `${name} must be 0 or more, this is ${number}`)
  // 0 is how proto3 says nothing.
  return ok(number || undefined)
}

/** How the caller wants the answer written, from `prettyPrint` and `fields`. */
export function readStyle(query: Address['query']): Result<Style> {
  let pretty: Result<boolean> = ok(true)
  let mask: Result<Mask | undefined> = ok(undefined)
  for (const [name, text] of query) {
    if (name === 'prettyPrint' || name === '$prettyPrint') pretty = readBool('prettyPrint', text)
    if ((name === 'fields' || name === '$fields') && text) mask = readMask(text)
  }
  return all({ pretty, mask })
}
