/**
 * v1 has only the generic methods of long-running operations, for which the documentation allows UNIMPLEMENTED
 * (spec: section 2.4). Operations of this service are found under their configs in v1beta1.
 */
import { refuse, type Fault } from '../core/fault.ts'
import { answer, faultResponse } from './answer.ts'
import { readParameters, readStyle } from './request.ts'
import type { Outcome } from '../core/command.ts'
import { ok } from '../core/fault.ts'

const LIST = { filter: 'string', pageSize: 'pageSize', pageToken: 'string', returnPartialSuccess: 'bool' } as const

/** Answers a request to /v1/. */
export function callOperations(request: Request): Response {
  const url = new URL(request.url)
  const style = readStyle(url.searchParams)
  if (!style.ok) return faultResponse(style.fault)
  const outcome = perform(request.method, url)
  return outcome.ok ? answer(outcome.value, style.value) : faultResponse(outcome.fault, style.value)
}

function perform(http: string, { pathname, searchParams }: URL): Outcome {
  if (pathname === '/v1/operations' && (http === 'GET' || http === 'HEAD')) {
    const query = readParameters(searchParams, LIST)
    return query.ok ? ok({}) : query
  }
  const named = /^\/v1\/operations\/./.test(pathname)
  const known = named && (pathname.endsWith(':cancel') ? http === 'POST' : http === 'DELETE')
  const fault: Fault = known
    ? { kind: 'unimplemented' }
    : { kind: 'noSuchMethod', message: `There is no method ${http} ${pathname} in this API.` }
  return refuse(fault)
}
