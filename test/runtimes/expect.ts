/** Assertions that every runtime can make: they throw errors that say what was expected. */

/** Passes for the same value, as Object.is has it. */
export function equal(actual: unknown, expected: unknown, what = 'the value'): void {
  if (!Object.is(actual, expected)) throw new Error(`${what} is ${tell(actual)}, expected was ${tell(expected)}`)
}

/** Passes for values that hold the same, whatever the order of their members; an undefined member counts as none. */
export function deepEqual(actual: unknown, expected: unknown, what = 'the value'): void {
  equal(tell(actual), tell(expected), what)
}

/** Passes for whatever counts as true. */
export function ok(actual: unknown, what: string): asserts actual {
  if (!actual) throw new Error(`expected was ${what}, but it is ${tell(actual)}`)
}

/** Passes for a promise that rejects with an instance of `type`, and answers that. */
export async function rejects<E extends Error>(
  promise: Promise<unknown>,
  type: abstract new (...given: never[]) => E,
): Promise<E> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    if (error instanceof type) return error
    throw new Error(`the promise rejected with ${String(error)}, expected was a ${type.name}`, { cause: error })
  }
  throw new Error(`the promise resolved with ${tell(value)}, expected was a ${type.name}`)
}

function tell(value: unknown): string {
  return JSON.stringify(value, sorted) ?? String(value)
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
