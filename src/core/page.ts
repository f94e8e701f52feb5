/** Page tokens: opaque to clients, good only for the list that made them. */
import { invalid, ok, type Result } from './fault.ts'

/** A page of a list that is sorted by key, and the token of the next one. */
export interface Page<T> {
  readonly items: T[]
  readonly nextPageToken?: string
}

/** What a client asks of a list: `pageSize` undefined is everything. */
export interface PageRequest {
  readonly pageSize?: number | undefined
  readonly pageToken?: string | undefined
}

/**
 * The token that goes on behind `after`, a key of the list. `scope` names the list and all that shapes it, such as a
 * filter; the token serves no other.
 */
export function encodePageToken(scope: string, after: string): string {
  const bytes = new TextEncoder().encode(JSON.stringify([scope, after]))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

/** The key that a token goes on behind: '' when there is no token. */
export function decodePageToken(scope: string, token: string | undefined): Result<string> {
  if (!token) return ok('')
  try {
    const bytes = Uint8Array.from(atob(token.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
    const [from, after] = JSON.parse(new TextDecoder().decode(bytes)) as unknown[]
    if (from === scope && typeof after === 'string') return ok(after)
  } catch {
    // Not a token of ours at all; said below.
  }
  return invalid('pageToken', 'pageToken is not one that this list gave out with these parameters')
}

/** How many projects are read at a time. */
export const PROJECTS_AT_A_TIME = 1000

/** A page ends early behind this many bytes, so that an answer fits through an object's door, which is 32 MiB wide. */
export const MAX_PAGE_BYTES = 24 * 2 ** 20

/**
 * Cuts a page out of what follows the token. `read(after)` goes through the list behind a key, sorted.
 *
 * A page that is exactly full carries a token even if nothing follows: a client in use (rcloadenv) asks again after
 * every page of exactly the size it asked for, and without a token it would begin anew, for ever
 * (spec: section 4.3, Pagination).
 */
export function takePage<T>(
  scope: string,
  { pageSize, pageToken }: PageRequest,
  list: { read(after: string): Iterable<T>; key(item: T): string; bytes(item: T): number },
): Result<Page<T>> {
  const after = decodePageToken(scope, pageToken)
  if (!after.ok) return after
  const items: T[] = []
  let bytes = 0
  for (const item of list.read(after.value)) {
    items.push(item)
    bytes += list.bytes(item)
    if (items.length === pageSize || bytes > MAX_PAGE_BYTES) {
      return ok({ items, nextPageToken: encodePageToken(scope, list.key(item)) })
    }
  }
  return ok({ items })
}

/** A list as it stands in an answer: an empty one is left out, as proto3's JSON does. */
export function listAnswer<T>(field: string, { items, nextPageToken }: Page<T>, resource: (item: T) => object): object {
  return { ...(items.length && { [field]: items.map(resource) }), ...(nextPageToken && { nextPageToken }) }
}
