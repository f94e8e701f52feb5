/** The client: where the service is, who calls, and the resources to call. */
import type { ApiRequest, ApiResponse, Duration } from './api.ts'
import { checkOptions, readDuration } from './duration.ts'
import { expected } from './errors.ts'
import { feedOf } from './feed.ts'
import type { Target } from './observation.ts'
import { Configs, Operations, Variables, Waiters } from './resources.ts'
import { Credentials, Sender, type SendOptions, type Token } from './send.ts'
import { configTarget, operationTarget, targetOf, variableTarget, waiterTarget } from './targets.ts'
import { wait } from './wait.ts'
import type { Wait } from './wait-run.ts'
import { checkCount, type WaitOptions } from './wait-options.ts'
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
  /** How requests are sent; not for direct use. */
  readonly sender: Sender

  /** Sends nothing. Throws {@link InvalidArgumentError} for an option that cannot be meant. */
  constructor(options: ClientOptions) {
    checkOptions(options, OPTIONS, 'Client')
    this.base = readUrl(options?.url)
    const credentials = new Credentials(options.token)
    const send = options.fetch ?? globalThis.fetch.bind(globalThis)
    const requestTimeout = readDuration(options.requestTimeout ?? '30s', 'requestTimeout')
    this.sender = new Sender({ credentials, fetch: send, requestTimeout, ...readRetry(options.retry) })
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
  async send<T = unknown>(request: ApiRequest, options: SendOptions = {}): Promise<ApiResponse<T>> {
    // The token is for this service alone.
    if (!request.url.startsWith(`${this.base}/`)) {
      throw expected('request.url', `under ${this.base}/`, request.url)
    }
    return this.sender.send<T>(request, options)
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

  /** Wakes a `waitUntil` early: see there. Of what cannot be listened to nothing is heard. */
  onChange({ data, request }: ApiResponse<unknown>, wake: () => void): () => void {
    const root = `${this.base}/v1beta1/`
    const target = request?.method === 'GET' && targetOf(this, String(request.url).replace(root, ''))
    if (!target || !target.subscribe) return () => {}
    let known = JSON.stringify(data)
    return feedOf(target).join(({ observation }) => {
      const seen = observation.kind === 'present' ? JSON.stringify(observation.value) : observation.kind
      if (seen === known || seen === 'error') return
      known = seen
      wake()
    })
  }
}

function readUrl(url: unknown): string {
  const read = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined
  if (read && /^https?:$/.test(read.protocol) && !/[?#]/.test(url as string) && !read.username && !read.password) {
    return read.href.replace(/\/+$/, '')
  }
  throw expected('url', 'an http or https URL without query', url)
}

function readRetry(retry: ClientOptions['retry']) {
  if (retry === false) return { attempts: 1, backoff: { min: 0, max: 0 } }
  checkOptions(retry, RETRY_OPTIONS, 'retry')
  const attempts = retry?.attempts ?? 5
  checkCount(attempts, 'retry.attempts')
  const min = readDuration(retry?.minDelay ?? '100ms', 'retry.minDelay')
  const max = readDuration(retry?.maxDelay ?? '10s', 'retry.maxDelay')
  return { attempts, backoff: { min, max } }
}
