/** How waiters must end, from what happened in their config: counted anew at each moment, by the naive model's rules. */
import type * as wire from '../../../src/core/wire.ts'
import { holds, type Placed } from '../../model/conditions.ts'
import { look, startOver, type Waiter } from '../../model/waiting.ts'
import type { Commit } from './writer.ts'

/** A waiter that was made. */
export interface Made {
  readonly id: string
  readonly spec: Pick<wire.Waiter, 'timeout' | 'success' | 'failure' | 'sticky'>
  /** When, as a stamp. */
  readonly created: string
}

/** When one of the conditions of a waiter was met first, and which. */
export interface Met {
  readonly how: 'success' | 'failure'
  readonly at: string
}

export class Replay {
  readonly #variables = new Map<string, { kind: 'text'; contents: string }>()
  readonly #waiting = new Map<string, Waiter>()
  readonly #met = new Map<string, Met>()

  /** Takes what happened next: all of it must be behind what was taken before. */
  take(commits: readonly Commit[], waiters: readonly Made[]): void {
    const moments = [
      ...commits.map((commit) => ({ at: commit.stamp, take: () => this.#commit(commit) })),
      ...waiters.map((made) => ({ at: made.created, take: () => this.#make(made) })),
    ]
    for (const { take } of moments.toSorted((a, b) => (a.at < b.at ? -1 : 1))) take()
  }

  /** Whether one of a waiter's conditions has been met, whatever its deadline. */
  met(id: string): Met | undefined {
    return this.#met.get(id)
  }

  #commit({ stamp, changes }: Commit): void {
    const waiting = [...this.#waiting.values()]
    startOver(waiting)
    for (const { path, text } of changes) {
      if (text === undefined) this.#variables.delete(path)
      else this.#variables.set(path, { kind: 'text', contents: text })
    }
    look(waiting, this.#variables, { order: changes.map(({ path }) => path), at: 0 })
    for (const [id, waiter] of this.#waiting) this.#judge(id, waiter, stamp)
  }

  #make({ id, spec, created }: Made): void {
    const waiter: Waiter = { ...spec, created: 0, deadline: 0, changed: 0, counts: new Map() }
    this.#waiting.set(id, waiter)
    look([waiter], this.#variables, { order: [], at: 0 })
    this.#judge(id, waiter, created)
  }

  #judge(id: string, { success, failure, counts }: Waiter, at: string): void {
    const count = ({ field }: Placed) => counts.get(field)?.paths.length ?? 0
    const failed = failure && holds(failure, 'failure', count)
    if (!failed && !holds(success, 'success', count)) return
    this.#met.set(id, { how: failed ? 'failure' : 'success', at })
    this.#waiting.delete(id)
  }
}
