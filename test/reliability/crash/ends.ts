/** What was seen of waiters, by whatever way: none ends twice, changes behind its end, or is pending again. */
import type * as wire from '../../../src/core/wire.ts'
import { Violation } from '../suite.ts'

export class Ends {
  readonly #seen = new Map<string, { readonly text: string; readonly by: string; readonly at: number }>()

  /** How many waiters were seen ended. */
  get count(): number {
    return this.#seen.size
  }

  /** Takes what was seen of a waiter, `by` which way. `asked` is when that was asked for, by {@link now}. */
  saw(waiter: wire.Waiter, by: string, asked = now()): void {
    const before = this.#seen.get(waiter.name)
    if (!waiter.done) {
      if (before && before.at < asked) throw new Violation('a waiter that has ended stays so', { before, waiter, by })
      return
    }
    const text = JSON.stringify(sorted(waiter))
    if (!before) this.#seen.set(waiter.name, { text, by, at: now() })
    else if (before.text !== text) {
      throw new Violation('a waiter ends once, and never changes behind that', { before, after: text, by })
    }
  }

  /** Takes what was seen of the operation that stands for a waiter. */
  sawOperation({ name, done, error, response }: wire.Operation, asked: number): void {
    const waiter = name.replace('/operations/', '/')
    if (response) {
      const { '@type': _, ...shown } = response
      return this.saw(shown, 'operation', asked)
    }
    const before = this.#seen.get(waiter)
    if (!before || before.at >= asked) return
    const ended = JSON.parse(before.text) as wire.Waiter
    if (!done || JSON.stringify(sorted(error)) !== JSON.stringify(ended.error)) {
      throw new Violation('an operation says of a waiter what the waiter does', { before, done, error })
    }
  }

  /** How a waiter was seen to have ended. */
  of(name: string): wire.Waiter | undefined {
    const seen = this.#seen.get(name)
    return seen && (JSON.parse(seen.text) as wire.Waiter)
  }
}

/** A clock that never goes back, in milliseconds. */
export const now = (): number => performance.now()

/** When a waiter ended, as a stamp. */
export const endOf = ({ progress }: wire.Waiter): string => progress?.updateTime as string

/** The same in whatever order its fields came. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]))
}
