/** A roll call: each member checks in, and whoever must know waits for all of them. */
import type * as wire from '../core/wire.ts'
import { collapse, isUnder } from '../core/name.ts'
import type { ApiResponse, CallOptions } from './api.ts'
import { now } from './backoff.ts'
import type { Client } from './client.ts'
import { checkOptions, formatDuration, readDuration, show, type Duration } from './duration.ts'
import { InvalidArgumentError, statusOf } from './errors.ts'
import type { Tally, Target } from './observation.ts'
import { WaitError } from './outcome.ts'
import { checkName } from './resources.ts'
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

type Contents = { readonly text: string } | { readonly value: string }

export class Roster {
  readonly #client: Client
  readonly #config: string
  readonly #path: string
  readonly #failurePath: string

  /** `config` is a config's full name; it must be there when somebody checks in. */
  constructor(client: Client, config: string, options: RosterOptions = {}) {
    checkOptions(options, ['path', 'failurePath'], 'Roster')
    checkName(config, 'config', 'config')
    this.#client = client
    this.#config = config
    this.#path = collapse(options.path ?? '/ready')
    this.#failurePath = collapse(options.failurePath ?? '/failed')
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
  members(options: CallOptions = {}): Promise<string[]> {
    return this.#list(this.#path, options)
  }

  /**
   * Waits until the members are in; answers who is. Rejects with a `WaitError`: `FAILED` when one has failed, `TIMEOUT`
   * with how many are in and who is missing, where that is known.
   */
  async wait(options: RosterWaitOptions): Promise<string[]> {
    checkOptions(options, ['members', 'timeout', 'signal'], 'wait')
    const timeout = readDuration(options?.timeout, 'timeout')
    const wanted = readMembers(options.members)
    const deadline = now() + timeout
    const { signal } = options
    for (let others = 0; ;) {
      const left = Math.max(1, deadline - now())
      await this.#counted(wanted.number + others, wanted.names, left, signal)
      const members = await this.members({ signal, requestTimeout: timeout })
      if (!wanted.names?.some((name) => !members.includes(name))) return members
      // The service counts; others were counted in the place of those who are missing.
      others = members.filter((member) => !wanted.names?.includes(member)).length
    }
  }

  /** Waits until so many are in, by a waiter of its own. */
  async #counted(
    number: number,
    names: readonly string[] | undefined,
    timeout: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const deadline = now() + timeout
    const name = `${this.#config}/waiters/roster-${crypto.randomUUID()}`
    await this.#client.waiters.create(this.#waiter(name, number, timeout), { signal, requestTimeout: timeout })
    try {
      await wait(this.#target(name, names), undefined, { timeout: Math.max(1, deadline - now()), signal })
    } catch (error) {
      // Others may have left, so that fewer than were counted on are all that were named.
      if (!(error instanceof WaitError && error.code === 'TIMEOUT' && error.missing?.length === 0)) throw error
    } finally {
      // Whoever may not delete it leaves it to its end.
      await this.#client.waiters.delete(name, { requestTimeout: '2s', retry: false }).catch(() => {})
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
      const [members, failed] = await Promise.all([this.#list(this.#path, call), this.#list(this.#failurePath, call)])
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

  async #list(path: string, options: CallOptions): Promise<string[]> {
    const { data } = await this.#client.variables.list(this.#config, { filter: path, ...options })
    const own = `${this.#config}/variables/`.length
    const paths = (data.variables ?? []).map(({ name }) => name.slice(own))
    return paths.filter((at) => at !== path && isUnder(path, at)).map((at) => at.slice(path.length + 1))
  }

  #name(path: string, member: string): string {
    if (typeof member !== 'string' || member === '') {
      throw new InvalidArgumentError('member', `must be the name of a member, this is ${show(member)}`)
    }
    return `${this.#config}/variables/${path}/${member}`
  }
}

function readMembers(members: unknown): { number: number; names: readonly string[] | undefined } {
  if (Array.isArray(members) && members.length && members.every((member) => typeof member === 'string' && member)) {
    const names = [...new Set<string>(members)]
    return { number: names.length, names }
  }
  if (typeof members === 'number' && Number.isInteger(members) && members >= 1)
    return { number: members, names: undefined }
  const shape = 'a whole number, 1 or more, or a list of names that is not empty'
  throw new InvalidArgumentError('members', `must be ${shape}, this is ${show(members)}`)
}
