/**
 * Every failure that a caller can bring about or must expect, as a value. Exceptions are bugs.
 */

/** What went wrong, and for bad input which field and what was expected of it. */
export type Fault =
  | { readonly kind: 'invalidArgument'; readonly field: string; readonly message: string }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'noSuchMethod'; readonly message: string }
  | { readonly kind: 'alreadyExists' }
  | { readonly kind: 'prefixConflict' }
  | { readonly kind: 'policyChanged' }
  /** An etag that was to guard a change is stale, or something is there that was not to be. */
  | { readonly kind: 'changed' }
  /** A variable that has no ttl was to be renewed. */
  | { readonly kind: 'noLease' }
  /** A stream was to resume from further back than is remembered. */
  | { readonly kind: 'forgotten' }
  /** One of several writes was refused, and with it all of them. */
  | { readonly kind: 'writeRefused'; readonly field: string; readonly fault: Fault }
  /** Nobody may know from this whether the resource exists. */
  | { readonly kind: 'permissionDenied'; readonly permission: string; readonly resource: string }
  | { readonly kind: 'unauthenticated'; readonly message: string }
  | { readonly kind: 'resourceExhausted'; readonly message: string }
  /** The caller makes more requests than it may. */
  | { readonly kind: 'tooMany' }
  /** More is asked for at one time than can be done soon; of this, nothing was done. */
  | { readonly kind: 'overloaded' }
  | { readonly kind: 'upgradeRequired' }
  | { readonly kind: 'deadlineExceeded' }
  | { readonly kind: 'unimplemented' }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'internal' }

/** A value, or why there is none. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault }

/** The result that carries a value. */
export function ok<T>(value: T): Result<T> {
  return { ok: true, value }
}

/** The result that carries a fault. */
export function refuse(fault: Fault): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault }
}

/** The refusal of a field's value: `message` says what was expected and names the field. */
export function invalid(field: string, message: string): { readonly ok: false; readonly fault: Fault } {
  return refuse({ kind: 'invalidArgument', field, message })
}

/** The values of all results, or the first refusal among them. */
export function all<T extends Record<string, unknown>>(results: { [key in keyof T]: Result<T[key]> }): Result<T> {
  const values: Partial<T> = {}
  for (const key of Object.keys(results) as (keyof T)[]) {
    const result = results[key]
    if (!result.ok) return result
    values[key] = result.value
  }
  return ok(values as T)
}

export const NOT_FOUND: Fault = { kind: 'notFound' }
export const ALREADY_EXISTS: Fault = { kind: 'alreadyExists' }
export const CHANGED: Fault = { kind: 'changed' }
export const TOO_MANY: Fault = { kind: 'tooMany' }
export const OVERLOADED: Fault = { kind: 'overloaded' }

/** After how many seconds it is worth trying again what is refused for a reason that passes by itself. */
const RETRY_SECONDS = 1

/** google.rpc.Status as Google's REST front end writes it: `code` is the HTTP status, `status` the RPC code's name. */
export interface Status {
  readonly code: number
  readonly message: string
  readonly status: string
  readonly details?: readonly StatusDetail[]
}

export type StatusDetail = BadRequest | ErrorInfo | RetryInfo

/** google.rpc.BadRequest: which field was refused, and why. */
export interface BadRequest {
  readonly '@type': 'type.googleapis.com/google.rpc.BadRequest'
  readonly fieldViolations: readonly { readonly field: string; readonly description: string }[]
}

/** google.rpc.ErrorInfo: what the reason is, in words for programs, and what it is about. */
export interface ErrorInfo {
  readonly '@type': 'type.googleapis.com/google.rpc.ErrorInfo'
  readonly reason: string
  readonly domain: string
  readonly metadata: { readonly [key: string]: string }
}

/** google.rpc.RetryInfo: after what time to try again, such as `1s`. */
export interface RetryInfo {
  readonly '@type': 'type.googleapis.com/google.rpc.RetryInfo'
  readonly retryDelay: string
}

/** After how many seconds to try again what was refused so; undefined where that alone does not help. */
export function retryAfter({ details }: Status): number | undefined {
  return details?.includes(RETRY) ? RETRY_SECONDS : undefined
}

/**
 * The Status that tells a client of a fault. Clients compare some of these messages byte by byte, so the missing
 * full stops of ALREADY_EXISTS and PERMISSION_DENIED are as deliberate as the others' presence (spec: section 5).
 */
export function statusOf(fault: Fault): Status {
  switch (fault.kind) {
    case 'invalidArgument':
      return {
        code: 400,
        message: fault.message,
        status: 'INVALID_ARGUMENT',
        details: [badRequest({ field: fault.field, description: fault.message })],
      }
    case 'notFound':
      return { code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND' }
    case 'noSuchMethod':
      return { code: 404, message: fault.message, status: 'NOT_FOUND' }
    case 'alreadyExists':
      return { code: 409, message: 'Requested entity already exists', status: 'ALREADY_EXISTS' }
    case 'prefixConflict':
      return { code: 400, message: 'Precondition check failed.', status: 'FAILED_PRECONDITION' }
    case 'policyChanged':
      return {
        code: 409,
        message: 'There were concurrent policy changes. Read the policy again and repeat the change on what it is now.',
        status: 'ABORTED',
      }
    case 'changed':
      return {
        code: 409,
        message: 'The resource is not as the precondition says. Read it again and repeat the change on what it is now.',
        status: 'ABORTED',
      }
    case 'noLease':
      return { code: 400, message: 'The variable has no ttl, and never expires.', status: 'FAILED_PRECONDITION' }
    case 'forgotten':
      return {
        code: 410,
        message: 'What happened since then is not remembered in full. What follows is the state as it stands.',
        status: 'OUT_OF_RANGE',
      }
    case 'writeRefused': {
      const { details = [], ...status } = statusOf(fault.fault)
      const violation = { field: fault.field, description: status.message }
      return { ...status, details: [badRequest(violation), ...details] }
    }
    case 'permissionDenied':
      return {
        code: 403,
        message: 'The caller does not have permission',
        status: 'PERMISSION_DENIED',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'IAM_PERMISSION_DENIED',
            domain: 'iam.googleapis.com',
            metadata: { permission: fault.permission, resource: fault.resource },
          },
        ],
      }
    case 'unauthenticated':
      return { code: 401, message: fault.message, status: 'UNAUTHENTICATED' }
    case 'resourceExhausted':
      return { code: 429, message: fault.message, status: 'RESOURCE_EXHAUSTED' }
    case 'tooMany':
      return {
        code: 429,
        message: 'The caller makes more requests than it may. Try again later.',
        status: 'RESOURCE_EXHAUSTED',
        details: [RETRY],
      }
    case 'overloaded':
      return {
        code: 503,
        message: 'More is asked of the config than it can do soon. Nothing of this was done; try again.',
        status: 'UNAVAILABLE',
        details: [RETRY],
      }
    case 'upgradeRequired':
      return {
        code: 426,
        message:
          'A subscription is a WebSocket or an event stream: send "Connection: Upgrade" and "Upgrade: websocket", or "Accept: text/event-stream".',
        status: 'FAILED_PRECONDITION',
      }
    case 'deadlineExceeded':
      return { code: 504, message: 'The deadline of the request passed before a change.', status: 'DEADLINE_EXCEEDED' }
    case 'unimplemented':
      return { code: 501, message: 'This method is not implemented.', status: 'UNIMPLEMENTED' }
    case 'unavailable':
      return {
        code: 503,
        message: 'The service is currently unavailable.',
        status: 'UNAVAILABLE',
        details: [RETRY],
      }
    case 'internal':
      return { code: 500, message: 'Internal error encountered.', status: 'INTERNAL' }
  }
}

const RETRY: RetryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${RETRY_SECONDS}s` }

function badRequest(violation: BadRequest['fieldViolations'][number]): BadRequest {
  return { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [violation] }
}
