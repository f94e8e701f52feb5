/**
 * v1 has only the generic methods of long-running operations, for which the documentation allows UNIMPLEMENTED
 * (spec: section 2.4). Operations of this service are found under their configs in v1beta1.
 */
import type { Outcome } from '../core/command.ts'
import { ok, refuse, type Fault } from '../core/fault.ts'
import { answer, faultResponse } from './answer.ts'
import { admit, onlyKnown } from './auth/admit.ts'
import { recordRefusal } from './auth/record.ts'
import type { Env } from './env.ts'
import type { Observation } from './observation.ts'
import { readAddress, readParameters, readStyle, type Address } from './request.ts'

const LIST = { filter: 'string', pageSize: 'pageSize', pageToken: 'string', returnPartialSuccess: 'bool' } as const

/** Answers a request to /v1/. */
export async function callOperations(request: Request, env: Env, { logged }: Observation): Promise<Response> {
  const address = readAddress(request.url)
  if (!address.ok) return faultResponse(address.fault)
  const style = readStyle(address.value.query)
  if (!style.ok) return faultResponse(style.fault)
  const visitor = await admit(request, address.value, env)
  const admitted = onlyKnown(visitor, env)
  const outcome = admitted.ok ? perform(request.method, address.value) : admitted
  if (outcome.ok) return answer(outcome.value, style.value)
  const caller = visitor.ok ? visitor.value.member : undefined
  recordRefusal({ caller, method: request.method, resource: address.value.path, request: logged }, outcome.fault)
  return faultResponse(outcome.fault, style.value)
}

function perform(http: string, { path, query }: Address): Outcome {
  if (path === '/v1/operations' && (http === 'GET' || http === 'HEAD')) {
    const read = readParameters(query, LIST)
    return read.ok ? ok({}) : read
  }
  const named = /^\/v1\/operations\/./.test(path)
  const known = named && (path.endsWith(':cancel') ? http === 'POST' : http === 'DELETE')
  const fault: Fault = known
    ? { kind: 'unimplemented' }
    : { kind: 'noSuchMethod', message: `There is no method ${http} ${path} in this API.` }
  return refuse(fault)
}
