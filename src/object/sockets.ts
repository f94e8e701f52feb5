/**
 * Subscriptions: hibernating WebSockets, found by their tags, so that nothing about them is kept in memory and the
 * object may sleep while they wait. A message is serialised once, however many listen.
 */
import type { Event } from '../core/command.ts'
import { NOT_FOUND, statusOf, type Fault } from '../core/fault.ts'
import { rootsOf } from '../core/name.ts'
import { variableResource } from '../core/variable.ts'
import { waiterResource } from '../core/waiter.ts'
import type * as wire from '../core/wire.ts'

/** What a socket listens to. `watch` is one variable, by its exact name; `config` is a subtree ('' is all of it). */
export type Subscription =
  | { readonly kind: 'waiter'; readonly id: string }
  | { readonly kind: 'config'; readonly root: string }
  | { readonly kind: 'watch'; readonly path: string }

/** An application's ping and its answer, which is given without waking the object. */
export const PING = 'ping'
export const PONG = 'pong'

/** RFC 6455, section 7.4.1: the purpose of the connection has been fulfilled. */
const CLOSE_NORMAL = 1000
/** In the range that RFC 6455 leaves to applications, with HTTP's number behind it. */
const CLOSE_NOT_FOUND = 4404

// A tag has at most 256 characters, which a path of 255 behind one sign just fills.
const waiterTag = (id: string) => `w${id}`
const rootTag = (root: string) => `/${root}`
const watchTag = (path: string) => `=${path}`
/** On every subscription of kind `config`. */
const CONFIG_TAG = 'config'
/** On every socket that hears of variables. */
const VARIABLES_TAG = 'variables'

function tagsOf(subscription: Subscription): string[] {
  switch (subscription.kind) {
    case 'waiter':
      return [waiterTag(subscription.id)]
    case 'config':
      return [rootTag(subscription.root), CONFIG_TAG, VARIABLES_TAG]
    case 'watch':
      return [watchTag(subscription.path), VARIABLES_TAG]
  }
}

export class Sockets {
  readonly #ctx: DurableObjectState
  readonly #config: string
  /** At least the tags that sockets have, so that a write to which nobody listens asks the platform for none. */
  readonly #tags = new Set<string>()

  /** `config` is the config's full name. */
  constructor(ctx: DurableObjectState, config: string) {
    this.#ctx = ctx
    this.#config = config
    for (const socket of ctx.getWebSockets()) this.#note(ctx.getTags(socket))
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
  }

  /** Whether anyone listens for variables. */
  get heard(): boolean {
    return this.#socketsWith(VARIABLES_TAG).length > 0
  }

  /**
   * Accepts a socket for a subscription and answers the response that upgrades the connection. `first` is the state as
   * it stands, sent before anything else; a waiter that has ended already is told of and let go.
   */
  attach(subscription: Subscription, first: wire.Message | undefined): Response {
    const { 0: client, 1: server } = new WebSocketPair()
    const tags = tagsOf(subscription)
    this.#note(tags)
    this.#ctx.acceptWebSocket(server, tags)
    if (first) server.send(JSON.stringify(first))
    if (first && 'waiter' in first && first.waiter.done) server.close(CLOSE_NORMAL, 'the waiter has ended')
    return new Response(null, { status: 101, webSocket: client })
  }

  /** Tells everyone whom it concerns of what happened, in order. */
  push(events: readonly Event[]): void {
    for (const event of events) this.#pushOne(event)
  }

  #pushOne(event: Event): void {
    switch (event.kind) {
      case 'variable': {
        const { variable, state } = event
        const tags = [watchTag(variable.path), ...rootsOf(variable.path).map(rootTag)]
        return this.#send(tags, () => ({ variable: variableResource(this.#config, variable, state) }))
      }
      case 'waiterEnded': {
        const { waiter } = event
        this.#send([waiterTag(waiter.id), CONFIG_TAG], () => ({ waiter: waiterResource(this.#config, waiter) }))
        return this.#close(waiterTag(waiter.id), CLOSE_NORMAL, 'the waiter has ended')
      }
      case 'waiterDeleted':
        return this.#fail(waiterTag(event.id), NOT_FOUND, 'the waiter was deleted')
      case 'configDeleted':
        return this.#fail(undefined, NOT_FOUND, 'the config was deleted')
    }
  }

  #fail(tag: string | undefined, fault: Fault, reason: string): void {
    this.#send([tag], () => ({ error: statusOf(fault) }))
    this.#close(tag, CLOSE_NOT_FOUND, reason)
  }

  /** Sends to every open socket that has one of the tags; `undefined` is every socket. Without one, nothing is made. */
  #send(tags: readonly (string | undefined)[], message: () => wire.Message): void {
    let text: string | undefined
    for (const tag of tags) {
      for (const socket of this.#socketsWith(tag)) {
        if (socket.readyState === WebSocket.OPEN) attempt(() => socket.send((text ??= JSON.stringify(message()))))
      }
    }
  }

  #close(tag: string | undefined, code: number, reason: string): void {
    for (const socket of this.#socketsWith(tag)) attempt(() => socket.close(code, reason))
  }

  #note(tags: readonly string[]): void {
    for (const tag of tags) this.#tags.add(tag)
  }

  #socketsWith(tag: string | undefined): WebSocket[] {
    if (tag === undefined) return this.#ctx.getWebSockets()
    if (!this.#tags.has(tag)) return []
    const sockets = this.#ctx.getWebSockets(tag)
    if (!sockets.length) this.#tags.delete(tag)
    return sockets
  }
}

/** A socket can break between the look at its state and the call; its owner will come back or not, and ask anew. */
function attempt(use: () => void): void {
  try {
    use()
  } catch (error) {
    console.warn({ message: 'a subscriber was gone when it was to be told', event: 'sockets.send.failed', error })
  }
}
