/** One subscription for all who wait for the same target. */
import { fullJitter, now, sleep } from './backoff.ts'
import { expected, statusOf } from './errors.ts'
import type { Observation, Snapshot, Target } from './observation.ts'

/** Pauses before a lost subscription is opened again, in milliseconds: those who lost it together must not come together. */
const RECONNECT = { min: 200, max: 10_000 }

/** A subscription that lasted this long was a good one: what comes next is a first failure. */
const LASTING_MS = 5000

/** What a feed tells: an observation, and whether it came by itself or was looked up. */
export interface Seen<T> {
  readonly observation: Observation<T>
  readonly via: 'push' | 'poll'
}
type Listener<T> = (seen: Seen<T>) => void

const feeds = new WeakMap<object, Map<string, Feed<unknown>>>()

/** The feed of a target: the one that others of its owner and key listen to already, if there is one. */
export function feedOf<T>(target: Target<T>): Feed<T> {
  const owner = target.owner ?? target
  let byKey = feeds.get(owner)
  if (!byKey) feeds.set(owner, (byKey = new Map()))
  const running = byKey.get(target.key) as Feed<T> | undefined
  if (running) return running
  const feed = new Feed(target, () => byKey.delete(target.key))
  byKey.set(target.key, feed as Feed<unknown>)
  return feed
}

/** Keeps a subscription open while anybody listens, and tells each of them every state once. */
export class Feed<T> {
  readonly #target: Target<T>
  readonly #forget: () => void
  readonly #listeners = new Set<Listener<T>>()
  readonly #controller = new AbortController()
  #latest: Snapshot<T> | undefined
  /** Counts what was pushed, so that a look knows whether it was overtaken. */
  #pushes = 0
  #looking: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(target: Target<T>, forget: () => void) {
    this.#target = target
    this.#forget = forget
  }

  /** Tells `listener` the state and what follows, until the function that is answered is called. */
  join(listener: Listener<T>): () => void {
    this.#listeners.add(listener)
    // Who comes later must not take for the present what was pushed before it came.
    if (this.#listeners.size === 1) void this.#run()
    else if (this.#latest) void this.look()
    return () => {
      if (!this.#listeners.delete(listener) || this.#listeners.size) return
      this.#forget()
      this.#controller.abort()
    }
  }

  /** Reads the state and tells it. All who ask while no read has begun since share one; nobody gets an older one. */
  look(): Promise<void> {
    if (!this.#looking) {
      this.#looking = this.#read().finally(() => (this.#looking = undefined))
      return this.#looking
    }
    this.#next ??= this.#looking.then(() => {
      this.#next = undefined
      return this.look()
    })
    return this.#next
  }

  async #read(): Promise<void> {
    const { signal } = this.#controller
    const pushes = this.#pushes
    const observation = await lookAt(this.#target, signal)
    // What was pushed meanwhile is as new, or newer.
    if (!signal.aborted && (pushes === this.#pushes || observation.kind === 'error')) this.#tell(observation, 'poll')
  }

  async #run(): Promise<void> {
    const { signal } = this.#controller
    for (let failures = 1; !signal.aborted; failures += 1) {
      const began = now()
      try {
        const after = this.#latest?.rev
        for await (const snapshot of this.#target.subscribe?.({ after, signal }) ?? []) {
          if (signal.aborted) return
          if (snapshot) this.#push(snapshot)
          else void this.look()
        }
      } catch (error) {
        if (signal.aborted) return
        if (statusOf(error) === 410) this.#latest = undefined
        // Whether this is the end of anything, a look will tell.
        void this.look()
      }
      if (now() - began > LASTING_MS) failures = 1
      await sleep(fullJitter(failures, RECONNECT), signal).catch(() => {})
    }
  }

  #push(snapshot: Snapshot<T>): void {
    this.#pushes += 1
    // A subscription that was opened anew begins with what is known.
    const known = this.#latest?.rev
    if (snapshot.rev !== undefined && known !== undefined && snapshot.rev <= known) return
    this.#tell(snapshot, 'push')
  }

  #tell(observation: Observation<T>, via: 'push' | 'poll'): void {
    if (observation.kind !== 'error') this.#latest = observation
    for (const listener of this.#listeners) listener({ observation, via })
  }
}

/** Reads a target's state. What went wrong is an observation, too. */
export async function lookAt<T>(target: Target<T>, signal: AbortSignal): Promise<Observation<T>> {
  try {
    const seen = await orAbsent(target.read({ signal }))
    if (seen?.kind) return seen
    // An error here, and not where nobody would catch it.
    throw expected('read', 'a function of a snapshot', seen)
  } catch (error) {
    return { kind: 'error', error }
  }
}

/** What is read. An error that says that it is not there is a state, too. */
export async function orAbsent<T>(read: Promise<Snapshot<T>>): Promise<Snapshot<T>> {
  try {
    return await read
  } catch (error) {
    if (statusOf(error) === 404) return { kind: 'absent', error }
    throw error
  }
}
