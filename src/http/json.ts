/** Request bodies, in the dialect of JSON that Google's front end reads. */
import JSON5 from 'json5'
import { invalid, ok, type Result } from '../core/fault.ts'

/** The largest body, in bytes: the largest policy with room around it. */
export const MAX_BODY_BYTES = 262_144
/** How deep a body may nest: the deepest that the API knows has six levels. */
export const MAX_DEPTH = 32

/** What a JSON object comes to. */
export type JsonObject = Record<string, unknown>

/**
 * Reads the JSON object in a body; an empty body is an empty object. Relaxed JSON, with unquoted names and single
 * quotes, is let pass, for scripts in use send it (spec: section 3.1, item 8).
 */
export async function readJson(request: Request): Promise<Result<JsonObject>> {
  const bytes = await readBytes(request)
  if (!bytes.ok) return bytes
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes.value)
  } catch {
    return invalid('body', 'the body must be valid UTF-8')
  }
  if (text.trim() === '') return ok({})
  const parsed = parse(text)
  if (!parsed.ok) return parsed
  if (typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value)) {
    return invalid('body', 'the body must be a JSON object')
  }
  return tooDeep(parsed.value)
    ? invalid('body', `the body must nest at most ${MAX_DEPTH} deep`)
    : ok(parsed.value as JsonObject)
}

/** The body's bytes, or why there are none; no more of them than allowed are kept in memory. */
async function readBytes(request: Request): Promise<Result<Uint8Array>> {
  const body = plainBody(request)
  if (!body.ok) return body
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of body.value) {
      length += chunk.byteLength
      if (length > MAX_BODY_BYTES) return invalid('body', `the body must be at most ${MAX_BODY_BYTES} bytes`)
      chunks.push(chunk)
    }
  } catch {
    return invalid('body', 'the body could not be read: it ended too early, or is not compressed as it says')
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return ok(bytes)
}

/** The body, uncompressed: Google's Java client compresses what it sends unless told otherwise. */
function plainBody(request: Request): Result<AsyncIterable<Uint8Array>> {
  if (!request.body) return ok(new Blob([]).stream())
  const encoding = request.headers.get('content-encoding')?.toLowerCase() ?? 'identity'
  if (encoding === 'identity') return ok(request.body)
  if (encoding === 'gzip') return ok(request.body.pipeThrough(new DecompressionStream('gzip')))
  return invalid('body', 'the body must be sent plain or with "Content-Encoding: gzip"')
}

function parse(text: string): Result<unknown> {
  try {
    return ok(JSON.parse(text))
  } catch {
    try {
      return ok(JSON5.parse(text))
    } catch (error) {
      const where = (error as Error).message.replace(/^JSON5: /, '')
      return invalid('body', `the body must be JSON: ${where}`)
    }
  }
}

/** Looks at one level after the other instead of calling itself, so that no depth can exhaust the stack. */
function tooDeep(value: object): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length; depth++) {
    if (depth > MAX_DEPTH) return true
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []))
  }
  return false
}

/**
 * Brings proto3's JSON into one form: names in camelCase, as a parser takes both, and no nulls, which stand for absent
 * (protobuf's JSON mapping).
 */
export function normalize(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalize)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(entries.map(([name, inner]) => [camelCase(name), normalize(inner)]))
}

/** `newer_than` as `newerThan`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** `newerThan` as `newer_than`, as the names of fields stand in Google's messages. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
