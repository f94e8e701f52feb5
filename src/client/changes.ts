/** `rollcall/client/changes`: what happens in a config, as a stream that outlives connections. */
import type * as wire from '../core/wire.ts'
import { fullJitter, sleep } from './backoff.ts'
import type { Client } from './client.ts'
import { checkOptions } from './duration.ts'
import { expected, isTransient } from './errors.ts'
import { eventStream } from './event-stream.ts'
import { checkName, checkPath } from './names.ts'
import { NotOpened } from './sockets.ts'
import { readSignal } from './wait-options.ts'

/** Something that happened: a variable was written (`UPDATED`) or deleted (`DELETED`), or a waiter has ended. */
export type Change = wire.Change

export interface ChangesOptions {
  /** Root of the subtree; without it, or as `/`, the whole config. */
  readonly path?: string | undefined
  /** Begins behind this moment, an `updateTime` or what `onBookmark` was given, instead of with what happens next. */
  readonly after?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Called when the stream stands: what happens from then on is told. Also when it stands again, on a new connection. */
  readonly onListening?: (() => void) | undefined
  /** Called when the connection was lost, or could not be made, with what is known of why. It is made again by itself. */
  readonly onLost?: ((error: unknown) => void) | undefined
  /**
   * Called with a moment when all that happened until then has been told, and the next change is asked for: who keeps
   * it goes on there with `after`, in another process too. What it promises is waited for.
   */
  readonly onBookmark?: ((stamp: string) => void | Promise<void>) | undefined
  /**
   * Called when the stream was cut for longer than the service remembers deletions. All that has changed is told then,
   * but of what is gone only what this stream has told of before.
   */
  readonly onReset?: (() => void) | undefined
}

/** Pauses before a lost connection is made anew, in milliseconds. */
const RECONNECT = { min: 200, max: 10_000 }

/** A moment as the service writes it: such texts are ordered as the moments are. */
const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/

/**
 * What happens in a config, as it happens: variables at `path` and beneath (all, without it) that are written or
 * deleted, and waiters that end. Each change is told once, in order, over lost connections too: what a later change of
 * the same name has overtaken meanwhile is left out. Throws `ServiceError` when it may not be listened to, or is not
 * there any more.
 */
export async function* changes(
  client: Client,
  config: string,
  options: ChangesOptions = {},
): AsyncGenerator<Change, void, undefined> {
  const { full } = checkName(config, 'config', 'config')
  checkOptions(options, ['path', 'after', 'signal', 'onListening', 'onLost', 'onBookmark', 'onReset'], 'changes')
  const { path = '/', after, signal = new AbortController().signal, onListening, onLost, onBookmark, onReset } = options
  const root = checkPath(path, 'path', true)
  if (after !== undefined && !STAMP.test(after)) throw expected('after', 'an updateTime', after)
  const story = new Story(after)
  const subscription = () => `${full}:subscribe?path=/${root}${story.stamp ? `&after=${story.stamp}` : ''}`
  for await (const message of resumed(client, subscription, readSignal(signal) as AbortSignal, onLost)) {
    if (message === 'open') {
      story.resume()
      onListening?.()
      continue
    }
    const moment = story.take(message)
    if (!moment) continue
    if (moment.reset) onReset?.()
    yield* moment.changes
    if (moment.stamp === story.stamp) continue
    story.stamp = moment.stamp
    await onBookmark?.(moment.stamp)
  }
}

/** The messages of a subscription over lost connections; `open` goes before the first on each. */
async function* resumed(
  client: Client,
  subscription: () => string,
  signal: AbortSignal,
  onLost: ChangesOptions['onLost'],
): AsyncGenerator<wire.Changes | 'open', void, undefined> {
  for (let failures = 1; ; failures += 1) {
    let lost: unknown
    try {
      let open = false
      for await (const message of listen(client, subscription(), signal)) {
        if (typeof message !== 'object' || !('changes' in message)) continue
        if (!open) yield 'open'
        open = true
        failures = 1
        yield message
      }
    } catch (error) {
      signal.throwIfAborted()
      if (!isTransient(error)) throw error
      lost = error
    }
    onLost?.(lost)
    await sleep(fullJitter(failures, RECONNECT), signal)
  }
}

/** Listens by WebSocket, or as an event stream where none gets through. */
async function* listen(
  client: Client,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<wire.Message | 'open', void, undefined> {
  const { sockets } = client
  let refused = false
  if (sockets.usable) {
    try {
      return yield* sockets.listen(path, signal)
    } catch (error) {
      if (!(error instanceof NotOpened)) throw error
      refused = true
    }
  }
  for await (const message of eventStream(client, path, signal)) {
    // The service is there, so it was the socket that did not get through.
    if (refused) await sockets.blocked()
    refused = false
    yield message
  }
}

/** What happened at one moment; after a reset, until then. */
interface Moment {
  readonly stamp: string
  readonly changes: readonly Change[]
  readonly reset: boolean
}

/** What has been told, and what of a message is news. */
class Story {
  /** Until then everything has been told. */
  stamp: string | undefined
  /** The variables that were told of and are there, without their contents. */
  readonly #there = new Map<string, wire.Variable>()
  /** What has come of a moment that is not there as a whole. */
  #part: Change[] = []
  #reset = false

  constructor(after: string | undefined) {
    this.stamp = after
  }

  /** On a new connection the moment that was cut off is told from its beginning. */
  resume(): void {
    this.#part = []
    this.#reset = false
  }

  /** The moment that a message ends; undefined if more of it follow. */
  take({ stamp, changes: part, more, reset }: wire.Changes): Moment | undefined {
    for (const change of part) this.#part.push(change)
    this.#reset ||= reset !== undefined
    if (more) return undefined
    const moment = { stamp, changes: this.#reset ? this.#newsOf(this.#part) : this.#part, reset: this.#reset }
    this.resume()
    for (const change of moment.changes) this.#note(change)
    return moment
  }

  /** What of a whole state has changed since the stamp, in order, behind what is not there any more. */
  #newsOf(state: readonly Change[]): Change[] {
    const names = new Set(state.map((change) => ('variable' in change ? change.variable.name : '')))
    const gone = [...this.#there.values()].filter(({ name }) => !names.has(name))
    const since = this.stamp ?? ''
    const changed = state.filter((change) => momentOf(change) > since)
    changed.sort((a, b) => Number(momentOf(a) > momentOf(b)) - Number(momentOf(a) < momentOf(b)))
    return [...gone.map((variable) => ({ variable: { ...variable, state: 'DELETED' as const } })), ...changed]
  }

  #note(change: Change): void {
    if (!('variable' in change)) return
    const { name, updateTime, etag, state } = change.variable
    if (state === 'DELETED') this.#there.delete(name)
    else this.#there.set(name, { name, updateTime, ...(etag !== undefined && { etag }) })
  }
}

/** When it happened, of what is as it was left then. */
function momentOf(change: Change): string {
  return 'variable' in change ? change.variable.updateTime : (change.waiter.progress?.updateTime ?? '')
}
