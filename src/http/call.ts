/** How a request finds its method and its caller, and how its outcome becomes an answer. */
import type { Outcome } from '../core/command.ts'
import { invalid, ok, refuse, type Result } from '../core/fault.ts'
import { quote } from '../core/name.ts'
import { admit, toldTo } from './auth/admit.ts'
import { doorOf, type Visitor } from './auth/door.ts'
import { recordPolicyChange, recordRefusal } from './auth/record.ts'
import type { Env } from './env.ts'
import { answer, faultResponse } from './answer.ts'
import { METHODS } from './api.ts'
import { readBody } from './bodies.ts'
import { readJson } from './json.ts'
import type { Method } from './method.ts'
import type { Observation } from './observation.ts'
import {
  readAddress,
  readParameters,
  readStyle,
  readTarget,
  readTargetName,
  type Address,
  type Target,
} from './request.ts'

/** Answers a request to /v1beta1/. */
export async function callMethod(request: Request, env: Env, observation: Observation): Promise<Response> {
  const address = readAddress(request.url)
  if (!address.ok) return faultResponse(address.fault)
  const style = readStyle(address.value.query)
  if (!style.ok) return faultResponse(style.fault)
  const outcome = await route(request, address.value, env, observation)
  if (outcome instanceof Response) return outcome
  return outcome.ok ? answer(outcome.value, style.value) : faultResponse(outcome.fault, style.value)
}

async function route(
  request: Request,
  address: Address,
  env: Env,
  observation: Observation,
): Promise<Outcome | Response> {
  const path = decodePath(address.path.slice('/v1beta1/'.length))
  if (!path.ok) return path
  const target = readTarget(path.value)
  const method = target && findMethod(request.method, target)
  if (!method) return noSuchMethod(request.method, path.value)
  observation.method = method.id
  observation.resource = target.name
  const visitor = await admit(request, address, env)
  const outcome = visitor.ok
    ? await perform({ request, address, env, observation, target, method, visitor: visitor.value })
    : visitor
  const caller = visitor.ok ? visitor.value.member : undefined
  const recorded = () => ({ caller, method: method.id, resource: target.name, request: observation.logged })
  if (outcome instanceof Response) return outcome
  if (!outcome.ok) recordRefusal(recorded(), outcome.fault)
  else if (method.verb === 'setIamPolicy') recordPolicyChange(recorded())
  return outcome
}

interface Matched {
  readonly request: Request
  readonly address: Address
  readonly env: Env
  readonly observation: Observation
  readonly target: Target
  readonly method: Method
  readonly visitor: Visitor
}

async function perform({
  request,
  address,
  env,
  observation,
  target,
  method,
  visitor,
}: Matched): Promise<Outcome | Response> {
  const name = readTargetName(target)
  if (!name.ok) return name
  const query = readParameters(address.query, method.query ?? {})
  if (!query.ok) return query
  const body = await readInput(request, method)
  if (!body.ok) return body
  const door = doorOf(env)
  const callerIn = (project: string) => (typeof door === 'object' ? door.callerIn(project, visitor) : undefined)
  const outcome = await method.call({
    name: name.value as never,
    query: query.value,
    body: body.value,
    env,
    request,
    observation,
    caller: callerIn(name.value.project),
    callerIn,
    expires: visitor.expires,
    permission: method.permission,
  })
  return outcome instanceof Response || outcome.ok ? outcome : refuse(toldTo(visitor.member, outcome.fault))
}

const BY_PLACE = new Map(METHODS.map((method) => [place(method.http, method.on, method.verb ?? ''), method]))

function findMethod(http: string, { kind, verb }: Target): Method | undefined {
  return BY_PLACE.get(place(http === 'HEAD' ? 'GET' : http, kind, verb))
}

function place(http: string, kind: string, verb: string): string {
  return `${http} ${kind}:${verb}`
}

async function readInput(request: Request, method: Method): Promise<Result<unknown>> {
  if (!method.body) return ok(undefined)
  const json = await readJson(request)
  return json.ok ? readBody(method.body, json.value) : json
}

function decodePath(path: string): Result<string> {
  try {
    return ok(path.includes('%') ? decodeURIComponent(path) : path)
  } catch {
    return invalid('name', 'the path must be percent-encoded UTF-8')
  }
}

function noSuchMethod(http: string, path: string) {
  return refuse({ kind: 'noSuchMethod', message: `There is no method ${quote(`${http} ${path}`)} in this API.` })
}
