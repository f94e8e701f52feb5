/** A config under load, whose writers, waiters and listeners remember all that they were told. */
import type * as wire from '../../../src/core/wire.ts'
import type { Random } from '../random.ts'
import { LINES } from '../subject.ts'
import { Violation } from '../suite.ts'
import { hearAll, pathOf, Together, Unanswered, untilUnanswered, type Calls } from './calls.ts'
import type { Ends } from './ends.ts'
import { Waiters, type WaitersOptions } from './waiters.ts'
import { byHttp, bySocket, ROOTS, Writer, type Change, type Commit } from './writer.ts'

export type FleetOptions = Omit<WaitersOptions, 'config' | 'writers'>

/** The last of them checks in over a socket. */
const WRITERS = ['v0', 'v1', 's0'] as const

export class Fleet {
  readonly config: string
  readonly waiters: Waiters
  /** How many changes its sockets have told. */
  pushes = 0
  readonly #calls: Calls
  readonly #ends: Ends
  readonly #random: Random
  readonly #writers: readonly Writer[]
  /** What was told since the last crash, and the furthest stamp by which that was. */
  #told: { readonly stamp: string; readonly change: Change }[] = []
  #furthest = ''
  /** Up to which stamp the waiters were judged. */
  #judged = ''

  private constructor(config: string, random: Random, options: FleetOptions) {
    this.config = config
    this.#calls = options.calls
    this.#ends = options.ends
    this.#random = random
    this.#writers = WRITERS.map((name) => new Writer(name, config, random.branch(name)))
    this.waiters = new Waiters({ ...options, config, writers: WRITERS }, random.branch('waiters'))
  }

  static async make(config: string, random: Random, options: FleetOptions): Promise<Fleet> {
    await options.calls.post(config.replace(/\/[^/]*$/, ''), { name: config })
    return new Fleet(config, random, options)
  }

  /** How many commits have happened, as far as anyone was told. */
  get commits(): number {
    return this.#writers.reduce((sum, { commits }) => sum + commits.length, 0)
  }

  /** Puts load on it until the server is gone; resolves when nothing more comes of that. */
  async load(): Promise<void> {
    const together = new Together()
    try {
      await this.#begin(together)
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
    }
    await together.ended()
  }

  async #begin(together: Together): Promise<void> {
    for (const query of ['', `?path=/${this.#random.pick(ROOTS)}`]) {
      const socket = await this.#calls.listen(this.config, query)
      together.add(hearAll(socket, (text) => this.#hear(text)))
    }
    const socket = await this.#calls.listen(this.config, this.#random.pick(LINES))
    for (const writer of this.#writers) {
      const { name, pace } = writer
      const send = name === 's0' ? bySocket(socket) : byHttp(this.#calls, this.config, pace)
      together.add(
        untilUnanswered(
          () => writer.write(send),
          () => pace.integer(0, 8),
        ),
      )
    }
    const wait = this.waiters.begin(together)
    together.add(untilUnanswered(wait, () => this.#random.integer(0, 12)))
  }

  /** Looks behind a crash whether all that was told is so. */
  async check(): Promise<void> {
    const there = await this.#calls.variables(this.config)
    for (const writer of this.#writers) writer.settle(there)
    for (const writer of this.#writers) writer.check(there)
    if (there.size) throw new Violation('nothing is there that nobody wrote', [...there.values()])
    const commits = this.#writers.flatMap((writer) => writer.commits)
    this.#checkTold(commits)
    await this.waiters.judge(commits.filter(({ stamp }) => stamp > this.#judged))
    this.#judged = commits.reduce((last, { stamp }) => (stamp > last ? stamp : last), this.#judged)
    if (this.#furthest) await this.#resume()
    this.#told = []
  }

  #checkTold(commits: readonly Commit[]): void {
    const known = new Map(commits.map((commit) => [commit.stamp, commit]))
    for (const { stamp, change } of this.#told) {
      const is = known.get(stamp)?.changes.find(({ path }) => path === change.path)
      if (!is || is.text !== change.text) {
        const commit = known.get(stamp) ?? null
        throw new Violation('what a socket tells is so, and stays so behind a crash', { stamp, change, commit })
      }
    }
  }

  /** A stream can be resumed from wherever it was said to be. */
  async #resume(): Promise<void> {
    const after = `?after=${this.#furthest}`
    const stream = await this.#calls.listen(this.config, after).catch((error: unknown) => {
      const evidence = { config: this.config, after, error: String(error) }
      throw new Violation('a stream is resumed behind a crash from any stamp it has told', evidence)
    })
    stream.close()
    await stream.closed
  }

  #hear(text: string): void {
    const { stamp, changes } = JSON.parse(text) as wire.Changes
    if (stamp > this.#furthest) this.#furthest = stamp
    for (const told of changes) {
      this.pushes += 1
      if ('waiter' in told) this.#ends.saw(told.waiter, 'stream')
      else this.#told.push({ stamp, change: changeOf(told.variable) })
    }
  }
}

function changeOf({ name, state, text }: wire.Variable): Change {
  return { path: pathOf(name), ...(state !== 'DELETED' && text !== undefined && { text }) }
}
