/** Every method of RuntimeConfig v1beta1, a function each. */
import { formatName, parseName, type ResourceName } from '../core/name.ts'
import type * as wire from '../core/wire.ts'
import type { ApiRequest, ApiResponse, CallOptions, CreateOptions, PageOptions } from './api.ts'
import { newId } from './backoff.ts'
import { checkOptions } from './duration.ts'
import { InvalidArgumentError } from './errors.ts'
import type { SendOptions } from './send.ts'

type Named = { readonly name: string }
/** One of `text` and `value` (base64). */
export type VariableInput = Named & ({ readonly text: string } | { readonly value: string })
export type ConfigInput = Named & { readonly description?: string | undefined }
export type ConditionInput = { readonly cardinality: { readonly path: string; readonly number?: number | undefined } }
export interface WaiterInput extends Named {
  /** As a Duration of the wire, such as `3.5s`. */
  readonly timeout: string
  readonly success: ConditionInput
  readonly failure?: ConditionInput | undefined
}
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

/** How much longer than the server holds a request an attempt may take. */
const HELD_REQUEST = '75s'

/** Checks that `name` names a resource of this kind. Throws {@link InvalidArgumentError}, for nothing may be asked of another. */
export function checkName<K extends ResourceName['kind']>(
  name: unknown,
  kind: K,
  argument = 'name',
): Extract<ResourceName, { kind: K }> {
  const read = typeof name === 'string' ? parseName(name, argument) : undefined
  if (read?.ok && read.value.kind === kind) return read.value as Extract<ResourceName, { kind: K }>
  throw new InvalidArgumentError(argument, `must be the full name of a ${kind}, this is ${JSON.stringify(name)}`)
}

/** The name in the form in which the service answers it. Throws {@link InvalidArgumentError}. */
export function nameOf(name: unknown, kind: ResourceName['kind'], argument = 'name'): string {
  return formatName(checkName(name, kind, argument))
}

const CALL_OPTIONS = ['signal', 'retry', 'requestTimeout', 'safe']

type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** What all kinds of resources share. `K` is the kind of one, `P` that of its parent. */
abstract class Resource<K extends ResourceName['kind']> {
  protected readonly caller: Caller
  protected readonly kind: K

  constructor(caller: Caller, kind: K) {
    this.caller = caller
    this.kind = kind
  }

  /** Which of the permissions the caller has on the resource. */
  async testIamPermissions(
    name: string,
    permissions: readonly string[],
    options: CallOptions = {},
  ): Promise<ApiResponse<wire.TestIamPermissionsResponse>> {
    return this.call('POST', this.own(name, ':testIamPermissions'), {}, { permissions }, { ...options, safe: true })
  }

  /** URL path of a resource of this kind. */
  protected own(name: string, rest = ''): string {
    return `${nameOf(name, this.kind)}${rest}`
  }

  protected async call<T>(
    method: string,
    path: string,
    query: Query,
    body?: unknown,
    options: SendOptions = {},
  ): Promise<ApiResponse<T>> {
    checkOptions(options, CALL_OPTIONS, `${method} ${path}`)
    const given = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))
    const search = given.length ? `?${new URLSearchParams(given)}` : ''
    const url = `${this.caller.base}/v1beta1/${path}${search}`
    return this.caller.send({ method, url, ...(body !== undefined && { body }) }, options)
  }

  protected async make<T>(parent: string, body: object, options: CreateOptions): Promise<ApiResponse<T>> {
    const { requestId = newId(), ...rest } = options
    return this.call('POST', parent, { requestId }, body, { ...rest, safe: true })
  }
}

/** The configs of projects. */
export class Configs extends Resource<'config'> {
  constructor(caller: Caller) {
    super(caller, 'config')
  }

  async create(config: ConfigInput, options: CreateOptions = {}): Promise<ApiResponse<wire.RuntimeConfig>> {
    const { project } = checkName(config.name, 'config', 'config.name')
    return this.make(`projects/${project}/configs`, config, options)
  }

  /** One page of a project's configs; all of them unless a size is asked for. `project` is its name, `projects/P`. */
  async list(project: string, options: PageOptions = {}): Promise<ApiResponse<wire.ListConfigsResponse>> {
    const { pageSize, pageToken, ...rest } = options
    return this.call(
      'GET',
      `${nameOf(project, 'project', 'project')}/configs`,
      { pageSize, pageToken },
      undefined,
      rest,
    )
  }

  /** All of a project's configs, page by page as they are asked for. */
  listAll(project: string, options: PageOptions = {}): AsyncGenerator<wire.RuntimeConfig, void, undefined> {
    return pages(options, async (page) => {
      const { data } = await this.list(project, page)
      return [data.configs, data.nextPageToken]
    })
  }

  async get(name: string, options: CallOptions = {}): Promise<ApiResponse<wire.RuntimeConfig>> {
    return this.call('GET', this.own(name), {}, undefined, options)
  }

  async update(config: ConfigInput, options: CallOptions = {}): Promise<ApiResponse<wire.RuntimeConfig>> {
    return this.call('PUT', this.own(config.name), {}, config, options)
  }

  async delete(name: string, options: CallOptions = {}): Promise<ApiResponse<wire.Empty>> {
    return this.call('DELETE', this.own(name), {}, undefined, options)
  }

  async getIamPolicy(
    name: string,
    options: CallOptions & { readonly requestedPolicyVersion?: number | undefined } = {},
  ): Promise<ApiResponse<wire.Policy>> {
    const { requestedPolicyVersion, ...rest } = options
    const query = { 'options.requestedPolicyVersion': requestedPolicyVersion }
    return this.call('GET', this.own(name, ':getIamPolicy'), query, undefined, rest)
  }

  /** Sets the policy. One with an etag is not sent twice: its repetition would be refused as a change in between. */
  async setIamPolicy(name: string, policy: PolicyInput, options: CallOptions = {}): Promise<ApiResponse<wire.Policy>> {
    const safe = policy.etag === undefined
    return this.call('POST', this.own(name, ':setIamPolicy'), {}, { policy }, { ...options, safe })
  }
}

/** The variables of configs. */
export class Variables extends Resource<'variable'> {
  constructor(caller: Caller) {
    super(caller, 'variable')
  }

  async create(variable: VariableInput, options: CreateOptions = {}): Promise<ApiResponse<wire.Variable>> {
    return this.make(parentOf(variable.name, 'variable'), variable, options)
  }

  /** One page of a config's variables, sorted by name; all of them unless a size is asked for. */
  async list(config: string, options: ListVariablesOptions = {}): Promise<ApiResponse<wire.ListVariablesResponse>> {
    const { filter, returnValues, pageSize, pageToken, ...rest } = options
    return this.call(
      'GET',
      `${nameOf(config, 'config', 'config')}/variables`,
      { filter, returnValues, pageSize, pageToken },
      undefined,
      rest,
    )
  }

  /** All of a config's variables, page by page as they are asked for. */
  listAll(config: string, options: ListVariablesOptions = {}): AsyncGenerator<wire.Variable, void, undefined> {
    return pages(options, async (page) => {
      const { data } = await this.list(config, page)
      return [data.variables, data.nextPageToken]
    })
  }

  async get(name: string, options: CallOptions = {}): Promise<ApiResponse<wire.Variable>> {
    return this.call('GET', this.own(name), {}, undefined, options)
  }

  async update(variable: VariableInput, options: CallOptions = {}): Promise<ApiResponse<wire.Variable>> {
    return this.call('PUT', this.own(variable.name), {}, variable, options)
  }

  /** Deletes a variable; with `recursive` also all beneath its path. */
  async delete(
    name: string,
    options: CallOptions & { readonly recursive?: boolean | undefined } = {},
  ): Promise<ApiResponse<wire.Empty>> {
    const { recursive, ...rest } = options
    return this.call('DELETE', this.own(name), { recursive }, undefined, rest)
  }

  /**
   * Waits for the next change, as long as the server holds the request: some 55 s, then the variable as it is, without
   * `state`. A variable that is newer than `newerThan`, an `updateTime`, is answered at once.
   */
  async watch(
    name: string,
    options: CallOptions & { readonly newerThan?: string | undefined } = {},
  ): Promise<ApiResponse<wire.Variable>> {
    const { newerThan, ...rest } = options
    const body = newerThan === undefined ? {} : { newerThan }
    return this.call('POST', this.own(name, ':watch'), {}, body, { requestTimeout: HELD_REQUEST, safe: true, ...rest })
  }
}

/** The waiters of configs. */
export class Waiters extends Resource<'waiter'> {
  constructor(caller: Caller) {
    super(caller, 'waiter')
  }

  /** Creates a waiter. The answer is its Operation, which is done already if the condition holds. */
  async create(waiter: WaiterInput, options: CreateOptions = {}): Promise<ApiResponse<wire.Operation>> {
    return this.make(parentOf(waiter.name, 'waiter'), waiter, options)
  }

  /** One page of a config's waiters, sorted by name; all of them unless a size is asked for. */
  async list(config: string, options: PageOptions = {}): Promise<ApiResponse<wire.ListWaitersResponse>> {
    const { pageSize, pageToken, ...rest } = options
    return this.call('GET', `${nameOf(config, 'config', 'config')}/waiters`, { pageSize, pageToken }, undefined, rest)
  }

  /** All of a config's waiters, page by page as they are asked for. */
  listAll(config: string, options: PageOptions = {}): AsyncGenerator<wire.Waiter, void, undefined> {
    return pages(options, async (page) => {
      const { data } = await this.list(config, page)
      return [data.waiters, data.nextPageToken]
    })
  }

  async get(name: string, options: CallOptions = {}): Promise<ApiResponse<wire.Waiter>> {
    return this.call('GET', this.own(name), {}, undefined, options)
  }

  async delete(name: string, options: CallOptions = {}): Promise<ApiResponse<wire.Empty>> {
    return this.call('DELETE', this.own(name), {}, undefined, options)
  }

  /**
   * Waits for the waiter's end, as long as the server holds the request: some 55 s, then the waiter as it is. Ours
   * alone; Google's service answers 404.
   */
  async wait(name: string, options: CallOptions = {}): Promise<ApiResponse<wire.Waiter>> {
    return this.call('POST', this.own(name, ':wait'), {}, undefined, {
      requestTimeout: HELD_REQUEST,
      safe: true,
      ...options,
    })
  }
}

/** Operations: how a waiter looks to who knows long-running operations. */
export class Operations extends Resource<'operation'> {
  constructor(caller: Caller) {
    super(caller, 'operation')
  }

  async get(name: string, options: CallOptions = {}): Promise<ApiResponse<wire.Operation>> {
    return this.call('GET', this.own(name), {}, undefined, options)
  }
}

/** The collection in which a resource is to be made. */
function parentOf(name: string, kind: 'variable' | 'waiter'): string {
  const { project, config } = checkName(name, kind, `${kind}.name`)
  return `projects/${project}/configs/${config}/${kind}s`
}

async function* pages<T, O extends PageOptions>(
  options: O,
  page: (options: O) => Promise<readonly [readonly T[] | undefined, string | undefined]>,
): AsyncGenerator<T, void, undefined> {
  let pageToken = options.pageToken
  do {
    const [items = [], next] = await page({ ...options, pageToken })
    yield* items
    pageToken = next
  } while (pageToken)
}
