/** Every method of RuntimeConfig v1beta1, a function each. */
import type * as wire from '../core/wire.ts'
import type { ApiRequest, ApiResponse, CallOptions, CreateOptions, PageOptions, WriteOptions } from './api.ts'
import { newId } from './backoff.ts'
import { checkOptions } from './duration.ts'
import { expected } from './errors.ts'
import { checkName, type Kind } from './names.ts'
import type { SendOptions } from './send.ts'

type Named = { readonly name: string }
/** One of `text` and `value` (base64). */
export type VariableInput = Named &
  Guarded &
  ({ readonly text: string } | { readonly value: string }) & {
    /** As a Duration of the wire, such as `30s`: for how long it lives unless it is written again or renewed. */
    readonly ttl?: string | undefined
  }
export type ConfigInput = Named & Guarded & { readonly description?: string | undefined }
type Guarded = {
  /** What it must have for the change to be made; creations take no notice of it. */
  readonly etag?: string | undefined
}

/** As {@link wire.Cardinality}; `number` is 1 where it is not given, or all of the `members`. */
export type CardinalityInput = Omit<wire.Cardinality, 'number'> & { readonly number?: number | undefined }
/** When a waiter ends: by a count, by a variable, or by several conditions, which are judged at the same moment. */
export type ConditionInput =
  | { readonly cardinality: CardinalityInput }
  | { readonly variable: wire.VariableCondition }
  | { readonly all: readonly ConditionInput[] }
  | { readonly any: readonly ConditionInput[] }
  | { readonly not: ConditionInput }

export interface WaiterInput extends Named {
  /** As a Duration of the wire, such as `3.5s`. */
  readonly timeout: string
  readonly success: ConditionInput
  readonly failure?: ConditionInput | undefined
  /** Who was counted once stays counted, whatever becomes of the variable. */
  readonly sticky?: boolean | undefined
  /** Where the waiter's end is told, besides. */
  readonly callback?: wire.Callback | undefined
}

/** One change of several that are made at one moment, or not at all. `etag` must be the variable's. */
export type WriteInput =
  | { readonly create: VariableInput }
  | { readonly update: VariableInput }
  | { readonly set: VariableInput }
  | { readonly delete: Named & Guarded & { readonly recursive?: boolean | undefined } }

export type PolicyInput = Partial<wire.Policy>

export interface ListVariablesOptions extends PageOptions {
  /** A variable's full name or path, or a pattern with `*`. */
  readonly filter?: string | undefined
  /** Whether the contents come along. */
  readonly returnValues?: boolean | undefined
}

/** How the resources send; the client provides it. */
export interface Caller {
  readonly base: string
  send<T>(request: ApiRequest, options: SendOptions): Promise<ApiResponse<T>>
}

/** A request that the server holds may take longer than it is held. It changes nothing. */
const HELD = { requestTimeout: '75s', safe: true } as const

const CALL_OPTIONS = ['signal', 'retry', 'requestTimeout', 'safe']

type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** Parameters of lists, which go into the URL; all other options are of the call. */
const LIST_PARAMETERS = ['filter', 'returnValues', 'pageSize', 'pageToken']

/** What all kinds of resources share. */
abstract class Resource {
  readonly #caller: Caller
  readonly #kind: Kind

  constructor(caller: Caller, kind: Kind) {
    this.#caller = caller
    this.#kind = kind
  }

  /** Which of the permissions the caller has on the resource. */
  testIamPermissions(
    name: string,
    permissions: readonly string[],
    options?: CallOptions,
  ): Promise<ApiResponse<wire.TestIamPermissionsResponse>> {
    return this.on(name, 'POST', ':testIamPermissions', { permissions }, { ...options, safe: true })
  }

  /** Calls a method on a resource of this kind. */
  protected async on<T>(
    name: string,
    method: string,
    verb: string,
    body: unknown,
    options: SendOptions = {},
    query: Query = {},
    headers?: ApiRequest['headers'],
  ): Promise<ApiResponse<T>> {
    return this.#call(method, `${checkName(name, this.#kind).full}${verb}`, query, body, options, headers)
  }

  /**
   * Changes a resource of this kind, under conditions if there are any. Such a change is not sent twice: its repetition
   * would be refused for what the first has done.
   */
  protected async change<T>(
    name: string,
    method: string,
    body: Guarded | undefined,
    options: WriteOptions = {},
    query: Query = {},
  ): Promise<ApiResponse<T>> {
    const { ifMatch, ifNoneMatch, ...rest } = options
    // An empty one would be no condition at all.
    if (ifMatch !== undefined && !/\S/.test(ifMatch)) throw expected('ifMatch', 'an etag, or "*"', ifMatch)
    if (ifNoneMatch !== undefined && ifNoneMatch !== '*') throw expected('ifNoneMatch', '"*"', ifNoneMatch)
    const headers = { ...(ifMatch && { 'If-Match': ifMatch }), ...(ifNoneMatch && { 'If-None-Match': ifNoneMatch }) }
    const guarded = Boolean(ifMatch || ifNoneMatch)
    const safe = !guarded && !body?.etag
    return this.on(name, method, '', body, { ...rest, safe }, query, guarded ? headers : undefined)
  }

  /** Lists what lies in the parent. */
  protected async in<T>(parent: string, kind: Kind, options: object = {}): Promise<ApiResponse<T>> {
    const query: Record<string, string> = {}
    const rest: Record<string, string> = {}
    for (const [key, value] of Object.entries(options)) (LIST_PARAMETERS.includes(key) ? query : rest)[key] = value
    return this.#call('GET', `${checkName(parent, kind, kind).full}/${this.#kind}s`, query, undefined, rest as object)
  }

  /** Creates a resource of this kind: where, its name tells. */
  protected async make<T>(resource: Named, options: CreateOptions = {}): Promise<ApiResponse<T>> {
    const { requestId = newId(), ...rest } = options
    const { project, config } = checkName(resource?.name, this.#kind, `${this.#kind}.name`)
    const parent = this.#kind === 'config' ? project : config
    return this.#call('POST', `${parent}/${this.#kind}s`, { requestId }, resource, { ...rest, safe: true })
  }

  #call<T>(
    method: string,
    path: string,
    query: Query,
    body: unknown,
    options: SendOptions,
    headers?: ApiRequest['headers'],
  ): Promise<ApiResponse<T>> {
    checkOptions(options, CALL_OPTIONS, `${method} ${path}`)
    const given = Object.entries(query).filter(([, value]) => value !== undefined)
    const search = given.length ? `?${new URLSearchParams(given as [string, string][])}` : ''
    const url = `${this.#caller.base}/v1beta1/${path}${search}`
    return this.#caller.send({ method, url, body, headers }, options)
  }
}

/** The configs of projects. */
export class Configs extends Resource {
  constructor(caller: Caller) {
    super(caller, 'config')
  }

  create(config: ConfigInput, options?: CreateOptions): Promise<ApiResponse<wire.RuntimeConfig>> {
    return this.make(config, options)
  }

  /** One page of a project's configs; all of them unless a size is asked for. `project` is its name, `projects/P`. */
  list(project: string, options?: PageOptions): Promise<ApiResponse<wire.ListConfigsResponse>> {
    return this.in(project, 'project', options)
  }

  /** All of a project's configs, page by page as they are asked for. */
  listAll(project: string, options?: PageOptions): AsyncGenerator<wire.RuntimeConfig, void, undefined> {
    return pages(options, 'configs', (page) => this.list(project, page))
  }

  get(name: string, options?: CallOptions): Promise<ApiResponse<wire.RuntimeConfig>> {
    return this.on(name, 'GET', '', undefined, options)
  }

  async update(config: ConfigInput, options?: WriteOptions): Promise<ApiResponse<wire.RuntimeConfig>> {
    return this.change(config?.name, 'PUT', config, options)
  }

  delete(name: string, options?: WriteOptions): Promise<ApiResponse<wire.Empty>> {
    return this.change(name, 'DELETE', undefined, options)
  }

  /** Makes all these changes of the config's variables in their order at one moment, or none of them. */
  commit(
    config: string,
    writes: readonly WriteInput[],
    options: CreateOptions = {},
  ): Promise<ApiResponse<wire.CommitResponse>> {
    const { requestId = newId(), ...rest } = options
    return this.on(config, 'POST', ':commit', { writes }, { ...rest, safe: true }, { requestId })
  }

  /** Lets these variables live for their `ttl` from now on. The answer has an outcome for each. */
  renew(config: string, names: readonly string[], options?: CallOptions): Promise<ApiResponse<wire.RenewResponse>> {
    return this.on(config, 'POST', ':renew', { names }, { ...options, safe: true })
  }

  getIamPolicy(
    name: string,
    options: CallOptions & { readonly requestedPolicyVersion?: number | undefined } = {},
  ): Promise<ApiResponse<wire.Policy>> {
    const { requestedPolicyVersion, ...rest } = options
    const query = { 'options.requestedPolicyVersion': requestedPolicyVersion }
    return this.on(name, 'GET', ':getIamPolicy', undefined, rest, query)
  }

  /** Sets the policy. One with an etag is not sent twice: its repetition would be refused as a change in between. */
  setIamPolicy(name: string, policy: PolicyInput, options?: CallOptions): Promise<ApiResponse<wire.Policy>> {
    return this.on(name, 'POST', ':setIamPolicy', { policy }, { ...options, safe: policy.etag === undefined })
  }
}

/** The variables of configs. */
export class Variables extends Resource {
  constructor(caller: Caller) {
    super(caller, 'variable')
  }

  create(variable: VariableInput, options?: CreateOptions): Promise<ApiResponse<wire.Variable>> {
    return this.make(variable, options)
  }

  /** One page of a config's variables, sorted by name; all of them unless a size is asked for. */
  list(config: string, options?: ListVariablesOptions): Promise<ApiResponse<wire.ListVariablesResponse>> {
    return this.in(config, 'config', options)
  }

  /** All of a config's variables, page by page as they are asked for. */
  listAll(config: string, options?: ListVariablesOptions): AsyncGenerator<wire.Variable, void, undefined> {
    return pages(options, 'variables', (page) => this.list(config, page))
  }

  get(name: string, options?: CallOptions): Promise<ApiResponse<wire.Variable>> {
    return this.on(name, 'GET', '', undefined, options)
  }

  /** Changes a variable; with `ifNoneMatch: '*'`, makes it unless it is there. */
  async update(variable: VariableInput, options?: WriteOptions): Promise<ApiResponse<wire.Variable>> {
    return this.change(variable?.name, 'PUT', variable, options)
  }

  /** Deletes a variable; with `recursive` also all beneath its path. */
  delete(
    name: string,
    options: WriteOptions & { readonly recursive?: boolean | undefined } = {},
  ): Promise<ApiResponse<wire.Empty>> {
    const { recursive, ...rest } = options
    return this.change(name, 'DELETE', undefined, rest, { recursive })
  }

  /**
   * Waits for the next change, as long as the server holds the request: some 55 s, then the variable as it is, without
   * `state`. A variable that is newer than `newerThan`, an `updateTime`, is answered at once.
   */
  watch(
    name: string,
    options: CallOptions & { readonly newerThan?: string | undefined } = {},
  ): Promise<ApiResponse<wire.Variable>> {
    const { newerThan, ...rest } = options
    return this.on(name, 'POST', ':watch', newerThan === undefined ? {} : { newerThan }, { ...HELD, ...rest })
  }
}

/** The waiters of configs. */
export class Waiters extends Resource {
  constructor(caller: Caller) {
    super(caller, 'waiter')
  }

  /** Creates a waiter. The answer is its Operation, which is done already if the condition holds. */
  create(waiter: WaiterInput, options?: CreateOptions): Promise<ApiResponse<wire.Operation>> {
    return this.make(waiter, options)
  }

  /** One page of a config's waiters, sorted by name; all of them unless a size is asked for. */
  list(config: string, options?: PageOptions): Promise<ApiResponse<wire.ListWaitersResponse>> {
    return this.in(config, 'config', options)
  }

  /** All of a config's waiters, page by page as they are asked for. */
  listAll(config: string, options?: PageOptions): AsyncGenerator<wire.Waiter, void, undefined> {
    return pages(options, 'waiters', (page) => this.list(config, page))
  }

  get(name: string, options?: CallOptions): Promise<ApiResponse<wire.Waiter>> {
    return this.on(name, 'GET', '', undefined, options)
  }

  delete(name: string, options?: CallOptions): Promise<ApiResponse<wire.Empty>> {
    return this.on(name, 'DELETE', '', undefined, options)
  }

  /**
   * Waits for the waiter's end, as long as the server holds the request: some 55 s, then the waiter as it is. Ours
   * alone; Google's service answers 404.
   */
  wait(name: string, options?: CallOptions): Promise<ApiResponse<wire.Waiter>> {
    return this.on(name, 'POST', ':wait', undefined, { ...HELD, ...options })
  }
}

/** Operations: how a waiter looks to who knows long-running operations. */
export class Operations extends Resource {
  constructor(caller: Caller) {
    super(caller, 'operation')
  }

  get(name: string, options?: CallOptions): Promise<ApiResponse<wire.Operation>> {
    return this.on(name, 'GET', '', undefined, options)
  }
}

/** The items of all pages. */
async function* pages<K extends string, T>(
  options: PageOptions | undefined,
  key: K,
  list: (options: PageOptions) => Promise<ApiResponse<{ readonly [P in K]?: T[] } & { nextPageToken?: string }>>,
): AsyncGenerator<T, void, undefined> {
  let pageToken = options?.pageToken
  do {
    const { data } = await list({ ...options, pageToken })
    yield* data[key] ?? []
    pageToken = data.nextPageToken
  } while (pageToken)
}
