/** A roll call: each member checks in, and whoever must know waits for all of them. */
import { isUnder } from '../core/name.ts'
import type * as wire from '../core/wire.ts'
import type { ApiResponse, CallOptions, Duration } from './api.ts'
import { newId } from './backoff.ts'
import type { Client } from './client.ts'
import { checkOptions, formatDuration, readDuration } from './duration.ts'
import { expected, InvalidArgumentError } from './errors.ts'
import { checkName, checkPath } from './names.ts'
import type { Snapshot, Target } from './observation.ts'
import { put } from './put.ts'
import type { WaiterInput } from './resources.ts'
import { stateOfWaiter, tallyOfWaiter } from './targets.ts'
import { wait } from './wait.ts'

/** How much longer than the wait its waiter lives, so that one that nobody ends ends by itself; in milliseconds. */
const MARGIN_MS = 60_000
/** How it is found out who has failed: that somebody has is not to be told late for it. */
const FAILED_CALL = { requestTimeout: '1s', retry: false } as const

export interface RosterOptions {
  /** Where members check in; `/ready`. */
  readonly path?: string
  /** Where members report that they failed, which ends the roll call; `/failed`. */
  readonly failurePath?: string
}

export interface CheckInOptions extends CallOptions {
  /** For how long the member is in, unless it checks in again or is renewed; without it, for good. */
  readonly ttl?: Duration | undefined
}

export interface RosterWaitOptions {
  /** How many must be in, or who. */
  readonly members: number | readonly string[]
  readonly timeout: Duration
  /** Whether who was in stays counted, though it has left or expired before the others came. */
  readonly sticky?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** The waiter of a roll call, and when it has ended who is in, or who has failed. */
type RollCall = wire.Waiter & { readonly members?: string[]; readonly failed?: string[] }

type Contents = { readonly text: string } | { readonly value: string }
type Call = { readonly signal: AbortSignal }

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

  /** Says that a member is in. To say it again does no harm, and with a `ttl` begins that anew. */
  async checkIn(
    member: string,
    contents: Contents = { text: 'here' },
    { ttl, ...options }: CheckInOptions = {},
  ): Promise<ApiResponse<wire.Variable>> {
    const life = ttl !== undefined && { ttl: formatDuration(readDuration(ttl, 'ttl')) }
    return put(this.#client, { name: this.#nameOf(this.#path, member), ...contents, ...life }, options)
  }

  /** Says that a member has failed: the roll call then fails, however many are in. */
  async fail(member: string, reason = 'failed', options: CallOptions = {}): Promise<ApiResponse<wire.Variable>> {
    return put(this.#client, { name: this.#nameOf(this.#failurePath, member), text: reason }, options)
  }

  /**
   * Has members stay in for another `ttl`, without writing anything. Answers those of them who cannot: who are not in
   * any more, or checked in for good.
   */
  async renew(members: string | readonly string[], options?: CallOptions): Promise<string[]> {
    const all = [members].flat() as string[]
    const names = all.map((member) => this.#nameOf(this.#path, member))
    const { data } = await this.#client.configs.renew(this.#config, names, options)
    return all.filter((_, index) => 'error' in Object(data.outcomes[index]))
  }

  /** Who is in, sorted by name. */
  members(options?: CallOptions): Promise<string[]> {
    return this.#list(this.#path, options)
  }

  /**
   * Waits until the members are in; answers who is, sorted, and where `members` are names those of them. Rejects with a
   * `WaitError`: `FAILED` when one has failed, `TIMEOUT` with how many are in and, of names, who is missing. The waiter
   * that it makes for this is deleted when it has ended; that request may still be under way then.
   */
  async wait(options: RosterWaitOptions): Promise<string[]> {
    checkOptions(options, ['members', 'timeout', 'sticky', 'signal'], 'wait')
    const { timeout, sticky, signal } = options ?? {}
    if (sticky !== undefined && typeof sticky !== 'boolean') throw expected('sticky', 'true or false', sticky)
    const { target, remove } = this.#rollCall({
      timeout: formatDuration(readDuration(timeout, 'timeout') + MARGIN_MS),
      success: { cardinality: { path: `/${this.#path}`, ...readMembers(options.members) } },
      failure: { cardinality: { path: `/${this.#failurePath}`, number: 1 } },
      sticky,
    })
    try {
      const { value } = await wait(target, undefined, { timeout, signal })
      return value?.members ?? []
    } finally {
      remove()
    }
  }

  /** A waiter that is made when it is first looked at, and how to take it away. */
  #rollCall(input: Omit<WaiterInput, 'name'>): { target: Target<RollCall>; remove: () => void } {
    const { waiters } = this.#client
    const waiter = this.#client.waiter(`${this.#config}/waiters/roster-${newId()}`)
    let made: Promise<unknown> | undefined
    const make = ({ signal }: Call) =>
      (made ??= waiters.create({ name: waiter.key, ...input }, { signal }).catch((error) => {
        made = undefined
        throw error
      }))
    const named = (snapshot: Snapshot<wire.Waiter> | undefined, call: Call) => this.#withNames(snapshot, call) as never
    // To make the waiter, and to see who is in, are parts of looking: the time is for these too.
    const target: Target<RollCall> = {
      ...waiter,
      tally: (value) => ({ ...tallyOfWaiter(value), failed: value.failed }),
      async read(call) {
        await make(call)
        return named(await waiter.read(call), call)
      },
      async *subscribe(call) {
        await make(call)
        for await (const snapshot of waiter.subscribe?.(call) ?? []) yield named(snapshot, call)
      },
    }
    // Whoever may not delete it leaves it to its end; and nobody waits for that.
    const remove = () => {
      if (made) void waiters.delete(waiter.key, { requestTimeout: '2s', retry: false }).catch(() => {})
    }
    return { target, remove }
  }

  /** Adds to a waiter that has ended whose names that takes. */
  async #withNames(
    snapshot: Snapshot<wire.Waiter> | undefined,
    { signal }: Call,
  ): Promise<Snapshot<RollCall> | undefined> {
    if (snapshot?.kind !== 'present') return snapshot
    const { value } = snapshot
    const state = stateOfWaiter(value)
    if (state === 'SUCCEEDED') {
      const members = value.progress?.present?.sort() ?? (await this.members({ signal }))
      return { ...snapshot, value: { ...value, members } }
    }
    if (state !== 'FAILED') return snapshot
    // Who may not list them, or cannot in time, is told that somebody has.
    const failed = await this.#list(this.#failurePath, { signal, ...FAILED_CALL }).catch(() => [])
    return { ...snapshot, value: { ...value, failed } }
  }

  #nameOf(path: string, member: string): string {
    if (typeof member !== 'string' || !member) throw expected('member', 'a name', member)
    return `${this.#config}/variables/${path}/${member}`
  }

  async #list(path: string, options?: CallOptions): Promise<string[]> {
    const { data } = await this.#client.variables.list(this.#config, { filter: path, ...options })
    const root = `${this.#config}/variables/${path}/`
    const names = (data.variables ?? []).map(({ name }) => name)
    return names.filter((name) => name.startsWith(root)).map((name) => name.slice(root.length))
  }
}

/** How many members it takes, or which. */
function readMembers(members: unknown): { number: number } | { members: string[] } {
  if (Array.isArray(members) && members.length && members.every((member) => typeof member === 'string' && member)) {
    return { members: [...new Set<string>(members)] }
  }
  if (typeof members === 'number' && Number.isInteger(members) && members >= 1) return { number: members }
  throw expected('members', 'a whole number, 1 or more, or a non-empty list of names', members)
}
