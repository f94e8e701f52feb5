/** A roll call: each member checks in, and whoever must know waits for all of them. */
import { isUnder } from '../core/name.ts'
import type * as wire from '../core/wire.ts'
import type { ApiResponse, CallOptions, Duration } from './api.ts'
import { newId, now } from './backoff.ts'
import type { Client } from './client.ts'
import { checkOptions, readDuration, formatDuration } from './duration.ts'
import { expected, InvalidArgumentError } from './errors.ts'
import { checkName, checkPath } from './names.ts'
import type { Snapshot, Tally, Target } from './observation.ts'
import { WaitError } from './outcome.ts'
import { put } from './put.ts'
import { stateOfWaiter } from './targets.ts'
import { wait } from './wait.ts'

/** How much longer than the wait its waiter lives, so that one that nobody ends ends by itself; in milliseconds. */
const MARGIN_MS = 60_000

export interface RosterOptions {
  /** Where members check in; `/ready`. */
  readonly path?: string
  /** Where members report that they failed, which ends the roll call; `/failed`. */
  readonly failurePath?: string
}

export interface RosterWaitOptions {
  /** How many must be in, or who. */
  readonly members: number | readonly string[]
  readonly timeout: Duration
  readonly signal?: AbortSignal | undefined
}

/** Who is in, and how many variables the service counts there. */
interface Present {
  readonly members: string[]
  readonly count: number
}

interface Wanted {
  readonly number: number
  /** Where it must be these. */
  readonly names: readonly string[] | undefined
}

type Contents = { readonly text: string } | { readonly value: string }

export class Roster {
  readonly #client: Client
  readonly #config: string
  readonly #path: string
  readonly #failurePath: string

  /**
   * `config` is a config's full name; it must be there when somebody checks in. Throws {@link InvalidArgumentError} for
   * paths that cannot be, and for one that lies in the other.
   */
  constructor(client: Client, config: string, options: RosterOptions = {}) {
    checkOptions(options, ['path', 'failurePath'], 'Roster')
    this.#client = client
    this.#config = checkName(config, 'config', 'config').full
    this.#path = checkPath(options.path ?? '/ready', 'path')
    this.#failurePath = checkPath(options.failurePath ?? '/failed', 'failurePath')
    if (isUnder(this.#path, this.#failurePath) || isUnder(this.#failurePath, this.#path)) {
      throw new InvalidArgumentError('failurePath', 'must not overlap with path')
    }
  }

  /** Says that a member is in. To say it again does no harm. */
  checkIn(member: string, contents: Contents = { text: 'here' }, options: CallOptions = {}) {
    return this.#write(this.#path, member, contents, options)
  }

  /** Says that a member has failed: the roll call then fails, however many are in. */
  fail(member: string, reason = 'failed', options: CallOptions = {}) {
    return this.#write(this.#failurePath, member, { text: reason }, options)
  }

  /** Who is in, sorted by name. */
  async members(options: CallOptions = {}): Promise<string[]> {
    return (await this.#read(this.#path, options)).members
  }

  /**
   * Waits until the members are in; answers who is. Rejects with a `WaitError`: `FAILED` when one has failed, `TIMEOUT`
   * with how many are in and who is missing, where that is known. The waiter that it makes for this is deleted when it
   * has ended; that request may still be under way then.
   */
  async wait(options: RosterWaitOptions): Promise<string[]> {
    checkOptions(options, ['members', 'timeout', 'signal'], 'wait')
    const timeout = readDuration(options?.timeout, 'timeout')
    const deadline = now() + timeout
    const { number, names } = readMembers(options.members)
    for (let others = 0; ;) {
      const left = Math.max(1, deadline - now())
      const { members, count } = await this.#counted(number, others, names, left, options.signal)
      const missing = missingOf(names, members)?.length ?? Math.max(0, number - members.length)
      if (missing === 0) return members
      // The service counts; others were counted in the place of those who are missing.
      others = count - (number - missing)
    }
  }

  /** Waits until so many are in beside others, by a waiter of its own; answers who is. */
  async #counted(
    number: number,
    others: number,
    names: readonly string[] | undefined,
    timeout: number,
    signal: AbortSignal | undefined,
  ): Promise<Present> {
    const waiter = this.#client.waiter(`${this.#config}/waiters/roster-${newId()}`)
    let made: Promise<unknown> | undefined
    const make = async (call: { signal: AbortSignal }) => {
      try {
        await (made ??= this.#client.waiters.create(this.#waiter(waiter.key, number + others, timeout), {
          signal: call.signal,
        }))
      } catch (error) {
        made = undefined
        throw error
      }
    }
    const withMembers = async (
      snapshot: Snapshot<wire.Waiter> | undefined,
      { signal: cut }: { signal: AbortSignal },
    ) => {
      if (snapshot?.kind !== 'present' || stateOfWaiter(snapshot.value) !== 'SUCCEEDED') return snapshot as never
      return { ...snapshot, value: { ...snapshot.value, present: await this.#read(this.#path, { signal: cut }) } }
    }
    // To make the waiter, and to see who is in, are parts of looking: the time is for these too.
    const target: Target<wire.Waiter & { present?: Present }> = {
      ...waiter,
      async read(call) {
        await make(call)
        return withMembers(await waiter.read(call), call)
      },
      async *subscribe(call) {
        await make(call)
        for await (const snapshot of waiter.subscribe?.(call) ?? []) yield withMembers(snapshot, call)
      },
      tally: (_, call) => this.#tally(number, names, call.signal),
    }
    try {
      const { value } = await wait(target, undefined, { timeout, signal })
      return value?.present as Present
    } catch (error) {
      // Others may have left, so that fewer than were counted on are all that were named.
      if (!(names && error instanceof WaitError && error.code === 'TIMEOUT' && error.missing?.length === 0)) throw error
      return { members: [...names].sort(), count: names.length }
    } finally {
      // Whoever may not delete it leaves it to its end; and nobody waits for that.
      if (made) void this.#client.waiters.delete(waiter.key, { requestTimeout: '2s', retry: false }).catch(() => {})
    }
  }

  async #tally(need: number, names: readonly string[] | undefined, signal: AbortSignal): Promise<Tally> {
    const paths = [this.#path, this.#failurePath].map((path) => this.#read(path, { signal, retry: false }))
    const [{ members }, { members: failed }] = (await Promise.all(paths)) as [Present, Present]
    const missing = missingOf(names, members)
    const named = names && missing && { have: names.length - missing.length, need: names.length, missing }
    return { have: members.length, need, ...named, ...(failed.length && { failed }) }
  }

  #waiter(name: string, number: number, timeout: number) {
    const success = { cardinality: { path: `/${this.#path}`, number } }
    const failure = { cardinality: { path: `/${this.#failurePath}`, number: 1 } }
    return { name, timeout: formatDuration(timeout + MARGIN_MS), success, failure }
  }

  async #write(
    path: string,
    member: string,
    contents: Contents,
    options: CallOptions,
  ): Promise<ApiResponse<wire.Variable>> {
    if (typeof member !== 'string' || !member) throw expected('member', 'a name', member)
    return put(this.#client, { name: `${this.#config}/variables/${path}/${member}`, ...contents }, options)
  }

  async #read(path: string, options: CallOptions): Promise<Present> {
    const { data } = await this.#client.variables.list(this.#config, { filter: path, ...options })
    const own = `${this.#config}/variables/`.length
    const counted = (data.variables ?? []).map(({ name }) => name.slice(own)).filter((at) => isUnder(path, at))
    const members = counted.filter((at) => at !== path).map((at) => at.slice(path.length + 1))
    return { members, count: counted.length }
  }
}

const missingOf = (names: readonly string[] | undefined, members: readonly string[]) =>
  names?.filter((name) => !members.includes(name))

function readMembers(members: unknown): Wanted {
  if (Array.isArray(members) && members.length && members.every((member) => typeof member === 'string' && member)) {
    const names = [...new Set<string>(members)]
    return { number: names.length, names }
  }
  if (typeof members === 'number' && Number.isInteger(members) && members >= 1)
    return { number: members, names: undefined }
  throw expected('members', 'a whole number, 1 or more, or a non-empty list of names', members)
}
