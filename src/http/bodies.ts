/** The bodies that methods take: what each may hold, and how a wrong one is told of. */
import * as z from 'zod'
import type { ConditionInput } from '../core/condition.ts'
import { invalid, ok, type Result } from '../core/fault.ts'
import type { SchemaName } from './document/schemas.ts'
import { isObject, snakeCase, type JsonObject } from './json.ts'

// Workers may not make code at run time, which zod would otherwise try for speed.
z.config({ jitless: true })

/** The message of a text that holds half of a surrogate pair, which JSON can say and UTF-8 cannot. */
const NOT_UNICODE = 'valid Unicode'

// The message of each scalar is the name of its type, as Google's messages give it.
const string = z.string('TYPE_STRING').refine((value) => value.isWellFormed(), NOT_UNICODE)
const text = string.optional()
const bytes = z.string('TYPE_BYTES').optional()
const bool = z.boolean('TYPE_BOOL').optional()
const strings = z.array(string, 'a list').optional()
/** A number without fraction, which proto3's JSON allows as a string too. */
const int32 = z
  .unknown()
  .transform((value, context) => {
    const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
    if (number === undefined) return undefined
    if (typeof number === 'number' && Number.isInteger(number) && number === (number | 0)) return number
    context.issues.push({ code: 'custom', message: 'TYPE_INT32', input: value })
    return z.NEVER
  })
  .optional()
/** A field that only the server writes: ignored, whatever a client sends in it. */
const outputOnly = z.unknown().optional()

const object = <T extends z.core.$ZodLooseShape>(shape: T) => z.strictObject(shape)

/** A number, which proto3's JSON allows as a string too. */
const double = z
  .unknown()
  .transform((value, context) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (number === undefined) return undefined
    if (typeof number === 'number' && Number.isFinite(number)) return number
    context.issues.push({ code: 'custom', message: 'TYPE_DOUBLE', input: value })
    return z.NEVER
  })
  .optional()

const match = object({
  equals: text,
  notEquals: text,
  oneOf: strings,
  prefix: text,
  atLeast: double,
  atMost: double,
}).optional()

// A body may nest less deep than would hurt here (MAX_DEPTH in json.ts).
const condition: z.ZodType<ConditionInput> = z.lazy(() =>
  object({
    cardinality: object({ path: text, number: int32, match, members: strings, percent: double }).optional(),
    variable: object({ name: text, match }).optional(),
    all: z.array(condition, 'a list').optional(),
    any: z.array(condition, 'a list').optional(),
    not: condition.optional(),
  }),
)

/** A body. */
export interface Body<T> {
  /** The name under which Google's messages speak of it, '' where its fields stand alone. */
  readonly root: string
  /** What it holds; undefined where it is described nowhere. */
  readonly type: SchemaName | undefined
  readonly schema: z.ZodType<T>
  /** Whether the schema would plainly let it pass as it is, for what comes by the thousand: asking that takes longer. */
  readonly isPlain?: ((json: JsonObject) => boolean) | undefined
}

const body = <T>(
  root: string,
  type: SchemaName | undefined,
  schema: z.ZodType<T>,
  isPlain?: Body<T>['isPlain'],
): Body<T> => ({ root, type, schema, isPlain })

export const config = body('config', 'RuntimeConfig', object({ name: text, description: text, etag: text }))

const variableFields = object({
  name: text,
  text,
  value: bytes,
  ttl: text,
  etag: text,
  updateTime: outputOnly,
  expireTime: outputOnly,
  state: outputOnly,
})

export const variable = body('variable', 'Variable', variableFields)

const write = object({
  create: variableFields.optional(),
  update: variableFields.optional(),
  set: variableFields.optional(),
  delete: object({ name: text, recursive: bool, etag: text }).optional(),
})

export type WriteInput = z.output<typeof write>

const writes = object({ writes: z.array(write, 'a list').optional() })

export type CommitInput = z.output<typeof writes>

export const commit = body('', 'CommitRequest', writes, isPlainCommit)

/** What a frame of a socket holds: its id is read before, and its commit behind it, by the same words as that of a request. */
export const frame = body('', undefined, object({ id: outputOnly, commit: outputOnly, requestId: text }), isPlainFrame)

export const renewal = body('', 'RenewRequest', object({ names: strings }))

export const waiter = body(
  'waiter',
  'Waiter',
  object({
    name: text,
    timeout: text,
    success: condition.optional(),
    failure: condition.optional(),
    sticky: bool,
    callback: object({ uri: text }).optional(),
    createTime: outputOnly,
    progress: outputOnly,
    done: outputOnly,
    error: outputOnly,
  }),
)

export const watch = body('', 'WatchVariableRequest', object({ newerThan: text }))

export const deletion = body('', undefined, object({ recursive: bool }))

export const policy = body(
  '',
  'SetIamPolicyRequest',
  object({
    policy: object({
      version: int32,
      etag: bytes,
      bindings: z
        .array(
          object({
            role: text,
            members: strings,
            condition: object({ expression: text, title: text, description: text, location: text }).optional(),
          }),
          'a list',
        )
        .optional(),
    }).optional(),
  }),
)

export const restoration = body('', 'RestoreRequest', object({ time: text, bookmark: text }))

export const permissions = body('', 'TestIamPermissionsRequest', object({ permissions: strings }))

/** Reads what a body holds. */
export function readBody<T>({ root, schema, isPlain }: Body<T>, json: JsonObject): Result<T> {
  if (isPlain?.(json)) return ok(json as T)
  const parsed = schema.safeParse(json, { reportInput: true })
  if (parsed.success) return ok(parsed.data)
  const issue = parsed.error.issues[0] as z.core.$ZodIssue
  const field = fieldName(root, issue.path)
  if (issue.code === 'unrecognized_keys') {
    const unknown = fieldName(field, [issue.keys[0] as string])
    return invalid(unknown, `${unknown}: there is no such field${field ? ` in ${field}` : ''}`)
  }
  const given = JSON.stringify(issue.input) ?? 'nothing'
  const shown = given.length > 100 ? `${given.slice(0, 100)}...` : given
  if (issue.message.startsWith('TYPE_'))
    return invalid(field, `Invalid value at '${field}' (${issue.message}), ${shown}`)
  if (issue.message === NOT_UNICODE) return invalid(field, `${field} must be valid Unicode, this has half a character`)
  const expected = issue.message === 'a list' ? 'a list' : 'an object'
  return invalid(field, `Invalid value at '${field}': expected ${expected}, got ${shown}`)
}

/** `policy`, ['bindings', 0, 'role'] as `policy.bindings[0].role`, in the names of the protos. */
function fieldName(root: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`
    return name === '' ? snakeCase(String(part)) : `${name}.${snakeCase(String(part))}`
  }, root)
}

const FRAME_FIELDS = ['id', 'commit', 'requestId']
const PLAIN_WRITES = ['create', 'update', 'set']
/** The fields of a variable that are texts. */
const PLAIN_FIELDS = ['name', 'text', 'ttl', 'etag']

function isPlainFrame(json: JsonObject): boolean {
  const { requestId } = json
  return (
    Object.keys(json).every((field) => FRAME_FIELDS.includes(field)) && (requestId === undefined || isText(requestId))
  )
}

function isPlainCommit(json: JsonObject): boolean {
  const list = json.writes
  return Object.keys(json).length === 1 && Array.isArray(list) && list.every(isPlainWrite)
}

/** Whether one variable is written, with nothing but texts. */
function isPlainWrite(one: unknown): boolean {
  if (!isObject(one)) return false
  const [kind = '', another] = Object.keys(one)
  const given = one[kind]
  if (another !== undefined || !PLAIN_WRITES.includes(kind) || !isObject(given)) return false
  return Object.keys(given).every((field) => PLAIN_FIELDS.includes(field) && isText(given[field]))
}

const isText = (value: unknown) => typeof value === 'string' && value.isWellFormed()
