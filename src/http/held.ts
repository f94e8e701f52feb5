/**
 * Requests that wait. The edge holds the caller's request and listens to the object by a hibernating WebSocket, so that
 * the object may sleep while nothing happens.
 */
import { denied, type Access } from '../core/access.ts'
import type { Outcome } from '../core/command.ts'
import { NOT_FOUND, ok, refuse, type Fault } from '../core/fault.ts'
import { configName } from '../core/name.ts'
import { parseTimestamp, type Stamp } from '../core/time.ts'
import type * as wire from '../core/wire.ts'
import type { Subscription } from '../object/sockets.ts'
import { accessOf, need, type InConfig } from './ask.ts'
import type { Env } from './env.ts'
import { listenTo } from './listen.ts'
import type { Call } from './method.ts'

/** How long `:watch` waits unless the deployment says otherwise: a little less than the 60 s after which clients give up. */
const WATCH_SECONDS = 55
/** The pause before listening again after the object's socket was lost, for example in a deploy. */
const RECONNECT_MS = 200

/** For whom a request is held, and how long. */
export interface Held {
  /** The config's full name. */
  readonly config: string
  /** How long the caller will wait, in seconds, if it says so; then DEADLINE_EXCEEDED is the answer. */
  readonly patience: number | undefined
  /** Until when the caller's credential is good, in milliseconds since 1970, if that ends; nothing later is told. */
  readonly expires: number | undefined
  /** What the caller must be allowed, unless that is settled. */
  readonly access: Access | undefined
  /** Aborted when the caller has gone, and nobody will hear the answer. */
  readonly signal: AbortSignal
}

/** For whom the request of a call is held, and how long. */
export function heldFor(call: Call<InConfig, unknown, unknown>): Held {
  const { name, request, expires } = call
  const patience = Number(request.headers.get('X-Server-Timeout') ?? undefined)
  return {
    config: configName(name.project, name.config),
    patience: patience > 0 ? patience : undefined,
    expires,
    access: accessOf(call, [need(call)]),
    signal: request.signal,
  }
}

/** Waits until the variable changes or is deleted, or until the time is over (spec: section 4.5). */
export function watchVariable(env: Env, path: string, newerThan: Stamp | undefined, held: Held): Promise<Outcome> {
  return hold(env, held, { kind: 'watch', path }, new Watcher(newerThan, held.access))
}

/** Waits until the waiter has ended, or until the time is over: then the answer is the waiter as it is. */
export function awaitWaiter(env: Env, id: string, held: Held): Promise<Outcome> {
  return hold(env, held, { kind: 'waiter', id }, new WaiterWatcher(held.access))
}

/** What becomes of what a held request hears. */
interface Hearer {
  /** The answer, if this message ends the request. The first message of each connection is the state as it stands. */
  hear(message: wire.Message): Outcome | undefined
  /** The connection was lost, and there will be another. */
  reconnect(): void
  /** The answer when there is nothing to listen to. */
  gone(fault: Fault): Outcome
  /** The answer when time is over. */
  unchanged(): Outcome
}

/** Holds a request until what it hears has an answer. */
async function hold(env: Env, held: Held, subscription: Subscription, hearer: Hearer): Promise<Outcome> {
  const seconds = Number(env.ROLLCALL_WATCH_SECONDS) || WATCH_SECONDS
  const impatient = held.patience !== undefined && held.patience < seconds
  const end = Date.now() + (impatient ? (held.patience as number) : seconds) * 1000
  const deadline = Math.min(end, held.expires ?? Infinity)
  for (;;) {
    const socket = await listenTo(env, held.config, { subscription, access: held.access })
    if (!socket.ok) return hearer.gone(socket.fault)
    const heard = await listen(socket.value, deadline, held.signal, (message) => hearer.hear(message))
    if (heard === 'timeout') return impatient ? refuse({ kind: 'deadlineExceeded' }) : hearer.unchanged()
    if (heard === 'gone') return refuse({ kind: 'unavailable' })
    if (heard !== 'closed') return heard
    hearer.reconnect()
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS))
  }
}

/** What a watch has seen so far, and what each message comes to. */
class Watcher implements Hearer {
  #since: Stamp | undefined
  #known: wire.Variable | undefined
  #connected = false
  readonly #access: Access | undefined

  constructor(newerThan: Stamp | undefined, access: Access | undefined) {
    this.#since = newerThan
    this.#access = access
  }

  hear(message: wire.Message): Outcome | undefined {
    if (!('variable' in message)) return this.#refused(message)
    const { variable } = message
    if (this.#connected) return ok(variable)
    this.#connected = true
    this.#known = variable
    const updated = parseTimestamp(variable.updateTime) as Stamp
    if (this.#since !== undefined && updated > this.#since) return ok({ ...variable, state: 'UPDATED' })
    this.#since = Math.max(this.#since ?? 0, updated)
    return undefined
  }

  /** The variable is gone, or the permission to watch it. */
  #refused(message: wire.Message): Outcome {
    return deniedBy(message, this.#access) ?? this.gone(NOT_FOUND)
  }

  reconnect(): void {
    this.#connected = false
  }

  /** A variable that is there no longer is answered with its last known contents. */
  gone(fault: Fault): Outcome {
    return this.#known && fault.kind === 'notFound' ? ok({ ...this.#known, state: 'DELETED' }) : refuse(fault)
  }

  /** The value as it still is, without a state. */
  unchanged(): Outcome {
    return this.#known ? ok(this.#known) : refuse({ kind: 'unavailable' })
  }
}

/** What a request for the end of a waiter has seen so far. */
class WaiterWatcher implements Hearer {
  #known: wire.Waiter | undefined
  readonly #access: Access | undefined

  constructor(access: Access | undefined) {
    this.#access = access
  }

  hear(message: wire.Message): Outcome | undefined {
    if (!('waiter' in message)) return deniedBy(message, this.#access) ?? this.gone(NOT_FOUND)
    this.#known = message.waiter
    return message.waiter.done ? ok(message.waiter) : undefined
  }

  reconnect(): void {}

  gone(fault: Fault): Outcome {
    return refuse(fault)
  }

  unchanged(): Outcome {
    return this.#known ? ok(this.#known) : refuse({ kind: 'unavailable' })
  }
}

/** The refusal, if a message says that the permission was taken away. */
function deniedBy(message: wire.Message, access: Access | undefined): Outcome | undefined {
  const lacked = access?.needs[0]
  return lacked && 'error' in message && message.error.status === 'PERMISSION_DENIED' ? denied(lacked) : undefined
}

/**
 * Hears messages until one of them has an answer, the socket closes, the deadline (ms since 1970) passes, or the caller
 * goes. The object is let go in any case.
 */
function listen<T>(
  socket: WebSocket,
  deadline: number,
  signal: AbortSignal,
  hear: (message: wire.Message) => T | undefined,
): Promise<T | 'closed' | 'timeout' | 'gone'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => end('timeout'), Math.max(0, deadline - Date.now()))
    const end = (result: T | 'closed' | 'timeout' | 'gone') => {
      clearTimeout(timer)
      resolve(result)
      socket.close(1000)
    }
    socket.addEventListener('message', ({ data }) => {
      const result = hear(JSON.parse(data as string))
      if (result !== undefined) end(result)
    })
    socket.addEventListener('close', () => end('closed'))
    socket.addEventListener('error', () => end('closed'))
    signal.addEventListener('abort', () => end('gone'))
    socket.accept()
    // Who went before there was a listener is not told of again.
    if (signal.aborted) end('gone')
  })
}
