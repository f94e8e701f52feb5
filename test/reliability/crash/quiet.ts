/**
 * A config that nobody touches, so that nothing but its alarm ends what is due there: members that expire, waiters whose
 * time runs out, before the crash, in it, and behind it.
 */
import { parseTimestamp } from '../../../src/core/time.ts'
import type * as wire from '../../../src/core/wire.ts'
import type { Random } from '../random.ts'
import { Violation } from '../suite.ts'
import { pathOf, type Calls } from './calls.ts'
import { endOf, now, type Ends } from './ends.ts'
import type { Uptime } from './uptime.ts'
import { deadlineOf, endingOf, idOf, PROMPT_MS } from './waiters.ts'

/** How each of the waiters must end. */
const ENDINGS = new Map([
  ['overdue', 'timeout'],
  ['left', 'success'],
  ['both', 'failure'],
])
/** Whoever looks ends what is overdue, so it is left alone until that would be too late by so much. */
const LOOK_MS = 500

export interface QuietOptions {
  readonly calls: Calls
  readonly config: string
  readonly ends: Ends
  readonly uptime: Uptime
  readonly callback?: wire.Callback | undefined
}

export class Quiet {
  /** The waiters as they were when they were made. */
  readonly waiters: readonly wire.Waiter[]
  readonly #options: QuietOptions
  /** When each of the members expires, by path, in microseconds since 1970. */
  readonly #expiries: ReadonlyMap<string, number>

  private constructor(options: QuietOptions, expiries: ReadonlyMap<string, number>, waiters: readonly wire.Waiter[]) {
    this.#options = options
    this.#expiries = expiries
    this.waiters = waiters
  }

  static async make(options: QuietOptions, random: Random): Promise<Quiet> {
    const { calls, config, callback } = options
    await calls.post(config.replace(/\/[^/]*$/, ''), { name: config })
    const span = () => `${random.integer(300, 1800) / 1000}s`
    const [one, two] = [span(), span()]
    const set = (path: string, ttl?: string) => ({ set: { name: `${config}/variables/${path}`, text: 'here', ttl } })
    const writes = [set('m/1', one), set('m/2', two), set('m/3', two), set('m/4')]
    const { outcomes } = await calls.post<wire.CommitResponse>(`${config}:commit`, { writes })
    const gone = (name: string): wire.EndCondition => ({ not: { variable: { name } } })
    const specs = {
      overdue: { timeout: span(), success: { cardinality: { path: '/m', number: writes.length + 1 } } },
      left: { timeout: '600s', success: gone('m/1') },
      // What expires at one moment goes by one commit, by which both conditions are met.
      both: { timeout: '600s', success: gone('m/2'), failure: gone('m/3') },
    }
    for (const [id, spec] of Object.entries(specs)) {
      await calls.post(`${config}/waiters`, { name: `${config}/waiters/${id}`, ...spec, callback })
    }
    // Its name begins like theirs, but it is none of them.
    await calls.post(`${config}:commit`, { writes: [set('mm')] })
    const expiries = outcomes.flatMap((outcome) => {
      if (!('variable' in outcome) || !outcome.variable.expireTime) return []
      return [[pathOf(outcome.variable.name), micros(outcome.variable.expireTime)] as const]
    })
    return new Quiet(options, new Map(expiries), await calls.waiters(config))
  }

  /** Whether all of it has ended as far as callbacks tell, or should have. */
  get over(): boolean {
    const { ends, uptime } = this.#options
    if (this.waiters.every(({ name }) => ends.of(name))) return true
    const due = [...this.#expiries.values(), ...this.waiters.map((waiter) => this.#dueOf(waiter))]
    return uptime.between(Math.max(...due) / 1000, Date.now()) > PROMPT_MS + LOOK_MS
  }

  /** Looks at how it has ended, takes it away, and answers how late the latest end was, in milliseconds of being up. */
  async check(): Promise<number> {
    const { calls, config, ends } = this.#options
    const asked = now()
    const waiters = await calls.waiters(config)
    const late = waiters.map((waiter) => {
      const ending = ENDINGS.get(idOf(waiter.name))
      if (!waiter.done || endingOf(waiter) !== ending) throw new Violation(`a waiter ends by ${ending}`, waiter)
      ends.saw(waiter, 'list', asked)
      return this.#lateness(this.#dueOf(waiter), endOf(waiter), waiter)
    })
    if (late.length !== ENDINGS.size) throw new Violation('what was made is there behind a crash', waiters)
    for (const { stamp, path } of await this.#gone()) late.push(this.#lateness(this.#expiryOf(path), stamp, { path }))
    await calls.ask('DELETE', config)
    return Math.max(...late)
  }

  /** What has expired, and when, as a stream tells of it. */
  async #gone(): Promise<{ stamp: string; path: string }[]> {
    const { calls, config } = this.#options
    const there = await calls.variables(config)
    if ([...there.keys()].join() !== 'm/4,mm') throw new Violation('members expire, and no others', [...there])
    const stream = await calls.listen(config, `?after=${there.get('m/4')?.updateTime}`)
    const messages = await stream.replay()
    stream.close()
    await stream.closed
    const gone = messages.flatMap(({ stamp, changes }) =>
      changes.flatMap(({ variable }) => (variable?.state === 'DELETED' ? { stamp, path: pathOf(variable.name) } : [])),
    )
    const paths = gone.map(({ path }) => path).toSorted()
    if (paths.join() !== [...this.#expiries.keys()].toSorted().join()) {
      throw new Violation('each member that has expired is told of as gone, once', { messages })
    }
    return gone
  }

  /** When a waiter is to end; but not before it was made. */
  #dueOf(waiter: wire.Waiter): number {
    const id = idOf(waiter.name)
    if (id === 'overdue') return deadlineOf(waiter)
    return Math.max(micros(waiter.createTime), this.#expiryOf(id === 'left' ? 'm/1' : 'm/2'))
  }

  readonly #expiryOf = (path: string) => this.#expiries.get(path) as number

  /** How late something was that was due at a moment (microseconds), and happened at a stamp. */
  #lateness(due: number, stamp: string, what: object): number {
    const at = micros(stamp)
    const late = this.#options.uptime.between(due / 1000, at / 1000)
    if (at < due) throw new Violation('nothing ends or expires before its time', { stamp, ...what })
    if (late > PROMPT_MS) throw new Violation(`what is due is done within ${PROMPT_MS} ms`, { late, stamp, ...what })
    return late
  }
}

const micros = (stamp: string) => parseTimestamp(stamp) as number
