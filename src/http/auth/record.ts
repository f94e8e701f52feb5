/**
 * The record of who was refused and who changed a policy: one line of JSON each, which never holds a token, a header or
 * a value.
 */
import { statusOf, type Fault } from '../../core/fault.ts'
import { log } from '../../telemetry/log.ts'

/** A call that is worth a line. */
export interface Recorded {
  /** The member that called; '' for one that showed no credential, undefined where that is not known. */
  readonly caller: string | undefined
  /** The id of the method in the table of the API, or the HTTP method where it has none. */
  readonly method: string
  /** Full name of the resource, as far as it is known. */
  readonly resource: string
  /** By what the request is found elsewhere, where it is a request. */
  readonly request?: Readonly<Record<string, string>> | undefined
}

/** The longest name that a line bears, in characters: the longest name of a resource, and some. */
const MAX_SHOWN = 600

/** Which faults are refusals: of the caller, of what it may do, or of how much. */
const REFUSALS: ReadonlySet<Fault['kind']> = new Set([
  'unauthenticated',
  'permissionDenied',
  'resourceExhausted',
  'tooMany',
])

/** Writes a line if the fault is a refusal. */
export function recordRefusal({ caller, method, resource, request }: Recorded, fault: Fault): void {
  if (!REFUSALS.has(fault.kind)) return
  const named = fault.kind === 'permissionDenied' ? fault.resource : resource
  const reason = fault.kind === 'permissionDenied' ? `lacks ${fault.permission}` : statusOf(fault).message
  log('warn', 'access.refused', {
    caller: shown(caller),
    method,
    resource: shownName(named),
    decision: 'refused',
    reason,
    ...request,
  })
}

/** Writes that a policy was changed. */
export function recordPolicyChange({ caller, method, resource, request }: Recorded): void {
  const reason = 'the policy was replaced'
  log('warn', 'access.policy.changed', {
    caller: shown(caller),
    method,
    resource: shownName(resource),
    decision: 'allowed',
    reason,
    ...request,
  })
}

const shown = (caller: string | undefined) => (caller === '' ? 'anonymous' : (caller ?? 'unknown'))

/** The name, up to the first character that no resource has in its name: what stands there was not meant to be one. */
export function shownName(name: string): string {
  const good = /^[\w.:/-]*/.exec(name)?.[0].slice(0, MAX_SHOWN) ?? ''
  return good === name ? name : `${good}...`
}
