/** `rollcall/client`: the client, and what waits for what it tells. */
export type { ApiRequest, ApiResponse, CallOptions, CreateOptions, Duration, PageOptions, WriteOptions } from './api.ts'
export type { Absence, Acceptor, Acceptors, Until } from './acceptors.ts'
export { Client, type ClientOptions } from './client.ts'
export { ConnectionError, InvalidArgumentError, isTransient, ServiceError } from './errors.ts'
export { waitAll, waitAny, WaitManyError, waitQuorum, type ManyOptions, type Part, type Quorum } from './many.ts'
export type { Matcher, OutputMatcher, PathMatcher } from './matchers.ts'
export type { Observation, Progress, Revision, Snapshot, Tally, Target } from './observation.ts'
export { WaitError, type WaitErrorCode, type WaitOutcome, type WaitSuccess } from './outcome.ts'
export type {
  CardinalityInput,
  ConditionInput,
  ConfigInput,
  ListVariablesOptions,
  PolicyInput,
  VariableInput,
  WaiterInput,
  WriteInput,
} from './resources.ts'
export { resumeWait, type ResumeOptions } from './resume.ts'
export { Roster, type CheckInOptions, type RosterOptions, type RosterWaitOptions } from './roster.ts'
export type { Token } from './send.ts'
export type { WebSocketConstructor, WebSocketLike } from './sockets.ts'
export { WAITER_STATES, type WaiterState } from './targets.ts'
export { wait } from './wait.ts'
export type { Wait } from './wait-run.ts'
export type { WaitOptions } from './wait-options.ts'
export {
  MaximumWaitTimeExceeded,
  WAIT_RESOURCE_NOT_FOUND,
  waitUntil,
  WaitUntilNotSupported,
  type AnyClient,
  type AnyResponse,
  type WaitUntilOptions,
} from './wait-until.ts'
export type {
  Binding,
  Callback,
  Cardinality,
  CommitResponse,
  EndCondition,
  Match,
  Operation,
  Policy,
  Reason,
  RenewResponse,
  RuntimeConfig,
  Variable,
  VariableCondition,
  Waiter,
  WriteOutcome,
} from '../core/wire.ts'
