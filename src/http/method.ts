/** What a method of the API is: an entry of the table in api.ts. */
import type { Caller } from '../core/access.ts'
import type { Outcome } from '../core/command.ts'
import type { ResourceName } from '../core/name.ts'
import type { Env } from './env.ts'
import type { Body } from './bodies.ts'
import type { SchemaName } from './document/schemas.ts'
import type { Observation } from './observation.ts'
import type { Kind, Parameters, Values } from './request.ts'

/** The name that a target of each kind has: a collection has that of its parent. */
interface Names {
  /** One without an id. */
  projects: Extract<ResourceName, { kind: 'project' }>
  configs: Extract<ResourceName, { kind: 'project' }>
  config: Extract<ResourceName, { kind: 'config' }>
  variables: Extract<ResourceName, { kind: 'config' }>
  variable: Extract<ResourceName, { kind: 'variable' }>
  waiters: Extract<ResourceName, { kind: 'config' }>
  waiter: Extract<ResourceName, { kind: 'waiter' }>
  operation: Extract<ResourceName, { kind: 'operation' }>
}

/** A request, checked as far as the table can. */
export interface Call<Name, Query, Input> {
  readonly name: Name
  readonly query: Query
  readonly body: Input
  readonly env: Env
  readonly request: Request
  readonly observation: Observation
  /** Who calls; undefined where everyone may do everything. */
  readonly caller: Caller | undefined
  /** The same with what it is granted in another project. */
  readonly callerIn: (project: string) => Caller | undefined
  /** Until when the caller's credential is good, in milliseconds since 1970, if that ends. */
  readonly expires: number | undefined
  /** The IAM permission that the method takes. */
  readonly permission: string
}

/** A method: where it stands, what it takes, and what it does. */
export interface MethodOf<K extends Kind, P extends Parameters, Input> {
  /** Google's id of the method, without the service's name in front. */
  readonly id: string
  /** What it does, in a sentence for those who call it. */
  readonly about: string
  /** Whether Google's API does not have it. */
  readonly ours?: true
  readonly http: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly on: K
  readonly verb?: string
  readonly query?: P
  readonly body?: Body<Input>
  /** The IAM permission that it takes, on the resource that it is about unless its call says otherwise. */
  readonly permission: string
  /** What it answers. */
  readonly answers: SchemaName
  call(call: Call<Names[K], Values<P>, Input>): Promise<Outcome | Response> | Outcome | Response
}

/** Any method, for the table. */
export type Method = MethodOf<Kind, Parameters, unknown>

/** Declares a method: its types are inferred and then forgotten, as the table holds all of them. */
export function method<K extends Kind, const P extends Parameters = {}, Input = {}>(
  spec: MethodOf<K, P, Input>,
): Method {
  return spec as unknown as Method
}
