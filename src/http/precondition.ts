/** Preconditions of changes: the headers If-Match and If-None-Match, and an etag in the body (RFC 9110, section 13). */
import type { Precondition } from '../core/command.ts'
import { invalid, ok, type Result } from '../core/fault.ts'

/**
 * Reads what must be so for a change to be made; undefined, if nothing is said. `etag` is that of the body. Weak tags
 * count as the others: proxies that compress make strong ones weak, and etags here stand for one state in any case.
 */
export function readPrecondition(headers: Headers, etag?: string): Result<Precondition | undefined> {
  const absent = headers.get('If-None-Match')
  if (absent !== null && absent.trim() !== '*') {
    return invalid('If-None-Match', 'If-None-Match must be "*" where something is changed')
  }
  const match = headers.get('If-Match')
  const tags = match === null || match.trim() === '*' ? undefined : readTags(match)
  if (tags && !tags.ok) return tags
  if (absent !== null && (match !== null || etag)) {
    return invalid('If-None-Match', 'If-None-Match excludes If-Match and an etag: it asks for what is not there')
  }
  if (absent !== null) return ok({ absent: true })
  if (!etag) return ok(tags && { etags: tags.value })
  return ok({ etags: !tags || tags.value.includes(etag) ? [etag] : [] })
}

/** The same where something is made: no etag can be that of what is not there. */
export function readAbsence(headers: Headers): Result<Precondition | undefined> {
  const precondition = readPrecondition(headers)
  if (!precondition.ok || !headers.has('If-Match')) return precondition
  return invalid('If-Match', 'If-Match does not go with a creation')
}

/** A list of entity tags; quotes may be left out, for people write them by hand. */
function readTags(text: string): Result<string[]> {
  const tags = text.split(',').map((tag) => tag.trim())
  const read = tags.map((tag) => /^(?:(?:W\/)?"([\w+/=-]+)"|([\w+/=-]+))$/.exec(tag))
  if (read.some((tag) => !tag)) {
    return invalid('If-Match', 'If-Match must be "*" or etags as resources have them, separated by commas')
  }
  return ok(read.map((tag) => (tag?.[1] ?? tag?.[2]) as string))
}
