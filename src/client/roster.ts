/** A roll call: each member checks in, and whoever must know waits for all of them. */
import type * as wire from '../core/wire.ts'
import { checkPath, isUnder } from '../core/name.ts'
import type { ApiResponse, CallOptions } from './api.ts'
import { after, linkedSignal, newId, now } from './backoff.ts'
import type { Client } from './client.ts'
import { checkOptions, formatDuration, readDuration, show, type Duration } from './duration.ts'
import { InvalidArgumentError, statusOf } from './errors.ts'
import type { Tally, Target } from './observation.ts'
import { WaitError } from './outcome.ts'
import { nameOf } from './resources.ts'
import { wait } from './wait.ts'
import { readSignal } from './wait-options.ts'

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
    this.#config = nameOf(config, 'config', 'config')
    this.#path = readPath(options.path ?? '/ready', 'path')
    this.#failurePath = readPath(options.failurePath ?? '/failed', 'failurePath')
    if (isUnder(this.#path, this.#failurePath) || isUnder(this.#failurePath, this.#path)) {
      throw new InvalidArgumentError('failurePath', 'must not lie in the path of those who are in, nor that in it')
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
   * with how many are in and who is missing, where that is known; with a `ServiceError` if it may not be done. The
   * waiter that it makes for this is deleted when it has ended; that request may be the last to be answered.
   */
  async wait(options: RosterWaitOptions): Promise<string[]> {
    checkOptions(options, ['members', 'timeout', 'signal'], 'wait')
    const timeout = readDuration(options?.timeout, 'timeout')
    const wanted = readMembers(options.members)
    const began = now()
    const fail = (status: 'timeout' | 'aborted', cause?: unknown) => {
      const key = `${this.#config}/variables/${this.#path}`
      const elapsedMs = now() - began
      const wants = `${wanted.number} members`
      return new WaitError({ status, key, wanted: wants, last: undefined, attempts: 0, elapsedMs, errors: {}, cause })
    }
    const { signal, abort, release } = linkedSignal([readSignal(options.signal)])
    const stop = after(timeout, () => abort(fail('timeout')))
    try {
      return await this.#gather(wanted, began + timeout, signal, options.signal)
    } catch (error) {
      if (options.signal?.aborted && !(error instanceof WaitError)) throw fail('aborted', options.signal.reason)
      throw error
    } finally {
      stop()
      release()
    }
  }

  async #gather(
    { number, names }: Wanted,
    deadline: number,
    signal: AbortSignal,
    given: AbortSignal | undefined,
  ): Promise<string[]> {
    for (let others = 0; ;) {
      signal.throwIfAborted()
      const there = await this.#counted(number + others, names, deadline, signal, given)
      if (there) return there
      const { members, count } = await this.#read(this.#path, { signal })
      const missing = names?.filter((name) => !members.includes(name)).length ?? 0
      if (missing === 0) return members
      // The service counts; others were counted in the place of those who are missing.
      others = count - (number - missing)
    }
  }

  /**
   * Waits until so many are in, by a waiter of its own. Answers the names if, at the end of the time, these are all in
   * though they are fewer than were counted on: others have left.
   */
  async #counted(
    number: number,
    names: readonly string[] | undefined,
    deadline: number,
    signal: AbortSignal,
    given: AbortSignal | undefined,
  ): Promise<string[] | undefined> {
    const name = `${this.#config}/waiters/roster-${newId()}`
    await this.#client.waiters.create(this.#waiter(name, number, deadline - now()), { signal })
    try {
      // The time of the wait is up with the signal's, and it can tell more.
      await wait(this.#target(name, names), undefined, { timeout: Math.max(1, deadline - now()), signal: given })
      return undefined
    } catch (error) {
      const all = error instanceof WaitError && error.code === 'TIMEOUT' && error.missing?.length === 0
      if (!all) throw error
      return [...(names ?? [])].sort()
    } finally {
      // Whoever may not delete it leaves it to its end; and nobody waits for that.
      void this.#client.waiters.delete(name, { requestTimeout: '2s', retry: false }).catch(() => {})
    }
  }

  #waiter(name: string, number: number, timeout: number) {
    const success = { cardinality: { path: `/${this.#path}`, number } }
    const failure = { cardinality: { path: `/${this.#failurePath}`, number: 1 } }
    return { name, timeout: formatDuration(timeout + MARGIN_MS), success, failure }
  }

  /** The waiter; its end, and its lack of one, are told by members. */
  #target(name: string, names: readonly string[] | undefined): Target<wire.Waiter> {
    const tally = async (_: unknown, options: { signal: AbortSignal }): Promise<Tally> => {
      const call = { ...options, retry: false }
      const paths = [this.#path, this.#failurePath].map((path) => this.#read(path, call))
      const [{ members }, { members: failed }] = (await Promise.all(paths)) as [Present, Present]
      const missing = names?.filter((member) => !members.includes(member))
      const have = names && missing ? { have: names.length - missing.length, need: names.length, missing } : {}
      return { have: members.length, ...have, ...(failed.length && { failed }) }
    }
    return { ...this.#client.waiter(name), tally }
  }

  async #write(
    path: string,
    member: string,
    contents: Contents,
    options: CallOptions,
  ): Promise<ApiResponse<wire.Variable>> {
    const variable = { name: this.#name(path, member), ...contents }
    try {
      return await this.#client.variables.create(variable, options)
    } catch (error) {
      if (statusOf(error) !== 409) throw error
      return await this.#client.variables.update(variable, options)
    }
  }

  async #read(path: string, options: CallOptions): Promise<Present> {
    const { data } = await this.#client.variables.list(this.#config, { filter: path, ...options })
    const own = `${this.#config}/variables/`.length
    const counted = (data.variables ?? []).map(({ name }) => name.slice(own)).filter((at) => isUnder(path, at))
    const members = counted.filter((at) => at !== path).map((at) => at.slice(path.length + 1))
    return { members, count: counted.length }
  }

  #name(path: string, member: string): string {
    if (typeof member !== 'string' || member === '') {
      throw new InvalidArgumentError('member', `must be the name of a member, this is ${show(member)}`)
    }
    return `${this.#config}/variables/${path}/${member}`
  }
}

function readPath(path: string, argument: string): string {
  const read = checkPath(path, argument)
  if (read.ok) return read.value
  throw new InvalidArgumentError(argument, `must be a path such as "/ready", this is ${show(path)}`)
}

function readMembers(members: unknown): Wanted {
  if (Array.isArray(members) && members.length && members.every((member) => typeof member === 'string' && member)) {
    const names = [...new Set<string>(members)]
    return { number: names.length, names }
  }
  if (typeof members === 'number' && Number.isInteger(members) && members >= 1)
    return { number: members, names: undefined }
  const shape = 'a whole number, 1 or more, or a list of names that is not empty'
  throw new InvalidArgumentError('members', `must be ${shape}, this is ${show(members)}`)
}
