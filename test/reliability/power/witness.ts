/**
 * Whoever has heard of anything, and remembers it: holds what is told, answered and read, and what a cut has left, against
 * what was durable by then, as a naive model has it.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Command, DirectoryEntry, Event, Outcome } from '../../../src/core/command.ts'
import { answer } from '../../../src/core/query.ts'
import type { Stamp } from '../../../src/core/time.ts'
import type { Waiter } from '../../../src/core/waiter.ts'
import type { Happened } from '../../../src/object/commits.ts'
import type { SqlStore } from '../../../src/object/sql-store.ts'
import { CONFIG } from '../../model/arbitrary.ts'
import { describeEvent } from '../../model/event.ts'
import { Reference } from '../../model/reference.ts'

/** A command that was sent, what it has come to once that is durable, and whether its caller knows. */
export interface Sent {
  readonly command: Command
  durable?: Outcome
  answered?: true
}

/** What one transaction has applied, and at which time. */
export interface Batch {
  readonly now: Stamp
  readonly commands: readonly Sent[]
}

/** Something that has happened, and the time at which it was applied. */
interface Untold {
  readonly what: string
  readonly now: Stamp
}

export class Witness {
  /** What is durable. */
  readonly reference = new Reference()
  /** The first promise that was found broken, and what shows it. */
  broken: { readonly promise: string; readonly evidence: object } | undefined
  /** What is durable, and is to be told next. */
  #untold: Untold[] = []
  #lastStamp = 0
  /** How the waiters ended that were told of, by id and creation. */
  readonly #ends = new Map<string, string>()
  /** When the variables went that are gone. */
  readonly #gone = new Map<string, Stamp>()
  /** The callbacks of waiters whose end is durable: whether they have arrived. */
  readonly #callbacks = new Map<string, boolean>()
  /** What the directory knows of the config. */
  #listed: DirectoryEntry | undefined

  /** What was applied has become durable: from now on it may be told, and must not be lost. */
  durable({ now, commands }: Batch): void {
    this.reference.pass(now)
    this.#note(now)
    for (const sent of commands) {
      sent.durable = structuredClone(this.reference.apply(sent.command, now))
      this.#note(now)
    }
  }

  /** Takes down what has happened. */
  #note(now: Stamp): void {
    for (const what of this.reference.events.splice(0)) {
      this.#untold.push({ what, now })
      const [name = '', how = '', stamp] = what.split(' ')
      if (how === 'DELETED') this.#gone.set(name, Number(stamp))
      else if (how === 'UPDATED') this.#gone.delete(name)
      else if (name === 'config') this.#gone.clear()
      else if (ENDINGS.includes(how)) this.#owe(name)
    }
  }

  /** The end of a waiter is to be told to its recipient, if it has one. */
  #owe(id: string): void {
    const waiter = this.reference.waiters.get(id)
    if (waiter && 'callback' in waiter) this.#callbacks.set(`${CONFIG}/waiters/${id}@${waiter.created}`, false)
  }

  /** Those who listen are told. */
  told(happened: readonly Happened[]): void {
    for (const { events } of happened) {
      const [first] = events
      if (first && first.stamp <= this.#lastStamp) {
        this.#break('stamps increase', { before: this.#lastStamp, stamp: first.stamp })
      }
      this.#lastStamp = first?.stamp ?? this.#lastStamp
      for (const event of events) this.#toldOf(event)
    }
  }

  #toldOf(event: Event): void {
    const what = describeEvent(event)
    const expected = this.#untold.shift()
    if (event.kind === 'waiterEnded') this.#weigh(event.waiter, what, expected)
    if (!expected) this.#break('nothing is told that is not durable', { told: what })
    else if (expected.what !== what) this.#break('what is told is what has happened', { expected, told: what })
  }

  /** An end that is told must be the only one, none for time before its time, and none by success where failure holds. */
  #weigh({ id, created, deadline, end }: Waiter, what: string, expected: Untold | undefined): void {
    const key = `${id}@${created}`
    const before = this.#ends.get(key)
    if (before !== undefined) this.#break('a waiter ends once', { before, after: what })
    this.#ends.set(key, what)
    if (expected && end?.how === 'timeout' && expected.now < deadline) {
      this.#break('no waiter ends early', { what, deadline, now: expected.now })
    }
    if (end?.how === 'success' && expected?.what === `${id} failure ${end.at}`) {
      this.#break('failure goes before success', { expected, told: what })
    }
  }

  /** A caller hears what its command has come to. */
  answered(sent: Sent, outcome: Outcome): void {
    sent.answered = true
    if (!sent.durable) this.#break('nothing is answered that is not durable', { sent, outcome })
    else if (!same(outcome, sent.durable)) this.#break('what is answered is what was done', { sent, outcome })
  }

  /** The directory, which is another party, is told of the config. */
  listed(entry: DirectoryEntry): void {
    if (entry.stamp > this.reference.stamp) this.#break('the directory hears of nothing that is not durable', { entry })
    this.#listed = entry
  }

  /** A callback arrives. */
  called(id: string): void {
    if (!this.#callbacks.has(id)) this.#break('no callback tells of an end that is not durable', { id })
    this.#callbacks.set(id, true)
  }

  /** What is read must be what is durable. */
  reads(store: SqlStore): void {
    this.#compare(store, 'what is read is what is durable')
  }

  /** Everything that anybody has heard of must be in what the cut has left, and an alarm for what is pending. */
  survived(store: SqlStore, alarm: Stamp | null): void {
    this.#compare(store, 'what was durable is there after a cut')
    if (store.last() < this.reference.stamp) {
      this.#break('the last stamp is there after a cut', { stamp: store.last(), expected: this.reference.stamp })
    }
    this.#checkMemory(store)
    this.armed(alarm)
  }

  /** Of what is gone the deletion is remembered, and of what is owed the callback. */
  #checkMemory(store: SqlStore): void {
    // Where nothing was ever written, there is nothing to look into.
    if (store.last() === 0) return
    const remembered = new Map(store.deletionsSince('', store.forgotten()).map(({ path, at }) => [path, at]))
    for (const [path, at] of this.#gone) {
      // A commit may have made and deleted it once more, of which nobody is told.
      const known = at <= store.forgotten() || (remembered.get(path) ?? 0) >= at
      if (!known) this.#break('deletions are remembered', { path, at })
    }
    for (const [id, arrived] of this.#callbacks) {
      if (!arrived && !store.callbacks.get(id)) this.#break('callbacks stay until they have arrived', { id })
    }
  }

  /** The alarm must stand where something ends by time alone, or before. */
  armed(alarm: Stamp | null): void {
    const pending = [...this.reference.waiters.values()].flatMap(({ end, deadline }) => (end ? [] : [deadline]))
    const expiring = [...this.reference.variables.values()].flatMap(({ expires }) => expires ?? [])
    const earliest = Math.min(...pending, ...expiring)
    if (earliest < (alarm ?? Infinity)) this.#break('the alarm stands at the earliest end', { earliest, alarm })
  }

  /** The power has failed before anybody could be told of what has become durable. */
  forget(): void {
    this.#untold = []
  }

  /** Something was thrown, which is always a bug. */
  failed(error: unknown): void {
    this.#break('nothing is thrown', { error: String(error), stack: error instanceof Error && error.stack })
  }

  /** Everybody has heard what there was to hear. */
  settled(): void {
    if (this.#untold.length) this.#break('what is durable is told', { untold: this.#untold })
  }

  /** When nothing is under way and nothing is due any more, all parties must agree. */
  rested(sent: readonly Sent[], store: SqlStore): void {
    this.#compare(store, 'when all is done, what is there is what was done')
    const silent = sent.filter(({ answered }) => !answered)
    if (silent.length) this.#break('every command is answered', { silent })
    const waiting = [...this.reference.waiters].filter(([, { end }]) => !end)
    if (waiting.length) this.#break('every waiter ends', { waiting })
    const lost = [...this.#callbacks].filter(([, arrived]) => !arrived)
    if (lost.length) this.#break('every callback arrives', { lost })
    const there = this.reference.config?.description
    if (this.#listed?.description !== there) this.#break('the directory agrees', { listed: this.#listed, there })
  }

  #compare(store: SqlStore, promise: string): void {
    const { reference } = this
    const variables = resources(answer(store, { type: 'listVariables', filter: '', returnValues: true, page: {} }))
    const waiters = resources(answer(store, { type: 'listWaiters', page: {} }))
    const expectedVariables = Array.from(reference.variables.keys(), (path) => reference.variableAnswer(path))
    const expectedWaiters = Array.from(reference.waiters.keys(), (id) => reference.waiterAnswer(id))
    const different = [...differences(variables, expectedVariables), ...differences(waiters, expectedWaiters)]
    const [there, expected] = [store.config()?.description, reference.config?.description]
    if (there !== expected) different.push({ actual: { config: there }, expected: { config: expected } })
    if (different.length) this.#break(promise, { different })
  }

  #break(promise: string, evidence: object): void {
    this.broken ??= { promise, evidence }
  }
}

const ENDINGS: readonly string[] = ['success', 'failure', 'timeout']

/** The resources of a list, none where there is no config. */
function resources(outcome: Outcome): readonly { name: string }[] {
  const lists = outcome.ok ? (Object.values(outcome.value) as { name: string }[][]) : []
  return lists.flat()
}

/** Whether two answers are the same, but for callbacks, of which the model knows nothing. */
function same(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(one, other) || isDeepStrictEqual(withoutCallbacks(one), withoutCallbacks(other))
}

function withoutCallbacks(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, inner: unknown) => (key === 'callback' ? undefined : inner))
}

/** The resources of which two lists do not say the same. */
function differences(actual: readonly { name: string }[], expected: readonly { name: string }[]): object[] {
  const names = new Set([...actual, ...expected].map(({ name }) => name))
  const of = (list: readonly { name: string }[], name: string) => list.find((one) => one.name === name) ?? null
  return Array.from(names, (name) => ({ actual: of(actual, name), expected: of(expected, name) })).filter(
    (pair) => !same(pair.actual, pair.expected),
  )
}
