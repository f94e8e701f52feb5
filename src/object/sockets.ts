/**
 * Subscriptions: hibernating WebSockets, found by their tags, so that nothing about them is kept in memory and the
 * object may sleep while they wait. A message is serialised once, however many listen.
 */
import { denied, lacking, sees, type Access } from '../core/access.ts'
import type { Event } from '../core/command.ts'
import { NOT_FOUND, ok, statusOf, type Fault, type Result } from '../core/fault.ts'
import { rootsOf } from '../core/name.ts'
import type { Policy } from '../core/policy.ts'
import { MAX_SOCKETS, overQuota } from '../core/quota.ts'
import { variableName, variableResource } from '../core/variable.ts'
import { waiterName, waiterResource } from '../core/waiter.ts'
import type * as wire from '../core/wire.ts'
import type { Happened } from './commits.ts'

/** What a socket listens to. `watch` is one variable, by its exact name; `config` is a subtree ('' is all of it). */
export type Subscription =
  | { readonly kind: 'waiter'; readonly id: string }
  | { readonly kind: 'config'; readonly root: string }
  | { readonly kind: 'watch'; readonly path: string }

/** What a WebSocket is opened for, and what whoever opens it must be allowed; absent where that is settled already. */
export interface Listening {
  readonly subscription: Subscription
  readonly access?: Access | undefined
}

// Headers between the edge and an object: a URL would be too short for what the first may hold.
/** Of a request: the {@link Listening}, as percent-encoded JSON. */
export const LISTENING = 'rollcall-listening'
/** Of a refusal: the {@link Fault}, as JSON. */
export const FAULT = 'rollcall-fault'

/** An application's ping and its answer, which is given without waking the object. */
export const PING = 'ping'
export const PONG = 'pong'

/** RFC 6455, section 7.4.1: the purpose of the connection has been fulfilled. */
const CLOSE_NORMAL = 1000
// In the range that RFC 6455 leaves to applications, with HTTP's number behind it.
const CLOSE_FORBIDDEN = 4403
const CLOSE_NOT_FOUND = 4404

/** What stands beside a socket, here as JSON, may take 16,384 bytes, in which a character can take two. */
const MAX_ACCESS_LENGTH = 8_000

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
  /** What each socket's owner must be allowed, as far as it was looked up since the object woke: null is nothing. */
  readonly #access = new WeakMap<WebSocket, Access | null>()
  /** At least as many as there are sockets: those that have closed are taken off when it comes to the quota. */
  #count: number
  /** At least the tags that sockets have, so that a write to which nobody listens asks the platform for none. */
  readonly #tags = new Set<string>()

  /** `config` is the config's full name. */
  constructor(ctx: DurableObjectState, config: string) {
    this.#ctx = ctx
    this.#config = config
    const sockets = ctx.getWebSockets()
    this.#count = sockets.length
    for (const socket of sockets) this.#note(ctx.getTags(socket))
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
  }

  /** Whether anyone listens for variables. */
  get heard(): boolean {
    return this.#socketsWith(VARIABLES_TAG).length > 0
  }

  /** Whether there is room for one more socket, and beside it for what its owner must be allowed. */
  checkRoom(access: Access | undefined): Result<undefined> {
    if (this.#count >= MAX_SOCKETS) this.#count = this.#ctx.getWebSockets().length
    if (this.#count >= MAX_SOCKETS) {
      return overQuota(`The config has as many subscriptions and watches as it may: ${MAX_SOCKETS}.`)
    }
    if (JSON.stringify(access ?? null).length <= MAX_ACCESS_LENGTH) return ok(undefined)
    return overQuota('The caller has too many grants with conditions to keep them beside a subscription.')
  }

  /**
   * Accepts a socket for a subscription and answers the response that upgrades the connection. `first` is the state as
   * it stands, sent before anything else; a waiter that has ended already is told of and let go. With `access`, the
   * socket is told only of what its owner may see then, and closed when that is nothing any more.
   */
  attach(subscription: Subscription, first: wire.Message | undefined, access: Access | undefined): Response {
    const { 0: client, 1: server } = new WebSocketPair()
    const tags = tagsOf(subscription)
    this.#note(tags)
    // Before it is accepted: no socket is ever without what its owner must be allowed.
    if (access) server.serializeAttachment(JSON.stringify(access))
    this.#ctx.acceptWebSocket(server, tags)
    this.#count += 1
    if (first) server.send(JSON.stringify(first))
    if (first && 'waiter' in first && first.waiter.done) server.close(CLOSE_NORMAL, 'the waiter has ended')
    return new Response(null, { status: 101, webSocket: client })
  }

  /** Tells everyone whom it concerns, and who may know, of what happened, in order. */
  push(happened: readonly Happened[]): void {
    for (const { events, policy } of happened) {
      for (const event of events) this.#pushOne(event, policy)
    }
  }

  #pushOne(event: Event, policy: Policy | undefined): void {
    switch (event.kind) {
      case 'variable': {
        const { variable, state } = event
        const tags = [watchTag(variable.path), ...rootsOf(variable.path).map(rootTag)]
        const may = maySee('runtimeconfig.variables.watch', variableName(this.#config, variable.path), policy)
        return this.#send(tags, may, () => ({ variable: variableResource(this.#config, variable, state) }))
      }
      case 'waiterEnded': {
        const { waiter } = event
        const may = maySee('runtimeconfig.waiters.get', waiterName(this.#config, waiter.id), policy)
        const message = () => ({ waiter: waiterResource(this.#config, waiter) })
        this.#send([waiterTag(waiter.id), CONFIG_TAG], may, message)
        return this.#close(waiterTag(waiter.id), CLOSE_NORMAL, 'the waiter has ended')
      }
      case 'waiterDeleted':
        return this.#fail(waiterTag(event.id), NOT_FOUND, 'the waiter was deleted')
      case 'configDeleted':
        return this.#fail(undefined, NOT_FOUND, 'the config was deleted')
      case 'policyChanged':
        return this.#dismiss(policy)
    }
  }

  #fail(tag: string | undefined, fault: Fault, reason: string): void {
    this.#send(
      [tag],
      () => true,
      () => ({ error: statusOf(fault) }),
    )
    this.#close(tag, CLOSE_NOT_FOUND, reason)
  }

  /** Lets go of those who may not listen any more. */
  #dismiss(policy: Policy | undefined): void {
    for (const socket of this.#ctx.getWebSockets()) {
      const access = this.#accessOf(socket)
      const lack = access && lacking(access, policy)
      if (!lack || socket.readyState !== WebSocket.OPEN) continue
      const message: wire.Message = { error: statusOf(denied(lack).fault) }
      attempt(() => socket.send(JSON.stringify(message)))
      attempt(() => socket.close(CLOSE_FORBIDDEN, 'the permission was taken away'))
    }
  }

  /**
   * Sends to every open socket that has one of the tags, and whose owner may see it; `undefined` is every socket.
   * Without one, nothing is made.
   */
  #send(tags: readonly (string | undefined)[], may: (access: Access) => boolean, message: () => wire.Message): void {
    let text: string | undefined
    for (const tag of tags) {
      for (const socket of this.#socketsWith(tag)) {
        const access = this.#accessOf(socket)
        if (socket.readyState !== WebSocket.OPEN || (access && !may(access))) continue
        attempt(() => socket.send((text ??= JSON.stringify(message()))))
      }
    }
  }

  #accessOf(socket: WebSocket): Access | null {
    let access = this.#access.get(socket)
    if (access === undefined) {
      const text = socket.deserializeAttachment() as string | null
      access = text === null ? null : (JSON.parse(text) as Access)
      this.#access.set(socket, access)
    }
    return access
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

const maySee = (permission: string, name: string, policy: Policy | undefined) => (access: Access) =>
  sees(access.caller, permission, policy)(name)

/** A socket can break between the look at its state and the call; its owner will come back or not, and ask anew. */
function attempt(use: () => void): void {
  try {
    use()
  } catch (error) {
    console.warn({ message: 'a subscriber was gone when it was to be told', event: 'sockets.send.failed', error })
  }
}
