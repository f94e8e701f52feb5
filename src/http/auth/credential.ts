/** Where a request carries its credential: the three places that Google's clients use, and one for browsers' WebSockets. */
import type { Address } from '../request.ts'

/** The subprotocol of our WebSockets, which a client that offers a token offers beside it, and which is answered. */
export const SUBPROTOCOL = 'rollcall'
/** The subprotocol that carries a token, which stands behind this: browsers cannot set headers on a WebSocket. */
export const TOKEN_SUBPROTOCOL = 'rollcall.token.'

/** The longest credential, in characters. */
export const MAX_CREDENTIAL_LENGTH = 16_384

/**
 * The credential of a request, undefined where it has none. The first of these counts: `Authorization: Bearer`,
 * `X-Goog-Api-Key`, the subprotocol of a WebSocket, and the query parameters `key` and `access_token`. An
 * Authorization of another kind is a credential that is not known: the empty text.
 */
export function readCredential(headers: Headers, query: Address['query']): string | undefined {
  const authorization = headers.get('Authorization')
  if (authorization) return /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? ''
  const key = headers.get('X-Goog-Api-Key')
  if (key) return key
  const offered = subprotocols(headers).find((protocol) => protocol.startsWith(TOKEN_SUBPROTOCOL))
  if (offered !== undefined) return offered.slice(TOKEN_SUBPROTOCOL.length)
  return parameter(query, 'key') || parameter(query, 'access_token') || undefined
}

/** The subprotocols that a request offers. */
export function subprotocols(headers: Headers): string[] {
  return (headers.get('Sec-WebSocket-Protocol') ?? '').split(',').map((protocol) => protocol.trim())
}

function parameter(query: Address['query'], wanted: string): string | undefined {
  return query.find(([name, value]) => name === wanted && value !== '')?.[1]
}
