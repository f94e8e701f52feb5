/** Tokens: a wait written down, to go on in another process. */
import { InvalidArgumentError } from './errors.ts'
import type { Revision } from './observation.ts'

/** The version of the tokens that are written and read here. */
const VERSION = 1
const PREFIX = 'rollcall-wait.'

/** What a token holds. */
export interface Resumption {
  /** The target's key; for the service's resources that is their name. */
  readonly key: string
  /** When the wait ends at the latest, in milliseconds since 1970. */
  readonly deadline: number
  /** The latest revision that was seen. */
  readonly rev?: Revision | undefined
  readonly identity?: string | undefined
  /** What is waited for, if that can be written down. */
  readonly until?: object | undefined
}

/** Writes a token: text of letters, digits, `.`, `-` and `_`. It holds no credential. */
export function writeToken(resumption: Resumption): string {
  const bytes = new TextEncoder().encode(JSON.stringify({ v: VERSION, ...resumption }))
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  return PREFIX + base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Reads a token. Throws {@link InvalidArgumentError} for what is none, and for one of another version. */
export function readToken(token: unknown): Resumption {
  if (typeof token !== 'string' || !token.startsWith(PREFIX)) throw notOne()
  const { v, ...resumption } = decode(token.slice(PREFIX.length))
  if (v !== VERSION) {
    throw new InvalidArgumentError('token', `has version ${JSON.stringify(v)}, and only ${VERSION} can be read here`)
  }
  const { key, deadline } = resumption
  if (typeof key !== 'string' || typeof deadline !== 'number' || !Number.isFinite(deadline)) throw notOne()
  return resumption
}

function decode(text: string): Resumption & { v?: unknown } {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
    const read = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)) as unknown
    if (typeof read === 'object' && read !== null) return read as Resumption & { v?: unknown }
  } catch {
    // Whatever it is, it was not written here.
  }
  throw notOne()
}

function notOne(): InvalidArgumentError {
  return new InvalidArgumentError('token', 'is not a token of a wait, or only a part of one')
}
