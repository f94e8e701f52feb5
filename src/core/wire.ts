/**
 * The JSON resources of RuntimeConfig v1beta1 as clients see them. Types only: an absent field is one that proto3's
 * JSON mapping leaves out because it has its default value (spec: section 3).
 */
import type { Status, StatusDetail } from './fault.ts'

/** `{}`, the answer of methods that have nothing to tell. */
export type Empty = Record<never, never>

export interface RuntimeConfig {
  name: string
  description?: string
  /** Changes with the config. A change that carries a stale one is refused. */
  etag?: string
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
  /** Changes with the variable. A change that carries a stale one is refused. */
  etag?: string
  /** Duration: for how long the variable lives unless it is written again or renewed. */
  ttl?: string
  /** When it disappears, if it is neither written again nor renewed before. */
  expireTime?: string
  /** Present in the answer of update, commit and watch, and in pushed messages; never in that of create, get and list. */
  state?: 'UPDATED' | 'DELETED'
}

/** Comparisons of a variable's text, all of which must hold. A variable with a `value` has no text, and matches nothing. */
export interface Match {
  equals?: string
  notEquals?: string
  oneOf?: string[]
  prefix?: string
  /** The text must be a decimal number, at least this. */
  atLeast?: number
  /** The text must be a decimal number, at most this. */
  atMost?: number
}

export interface Cardinality {
  /** Root of the subtree whose variables are counted, itself included. */
  path: string
  /** How many variables it takes, 1 or more. */
  number: number
  /** What their texts must be to be counted. */
  match?: Match
  /** The names under `path` that are expected: only they are counted. */
  members?: string[]
  /** How many of the members it takes in percent, above 0, at most 100; `number` says how many that are. */
  percent?: number
}

/** A variable that is there, and matches. */
export interface VariableCondition {
  /** Its path in the config, or its full name. */
  name: string
  match?: Match
}

/** When a waiter ends: by a count, by a variable, or by several conditions, which are judged at the same moment. */
export type EndCondition =
  | { cardinality: Cardinality }
  | { variable: VariableCondition }
  | { all: EndCondition[] }
  | { any: EndCondition[] }
  | { not: EndCondition }

/** How far a condition has come. */
export interface Tally {
  have: number
  need: number
}

/** How far a waiter has come; of one that has ended, how far it had. */
export interface Progress {
  /** When a count of the waiter last changed, or the waiter was made if that was later; when it ended, if it has. */
  updateTime: string
  success: Tally
  failure?: Tally
  /** Those that `success` names, in rosters and variables, and counts. */
  present?: string[]
  /** Those that `success` names and does not count. */
  missing?: string[]
  /** What ended the waiter, unless its time ran out. */
  reason?: Reason
}

export interface Reason {
  /** The condition that decided, by where it stands in the waiter, such as `failure.any[1].variable`. */
  condition: string
  /** Full name of the variable whose change tipped it. Absent if the condition held when the waiter was made. */
  variable?: string
}

/** google.rpc.Status inside a resource: `code` is the RPC code, such as 4 for DEADLINE_EXCEEDED. */
export interface RpcStatus {
  code: number
  message: string
  details?: readonly StatusDetail[]
}

/** Where a waiter's end is told by a POST, signed as Standard Webhooks say. */
export interface Callback {
  /** An absolute https URL, on a host that the deployment allows. */
  uri: string
}

export interface Waiter {
  name: string
  /** Duration, such as `3.500s`. */
  timeout: string
  failure?: EndCondition
  success: EndCondition
  /** Who was counted once stays counted, whatever becomes of the variable. */
  sticky?: true
  callback?: Callback
  createTime: string
  /** Absent only of waiters that ended before this was kept. */
  progress?: Progress
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

export interface Project {
  name: string
}

export interface ListProjectsResponse {
  projects?: Project[]
  nextPageToken?: string
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

/** What became of one of several changes. */
export type WriteOutcome = { variable: Variable } | Empty

export interface CommitResponse {
  /** The moment of all of them. */
  updateTime: string
  /** One for each write, in their order. */
  outcomes: WriteOutcome[]
}

export interface RenewResponse {
  /** One for each name, in their order. */
  outcomes: ({ variable: Variable } | { error: Status })[]
}

export interface RestoreResponse {
  /** The moment that the config has gone back to, as the platform calls it. */
  bookmark: string
  /** The moment before: to go back there undoes the restoration. */
  undo: string
}

/** Whatever a method answers. */
export type Answer =
  | Empty
  | RuntimeConfig
  | Variable
  | Waiter
  | Operation
  | Policy
  | CommitResponse
  | RenewResponse
  | RestoreResponse
  | TestIamPermissionsResponse
  | ListProjectsResponse
  | ListConfigsResponse
  | ListVariablesResponse
  | ListWaitersResponse

/** Something that happened in a config: a variable was written or deleted, or a waiter has ended. */
export type Change = { variable: Variable } | { waiter: Waiter }

/** What happened in a config at one moment. */
export interface Changes {
  /** The moment: the cursor from which a stream resumes. */
  stamp: string
  /** In order. None, if this says only that nothing happened until that moment. */
  changes: Change[]
  /** More of the same moment follow: the stream cannot be resumed behind this. */
  more?: true
  /** Why the stream does not go on where it was to: these changes and those that follow are the whole state. */
  reset?: Status
}

/** A message of a subscription. */
export type Message = { variable: Variable } | { waiter: Waiter } | Changes | { error: Status }
