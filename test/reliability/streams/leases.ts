/** Variables that expire: which lives they have had, and by what was told, when each of those ended. */
import { durationMicros, formatStamp, parseDuration, parseTimestamp } from '../../../src/core/time.ts'
import type * as wire from '../../../src/core/wire.ts'
import type { Calls } from '../crash/calls.ts'
import type { Random } from '../random.ts'
import { Violation } from '../suite.ts'
import type { Commit } from './recording.ts'

/** A write of a variable that expires. */
interface Lease {
  readonly path: string
  readonly text: string
  readonly ttl: string
}

/** A variable from when it was written until it is written again; both are stamps. */
export interface Life {
  readonly from: string
  readonly expires: string
}

/** That a variable is gone, as a stream tells it. */
export interface Gone {
  readonly stamp: string
  readonly path: string
}

export const LEASES = 'leases'
const MARK = 'marks/leases'
const PATHS = ['0', '1', '2', '3'].map((leaf) => `${LEASES}/${leaf}`)

export class Leases {
  /** What was written, in order. */
  readonly commits: Commit[] = []
  readonly #lives = new Map<string, Life[]>()
  readonly #calls: Calls
  readonly #config: string
  readonly #random: Random
  /** From which is drawn when it is written. */
  readonly pace: Random
  #number = 0
  #unanswered: Lease | undefined

  constructor(calls: Calls, config: string, random: Random) {
    this.#calls = calls
    this.#config = config
    this.#random = random
    this.pace = random.branch('pace')
  }

  /** Writes a variable that expires, and beside it one that stays, so that it can be seen later when that was. */
  async write(): Promise<void> {
    const text = `${this.#number++}`
    const written = { path: this.#random.pick(PATHS), text, ttl: `${this.#random.integer(100, 700) / 1000}s` }
    const set = (path: string, ttl?: string) => ({ set: { name: `${this.#config}/variables/${path}`, text, ttl } })
    this.#unanswered = written
    const writes = [set(written.path, written.ttl), set(MARK)]
    const { updateTime } = await this.#calls.post<wire.CommitResponse>(`${this.#config}:commit`, { writes })
    this.#done(updateTime, written)
  }

  /** Finds out what became of the write that was not answered. `there` is what the config holds. */
  settle(there: ReadonlyMap<string, wire.Variable>): void {
    const mark = there.get(MARK)
    if (this.#unanswered && mark?.text === this.#unanswered.text) this.#done(mark.updateTime, this.#unanswered)
    this.#unanswered = undefined
  }

  /** The commits by which variables expired, by what was told: see {@link expiriesOf}. */
  expiries(told: Iterable<Gone>): Commit[] {
    return expiriesOf(this.#lives, told)
  }

  #done(stamp: string, { path, text, ttl }: Lease): void {
    this.#unanswered = undefined
    this.commits.push({
      stamp,
      changes: [
        { name: path, text },
        { name: MARK, text },
      ],
    })
    const expires = (parseTimestamp(stamp) as number) + durationMicros(parseDuration(ttl) ?? { seconds: 0, nanos: 0 })
    this.#lives.set(path, [...(this.#lives.get(path) ?? []), { from: stamp, expires: formatStamp(expires) }])
  }
}

/**
 * The commits by which variables expired, from what was told to be gone. Throws {@link Violation} if that cannot be: it
 * was too early, or one life has two ends.
 */
export function expiriesOf(lives: ReadonlyMap<string, readonly Life[]>, told: Iterable<Gone>): Commit[] {
  const ends = new Map<Life, string>()
  const moments = new Map<string, Set<string>>()
  for (const { stamp, path } of told) {
    const life = lives.get(path)?.findLast(({ from }) => from < stamp)
    if (!life || stamp < life.expires) throw new Violation('nothing expires before its time', { path, stamp, life })
    const end = ends.get(life) ?? stamp
    if (end !== stamp) throw new Violation('what expires does so once', { path, life, told: [end, stamp] })
    ends.set(life, end)
    moments.set(stamp, (moments.get(stamp) ?? new Set()).add(path))
  }
  return [...moments].map(([stamp, paths]) => ({ stamp, changes: [...paths].map((name) => ({ name })) }))
}
