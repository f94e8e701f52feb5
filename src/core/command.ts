/**
 * The whole protocol of a RuntimeConfig object: commands in, outcomes and events out, and queries beside them.
 * What stands here is checked already; the edge refuses what is malformed before it reaches an object.
 */
import type { Result } from './fault.ts'
import type { PageRequest } from './page.ts'
import type { PolicyChange } from './policy.ts'
import type { Stamp } from './time.ts'
import type { Variable, VariableInput } from './variable.ts'
import type { Waiter, WaiterSpec } from './waiter.ts'
import type * as wire from './wire.ts'

/** What must be so for a change to be made: etags of what is changed, which nothing new has; or that it is not there yet. */
export interface Precondition {
  /** The resource must be there with one of these etags; where it is not there at all, that is refused anyway. */
  readonly etags?: readonly string[] | undefined
  /** It must not be there: then it is made, where the change would otherwise need it to be. */
  readonly absent?: boolean | undefined
}

/** A write of variables. `set` creates or updates. */
export type Write =
  | {
      readonly type: 'create' | 'update' | 'set'
      readonly path: string
      readonly input: VariableInput
      readonly if?: Precondition | undefined
    }
  | {
      readonly type: 'delete'
      readonly path: string
      readonly recursive: boolean
      readonly if?: Precondition | undefined
    }

/** A change that a caller asks for. An empty `requestId` is none. */
export type Command =
  | {
      readonly type: 'createConfig'
      readonly name: string
      readonly description: string
      readonly requestId: string
      readonly if?: Precondition | undefined
    }
  | { readonly type: 'updateConfig'; readonly description: string; readonly if?: Precondition | undefined }
  | { readonly type: 'deleteConfig'; readonly if?: Precondition | undefined }
  | { readonly type: 'setIamPolicy'; readonly policy: PolicyChange }
  | {
      readonly type: 'createVariable'
      readonly path: string
      readonly input: VariableInput
      readonly requestId: string
      readonly if?: Precondition | undefined
    }
  | {
      readonly type: 'updateVariable'
      readonly path: string
      readonly input: VariableInput
      readonly if?: Precondition | undefined
    }
  | {
      readonly type: 'deleteVariable'
      readonly path: string
      readonly recursive: boolean
      readonly if?: Precondition | undefined
    }
  | { readonly type: 'renewVariables'; readonly paths: readonly string[] }
  | { readonly type: 'commit'; readonly writes: readonly Write[]; readonly requestId: string }
  | { readonly type: 'createWaiter'; readonly id: string; readonly spec: WaiterSpec; readonly requestId: string }
  | { readonly type: 'deleteWaiter'; readonly id: string }

/** A question that changes nothing. */
export type Query =
  | { readonly type: 'getConfig' }
  /** What configs.create answered for this requestId. */
  | { readonly type: 'getCreated'; readonly requestId: string }
  | { readonly type: 'getIamPolicy' }
  | { readonly type: 'getVariable'; readonly path: string }
  | {
      readonly type: 'listVariables'
      readonly filter: string
      readonly returnValues: boolean
      readonly page: PageRequest
    }
  | { readonly type: 'getWaiter'; readonly id: string }
  | { readonly type: 'listWaiters'; readonly page: PageRequest }
  | { readonly type: 'getOperation'; readonly waiter: string }
  /** Which of the permissions the caller has on the resource of that name, which `resource` asks for. */
  | {
      readonly type: 'testIamPermissions'
      readonly permissions: readonly string[]
      readonly name: string
      readonly resource: Query
    }

/** What the caller hears. */
export type Outcome = Result<wire.Answer>

/** What whoever watches hears. All events of one command bear its stamp. */
export type Event =
  | {
      readonly kind: 'variable'
      readonly state: 'UPDATED' | 'DELETED'
      readonly variable: Variable
      readonly stamp: Stamp
    }
  | { readonly kind: 'waiterEnded'; readonly waiter: Waiter; readonly stamp: Stamp }
  | { readonly kind: 'waiterDeleted'; readonly id: string; readonly stamp: Stamp }
  | { readonly kind: 'configDeleted'; readonly stamp: Stamp }
  | { readonly kind: 'policyChanged'; readonly stamp: Stamp }

/** What the project's directory is to be told of a config: that it is there, or that it is gone (no description). */
export interface DirectoryEntry {
  readonly config: string
  readonly description?: string
  readonly stamp: Stamp
}
