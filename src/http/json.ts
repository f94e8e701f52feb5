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
  if (!bytes) return invalid('body', `the body must be at most ${MAX_BODY_BYTES} bytes`)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
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

/** The body's bytes, undefined where there are too many; no more than that are kept in memory. */
async function readBytes(request: Request): Promise<Uint8Array | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) return undefined
  if (!request.body) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength
    if (length > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
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
