/** Request bodies, in the dialect of JSON that Google's front end reads. */
import JSON5 from 'json5'
import { invalid, ok, refuse, type Result } from '../core/fault.ts'
import { readAtMost } from './stream.ts'

/** The largest body, in bytes: the largest policy with room around it. */
export const MAX_BODY_BYTES = 262_144
/** The longest relaxed JSON, in characters: it takes far longer to read than JSON, and people write it by hand. */
export const MAX_RELAXED_LENGTH = 16_384
/** How deep a body may nest: far deeper than the deepest condition of a waiter. */
export const MAX_DEPTH = 32

/** What a JSON object comes to. */
export type JsonObject = Record<string, unknown>

/** Whether a value of JSON is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Reads the JSON object in a body, in one form; an empty body is an empty object. Relaxed JSON, with unquoted names and single
 * quotes, is let pass, for scripts in use send it (spec: section 3.1, item 8).
 */
export async function readJson(request: Request): Promise<Result<JsonObject>> {
  const bytes = await readBytes(request)
  if (!bytes.ok) return bytes
  let text: string
  try {
    text = DECODER.decode(bytes.value)
  } catch {
    return invalid('body', 'the body must be valid UTF-8')
  }
  return text.trim() === '' ? ok({}) : readJsonText(text, 'body')
}

/** Reads a text that must be a JSON object, into one form. `field` says where it stands. */
export function readJsonText(text: string, field: string): Result<JsonObject> {
  const parsed = parse(text, field)
  if (!parsed.ok) return parsed
  if (!isObject(parsed.value)) {
    return invalid(field, `the ${field} must be a JSON object`)
  }
  try {
    return ok(normalize(parsed.value, 1) as JsonObject)
  } catch (error) {
    if (error instanceof TooDeep) return invalid(field, `the ${field} must nest at most ${MAX_DEPTH} deep`)
    throw error
  }
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** The body's bytes, or why there are none; no more of them than allowed are kept in memory. */
async function readBytes(request: Request): Promise<Result<ArrayBuffer | Uint8Array>> {
  if (!request.body) return ok(new Uint8Array())
  const encoding = request.headers.get('content-encoding')?.toLowerCase() ?? 'identity'
  const length = request.headers.get('content-length')
  if (Number(length) > MAX_BODY_BYTES) return tooLarge()
  try {
    // What has told its length is read at once: piece by piece a whole write takes a sixth more of the processor.
    if (encoding === 'identity') return length ? ok(await request.arrayBuffer()) : await readPieces(request.body)
    // Google's Java client compresses what it sends unless told otherwise.
    if (encoding === 'gzip') return await readPieces(request.body.pipeThrough(new DecompressionStream('gzip')))
  } catch {
    return invalid('body', 'the body could not be read: it ended too early, or is not compressed as it says')
  }
  return invalid('body', 'the body must be sent plain or with "Content-Encoding: gzip"')
}

async function readPieces(body: AsyncIterable<Uint8Array>): Promise<Result<Uint8Array>> {
  const bytes = await readAtMost(body, MAX_BODY_BYTES)
  return bytes ? ok(bytes) : tooLarge()
}

const tooLarge = () =>
  refuse({ kind: 'resourceExhausted', message: `The body of a request may have at most ${MAX_BODY_BYTES} bytes.` })

function parse(text: string, field: string): Result<unknown> {
  try {
    return ok(JSON.parse(text))
  } catch {
    if (text.length > MAX_RELAXED_LENGTH) {
      return invalid(field, `the ${field} must be JSON, and relaxed JSON only up to ${MAX_RELAXED_LENGTH} characters`)
    }
    try {
      return ok(JSON5.parse(text))
    } catch (error) {
      const where = (error as Error).message.replace(/^JSON5: /, '')
      return invalid(field, `the ${field} must be JSON: ${where}`)
    }
  }
}

/**
 * Brings proto3's JSON into one form: names in camelCase, as a parser takes both, and no nulls, which stand for absent
 * (protobuf's JSON mapping). What has that form, as most has, is left as it is. Throws {@link TooDeep} instead of calling
 * itself without end.
 */
function normalize(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > MAX_DEPTH) throw new TooDeep()
  if (Array.isArray(value)) return value.map((item) => normalize(item, depth + 1))
  const object = value as JsonObject
  const names = Object.keys(object)
  if (names.some((name) => object[name] === null || name.includes('_'))) return renamed(object, depth)
  for (const name of names) {
    const inner = object[name]
    if (typeof inner === 'object') object[name] = normalize(inner, depth + 1)
  }
  return object
}

function renamed(object: JsonObject, depth: number): JsonObject {
  const form: JsonObject = Object.create(null)
  for (const [name, inner] of Object.entries(object)) {
    if (inner !== null) form[camelCase(name)] = normalize(inner, depth + 1)
  }
  return form
}

class TooDeep extends Error {}

/** `newer_than` as `newerThan`. */
export function camelCase(name: string): string {
  return !name.includes('_') ? name : name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** `newerThan` as `newer_than`, as the names of fields stand in Google's messages. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
