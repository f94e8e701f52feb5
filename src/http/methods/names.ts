/** What several methods read alike: names in bodies, and ids of requests. */
import { invalid, ok, type Result } from '../../core/fault.ts'
import type { Caller } from '../../core/access.ts'
import { configName, parseName, type ResourceName } from '../../core/name.ts'
import type { InConfig } from '../ask.ts'
import type { Kind } from '../request.ts'

/** The longest `requestId`, in characters. */
export const MAX_REQUEST_ID_LENGTH = 64

/** The query of methods that make something. */
export const creates = { requestId: 'string' } as const

/** The query of methods that list. */
export const paged = { pageSize: 'pageSize', pageToken: 'string' } as const

/**
 * Reads the full name of a resource in a body, which must lie under the parent: from it comes the id of a new one
 * (spec: section 3.1, item 10). `purpose` says what the name is for.
 */
export function readName<K extends Kind & ResourceName['kind']>(
  text: string | undefined,
  field: string,
  kind: K,
  parent: Extract<ResourceName, { kind: 'project' | 'config' }>,
  purpose = 'to create',
): Result<Extract<ResourceName, { kind: K }>> {
  if (!text) return invalid(field, `${field} is required: the full name of the ${kind} ${purpose}`)
  const name = parseName(text, field)
  if (!name.ok) return name
  const within =
    name.value.kind === kind &&
    name.value.project === parent.project &&
    (parent.kind === 'project' || ('config' in name.value && name.value.config === parent.config))
  if (within) return ok(name.value as Extract<ResourceName, { kind: K }>)
  const under = parent.kind === 'project' ? `projects/${parent.project}` : configName(parent.project, parent.config)
  return invalid(field, `${field} must name a ${kind} under ${under}, as the URL says`)
}

/** On update the path of the URL decides; a name in the body may be absent, but must not be another. */
export function checkSameName(text: string | undefined, field: string, name: InConfig): Result<ResourceName> {
  if (!text) return ok(name)
  const given = parseName(text, field)
  if (!given.ok || JSON.stringify(given.value) === JSON.stringify(name)) return given
  return invalid(field, `${field} must be absent or the name that stands in the URL`)
}

/**
 * Reads a requestId. Each caller has ids of its own: what one has made must not be told to another that happens to use,
 * or guesses, the same id.
 */
export function readRequestId(requestId: string, { caller }: { caller?: Caller | undefined }): Result<string> {
  if (requestId.length > MAX_REQUEST_ID_LENGTH) {
    const message = `requestId must be at most ${MAX_REQUEST_ID_LENGTH} characters, this has ${requestId.length}`
    return invalid('requestId', message)
  }
  return ok(caller && requestId ? `${caller.identity} ${requestId}` : requestId)
}
