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

/** The refusal of an argument that is not what it must be. */
export function expected(argument: string, what: string, value: unknown): InvalidArgumentError {
  return new InvalidArgumentError(argument, `must be ${what}, this is ${show(value)}`)
}

/** A value in a message: short, and safe whatever it is. */
export function show(value: unknown): string {
  const plain = (_: string, part: unknown) =>
    typeof part === 'function' ? `${part.name}()` : typeof part === 'bigint' ? String(part) : part
  try {
    const text = typeof value === 'number' ? String(value) : (JSON.stringify(value, plain) ?? String(value))
    return text.length > 80 ? `${text.slice(0, 80)}...` : text
  } catch {
    return Object.prototype.toString.call(value)
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

/** A refusal that did not come as the answer to an HTTP request, as an error like the others. */
export function refusal(error: Status, request: ApiRequest): ServiceError {
  return new ServiceError({ status: error.code, headers: new Headers() }, error, request)
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
const PASSING_CONFLICT = /^(?:IncorrectState|LockConflict|ABORTED)$/
/** How the platforms word that a fetch had no answer; it is a TypeError like any programming error. */
const NO_ANSWER = /fetch|network|load failed|sending request|socket|terminated/i
/** Codes of Node.js, its HTTP client and Bun for connections that failed. */
const NO_CONNECTION = /^(?:E[A-Z]+|UND_ERR_\w+|Connection\w+|FailedToOpen\w+)$/

/**
 * Whether the same read may well succeed a moment later: no answer, too many requests, or a fault of the server's.
 * Refusals are none: they stay what they are however often one asks.
 */
export function isTransient(error: unknown): boolean {
  const status = statusOf(error)
  const { name, code, message } = Object(error) as { name?: string; code?: unknown; message?: string }
  if (status !== undefined) {
    if (status === 409) return PASSING_CONFLICT.test(String(code))
    return [408, 425, 429].includes(status) || (status >= 500 && status !== 501)
  }
  if (name === 'ConnectionError') return true
  if (typeof code === 'string' && NO_CONNECTION.test(code)) return true
  return name === 'TypeError' && NO_ANSWER.test(String(message))
}

/** When the service asks to be called again, in milliseconds from now: its `Retry-After`, in seconds or as a date. */
export function retryAfter(error: unknown): number | undefined {
  const { headers } = Object(error) as { headers?: { get?(name: string): string | null } }
  const text = headers?.get?.('Retry-After')
  if (!text) return undefined
  const milliseconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined
}

/** An error in one line, for messages that count how often each occurred. */
export function tellError(error: unknown): string {
  return error instanceof Error ? `${statusOf(error) ?? error.name}: ${error.message}` : show(error)
}
