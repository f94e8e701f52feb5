/** Variables: what is stored of one, and what a client sees of it. */
import { invalid, ok, type Result } from './fault.ts'
import { readSpan, spanMicros } from './span.ts'
import { etagOf, formatStamp, type Stamp } from './time.ts'
import { byteLength } from './utf8.ts'
import type * as wire from './wire.ts'

/** A variable as it is stored. `contents` is UTF-8 text, or bytes as canonical base64 when `kind` is `value`. */
export interface Variable {
  readonly path: string
  readonly kind: 'text' | 'value'
  readonly contents: string
  readonly updated: Stamp
  /** How long it lives after it was written or renewed; without it, it stays. */
  readonly lease?: Lease | undefined
}

/** A span of life, and when it ends. */
export interface Lease {
  /** Canonical Duration, such as `3.500s`. */
  readonly ttl: string
  readonly expires: Stamp
}

/** Contents must be *less than* 4096 bytes (spec: section 3, Variable). */
export const MAX_CONTENTS_BYTES = 4095

/** A variable's name in full. `config` is the config's full name. */
export function variableName(config: string, path: string): string {
  return `${config}/variables/${path}`
}

/** The resource that clients see. `state` is given only where the live service sends it (spec: section 4.2). */
export function variableResource(config: string, variable: Variable, state?: 'UPDATED' | 'DELETED'): wire.Variable {
  const resource: wire.Variable = {
    name: variableName(config, variable.path),
    [variable.kind]: variable.contents,
    ...moments(variable),
  }
  if (state) resource.state = state
  return resource
}

/** The resource as `list` shows it without `returnValues`: name and updateTime alone. */
export function variableEntry(config: string, { path, updated }: Variable): wire.Variable {
  return { name: variableName(config, path), updateTime: formatStamp(updated) }
}

/** The resource without its contents, which who has written it knows. */
export function variableHead(config: string, variable: Head): wire.Variable {
  return { name: variableName(config, variable.path), ...moments(variable) }
}

/** What is known of a variable beside its contents. */
type Head = Pick<Variable, 'path' | 'updated' | 'lease'>

function moments({ updated, lease }: Head) {
  return {
    updateTime: formatStamp(updated),
    etag: etagOf(updated),
    ...(lease && { ttl: lease.ttl, expireTime: formatStamp(lease.expires) }),
  }
}

/** Contents that a client sent, checked and made canonical. */
export type Contents = Pick<Variable, 'kind' | 'contents'>

/** What a client sent of a variable, checked. */
export interface VariableInput extends Contents {
  /** Canonical Duration. */
  readonly ttl?: string | undefined
}

/** The lease that begins, or begins anew, at a moment. */
export function leaseFrom(moment: Stamp, ttl: string | undefined): Lease | undefined {
  return ttl === undefined ? undefined : { ttl, expires: moment + spanMicros(ttl) }
}

/** Reads what a variable is to hold. `field` is where it stands, such as `variable`. */
export function readVariable(
  body: { text?: string | undefined; value?: string | undefined; ttl?: string | undefined },
  field = 'variable',
): Result<VariableInput> {
  const contents = readContents(body, field)
  if (!contents.ok || body.ttl === undefined) return contents
  const ttl = readSpan(body.ttl, `${field}.ttl`)
  return ttl.ok ? ok({ ...contents.value, ttl: ttl.value }) : ttl
}

/**
 * Reads the oneof `contents`: exactly one of `text` and `value`, either of which may be empty.
 * `value` is taken in both base64 alphabets, with or without padding, and may be wrapped into lines.
 */
export function readContents(
  body: { text?: string | undefined; value?: string | undefined },
  field = 'variable',
): Result<Contents> {
  const { text, value } = body
  if (text !== undefined && value !== undefined) {
    return invalid(`${field}.text`, `${field}.text and ${field}.value exclude each other: send exactly one`)
  }
  if (text !== undefined) return withinSize(field, 'text', text, byteLength(text))
  if (value !== undefined) return readValue(field, value)
  return invalid(`${field}.text`, `${field}.text or ${field}.value is required: send exactly one, it may be empty`)
}

function readValue(field: string, value: string): Result<Contents> {
  const compact = value
    .replace(/[\r\n]/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/=+$/, '')
  const wellFormed = /^[A-Za-z0-9+/]*$/.test(compact) && compact.length % 4 !== 1
  if (!wellFormed) return invalid(`${field}.value`, `${field}.value must be base64, standard or URL-safe`)
  const bytes = Math.floor((compact.length * 3) / 4)
  if (bytes > MAX_CONTENTS_BYTES) return withinSize(field, 'value', compact, bytes)
  // Through the decoder and back: stray bits behind the last byte are dropped, and the padding is as it should be.
  return withinSize(field, 'value', btoa(atob(compact)), bytes)
}

function withinSize(field: string, kind: 'text' | 'value', contents: string, bytes: number): Result<Contents> {
  if (bytes <= MAX_CONTENTS_BYTES) return ok({ kind, contents })
  const message = `${field}.${kind} must be at most ${MAX_CONTENTS_BYTES} bytes, this has ${bytes}`
  return invalid(`${field}.${kind}`, message)
}
