/** Chance from a seed: the same seed brings the same choices, in whatever order its branches are asked. */
export class Random {
  readonly seed: number
  #state: number

  /** `seed` is a whole number from 0 to 2^32 - 1. */
  constructor(seed: number) {
    this.seed = seed
    this.#state = seed >>> 0
  }

  /** A source of its own for one part of a run, so that parts which go on side by side do not draw from one another. */
  branch(name: string | number): Random {
    let hash = this.seed ^ 0x9e3779b9
    for (const character of `${name}`) hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x85ebca6b)
    return new Random((hash ^ (hash >>> 13)) >>> 0)
  }

  /** From 0 up to but not including 1: the generator that is known as mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`, both possible. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  /** True in that share of the cases. */
  chance(share: number): boolean {
    return this.next() < share
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)] as T
  }
}
