/// <reference lib="esnext.disposable" preserve="true" />
/** A wait under way: what it sees, how it looks and listens, and its end. */
import type { Judge, Verdict } from './acceptors.ts'
import { ceilingOf, ENDED, now, onAbort, Timers } from './backoff.ts'
import { tellDuration } from './duration.ts'
import { retryAfter, show, tellError } from './errors.ts'
import { feedOf, lookAt, type Seen } from './feed.ts'
import type { Observation, Snapshot, Tally, Target, Progress } from './observation.ts'
import { WaitError, type FailureStatus, type WaitFailure, type WaitOutcome, type WaitSuccess } from './outcome.ts'
import { writeToken } from './token.ts'
import type { ReadOptions } from './wait-options.ts'

type TimerName = 'deadline' | 'stall' | 'stable' | 'absent' | 'lastLook' | 'pause'

/** How long the last look may go on past the deadline, in milliseconds. */
export const LAST_LOOK_MS = 50
/** How much before the deadline the last look is taken where nobody knows how long one takes, in milliseconds. */
const UNKNOWN_LOOK_MS = 200

/** Whether a wait listens. What does not change is not told again, so it can only be counted by looking. */
export function listens<T>(target: Target<T>, { transport, stableTimes, maxAttempts }: ReadOptions<T>): boolean {
  return target.subscribe !== undefined && transport !== 'poll' && stableTimes === 1 && maxAttempts === Infinity
}

/**
 * A wait under way. Await it: it gives what was waited for, or rejects with a {@link WaitError}; as often as one likes,
 * always the same. Iterate over it to see what happens on the way; to leave the loop is to cancel. Cancelling ends
 * this view alone, never what is waited for.
 */
export class Wait<T, S extends string = string> implements PromiseLike<WaitSuccess<T, S>> {
  readonly #target: Target<T>
  readonly #judge: Judge<T>
  readonly #options: ReadOptions<T>
  readonly #started = now()
  readonly #deadline: number
  readonly #outcome: Promise<WaitOutcome<T, S>>
  #resolve: (outcome: WaitOutcome<T, never>) => void = () => {}
  #settled = false
  /** Aborted with the end of the wait: nothing of it lives on. */
  readonly #end = new AbortController()
  readonly #listeners = new Set<(progress: Progress<T>) => void>()
  readonly #timers = new Timers<TimerName>()
  /** Whether there is news that was not looked at, and who pauses before the next look. */
  #stirred = false
  #wake: () => void = () => {}
  #leave: () => void = () => {}
  #ignore: () => void = () => {}
  #last: Snapshot<T> | undefined
  #progress: Progress<T> | undefined
  #identity: string | undefined
  #seen = false
  #attempts = 0
  #successes = 0
  #stable: { label: string; seen: Observation<T> } | undefined
  #judging = false
  #next: Seen<T> | undefined
  #error: unknown
  readonly #errors: Record<string, number> = {}

  /** @internal Use {@link wait}. */
  constructor(target: Target<T>, judge: Judge<T>, options: ReadOptions<T>) {
    this.#target = target
    this.#judge = judge
    this.#options = options
    this.#deadline = this.#started + options.timeout
    this.#identity = options.identity
    this.#outcome = new Promise((resolve) => (this.#resolve = resolve))
    if (options.onProgress) this.#listeners.add(options.onProgress)
    this.#start()
  }

  /** What was seen last. */
  get last(): Snapshot<T> | undefined {
    return this.#last
  }

  // oxlint-disable-next-line unicorn/no-thenable -- to be awaited is what it is for
  then<A = WaitSuccess<T, S>, B = never>(
    resolved?: ((success: WaitSuccess<T, S>) => A | PromiseLike<A>) | null,
    rejected?: ((error: WaitError<T>) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const result = this.#outcome.then((outcome) => {
      if (outcome.status === 'success') return outcome
      throw outcome.error
    })
    return result.then(resolved, rejected)
  }

  /** How it ended, whichever way that is. Never rejects. */
  settle(): Promise<WaitOutcome<T, S>> {
    return this.#outcome
  }

  /** Ends the wait, unless it has ended. */
  cancel(reason: unknown = 'cancelled'): void {
    this.#fail('aborted', { cause: reason })
  }

  /** Calls `listener` with every state that is new, until the function that is answered is called. */
  onProgress(listener: (progress: Progress<T>) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** What it takes to go on waiting in another process: see `resumeWait`. The deadline stays what it is. */
  token(): string {
    const { key } = this.#target
    const rev = this.#last?.rev
    const deadline = Date.now() + (this.#deadline - now())
    const identity = this.#identity
    return writeToken({ key, deadline, rev, identity, until: this.#target.until ? undefined : this.#judge.plain })
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Progress<T>, void, undefined> {
    let latest = this.#progress
    let wake = () => {}
    const off = this.onProgress((progress) => {
      latest = progress
      wake()
    })
    void this.#outcome.then(() => wake())
    try {
      for (;;) {
        if (latest) {
          const progress = latest
          latest = undefined
          yield progress
        } else if (this.#settled) {
          await this
          return
        } else {
          await new Promise<void>((resolve) => (wake = resolve))
        }
      }
    } finally {
      off()
      this.cancel()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel()
    await this.#outcome
  }

  #start(): void {
    const { signal, stall, timeout } = this.#options
    this.#ignore = onAbort(signal, () => this.#fail('aborted', { cause: signal?.reason }))
    if (this.#settled) return
    this.#timers.set('deadline', timeout, () => this.#timeOut())
    if (stall !== undefined) this.#armStall(stall)
    const { absent } = this.#judge
    if (typeof absent === 'object') {
      this.#timers.set('absent', absent.pendingFor, () => {
        this.#timers.clear('absent')
        if (this.#last?.kind === 'absent') this.#absent(this.#last)
      })
    }
    if (listens(this.#target, this.#options)) this.#listen()
    else void this.#poll()
  }

  #listen(): void {
    const feed = feedOf(this.#target)
    this.#leave = feed.join(({ observation, via }) => void this.#observe(observation, via))
    const early = Math.min(UNKNOWN_LOOK_MS, this.#options.timeout / 2)
    this.#timers.set('lastLook', this.#options.timeout - early, () => void feed.look())
  }

  async #poll(): Promise<void> {
    this.#leave = this.#target.wake?.(() => this.#stir()) ?? (() => {})
    for (let look = 1, last = false; !this.#settled; look += 1) {
      const began = now()
      const observation = await lookAt(this.#target, this.#end.signal)
      const took = now() - began
      await this.#observe(observation, 'poll')
      if (this.#settled) return
      if (last) return this.#timeOut()
      if (look === this.#options.maxAttempts)
        return this.#fail('timeout', { reason: `${look} looks`, cause: this.#error })
      const pause = this.#pauseAfter(look, observation)
      const left = this.#deadline - now()
      // The last look is begun in time to have its answer by the deadline.
      const early = Math.min(2 * took, Math.max(0, left / 2))
      last = pause >= left - early
      if (last) this.#timers.set('deadline', left + LAST_LOOK_MS, () => this.#timeOut())
      const undisturbed = await this.#pause(last ? Math.max(0, left - early) : pause)
      last &&= undisturbed
    }
  }

  /**
   * Pauses, unless something has changed since the last look, and until something does. Answers whether it was not
   * disturbed.
   */
  async #pause(milliseconds: number): Promise<boolean> {
    if (!this.#stirred) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        this.#timers.set('pause', milliseconds, resolve)
      })
    }
    const disturbed = this.#stirred
    this.#stirred = false
    return !disturbed
  }

  #stir(): void {
    this.#stirred = true
    this.#wake()
  }

  #pauseAfter(look: number, observation: Observation<T>): number {
    const asked = observation.kind === 'error' ? retryAfter(observation.error) : undefined
    const { backoff, jitter } = this.#options
    if (asked !== undefined) return Math.max(asked, backoff.min)
    const ceiling = ceilingOf(look, backoff)
    return jitter ? backoff.min + Math.random() * (ceiling - backoff.min) : ceiling
  }

  /**
   * Takes in what was seen, and ends the wait if that is what it was for. One is judged after the other; while one is,
   * only the latest of those that come is kept.
   */
  async #observe(observation: Observation<T>, via: 'push' | 'poll'): Promise<void> {
    if (this.#judging) {
      // What cannot be seen does not take the place of what was.
      if (observation.kind !== 'error' || !this.#next) this.#next = { observation, via }
      return
    }
    this.#judging = true
    try {
      for (let seen: Seen<T> | undefined = { observation, via }; seen; seen = this.#next) {
        this.#next = undefined
        const judged = this.#take(seen.observation, seen.via)
        if (judged) await judged
      }
    } catch (error) {
      this.#fail('error', { cause: error })
    } finally {
      this.#judging = false
    }
  }

  #take(observation: Observation<T>, via: 'push' | 'poll'): Promise<void> | undefined {
    if (this.#settled || this.#isOld(observation)) return undefined
    this.#attempts += 1
    const seen = this.#sameOne(observation)
    if (seen.kind === 'error') {
      this.#error = seen.error
      const text = tellError(seen.error)
      this.#errors[text] = (this.#errors[text] ?? 0) + 1
    } else if (!this.#noteState(seen, via) && via === 'push') return undefined
    if (this.#settled) return undefined
    const verdict = this.#judge.judge(seen)
    if (verdict instanceof Promise) return verdict.then((decided) => this.#decide(decided, seen))
    this.#decide(verdict, seen)
    return undefined
  }

  #isOld(observation: Observation<T>): boolean {
    const { since } = this.#options
    return (
      since !== undefined && observation.kind !== 'error' && observation.rev !== undefined && observation.rev < since
    )
  }

  /** Another one under the same name means that the one waited for is gone. */
  #sameOne(observation: Observation<T>): Observation<T> {
    if (observation.kind !== 'present' || observation.identity === undefined) return observation
    this.#identity ??= observation.identity
    return observation.identity === this.#identity ? observation : { kind: 'absent', rev: observation.rev }
  }

  /** Takes down a state. Answers whether it is new. */
  #noteState(snapshot: Snapshot<T>, via: 'push' | 'poll'): boolean {
    const before = this.#last
    const same = before?.kind === snapshot.kind && before.rev === snapshot.rev
    const isNew = !same || (snapshot.kind === 'present' && snapshot.rev === undefined)
    this.#last = snapshot
    this.#seen ||= snapshot.kind === 'present'
    if (!isNew) return false
    if (this.#options.stall !== undefined) this.#armStall(this.#options.stall)
    const at = now()
    const elapsedMs = at - this.#started
    this.#progress = {
      snapshot,
      via,
      attempts: this.#attempts,
      elapsedMs,
      remainingMs: Math.max(0, this.#deadline - at),
    }
    for (const listener of this.#listeners) {
      try {
        listener(this.#progress)
      } catch (error) {
        this.#fail('error', { cause: error })
      }
    }
    return true
  }

  #decide(verdict: Verdict, seen: Observation<T>): void {
    if (this.#settled) return
    const { state } = verdict
    if (state === 'success') return this.#succeeded(verdict.label, seen)
    this.#successes = 0
    this.#timers.clear('stable')
    if (state === 'failure') {
      const { label, reason, by } = verdict
      this.#fail('failure', { label, reason, by, cause: seen.kind === 'present' ? undefined : seen.error })
    }
    if (state === 'unexpected') this.#fail('unexpected', {})
    if (state === 'none' && seen.kind === 'absent') this.#absent(seen)
    if (state === 'none' && seen.kind === 'error' && !this.#options.retryable(seen.error)) {
      this.#fail('error', { cause: seen.error })
    }
  }

  #succeeded(label: string, seen: Observation<T>): void {
    const { stableTimes, stableFor } = this.#options
    this.#successes += 1
    if (this.#successes < stableTimes) return
    if (stableFor === 0) return this.#succeed(label, seen)
    // It counts from the first success; what comes of it is what is seen then.
    this.#stable = { label, seen }
    if (this.#timers.has('stable')) return
    this.#timers.set('stable', stableFor, () => this.#succeed(this.#stable?.label ?? label, this.#stable?.seen ?? seen))
  }

  #succeed(label: string, seen: Observation<T>): void {
    const elapsedMs = now() - this.#started
    this.#settle({
      status: 'success',
      label: label as S,
      value: seen.kind === 'present' ? seen.value : undefined,
      snapshot: seen.kind === 'error' ? undefined : seen,
      ...(seen.kind !== 'present' && seen.error !== undefined && { error: seen.error }),
      attempts: this.#attempts,
      elapsedMs,
    })
  }

  #absent(seen: Observation<T> & { kind: 'absent' }): void {
    const { absent } = this.#judge
    if (absent === 'pending') return
    if (absent === 'success') return this.#succeed('absent', seen)
    if (typeof absent === 'object' && !this.#seen && this.#timers.has('absent')) return
    this.#fail('notFound', { cause: seen.error })
  }

  #timeOut(): void {
    this.#fail('timeout', { reason: tellDuration(this.#options.timeout), cause: this.#error })
  }

  #armStall(stall: number): void {
    this.#timers.set('stall', stall, () => this.#fail('stalled', { reason: tellDuration(stall) }))
  }

  #fail(status: FailureStatus, failure: Partial<WaitFailure<T>>): void {
    if (this.#settled) return
    const last = this.#last
    const error = new WaitError<T>({
      key: this.#target.key,
      wanted: this.#judge.text,
      ...(last?.kind === 'present' ? this.#tell(last.value) : { state: last && 'absent' }),
      last,
      attempts: this.#attempts,
      elapsedMs: now() - this.#started,
      errors: this.#errors,
      ...failure,
      status,
    })
    this.#settle({ status, error })
  }

  /** The state in a word, and how far it has come. That must not fail, whatever the value is. */
  #tell(value: T): Pick<WaitFailure<T>, 'state' | keyof Tally> {
    const { stateOf = show, tally } = this.#target
    try {
      return { state: stateOf(value), ...tally?.(value) }
    } catch {
      return { state: show(value) }
    }
  }

  #settle(outcome: WaitOutcome<T, S>): void {
    if (this.#settled) return
    this.#settled = true
    this.#timers.end()
    this.#wake()
    this.#ignore()
    this.#leave()
    this.#end.abort(ENDED)
    this.#resolve(outcome as WaitOutcome<T, never>)
  }
}
