/** Spans of time as callers give them, and the options that hold them. */
import { InvalidArgumentError } from './errors.ts'

/** Milliseconds, or a number with its unit: `250`, `'1.5s'`, `'5m'`, `'2h'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h'}`

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const
const DURATION = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)$/

/**
 * Reads a duration, in milliseconds. `option` is named in the refusal. Throws {@link InvalidArgumentError} for what is
 * no finite duration, and for one that is zero or less unless `zero` allows it.
 */
export function readDuration(value: unknown, option: string, { zero = false } = {}): number {
  const match = typeof value === 'string' ? DURATION.exec(value) : undefined
  const milliseconds = match ? Number(match[1]) * UNITS[match[2] as keyof typeof UNITS] : value
  if (typeof milliseconds !== 'number' || !Number.isFinite(milliseconds)) {
    const shape = "milliseconds as a finite number, or a text such as '1.5s', '5m' or '2h'"
    throw new InvalidArgumentError(option, `must be ${shape}, this is ${show(value)}`)
  }
  if (milliseconds < 0 || (milliseconds === 0 && !zero)) {
    throw new InvalidArgumentError(option, `must be longer than zero, this is ${show(value)}`)
  }
  return milliseconds
}

/** A duration as the wire has it, such as `1.5s`, rounded up to the millisecond. */
export function formatDuration(milliseconds: number): string {
  return `${Math.ceil(milliseconds) / 1000}s`
}

/** A duration for people, in the largest unit that it fills: `300 ms`, `1.5 s`, `5 min`, `2 h`. */
export function tellDuration(milliseconds: number): string {
  const round = (value: number) => Number(value.toFixed(value < 10 ? 1 : 0))
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 120_000) return `${round(milliseconds / 1000)} s`
  if (milliseconds < 7_200_000) return `${round(milliseconds / 60_000)} min`
  return `${round(milliseconds / 3_600_000)} h`
}

/**
 * Refuses what is no object of options, and options that nobody knows: a slip of the pen must not be a silent default.
 * `of` says whose options they are.
 */
export function checkOptions(options: object | undefined, known: readonly string[], of: string): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null) {
    throw new InvalidArgumentError(of, `takes its options as an object, this is ${show(options)}`)
  }
  const unknown = Object.keys(options).find((key) => !known.includes(key))
  if (unknown !== undefined) {
    throw new InvalidArgumentError(unknown, `is no option of ${of}, which knows ${known.join(', ')}`)
  }
}

/** A value in a message: short, and safe whatever it is. */
export function show(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'number') return String(value)
  try {
    const text = JSON.stringify(value) ?? String(value)
    return text.length > 80 ? `${text.slice(0, 80)}...` : text
  } catch {
    return Object.prototype.toString.call(value)
  }
}
