/**
 * `rollcall/client/composite`: composite operations, which are an operation and the wait for what it leads to. There is
 * one for every operation that creates, updates or deletes a resource, named and typed by what the resources are.
 */
import { collapse } from '../core/name.ts'
import type * as wire from '../core/wire.ts'
import type { ApiResponse, CallOptions, CreateOptions, Duration } from './api.ts'
import type { Client } from './client.ts'
import { checkOptions } from './duration.ts'
import { expected, show, statusOf } from './errors.ts'
import type { Target } from './observation.ts'
import { WaitError, type WaitErrorCode } from './outcome.ts'
import type { Configs, Variables, WaiterInput, Waiters } from './resources.ts'
import {
  configTarget,
  operationTarget,
  stateOfWaiter,
  variableTarget,
  waiterTarget,
  WAITER_STATES,
  type WaiterState,
} from './targets.ts'
import { wait } from './wait.ts'
import { readWaitOptions, type WaitOptions } from './wait-options.ts'
import { WAIT_RESOURCE_NOT_FOUND } from './wait-until.ts'

/** The state of what is not there any more. */
const DELETED = 'DELETED'
/** How long a wait may take that says nothing else: OCI's default. */
const TIMEOUT = '1200s'
/** How long what was just created may not be seen yet. */
const GRACE: Duration = '5s'

/** States may be written in capitals or without. */
type AnyCase<S extends string> = S | Lowercase<S>

interface Resources {
  Config: { api: Configs; value: wire.RuntimeConfig; state: AnyCase<'ACTIVE' | typeof DELETED> }
  /** A variable's state is its text. */
  Variable: { api: Variables; value: wire.Variable; state: string }
  Waiter: { api: Waiters; value: wire.Waiter; state: AnyCase<WaiterState | typeof DELETED> }
}
type Kind = keyof Resources
type Verb = 'create' | 'update' | 'delete'
type VerbOf<K extends Kind> = Extract<keyof Resources[K]['api'], Verb>
type Method<K extends Kind, V> = Resources[K]['api'][V & keyof Resources[K]['api']] extends infer M
  ? M extends (input: infer I, ...rest: never[]) => Promise<infer R>
    ? { input: I; result: R }
    : never
  : never

export interface CompositeOptions {
  /** For the operation itself. */
  readonly operation?: CallOptions & CreateOptions
  /** For the wait: as for any wait, with a timeout of 1200 s unless it says otherwise. */
  readonly waiter?: Partial<WaitOptions> & {
    /** Whether it is success that the resource is gone; true after a deletion, else if DELETED is one of the states. */
    readonly succeedOnNotFound?: boolean
  }
}

type Gone<V, S> = V extends 'delete' ? null : string extends S ? null : S extends AnyCase<typeof DELETED> ? null : never

/** What a composite answers: the resource as it was when it came into the state, or null if that is to be gone. */
type Composite<K extends Kind, V extends Verb> = <const S extends readonly Resources[K]['state'][]>(
  input: Method<K, V>['input'],
  /** Any of them will do, in upper or lower case. With none there is no wait, and the operation's answer is the result. */
  states: S,
  options?: CompositeOptions,
) => Promise<S extends readonly [] ? Method<K, V>['result'] : ApiResponse<Resources[K]['value']> | Gone<V, S[number]>>

export type CompositeOperations = {
  readonly [
    N in { [K in Kind]: `${VerbOf<K>}${K}AndWaitForState` }[Kind]
  ]: N extends `${infer V extends Verb}${Kind}AndWaitForState`
    ? N extends `${V}${infer K extends Kind}AndWaitForState`
      ? Composite<K, V>
      : never
    : never
} & {
  /**
   * Creates a waiter and waits for its Operation, as for a work request; answers the waiter. One that failed, or ran out
   * of time, is an error unless `resolveOnFailure` is set.
   */
  createWaiterAndWaitForOperation(
    waiter: Parameters<Waiters['create']>[0],
    options?: CompositeOptions & { readonly resolveOnFailure?: boolean },
  ): Promise<ApiResponse<wire.Waiter>>
}

/** The operation succeeded, and the wait behind it did not. */
export class CompositeOperationError extends Error {
  override readonly name = 'CompositeOperationError'
  /** How the wait ended. */
  readonly code: WaitErrorCode
  /** HTTP status, if the service told one. */
  readonly status: number | undefined
  /** The operation, such as `createWaiter`. */
  readonly operation: string
  /** What was done by then: the operation's answer. */
  readonly partialResults: readonly ApiResponse<unknown>[]
  readonly wantedStates: readonly string[]
  /** The state that was seen last. */
  readonly seenState: string | undefined

  constructor(operation: string, states: readonly string[], result: ApiResponse<unknown>, cause: unknown) {
    const error = cause instanceof WaitError ? cause : undefined
    const seen = error?.state === undefined ? 'no state was seen' : `the state was ${show(error.state)}`
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`${operation} succeeded, but the wait for ${states.join(' or ')} did not: ${seen}. ${why}`, { cause })
    this.code = error?.code ?? 'ERROR'
    this.status = statusOf(cause)
    this.operation = operation
    this.partialResults = [result]
    this.wantedStates = states
    this.seenState = error?.state
  }
}

/** What a composite must know of what it waits for. */
interface Rule {
  readonly api: 'configs' | 'variables' | 'waiters'
  readonly verbs: readonly Verb[]
  target(client: Client, name: string): unknown
  state(value: never): string
  /** The states that there are; undefined where it may be any text. */
  readonly states?: readonly string[]
}

const EVERY_VERB: readonly Verb[] = ['create', 'update', 'delete']

const RULES: { readonly [K in Kind]: Rule } = {
  Config: {
    api: 'configs',
    verbs: EVERY_VERB,
    target: configTarget,
    state: () => 'ACTIVE',
    states: ['ACTIVE', DELETED],
  },
  Variable: {
    api: 'variables',
    verbs: EVERY_VERB,
    target: variableTarget,
    state: ({ text }: wire.Variable) => text ?? '',
  },
  Waiter: {
    api: 'waiters',
    verbs: ['create', 'delete'],
    target: waiterTarget,
    state: stateOfWaiter,
    states: [...WAITER_STATES, DELETED],
  },
}
/** The Operation that the creation of a waiter answers. */
const OPERATION: Rule = { ...RULES.Waiter, target: operationTarget, states: WAITER_STATES }

/** The states that are never left. */
const TERMINAL: readonly string[] = WAITER_STATES.filter((state) => state !== 'IN_PROGRESS')

/** The composite operations of a client. */
export function compositeOperations(client: Client): CompositeOperations {
  const composites: Record<string, unknown> = {
    async createWaiterAndWaitForOperation(
      waiter: WaiterInput,
      { resolveOnFailure, ...options }: CompositeOptions & { resolveOnFailure?: boolean } = {},
    ) {
      const states = resolveOnFailure ? TERMINAL : ['SUCCEEDED']
      const result = (await runComposite(
        client,
        OPERATION,
        'create',
        'createWaiter',
        waiter,
        states,
        options,
      )) as ApiResponse<wire.Operation>
      if (!result.data.name) return result
      const { '@type': type, ...made } = result.data.response ?? {}
      // Without a response it is the waiter itself that tells of its failure.
      return type === undefined ? client.waiters.get(waiter.name) : answer(client, waiter.name, made)
    },
  }
  for (const [kind, rule] of Object.entries(RULES)) {
    for (const verb of rule.verbs) {
      composites[`${verb}${kind}AndWaitForState`] = (input: unknown, states: unknown, options: CompositeOptions = {}) =>
        runComposite(client, rule, verb, `${verb}${kind}`, input, states, options)
    }
  }
  return Object.freeze(composites) as CompositeOperations
}

type AnyMethod = (
  input: unknown,
  options: CallOptions | undefined,
) => Promise<ApiResponse<{ name?: string; updateTime?: string }>>

async function runComposite(
  client: Client,
  rule: Rule,
  verb: Verb,
  operation: string,
  input: unknown,
  given: unknown,
  options: CompositeOptions,
): Promise<unknown> {
  const states = readStates(given, rule)
  const { succeedOnNotFound, ...waiter } = readOptions(options)
  if (verb === 'delete' && succeedOnNotFound === false) {
    console.warn(`${operation}: with succeedOnNotFound false, the wait fails as soon as the resource is gone`)
  }
  const api = client[rule.api] as unknown as Record<Verb, AnyMethod>
  let result: Awaited<ReturnType<AnyMethod>>
  try {
    result = await api[verb](input, options.operation)
  } catch (error) {
    if (verb === 'delete' && statusOf(error) === 404) return WAIT_RESOURCE_NOT_FOUND
    throw error
  }
  const name = typeof input === 'string' ? input : (input as { name: string }).name
  // The answer names what it is about; that of an Operation names that.
  const awaited = rule === OPERATION ? result.data.name : name
  if (!states.length || !awaited) return result
  const gone = succeedOnNotFound ?? (verb === 'delete' || states.includes(DELETED))
  const isWanted = (value: unknown) => states.includes(rule.state(value as never).toUpperCase())
  const until = {
    success: isWanted,
    failure: (value: unknown) =>
      rule.states !== undefined && !gone && TERMINAL.includes(rule.state(value as never)) && !isWanted(value),
    message: 'error.message',
    absent: gone ? 'success' : verb === 'create' ? { pendingFor: GRACE } : 'failure',
  } as const
  try {
    const target = rule.target(client, awaited) as Target<unknown>
    // What was before the operation's own change is not looked at.
    const { value } = await wait(target, until, { timeout: TIMEOUT, since: result.data.updateTime, ...waiter })
    return value === undefined ? WAIT_RESOURCE_NOT_FOUND : answer(client, awaited, value)
  } catch (error) {
    throw new CompositeOperationError(operation, states, result, error)
  }
}

/** A resource in the shape of the answer to its GET, so that one can go on with it as with that. */
function answer<T>(client: Client, name: string, data: T): ApiResponse<T> {
  const request = { method: 'GET', url: `${client.base}/v1beta1/${collapse(name)}` }
  return { data, status: 200, headers: new Headers(), request }
}

/** The states in capitals. Throws for one that the resource never has. */
function readStates(given: unknown, { states }: Rule): readonly string[] {
  if (!Array.isArray(given)) throw expected('states', 'a list of states', given)
  return given.map((state: unknown) => {
    const name = typeof state === 'string' ? state.toUpperCase() : ''
    if (typeof state === 'string' && (states?.includes(name) ?? true)) return name
    throw expected('states', states ? `some of ${states.join(', ')}` : 'texts', state)
  })
}

function readOptions(options: CompositeOptions) {
  checkOptions(options, ['operation', 'waiter'], 'a composite operation')
  const { succeedOnNotFound, ...waiter } = options.waiter ?? {}
  // Before the operation, for nothing may be done that is then not waited for.
  readWaitOptions({ timeout: TIMEOUT, ...waiter })
  return { succeedOnNotFound, ...waiter }
}
