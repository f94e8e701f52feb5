/** Tokens: a wait written down, to go on in another process. */
import { InvalidArgumentError, show } from './errors.ts'
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

/** Writes a token: text that may stand in a URL. It holds no credential. */
export function writeToken(resumption: Resumption): string {
  return PREFIX + encodeURIComponent(JSON.stringify({ v: VERSION, ...resumption }))
}

/** Reads a token. Throws {@link InvalidArgumentError} for what is none, and for one of another version. */
export function readToken(token: unknown): Resumption {
  let read: Partial<Resumption> & { v?: unknown } = {}
  try {
    if (String(token).startsWith(PREFIX))
      read = Object(JSON.parse(decodeURIComponent(String(token).slice(PREFIX.length))))
  } catch {
    // Whatever it is, it was not written here.
  }
  const { v = VERSION, key, deadline } = read
  if (v !== VERSION) throw new InvalidArgumentError('token', `has version ${show(v)}, not ${VERSION}`)
  if (typeof key === 'string' && Number.isFinite(deadline)) return read as Resumption
  throw new InvalidArgumentError('token', 'is not a whole token of a wait')
}
