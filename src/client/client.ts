/** The client: where the service is, who calls, and the resources to call. */
import type { ApiRequest, ApiResponse, CallOptions } from './api.ts'
import { checkOptions, readDuration, type Duration } from './duration.ts'
import { InvalidArgumentError } from './errors.ts'
import { feedOf } from './feed.ts'
import { changesOf, type Change, type ChangesOptions } from './changes.ts'
import type { Target } from './observation.ts'
import { Configs, Operations, Variables, Waiters } from './resources.ts'
import { Credentials, Sender, type SendOptions, type Token } from './send.ts'
import { configTarget, operationTarget, targetOf, variableTarget, waiterTarget } from './targets.ts'
import { wait, type Wait } from './wait.ts'
import type { WaitOptions } from './wait-options.ts'
import type * as wire from '../core/wire.ts'
import { Sockets, type WebSocketConstructor } from './sockets.ts'

export interface ClientOptions {
  /** Where the service answers, such as `https://rollcall.example.com` or `http://127.0.0.1:8787`. */
  readonly url: string
  /** Who calls: a token, or a function that gets one and is asked again when it is refused. */
  readonly token?: Token | undefined
  /**
   * How often a request is tried in all, and the bounds of the pauses in between, which have full jitter. Without it 5,
   * `'100ms'` and `'10s'`; `false` is one attempt.
   */
  readonly retry?: { attempts?: number; minDelay?: Duration; maxDelay?: Duration } | false | undefined
  /** How long one attempt may take; `'30s'`. What the server is asked to hold may take as long as it holds it. */
  readonly requestTimeout?: Duration | undefined
  /** Instead of the platform's. */
  readonly fetch?: typeof fetch | undefined
  /** Instead of the platform's; `false` is never to open one. */
  readonly WebSocket?: WebSocketConstructor | false | undefined
}

const OPTIONS = ['url', 'token', 'retry', 'requestTimeout', 'fetch', 'WebSocket']
const RETRY_OPTIONS = ['attempts', 'minDelay', 'maxDelay']

/** A client of RuntimeConfig v1beta1: Rollcall's own service, or Google's for what they share. */
export class Client {
  readonly configs: Configs
  readonly variables: Variables
  readonly waiters: Waiters
  readonly operations: Operations
  /** Where the service answers, without a slash at the end. */
  readonly base: string
  /** How waits hear by push; not for direct use. */
  readonly sockets: Sockets
  readonly #sender: Sender

  /** Sends nothing. Throws {@link InvalidArgumentError} for an option that cannot be meant. */
  constructor(options: ClientOptions) {
    checkOptions(options, OPTIONS, 'Client')
    this.base = readUrl(options?.url)
    const credentials = new Credentials(options.token)
    const send = options.fetch ?? globalThis.fetch.bind(globalThis)
    const requestTimeout = readDuration(options.requestTimeout ?? '30s', 'requestTimeout')
    this.#sender = new Sender({ credentials, fetch: send, requestTimeout, ...readRetry(options.retry) })
    this.sockets = new Sockets(this.base, credentials, options.WebSocket)
    this.configs = new Configs(this)
    this.variables = new Variables(this)
    this.waiters = new Waiters(this)
    this.operations = new Operations(this)
  }

  /**
   * Sends any request to the service, such as one that a response carries. Throws `ServiceError` for a refusal,
   * `ConnectionError` if no answer came, and the signal's reason if that is aborted.
   */
  async send<T = unknown>(request: ApiRequest, options: CallOptions & SendOptions = {}): Promise<ApiResponse<T>> {
    // The token is for this service alone.
    if (!request.url.startsWith(`${this.base}/`)) {
      throw new InvalidArgumentError('request.url', `must begin with ${this.base}/, this is ${request.url}`)
    }
    return this.#sender.send<T>(request, options)
  }

  /** Waits for a waiter to succeed. Rejects with a `WaitError`: `FAILED` if it failed or its own time ran out. */
  wait(waiter: string, options: WaitOptions<wire.Waiter>): Wait<wire.Waiter, 'SUCCEEDED'> {
    return wait(this.waiter(waiter), undefined, options)
  }

  /** A variable, to wait for. */
  variable(name: string): Target<wire.Variable> {
    return variableTarget(this, name)
  }

  /** A waiter, to wait for. */
  waiter(name: string): Target<wire.Waiter> {
    return waiterTarget(this, name)
  }

  /** The Operation of a waiter, to wait for. */
  operation(name: string): Target<wire.Operation> {
    return operationTarget(this, name)
  }

  /** A config, to wait for. */
  config(name: string): Target<wire.RuntimeConfig> {
    return configTarget(this, name)
  }

  /**
   * What happens in a config, as it happens: variables at `path` and beneath (all, without it) that are written or
   * deleted, and waiters that end. Goes on over lost connections; then it tells the latest state of what changed
   * meanwhile. Throws `ServiceError` when it may not be listened to, or is not there any more.
   */
  changes(config: string, options: ChangesOptions = {}): AsyncGenerator<Change, void, undefined> {
    return changesOf(this, config, options)
  }

  /** Wakes a `waitUntil` early: see there. Of what cannot be listened to nothing is heard. */
  onChange(response: ApiResponse<unknown>, wake: () => void): () => void {
    const target = this.#resourceOf(response)
    if (!target?.subscribe) return () => {}
    let known = target.revOf?.(response.data as never)
    return feedOf(target).join(({ observation }) => {
      if (observation.kind === 'error' || (observation.rev !== undefined && observation.rev === known)) return
      known = observation.rev
      wake()
    })
  }

  /** What proto3's JSON leaves out while it has its default value is there all the same. */
  hasProperty(response: ApiResponse<unknown>, property: string): boolean {
    return this.#resourceOf(response)?.optional?.includes(property) ?? false
  }

  /** The resource that a response is of, if it is one. */
  #resourceOf({ request }: ApiResponse<unknown>): Target<never> | undefined {
    const root = `${this.base}/v1beta1/`
    const name = typeof request?.url === 'string' && request.url.startsWith(root) ? request.url.slice(root.length) : ''
    const isName = request?.method === 'GET' && /^[^:?]*$/.test(name.replace(/^projects\/[^/]*/, ''))
    return isName ? targetOf(this, name) : undefined
  }
}

function readUrl(url: unknown): string {
  const shape = 'must be an absolute http or https URL without query, such as "https://rollcall.example.com"'
  if (typeof url !== 'string' || !URL.canParse(url)) {
    throw new InvalidArgumentError('url', `${shape}, this is ${JSON.stringify(url)}`)
  }
  const { protocol, username, password, href } = new URL(url)
  if (!/^https?:$/.test(protocol) || /[?#]/.test(url) || username || password) {
    throw new InvalidArgumentError('url', shape)
  }
  return href.replace(/\/+$/, '')
}

function readRetry(retry: ClientOptions['retry']) {
  if (retry === false) return { attempts: 1, backoff: { min: 0, max: 0 } }
  checkOptions(retry, RETRY_OPTIONS, 'retry')
  const attempts = retry?.attempts ?? 5
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new InvalidArgumentError('retry.attempts', `must be a whole number, 1 or more, this is ${attempts}`)
  }
  const min = readDuration(retry?.minDelay ?? '100ms', 'retry.minDelay')
  const max = readDuration(retry?.maxDelay ?? '10s', 'retry.maxDelay')
  return { attempts, backoff: { min, max } }
}
