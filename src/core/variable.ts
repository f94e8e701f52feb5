/** Variables: what is stored of one, and what a client sees of it. */
import { invalid, ok, type Result } from './fault.ts'
import { formatStamp, type Stamp } from './time.ts'
import type * as wire from './wire.ts'

/** A variable as it is stored. `contents` is UTF-8 text, or bytes as canonical base64 when `kind` is `value`. */
export interface Variable {
  readonly path: string
  readonly kind: 'text' | 'value'
  readonly contents: string
  readonly updated: Stamp
}

/** Contents must be *less than* 4096 bytes (spec: section 3, Variable). */
export const MAX_CONTENTS_BYTES = 4095

const ENCODER = new TextEncoder()

/** A variable's name in full. `config` is the config's full name. */
export function variableName(config: string, path: string): string {
  return `${config}/variables/${path}`
}

/** The resource that clients see. `state` is given only where the live service sends it (spec: section 4.2). */
export function variableResource(config: string, variable: Variable, state?: 'UPDATED' | 'DELETED'): wire.Variable {
  const resource: wire.Variable = {
    name: variableName(config, variable.path),
    [variable.kind]: variable.contents,
    updateTime: formatStamp(variable.updated),
  }
  if (state) resource.state = state
  return resource
}

/** The resource as `list` shows it without `returnValues`: name and updateTime alone. */
export function variableHead(config: string, variable: Variable): wire.Variable {
  return { name: variableName(config, variable.path), updateTime: formatStamp(variable.updated) }
}

/** Contents that a client sent, checked and made canonical. */
export type Contents = Pick<Variable, 'kind' | 'contents'>

/**
 * Reads the oneof `contents`: exactly one of `text` and `value`, either of which may be empty.
 * `value` is taken in both base64 alphabets, with or without padding, and may be wrapped into lines.
 */
export function readContents(body: { text?: string | undefined; value?: string | undefined }): Result<Contents> {
  const { text, value } = body
  if (text !== undefined && value !== undefined) {
    return invalid('variable.text', 'variable.text and variable.value exclude each other: send exactly one')
  }
  if (text !== undefined) return withinSize('text', text, ENCODER.encode(text).length)
  if (value !== undefined) return readValue(value)
  return invalid('variable.text', 'variable.text or variable.value is required: send exactly one, it may be empty')
}

function readValue(value: string): Result<Contents> {
  const compact = value
    .replace(/[\r\n]/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/=+$/, '')
  const wellFormed = /^[A-Za-z0-9+/]*$/.test(compact) && compact.length % 4 !== 1
  if (!wellFormed) return invalid('variable.value', 'variable.value must be base64, standard or URL-safe')
  const bytes = Math.floor((compact.length * 3) / 4)
  if (bytes > MAX_CONTENTS_BYTES) return withinSize('value', compact, bytes)
  // Through the decoder and back: stray bits behind the last byte are dropped, and the padding is as it should be.
  return withinSize('value', btoa(atob(compact)), bytes)
}

function withinSize(kind: 'text' | 'value', contents: string, bytes: number): Result<Contents> {
  if (bytes <= MAX_CONTENTS_BYTES) return ok({ kind, contents })
  const message = `variable.${kind} must be at most ${MAX_CONTENTS_BYTES} bytes, this has ${bytes}`
  return invalid(`variable.${kind}`, message)
}
