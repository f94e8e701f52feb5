/**
 * The JSON resources of RuntimeConfig v1beta1 as clients see them. Types only: an absent field is one that proto3's
 * JSON mapping leaves out because it has its default value (spec: section 3).
 */
import type { Status } from './fault.ts'

/** `{}`, the answer of methods that have nothing to tell. */
export type Empty = Record<never, never>

export interface RuntimeConfig {
  name: string
  description?: string
}

/** The one member of the `contents` oneof that was set, also when it is empty. */
export type Contents = { text: string } | { value: string }

export interface Variable {
  name: string
  /** UTF-8 text of at most 4,095 bytes. Exclusive with `value`. */
  text?: string
  /** Base64 of at most 4,095 bytes, standard alphabet, padded. Exclusive with `text`. */
  value?: string
  /** RFC 3339 with nine fractional digits. */
  updateTime: string
  /** Present in the answer of update and watch, and in pushed messages; never in that of create, get and list. */
  state?: 'UPDATED' | 'DELETED'
}

export interface Cardinality {
  /** Root of the subtree whose variables are counted, itself included. */
  path: string
  /** How many variables it takes, 1 or more. */
  number: number
}

export interface EndCondition {
  cardinality: Cardinality
}

/** google.rpc.Status inside a resource: `code` is the RPC code, such as 4 for DEADLINE_EXCEEDED. */
export interface RpcStatus {
  code: number
  message: string
}

export interface Waiter {
  name: string
  /** Duration, such as `3.500s`. */
  timeout: string
  failure?: EndCondition
  success: EndCondition
  createTime: string
  done?: true
  error?: RpcStatus
}

export interface Operation {
  name: string
  done?: true
  error?: RpcStatus
  response?: Waiter & { '@type': string }
}

export interface Expr {
  expression?: string
  title?: string
  description?: string
  location?: string
}

export interface Binding {
  role: string
  members?: string[]
  condition?: Expr
}

export interface Policy {
  version?: number
  bindings?: Binding[]
  /** Base64. A setIamPolicy that carries a stale one is refused. */
  etag: string
}

export interface TestIamPermissionsResponse {
  permissions?: string[]
}

export interface ListConfigsResponse {
  configs?: RuntimeConfig[]
  nextPageToken?: string
}

export interface ListVariablesResponse {
  variables?: Variable[]
  nextPageToken?: string
}

export interface ListWaitersResponse {
  waiters?: Waiter[]
  nextPageToken?: string
}

/** Whatever a method answers. */
export type Answer =
  | Empty
  | RuntimeConfig
  | Variable
  | Waiter
  | Operation
  | Policy
  | TestIamPermissionsResponse
  | ListConfigsResponse
  | ListVariablesResponse
  | ListWaitersResponse

/** A message of a subscription. */
export type Message = { variable: Variable } | { waiter: Waiter } | { error: Status }
