/** Answers as Google's REST front end writes them. */
import { retryAfter, statusOf, type Fault } from '../core/fault.ts'
import type { Mask } from './fields.ts'
import { select } from './fields.ts'

/** How a caller wants an answer written. */
export interface Style {
  /** Indented by two spaces, as Google does unless told otherwise. */
  readonly pretty: boolean
  /** Which fields to show; undefined is all. */
  readonly mask?: Mask | undefined
}

const PLAIN: Style = { pretty: true }

/** What one caller may see is not for a cache that serves others, and JSON is nothing else to a browser. */
const HEADERS = {
  'content-type': 'application/json; charset=UTF-8',
  'cache-control': 'private, no-store',
  'x-content-type-options': 'nosniff',
}

/** A JSON answer. The mask applies to what succeeded alone: an error is always told whole. */
export function answer(body: object, style: Style = PLAIN, status = 200): Response {
  const shown = style.mask && status === 200 ? select(body, style.mask) : body
  const text = style.pretty ? `${JSON.stringify(shown, null, 2)}\n` : JSON.stringify(shown)
  const response = new Response(text, { status, headers: HEADERS })
  // A resource that has an etag: what a change of it can name in If-Match.
  if ('etag' in body && 'name' in body) response.headers.set('ETag', `"${String(body.etag)}"`)
  return response
}

/** The answer that tells of a fault: google.rpc.Status under `error`. */
export function faultResponse(fault: Fault, style: Style = PLAIN): Response {
  const status = statusOf(fault)
  const response = answer({ error: status }, style, status.code)
  // RFC 9110, section 15.5.2: a 401 says how to do better.
  if (status.code === 401) response.headers.set('WWW-Authenticate', 'Bearer')
  const seconds = retryAfter(status)
  if (seconds !== undefined) response.headers.set('Retry-After', String(seconds))
  return response
}
