/** How much waits in this isolate, by what it waits for, so that no queue grows however many wait in it. */

/** A count that has not moved for so long, in milliseconds, is of requests that ended without a word: it begins anew. */
const STALE_MS = 10_000

export class Backlog {
  readonly #most: number
  readonly #clock: () => number
  readonly #waiting = new Map<string, { readonly count: number; readonly moved: number }>()

  /** At most so much waits for one thing. `clock` is the time in milliseconds. */
  constructor(most: number, clock: () => number = Date.now) {
    this.#most = most
    this.#clock = clock
  }

  /** Lets one more wait, and answers whether there was room. */
  enter(key: string): boolean {
    const now = this.#clock()
    const waiting = this.#waiting.get(key)
    const count = waiting && now - waiting.moved <= STALE_MS ? waiting.count : 0
    if (count >= this.#most) return false
    this.#waiting.set(key, { count: count + 1, moved: now })
    return true
  }

  /** One has been served. */
  leave(key: string): void {
    const { count = 0 } = this.#waiting.get(key) ?? {}
    if (count <= 1) this.#waiting.delete(key)
    else this.#waiting.set(key, { count: count - 1, moved: this.#clock() })
  }
}
