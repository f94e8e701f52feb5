/** What can go wrong, and how to tell it apart: by class, by `name`, or by `code`, never by the text. */
import type { Status } from '../core/fault.ts'
import type { ApiRequest } from './api.ts'

/** An argument that cannot be meant. Nothing was sent. `argument` names it. */
export class InvalidArgumentError extends TypeError {
  override readonly name = 'InvalidArgumentError'
  readonly code = 'INVALID_ARGUMENT'
  readonly argument: string

  constructor(argument: string, problem: string) {
    super(`${argument} ${problem}`)
    this.argument = argument
  }
}

/** A refusal by the service: google.rpc.Status, with HTTP's number as `status` and the name of the RPC code as `code`. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  /** HTTP status, such as 404. */
  readonly status: number
  /** Name of the RPC code, such as `NOT_FOUND`; `UNKNOWN` where the answer has none. */
  readonly code: string
  readonly details: readonly object[]
  readonly headers: Headers
  readonly request: ApiRequest

  constructor(answer: { status: number; headers: Headers }, error: Partial<Status>, request: ApiRequest) {
    super(error.message ?? `HTTP ${answer.status}`)
    this.status = answer.status
    this.code = error.status ?? 'UNKNOWN'
    this.details = error.details ?? []
    this.headers = answer.headers
    this.request = request
  }
}

/** No whole answer came: refused, cut, unreadable, or not within the request's time. The request may have had its effect. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code = 'UNAVAILABLE'
  readonly request: ApiRequest

  constructor(request: ApiRequest, problem: string, cause?: unknown) {
    super(`${request.method} ${request.url}: ${problem}`, { cause })
    this.request = request
  }
}

/** The status of an error of any client: HTTP's number, if it has one. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { status?: unknown } | undefined)?.status
  return typeof status === 'number' ? status : undefined
}

/** Names under which services say that a conflict will pass: somebody holds a lock, or was faster. */
const PASSING_CONFLICTS = new Set(['IncorrectState', 'LockConflict', 'ABORTED'])
/** How the platforms word that a fetch had no answer; it is a TypeError like any programming error. */
const NO_ANSWER = /fetch|network|load failed|sending request|socket|terminated/i
/** Codes of Node.js, its HTTP client and Bun for connections that failed. */
const NO_CONNECTION =
  /^(?:E(?:CONN|HOST|NET|PIPE|AI_AGAIN|TIMEDOUT|NOTFOUND)|ENOTFOUND|UND_ERR_|Connection|FailedToOpen)/

/**
 * Whether the same read may well succeed a moment later: no answer, too many requests, or a fault of the server's.
 * Refusals are none: they stay what they are however often one asks.
 */
export function isTransient(error: unknown): boolean {
  const status = statusOf(error)
  const { name, code, message = '' } = (error ?? {}) as { name?: string; code?: unknown; message?: string }
  if (status !== undefined) {
    if (status === 409) return PASSING_CONFLICTS.has(String(code))
    return status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501)
  }
  if (name === 'ConnectionError') return true
  if (typeof code === 'string' && NO_CONNECTION.test(code)) return true
  return name === 'TypeError' && NO_ANSWER.test(message)
}

/** When the service asks to be called again, in milliseconds from now: its `Retry-After`, in seconds or as a date. */
export function retryAfter(error: unknown): number | undefined {
  const headers = (error as { headers?: { get?: unknown } } | undefined)?.headers
  const text = typeof headers?.get === 'function' ? (headers.get('Retry-After') as string | null) : null
  if (!text) return undefined
  const milliseconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined
}

/** An error in one line, for messages that count how often each occurred. */
export function tellError(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : Object.prototype.toString.call(error)
  const status = statusOf(error)
  return status === undefined ? `${error.name}: ${error.message}` : `${status} ${error.message}`
}
