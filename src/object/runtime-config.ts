/** The Durable Object that owns one RuntimeConfig. It is named by the config's full name: projects/P/configs/C. */
import { DurableObject, tracing } from 'cloudflare:workers'
import { denied, lacking, type Access } from '../core/access.ts'
import { readCallbackSettings, type CallbackEnv } from '../core/callback.ts'
import type { Command, Event, Outcome, Query } from '../core/command.ts'
import { callbackId } from '../core/endings.ts'
import { all, ok, OVERLOADED, refuse, type Fault, type Result } from '../core/fault.ts'
import { answer } from '../core/query.ts'
import { beginStream } from '../core/stream.ts'
import type { Stamp } from '../core/time.ts'
import type * as wire from '../core/wire.ts'
import { log } from '../telemetry/log.ts'
import { countsHere, meterOf, type Held, type Meter, type MeterEnv } from '../telemetry/meter.ts'
import type { Interval } from '../telemetry/spans.ts'
import { Callbacks } from './callbacks.ts'
import { CheckIns, type CheckingIn, type Reception } from './check-ins.ts'
import { Commits, type Happened } from './commits.ts'
import { goOn, prepareRestoration, type Moment, type Restoration } from './restore.ts'
import type { OutboxMessage } from './messages.ts'
import { Outbox } from './outbox.ts'
import { FAULT, LISTENING, Sockets, type Listening, type Subscription } from './sockets.ts'
import { SqlStore } from './sql-store.ts'
import { projectObject, type ObjectsEnv } from './stubs.ts'

/** The bindings that the object itself needs. */
export interface ObjectEnv extends Pick<ObjectsEnv, 'PROJECT' | 'ROLLCALL_PLACEMENT'>, CallbackEnv, MeterEnv {
  /** Counts the requests of callers, where the platform does that. */
  readonly ROLLCALL_RATE_LIMIT?: RateLimit
  /** The way that callbacks take, where it is another than to the rest of the world. */
  readonly CALLBACKS?: Fetcher
}

/** An outcome, and when its commit began and was durable. */
export interface Timed {
  readonly outcome: Outcome
  readonly commit: Interval
}

export abstract class RuntimeConfig extends DurableObject<ObjectEnv> {
  readonly #store: SqlStore
  readonly #commits: Commits
  readonly #sockets: Sockets
  readonly #checkIns: CheckIns
  readonly #outbox: Outbox
  readonly #callbacks: Callbacks
  readonly #meter: Meter | undefined
  /** Whether the platform may trace. Where this process tells of itself nobody does, and a span would cost all the same. */
  readonly #traced: boolean
  /** When the alarm stands, in milliseconds since 1970: null where there is none, undefined where it is not known. */
  #alarm: number | null | undefined = null

  constructor(ctx: DurableObjectState, env: ObjectEnv) {
    super(ctx, env)
    const { storage } = ctx
    this.#meter = meterOf(env)
    this.#traced = !countsHere(env)
    this.#store = new SqlStore(storage)
    this.#sockets = new Sockets(ctx, this.#name)
    this.#commits = new Commits({
      storage,
      store: this.#store,
      clock,
      heard: () => this.#sockets.heard,
      beforeCommit: () => this.#arm(),
      undone: () => (this.#alarm = undefined),
      // There is nothing to be written then, so this takes a turn of the event loop and no more: a timer takes longer.
      turn: () => storage.sync().catch(() => {}),
      broken: () => ctx.abort('the disk refused a commit'),
      committed: this.#meter && ((commands, began) => this.#measureCommit(commands, began)),
      tell: (happened) => this.#tell(happened),
    })
    this.#checkIns = new CheckIns(this.#commits, () => this.#measureHeld())
    this.#outbox = new Outbox({
      store: this.#store,
      commits: this.#commits,
      clock,
      deliver: (entry) => projectObject(env, entry.config.split('/')[1] as string).record(entry),
      wipe: (message) => this.#wipe(message),
    })
    this.#callbacks = new Callbacks({
      store: this.#store,
      commits: this.#commits,
      clock,
      settings: () => readCallbackSettings(env),
      fetch: (uri, request) => (env.CALLBACKS ?? globalThis).fetch(uri, request),
      // The last one may be all that was left of a deleted config.
      finished: async () => void (this.#store.config() || (await this.#wipe())),
    })
    this.#sockets.mark(this.#store.last())
    this.#measureHeld()
    // A lost alarm may delay an ending, but never lose it: each wake looks.
    if (this.#store.nextDue < Infinity) void ctx.blockConcurrencyWhile(() => this.#checkAlarm())
  }

  get #name(): string {
    return this.ctx.id.name ?? this.#store.config()?.name ?? ''
  }

  /**
   * Applies a command, if `access` allows it: absent, that is settled already. The outcome is answered when it is
   * durable, and when the directory knows of the config. `trace` is the `traceparent` of the request.
   */
  async submit(command: Command, access?: Access, trace?: string): Promise<Outcome> {
    return (await this.submitTimed(command, access, trace)).outcome
  }

  /** The same, and how long the commit took. */
  async submitTimed(command: Command, access?: Access, trace?: string): Promise<Timed> {
    const began = Date.now()
    const submit = () => this.#commits.submit(command, access, trace)
    const outcome = await (this.#traced ? tracing.enterSpan('commit', submit) : submit())
    const commit = { began, ended: Date.now() }
    if (!concernsDirectory(command)) return { outcome, commit }
    const told = await this.#outbox.flush()
    return { outcome: told ? outcome : refuse({ kind: 'unavailable' }), commit }
  }

  /**
   * Applies commits, each on its own but all that arrive here together in few turns, as if each had been submitted.
   * They concern no directory.
   */
  commit(commits: readonly { readonly command: Command & { type: 'commit' }; readonly access?: Access | undefined }[]) {
    return Promise.all(commits.map(({ command, access }) => this.#commits.submit(command, access)))
  }

  /** Answers a query from what is durable, if `access` allows it, and as far as it does. */
  async query(query: Query, access?: Access): Promise<Outcome> {
    if (this.#commits.full) return refuse(OVERLOADED)
    return this.#commits.read(() => answer(this.#store, query, access))
  }

  /**
   * Has the config go back to a moment, if `access` allows it: {@link restart} must follow, and behind it
   * {@link restored}. What is asked for in between is refused, for it would be lost.
   */
  restore(to: Moment, access?: Access): Promise<Result<Restoration>> {
    return this.#commits.exclusive(async () => {
      const lack = access && lacking(access, this.#store.config()?.policy)
      if (lack) return denied(lack)
      const prepared = await prepareRestoration(this.ctx.storage, to, this.#store.last())
      if (!prepared.ok) return prepared
      this.#commits.close()
      // Whoever asked for it may be gone.
      setTimeout(() => this.restart(), RESTART_MS)
      return prepared
    })
  }

  /** Begins anew. The call fails by that, as all do that are under way. */
  restart(): void {
    this.ctx.abort('the config is restored')
  }

  /** Has a config that was restored go on. Answers whether its directory knows. `last` is as {@link Restoration} has it. */
  async restored(last: Stamp): Promise<boolean> {
    await this.#commits.change((store) => goOn(store, this.#name, last, clock()))
    return this.#outbox.flush()
  }

  /**
   * Attaches a WebSocket for what stands in the header {@link LISTENING}. A refusal has its fault in the header
   * {@link FAULT} and no body: the edge words the answer, and an unread body would keep the object awake.
   */
  override async fetch(request: Request): Promise<Response> {
    const text = request.headers.get(LISTENING)
    if (request.headers.get('Upgrade') !== 'websocket' || !text) return new Response(null, { status: 426 })
    const listening = JSON.parse(decodeURIComponent(text)) as Listening | CheckingIn
    if (this.#commits.full) return refused(OVERLOADED)
    return this.#commits.read(() => ('party' in listening ? this.#checkIn(listening) : this.#listen(listening)))
  }

  #listen(listening: Listening): Response {
    const { subscription, access } = listening
    const room = this.#sockets.checkRoom(this.#checkIns.size, access)
    const ready = all({ first: this.#firstMessages(subscription, access), room })
    if (!ready.ok) return refused(ready.fault)
    const response = this.#sockets.attach(listening, ready.value.first)
    this.#sockets.mark(this.#store.last())
    this.#measureHeld()
    return response
  }

  /** How those are received who check in. */
  protected abstract receive(opening: CheckingIn): Reception

  #checkIn(opening: CheckingIn): Response {
    const { access } = opening
    const there = answer(this.#store, { type: 'getConfig' }, access)
    const ready = all({ there, room: this.#sockets.checkRoom(this.#checkIns.size) })
    return ready.ok ? this.#checkIns.attach(this.receive(opening)) : refused(ready.fault)
  }

  /** What the subscription begins with, or why there is no such subscription. */
  #firstMessages(subscription: Subscription, access: Access | undefined): Result<wire.Message[]> {
    const ask = (query: Query) => answer(this.#store, query, access)
    switch (subscription.kind) {
      case 'waiter': {
        const outcome = ask({ type: 'getWaiter', id: subscription.id })
        return outcome.ok ? ok([{ waiter: outcome.value as wire.Waiter }]) : outcome
      }
      case 'watch': {
        const outcome = ask({ type: 'getVariable', path: subscription.path })
        return outcome.ok ? ok([{ variable: outcome.value as wire.Variable }]) : outcome
      }
      case 'config': {
        const outcome = ask({ type: 'getConfig' })
        const config = this.#store.config()
        if (!outcome.ok || !config) return outcome.ok ? ok([]) : outcome
        return beginStream(this.#store, config, subscription.root, subscription.from, access)
      }
    }
  }

  /** Ends what is due, delivers what waits, and arms itself anew. Never throws: that would end the retries one day. */
  override async alarm(alarm?: AlarmInvocationInfo): Promise<void> {
    const at = this.#alarm ?? alarm?.scheduledTime
    if (at) this.#meter?.rang(this.#name, Math.max(0, Date.now() - at) / 1000)
    this.#alarm = null
    try {
      while (await this.#commits.sweep());
      await this.#outbox.flush()
      await this.#callbacks.resume()
      await this.#commits.change(() => this.#store.findNextDue())
    } catch (error) {
      log('error', 'alarm.failed', { message: 'the alarm failed and is set anew', resource: this.#name, error })
      await this.ctx.storage.setAlarm(Date.now() + RETRY_ALARM_MS)
    }
  }

  /** Called for what has no answer that is given without waking the object. */
  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    // Of what is not durable yet nothing may be said, for whoever resumes behind it would not be told of it.
    await this.#commits.read(() => this.#sockets.hear(socket, message, this.#store.last()))
  }

  /** The answer to a close is what lets go of the connection at once. */
  override webSocketClose(socket: WebSocket, code: number): void {
    this.#sockets.release(socket, code)
    this.#measureHeld()
  }

  /** Puts the alarm where something is due next, and takes it away when nothing is. */
  #arm(): void {
    const { nextDue } = this.#store
    // Rounded up, as an alarm before the deadline would find nothing to end.
    const at = nextDue === Infinity ? null : Math.ceil(nextDue / 1000)
    if (at === this.#alarm) return
    this.#alarm = at
    void (at === null ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(at))
  }

  async #checkAlarm(): Promise<void> {
    this.#alarm = await this.ctx.storage.getAlarm()
    this.#arm()
  }

  /** Tells of what is durable: those who listen, those who are called back, and who measures. */
  #tell(happened: readonly Happened[]): void {
    this.#sockets.push(happened)
    this.#sockets.mark(this.#store.last())
    for (const { events, trace } of happened) {
      const left = events.flatMap(this.#callbackOf)
      if (left.length) void this.#callbacks.deliver(left, trace)
      for (const event of events) {
        if (event.kind === 'waiterEnded') this.#meter?.ended(this.#name, event.waiter.end?.how as string)
      }
    }
  }

  #measureCommit(commands: number, began: number): void {
    const commit = { commands, seconds: (performance.now() - began) / 1000 }
    this.#meter?.committed(this.#name, commit, this.#held)
  }

  #measureHeld(): void {
    this.#meter?.holds?.(this.#name, this.#held)
  }

  get #held(): Held {
    return { sockets: this.#sockets.open + this.#checkIns.size, pending: this.#store.pendingWaiters }
  }

  /** The callback that an event has left. */
  readonly #callbackOf = (event: Event): string[] =>
    event.kind === 'waiterEnded' && event.waiter.spec.callback ? [callbackId(this.#name, event.waiter)] : []

  /**
   * Gives the storage of a deleted config back, unless it was made anew meanwhile, or still has something to deliver:
   * callbacks, or another message than this one. Answers whether it did.
   */
  #wipe(delivered?: OutboxMessage): Promise<boolean> {
    return this.#commits.exclusive(async () => {
      const undelivered = this.#store.outbox().some(({ entry }) => entry.stamp !== delivered?.entry.stamp)
      if (this.#store.config() || undelivered || this.#store.hasCallbacks(1)) return false
      await this.ctx.storage.deleteAll()
      this.#alarm = null
      this.#store.reload()
      return true
    })
  }
}

/** How long after a restoration was prepared the object begins anew by itself. */
const RESTART_MS = 1000

/** How long after an alarm that failed the next one is set. */
const RETRY_ALARM_MS = 30_000

/** The time in microseconds. */
const clock = (): Stamp => Date.now() * 1000

const refused = (fault: Fault) => new Response(null, { status: 409, headers: { [FAULT]: JSON.stringify(fault) } })

const concernsDirectory = ({ type }: Command) =>
  type === 'createConfig' || type === 'updateConfig' || type === 'deleteConfig'
