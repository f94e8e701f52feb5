/** The waiters of a fleet: made and looked at in every way while it is under load, and judged behind each crash. */
import { durationMicros, parseDuration, parseTimestamp } from '../../../src/core/time.ts'
import type * as wire from '../../../src/core/wire.ts'
import type { Message } from '../../conformance/listener.ts'
import type { Random } from '../random.ts'
import { Violation } from '../suite.ts'
import { hearAll, type Calls, type Together } from './calls.ts'
import { drawWaiter } from './draw.ts'
import { endOf, now, type Ends } from './ends.ts'
import { Replay } from './replay.ts'
import type { Uptime } from './uptime.ts'
import type { Commit } from './writer.ts'

/** So long, in milliseconds of being up, a deadline may be past before what it ends has ended. */
export const PROMPT_MS = 10_000
/** As stamps may run ahead of the clock, and the clock stands still while an object computes, in microseconds. */
const CLOCK_SLACK = 50_000
/** How many are made between two crashes. */
const MOST = 15

export interface WaitersOptions {
  readonly calls: Calls
  readonly config: string
  readonly writers: readonly string[]
  readonly ends: Ends
  readonly uptime: Uptime
  /** With which the waiters are made that have one. */
  readonly callback?: wire.Callback | undefined
}

export class Waiters {
  /** The latest end behind a deadline, in milliseconds of being up. */
  latest = 0
  readonly #options: WaitersOptions
  readonly #random: Random
  readonly #replay = new Replay()
  /** By id, what was asked for; of those that may not be there, that too. */
  readonly #asked = new Map<string, { made?: wire.Waiter; sure: boolean }>()
  #number = 0

  constructor(options: WaitersOptions, random: Random) {
    this.#options = options
    this.#random = random
  }

  /** Makes waiters, and looks at them. `heard` takes what goes on meanwhile, and ends with the server. */
  begin(heard: Together): () => Promise<void> {
    let left = MOST
    return async () => {
      if (left-- > 0) await this.#make(heard)
      else await this.#look(this.#random.pick([...this.#asked.keys()]))
    }
  }

  /** Compares all waiters with what must have become of them; `commits` is what has happened since the last time. */
  async judge(commits: readonly Commit[]): Promise<void> {
    const { calls, config, ends } = this.#options
    const asked = { at: Date.now(), now: now() }
    const there = new Map((await calls.waiters(config)).map((waiter) => [idOf(waiter.name), waiter]))
    const made: wire.Waiter[] = []
    for (const [id, { made: before, sure }] of this.#asked) {
      const waiter = there.get(id)
      if (!waiter && sure) throw new Violation('a waiter that was made is there after a crash', { config, id })
      if (!waiter) this.#asked.delete(id)
      else if (!before) made.push(waiter)
      if (waiter) this.#asked.set(id, { made: waiter, sure: true })
    }
    this.#replay.take(
      commits,
      made.map((waiter) => ({ id: idOf(waiter.name), spec: waiter, created: waiter.createTime })),
    )
    for (const waiter of there.values()) {
      ends.saw(waiter, 'list', asked.now)
      this.#judgeOne(waiter, asked.at)
    }
  }

  /** Those that are there. */
  get all(): wire.Waiter[] {
    return [...this.#asked.values()].flatMap(({ made }) => made ?? [])
  }

  #judgeOne(waiter: wire.Waiter, askedAt: number): void {
    const { uptime } = this.#options
    const met = this.#replay.met(idOf(waiter.name))
    const deadline = deadlineOf(waiter)
    const broken = (promise: string) => new Violation(promise, { waiter, met: met ?? null })
    if (!waiter.done) {
      if (met) throw broken('a waiter ends when its conditions say')
      if (deadline + CLOCK_SLACK < askedAt * 1000) throw broken('nothing is read of a waiter that is overdue')
      return
    }
    const how = endingOf(waiter)
    const at = parseTimestamp(endOf(waiter)) as number
    if (how !== 'timeout') {
      if (met?.how !== how || met.at !== endOf(waiter)) throw broken('a waiter ends as its conditions say, and when')
      if (at > deadline + CLOCK_SLACK) throw broken('a waiter that is overdue ends before anything is written')
      return
    }
    if (at < deadline) throw broken('no waiter ends before its time')
    if (met && met.at < endOf(waiter)) throw broken('a waiter whose condition is met does not time out')
    const late = uptime.between(deadline / 1000, at / 1000)
    if (late > PROMPT_MS) throw broken(`a deadline is met within ${PROMPT_MS} ms`)
    this.latest = Math.max(this.latest, late)
  }

  async #make(heard: Together): Promise<void> {
    const { calls, config, writers, callback } = this.#options
    const id = `w${this.#number++}`
    const name = `${config}/waiters/${id}`
    const spec = drawWaiter(this.#random, writers)
    const asked = { sure: false }
    this.#asked.set(id, asked)
    await calls.post(`${config}/waiters`, {
      name,
      ...spec,
      ...(callback && this.#random.chance(0.3) && { callback }),
    })
    asked.sure = true
    if (!this.#random.chance(0.5)) return
    const heardSince = now()
    const socket = await calls.listen(name)
    heard.add(hearAll(socket, (text) => this.#hear(text, heardSince)))
  }

  async #look(id: string): Promise<void> {
    const { calls, config, ends } = this.#options
    const asked = now()
    const name = `waiters/${id}`
    switch (this.#random.integer(0, 2)) {
      case 0:
        return ends.saw(await calls.get<wire.Waiter>(`${config}/${name}`), 'get', asked)
      case 1:
        return ends.sawOperation(await calls.get<wire.Operation>(`${config}/operations/${name}`), asked)
      case 2:
        for (const waiter of await calls.waiters(config)) ends.saw(waiter, 'list', asked)
    }
  }

  #hear(text: string, since: number): void {
    const { waiter } = JSON.parse(text) as Message
    if (waiter) this.#options.ends.saw(waiter as unknown as wire.Waiter, 'push', since)
  }
}

/** The id of a waiter, by its name. */
export const idOf = (name: string) => name.replace(/.*\//, '')

/** How a waiter has ended. */
export function endingOf({ error }: wire.Waiter): 'success' | 'failure' | 'timeout' {
  if (!error) return 'success'
  return error.code === 4 ? 'timeout' : 'failure'
}

/** The first moment at which a waiter may time out, in microseconds since 1970. */
export function deadlineOf({ createTime, timeout }: wire.Waiter): number {
  return (parseTimestamp(createTime) as number) + durationMicros(parseDuration(timeout) ?? { seconds: NaN, nanos: 0 })
}
