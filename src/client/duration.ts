/** Spans of time as callers give them, and the options that hold them. */
import { expected, InvalidArgumentError } from './errors.ts'

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const
const DURATION = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)$/

/**
 * Reads a duration, in milliseconds. `option` is named in the refusal. Throws {@link InvalidArgumentError} for what is
 * no finite duration, and for one that is zero or less unless `zero` allows it.
 */
export function readDuration(value: unknown, option: string, { zero = false } = {}): number {
  const match = typeof value === 'string' ? DURATION.exec(value) : undefined
  const milliseconds = match ? Number(match[1]) * UNITS[match[2] as keyof typeof UNITS] : value
  const isDuration = typeof milliseconds === 'number' && Number.isFinite(milliseconds)
  if (isDuration && (milliseconds > 0 || (zero && milliseconds === 0))) return milliseconds
  throw expected(option, "longer than zero: milliseconds, or a text such as '1.5s', '5m' or '2h'", value)
}

/** A duration as the wire has it, such as `1.5s`, rounded up to the millisecond. */
export function formatDuration(milliseconds: number): string {
  return `${Math.ceil(milliseconds) / 1000}s`
}

/** A duration for people, in seconds. */
export function tellDuration(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toPrecision(3))} s`
}

/**
 * Refuses what is no object of options, and options that nobody knows: a slip of the pen must not be a silent default.
 * `of` says whose options they are.
 */
export function checkOptions(options: object | undefined, known: readonly string[], of: string): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null) {
    throw expected(of, 'given its options as an object', options)
  }
  const unknown = Object.keys(options).find((key) => !known.includes(key))
  if (unknown !== undefined) {
    throw new InvalidArgumentError(unknown, `is no option of ${of}, which knows ${known.join(', ')}`)
  }
}
