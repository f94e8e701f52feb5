/** The bodies that methods take: what each may hold, and how a wrong one is told of. */
import * as z from 'zod'
import { invalid, ok, type Result } from '../core/fault.ts'
import { snakeCase, type JsonObject } from './json.ts'

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

const condition = object({ cardinality: object({ path: text, number: int32 }).optional() }).optional()

/** A body: its shape, and the name under which Google's messages speak of it ('' where its fields stand alone). */
export interface Body<T> {
  readonly root: string
  readonly schema: z.ZodType<T>
}

const body = <T>(root: string, schema: z.ZodType<T>): Body<T> => ({ root, schema })

export const config = body('config', object({ name: text, description: text }))

export const variable = body(
  'variable',
  object({ name: text, text, value: bytes, updateTime: outputOnly, state: outputOnly }),
)

export const waiter = body(
  'waiter',
  object({
    name: text,
    timeout: text,
    success: condition,
    failure: condition,
    createTime: outputOnly,
    done: outputOnly,
    error: outputOnly,
  }),
)

export const watch = body('', object({ newerThan: text }))

export const deletion = body('', object({ recursive: bool }))

export const policy = body(
  '',
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

export const permissions = body('', object({ permissions: strings }))

/** Reads what a body holds. */
export function readBody<T>({ root, schema }: Body<T>, json: JsonObject): Result<T> {
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
