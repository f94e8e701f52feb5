/**
 * Subscriptions: hibernating WebSockets, found by their tags, so that nothing about them is kept in memory and the
 * object may sleep while they wait. A message is serialised once, however many listen.
 */
import { denied, lacking, sees, type Access } from '../core/access.ts'
import type { Event } from '../core/command.ts'
import { NOT_FOUND, ok, statusOf, type Fault, type Result } from '../core/fault.ts'
import { isUnder, rootsOf } from '../core/name.ts'
import type { Policy } from '../core/policy.ts'
import { MAX_SOCKETS, overQuota } from '../core/quota.ts'
import { bookmark, toldOf, visibleTo, type Beginning, type Told } from '../core/stream.ts'
import { formatStamp, type Stamp } from '../core/time.ts'
import { variableName, variableResource } from '../core/variable.ts'
import { waiterName, waiterResource } from '../core/waiter.ts'
import type * as wire from '../core/wire.ts'
import { log } from '../telemetry/log.ts'
import type { Happened } from './commits.ts'

/**
 * What a socket listens to. `watch` is one variable, by its exact name; `config` is a subtree ('' is all of it), from
 * somewhere on.
 */
export type Subscription =
  | { readonly kind: 'waiter'; readonly id: string }
  | { readonly kind: 'config'; readonly root: string; readonly from: Beginning }
  | { readonly kind: 'watch'; readonly path: string }

/** What a WebSocket is opened for. */
export interface Listening {
  readonly subscription: Subscription
  /** What whoever opens it must be allowed; absent where that is settled already. */
  readonly access?: Access | undefined
  /**
   * Whether it is the caller's own, and not the edge's: the caller closes it when it has heard the end, and it may say
   * anything, where the edge says {@link PING} alone.
   */
  readonly direct?: boolean | undefined
}

// Headers between the edge and an object: a URL would be too short for what the first may hold.
/** Of a request: the {@link Listening}, as percent-encoded JSON. */
export const LISTENING = 'rollcall-listening'
/** Of a refusal: the {@link Fault}, as JSON. */
export const FAULT = 'rollcall-fault'

/** Asks for a bookmark: the answer is given without waking the object. */
export const PING = 'ping'

/** The answer to all else that is said on a subscription. */
export const NO_MESSAGES: Fault = {
  kind: 'invalidArgument',
  field: 'message',
  message: 'this subscription takes no messages but "ping"',
}

/** RFC 6455, section 7.4.1: the purpose of the connection has been fulfilled. */
export const CLOSE_NORMAL = 1000
/** That no close frame came, or one without a code: neither can be sent. */
const CLOSE_ABNORMAL = 1006
const CLOSE_NO_STATUS = 1005
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
const STREAM_TAG = 'stream'
/** On every socket that hears of variables. */
const VARIABLES_TAG = 'variables'
/** On every socket that is the caller's own. */
const DIRECT_TAG = 'direct'

function tagsOf({ subscription, direct }: Listening): string[] {
  const tags = tagsOfSubscription(subscription)
  return direct ? [...tags, DIRECT_TAG] : tags
}

function tagsOfSubscription(subscription: Subscription): string[] {
  switch (subscription.kind) {
    case 'waiter':
      return [waiterTag(subscription.id)]
    case 'config':
      return [rootTag(subscription.root), STREAM_TAG, VARIABLES_TAG]
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
  #open: number
  /** At least the tags that sockets have, so that a write to which nobody listens asks the platform for none. */
  readonly #tags = new Set<string>()

  /** `config` is the config's full name. */
  constructor(ctx: DurableObjectState, config: string) {
    this.#ctx = ctx
    this.#config = config
    const sockets = ctx.getWebSockets()
    this.#count = sockets.length
    this.#open = sockets.length
    for (const socket of sockets) this.#note(ctx.getTags(socket))
  }

  /** How many there are. */
  get open(): number {
    return this.#open
  }

  /** Whether anyone listens for variables. */
  get heard(): boolean {
    return this.#socketsWith(VARIABLES_TAG).length > 0
  }

  /** Whether there is room for one more socket beside these and `others`, and for what its owner must be allowed. */
  checkRoom(others: number, access?: Access): Result<undefined> {
    const most = MAX_SOCKETS - others
    if (this.#count >= most) this.#count = this.#ctx.getWebSockets().length
    if (this.#count >= most) {
      return overQuota(`The config has as many subscriptions and watches as it may: ${MAX_SOCKETS}.`)
    }
    if (JSON.stringify(access ?? null).length <= MAX_ACCESS_LENGTH) return ok(undefined)
    return overQuota('The caller has too many grants with conditions to keep them beside a subscription.')
  }

  /**
   * Accepts a socket and answers the response that upgrades the connection. `first` is sent before anything else, such as
   * the state as it stands; a waiter that has ended already is told of and let go, unless the caller does that itself.
   * With `access`, the socket is told only of what its owner may see then, and closed when that is nothing any more.
   */
  attach(listening: Listening, first: readonly wire.Message[]): Response {
    const { access, direct } = listening
    const { 0: client, 1: server } = new WebSocketPair()
    const tags = tagsOf(listening)
    this.#note(tags)
    // Before it is accepted: no socket is ever without what its owner must be allowed.
    if (access) server.serializeAttachment(JSON.stringify(access))
    this.#ctx.acceptWebSocket(server, tags)
    this.#count += 1
    this.#open += 1
    for (const message of first) server.send(JSON.stringify(message))
    const [state] = first
    if (!direct && state && 'waiter' in state && state.waiter.done) server.close(CLOSE_NORMAL, 'the waiter has ended')
    return new Response(null, { status: 101, webSocket: client })
  }

  /** Tells everyone whom it concerns, and who may know, of what happened, in order. */
  push(happened: readonly Happened[]): void {
    for (const { events, policy } of happened) {
      if (this.#tags.has(STREAM_TAG)) this.#stream(events, policy)
      for (const event of events) this.#pushOne(event, policy)
    }
  }

  /** From now on this is the answer to those who ask for a bookmark. */
  mark(stamp: Stamp): void {
    if (!this.#tags.has(STREAM_TAG) && !this.#tags.has(DIRECT_TAG)) return
    const pair = new WebSocketRequestResponsePair(PING, JSON.stringify(bookmark(stamp)))
    this.#ctx.setWebSocketAutoResponse(pair)
  }

  /** Answers what was said on a socket and did not find its answer without waking the object; `stamp` is durable. */
  hear(socket: WebSocket, message: string | ArrayBuffer, stamp: Stamp): void {
    if (socket.readyState !== WebSocket.OPEN) return
    const answer = message === PING ? bookmark(stamp) : { error: statusOf(NO_MESSAGES) }
    attempt(() => socket.send(JSON.stringify(answer)))
  }

  /** Answers a close of the other side; there is nobody to answer where the connection broke. */
  release(socket: WebSocket, code: number): void {
    this.#open -= 1
    if (code === CLOSE_ABNORMAL) return
    attempt(() => (code === CLOSE_NO_STATUS ? socket.close() : socket.close(code)))
  }

  /** Tells the streams of events, a message for each moment. */
  #stream(events: readonly Event[], policy: Policy | undefined): void {
    const told = events.flatMap((event) => toldOf(this.#config, event) ?? [])
    for (const [moment, together] of Map.groupBy(told, ({ stamp }) => stamp)) {
      const message = new Messages(moment, together)
      for (const root of this.#rootsOf(together)) {
        for (const socket of this.#socketsWith(rootTag(root))) {
          if (socket.readyState !== WebSocket.OPEN) continue
          const text = message.for(root, this.#accessOf(socket), policy)
          if (text) attempt(() => socket.send(text))
        }
      }
    }
  }

  /** The roots of the streams that what is told may concern. */
  #rootsOf(told: readonly Told[]): Iterable<string> {
    const paths = told.map(({ path }) => path)
    if (paths.every((path) => path !== undefined)) return new Set(paths.flatMap(rootsOf))
    const tags = [...this.#tags].filter((tag) => tag.startsWith('/'))
    return tags.map((tag) => tag.slice(1))
  }

  #pushOne(event: Event, policy: Policy | undefined): void {
    switch (event.kind) {
      case 'variable': {
        const { variable, state } = event
        const sockets = this.#socketsWith(watchTag(variable.path))
        if (!sockets.length) return
        const may = maySee('runtimeconfig.variables.watch', variableName(this.#config, variable.path), policy)
        const message = () => ({ variable: variableResource(this.#config, variable, state) })
        return this.#send(sockets, may, message)
      }
      case 'waiterEnded': {
        const { waiter } = event
        const may = maySee('runtimeconfig.waiters.get', waiterName(this.#config, waiter.id), policy)
        const sockets = this.#socketsWith(waiterTag(waiter.id))
        this.#send(sockets, may, () => ({ waiter: waiterResource(this.#config, waiter) }))
        // In a turn of its own: nobody shall be told later because others are let go before.
        if (sockets.length) setTimeout(() => this.#close(sockets, CLOSE_NORMAL, 'the waiter has ended'))
        return
      }
      case 'waiterDeleted':
        return this.#fail(this.#socketsWith(waiterTag(event.id)), NOT_FOUND, 'the waiter was deleted')
      case 'configDeleted':
        return this.#fail(this.#ctx.getWebSockets(), NOT_FOUND, 'the config was deleted')
      case 'policyChanged':
        return this.#dismiss(policy)
    }
  }

  #fail(sockets: readonly WebSocket[], fault: Fault, reason: string): void {
    this.#send(
      sockets,
      () => true,
      () => ({ error: statusOf(fault) }),
    )
    this.#close(sockets, CLOSE_NOT_FOUND, reason)
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

  /** Sends to those sockets that are open and whose owner may see it. */
  #send(sockets: readonly WebSocket[], may: (access: Access) => boolean, message: () => wire.Message): void {
    let text: string | undefined
    for (const socket of sockets) {
      const access = this.#accessOf(socket)
      if (socket.readyState !== WebSocket.OPEN || (access && !may(access))) continue
      attempt(() => socket.send((text ??= JSON.stringify(message()))))
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

  /** Lets go of sockets that have heard the end. */
  #close(sockets: readonly WebSocket[], code: number, reason: string): void {
    for (const socket of sockets) {
      // The connection of a caller that the object closes first would stay until the object sleeps.
      if (socket.readyState !== WebSocket.OPEN || this.#ctx.getTags(socket).includes(DIRECT_TAG)) continue
      attempt(() => socket.close(code, reason))
    }
  }

  #note(tags: readonly string[]): void {
    for (const tag of tags) this.#tags.add(tag)
  }

  #socketsWith(tag: string): WebSocket[] {
    if (!this.#tags.has(tag)) return []
    const sockets = this.#ctx.getWebSockets(tag)
    if (!sockets.length) this.#tags.delete(tag)
    return sockets
  }
}

/** What streams are told of one moment: each change is serialised once, and each selection of them. */
class Messages {
  readonly #stamp: string
  readonly #told: readonly Told[]
  readonly #parts: (string | undefined)[] = []
  /** By which changes they tell. */
  readonly #texts = new Map<string, string>()
  /** By root, for those who may see everything. */
  readonly #whole = new Map<string, string>()

  constructor(stamp: Stamp, told: readonly Told[]) {
    this.#stamp = formatStamp(stamp)
    this.#told = told
  }

  /** The message for a stream of a subtree, with what its owner may see; undefined where that is nothing. */
  for(root: string, access: Access | null, policy: Policy | undefined): string | undefined {
    if (access) return this.#make(root, access, policy)
    let text = this.#whole.get(root)
    if (text === undefined) this.#whole.set(root, (text = this.#make(root, null, policy) ?? ''))
    return text
  }

  #make(root: string, access: Access | null, policy: Policy | undefined): string | undefined {
    const visible = visibleTo(access ?? undefined, policy)
    const chosen = this.#told.flatMap((one, index) => {
      const concerned = one.path === undefined || isUnder(root, one.path)
      return concerned && visible(one) ? [index] : []
    })
    if (!chosen.length) return undefined
    const key = chosen.join()
    const known = this.#texts.get(key)
    if (known !== undefined) return known
    const parts = chosen.map((index) => (this.#parts[index] ??= JSON.stringify(this.#told[index]?.change())))
    const text = `{"stamp":"${this.#stamp}","changes":[${parts.join()}]}`
    this.#texts.set(key, text)
    return text
  }
}

const maySee = (permission: string, name: string, policy: Policy | undefined) => (access: Access) =>
  sees(access.caller, permission, policy)(name)

/** A socket can break between the look at its state and the call; its owner will come back or not, and ask anew. */
function attempt(use: () => void): void {
  try {
    use()
  } catch (error) {
    log('warn', 'sockets.send.failed', { message: 'a subscriber was gone when it was to be told', error })
  }
}
