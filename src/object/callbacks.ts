/**
 * The delivery of callbacks: in the background and few at a time, at least once, and again with growing pauses until it
 * works or the time for it is over. What is on its way here is in memory alone; the table says what is still to be done.
 */
import { delayAfter, mayCall, type CallbackSettings } from '../core/callback.ts'
import type { Result } from '../core/fault.ts'
import { SECOND, type Stamp } from '../core/time.ts'
import { log } from '../telemetry/log.ts'
import type { Commits } from './commits.ts'
import type { Delivery } from './deliveries.ts'
import type { SqlStore } from './sql-store.ts'
import { webhook } from './webhook.ts'

export interface CallbacksOptions {
  readonly store: SqlStore
  readonly commits: Commits
  /** The time, in microseconds since 1970. */
  readonly clock: () => Stamp
  /** What the deployment says of callbacks now. */
  readonly settings: () => Result<CallbackSettings>
  /** The way out, which must not lead to private addresses. */
  readonly fetch: (uri: string, request: Awaited<ReturnType<typeof webhook>>) => Promise<Response>
  /** Called when one of them needs no more attention. */
  readonly finished: () => Promise<void>
}

/** How many are under way at a time: a recipient that hangs must hold up neither the others nor the object. */
const MAX_UNDER_WAY = 8

/** The status by which a recipient says that it wants no more (Standard Webhooks, "Delivery"). */
const GONE = 410

/** What came of an attempt: it arrived, it is not wanted, or when to try again, in microseconds from now at least. */
type Attempt = 'arrived' | 'unwanted' | { readonly pause: number; readonly why: string }

export class Callbacks {
  readonly #options: CallbacksOptions
  /** Those that are on their way, or about to be, each with its trace. */
  readonly #known = new Map<string, string | undefined>()
  readonly #queue: string[] = []
  #underWay = 0

  constructor(options: CallbacksOptions) {
    this.#options = options
  }

  /**
   * Delivers these, of which the table knows. Resolves when nothing is under way any more. The first attempt goes on with
   * the trace of the request that brought them about.
   */
  async deliver(ids: readonly string[], trace?: string): Promise<void> {
    for (const id of ids) {
      if (this.#known.has(id)) continue
      this.#known.set(id, trace)
      this.#queue.push(id)
    }
    const free = Math.min(MAX_UNDER_WAY - this.#underWay, this.#queue.length)
    await Promise.all(Array.from({ length: free }, () => this.#work()))
  }

  /** Delivers those that are due. Resolves when they are taken on. */
  async resume(): Promise<void> {
    const { commits, clock } = this.#options
    const due = await commits.change((store) => (store.hasCallbacks(1) ? store.callbacks.claim(clock()) : []))
    void this.deliver(due)
  }

  async #work(): Promise<void> {
    this.#underWay += 1
    try {
      for (let id = this.#queue.shift(); id !== undefined; id = this.#queue.shift()) {
        await this.#settle(id).catch((error: unknown) => {
          // It stays in the table, and is taken on again when it is due.
          log('error', 'callback.failed', { message: 'a callback could not be attended to', id, error })
        })
        this.#known.delete(id)
      }
    } finally {
      this.#underWay -= 1
    }
  }

  async #settle(id: string): Promise<void> {
    const { store, commits, clock, finished } = this.#options
    const delivery = await commits.read(() => store.callbacks.get(id))
    if (!delivery) return
    const attempt = await this.#attempt(delivery, this.#known.get(id))
    const again = typeof attempt === 'object' && clock() + attempt.pause
    const over = again === false || again > delivery.expires
    report(delivery, attempt, over)
    await commits.change(() => {
      if (over) store.callbacks.remove(id)
      else store.callbacks.defer(id, again)
      store.findNextDue()
    })
    if (over) await finished()
  }

  async #attempt(delivery: Delivery, trace: string | undefined): Promise<Attempt> {
    const { clock, fetch, settings } = this.#options
    const pause = delayAfter(delivery.attempts + 1)
    try {
      const { hosts, secrets } = valueOf(settings())
      // What was allowed when the waiter was made need not be so any more.
      if (!mayCall(delivery.uri, hosts)) return { pause, why: 'its host is not allowed' }
      const response = await fetch(delivery.uri, await webhook({ ...delivery, trace }, secrets, clock() / 1000))
      await response.body?.cancel()
      if (response.ok) return 'arrived'
      if (response.status === GONE) return 'unwanted'
      return { pause: Math.max(pause, askedFor(response)), why: `the answer is ${response.status}` }
    } catch (error) {
      return { pause, why: String(error) }
    }
  }
}

/** For how long a recipient asks not to be tried, in microseconds; as long as we would wait at most. */
function askedFor(response: Response): number {
  const seconds = Number(response.headers.get('Retry-After') ?? 0)
  return seconds > 0 ? Math.min(seconds * SECOND, delayAfter(Infinity)) : 0
}

function valueOf<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new Error('the deployment has no good settings for callbacks')
}

/** Says what did not work, without the whole URI, which may hold what nobody should see. */
function report({ id, uri, attempts }: Delivery, attempt: Attempt, over: boolean): void {
  const { host } = new URL(uri)
  const about = { id, host, attempts: attempts + 1 }
  if (attempt === 'unwanted') log('warn', 'callback.unwanted', { message: 'a callback is not wanted', ...about })
  if (typeof attempt === 'string') return
  const { why } = attempt
  if (over) log('error', 'callback.given-up', { message: 'a callback was given up', ...about, why })
  else log('warn', 'callback.delivery.failed', { message: 'a callback did not arrive', ...about, why })
}
