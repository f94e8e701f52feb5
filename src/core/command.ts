/**
 * The whole protocol of a RuntimeConfig object: commands in, outcomes and events out, and queries beside them.
 * What stands here is checked already; the edge refuses what is malformed before it reaches an object.
 */
import type { Result } from './fault.ts'
import type { PageRequest } from './page.ts'
import type { PolicyChange } from './policy.ts'
import type { Stamp } from './time.ts'
import type { Contents, Variable } from './variable.ts'
import type { Waiter, WaiterSpec } from './waiter.ts'
import type * as wire from './wire.ts'

/** A change that a caller asks for. An empty `requestId` is none. */
export type Command =
  | { readonly type: 'createConfig'; readonly name: string; readonly description: string; readonly requestId: string }
  | { readonly type: 'updateConfig'; readonly description: string }
  | { readonly type: 'deleteConfig' }
  | { readonly type: 'setIamPolicy'; readonly policy: PolicyChange }
  | { readonly type: 'createVariable'; readonly path: string; readonly contents: Contents; readonly requestId: string }
  | { readonly type: 'updateVariable'; readonly path: string; readonly contents: Contents }
  | { readonly type: 'deleteVariable'; readonly path: string; readonly recursive: boolean }
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
