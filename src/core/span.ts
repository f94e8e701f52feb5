/** Spans of time that a client gives: a waiter's timeout, a variable's ttl. */
import { invalid, ok, type Result } from './fault.ts'
import { durationMicros, formatDuration, parseDuration } from './time.ts'

/** The longest span, in seconds: a hundred years, so that every moment made from one is an exact number. */
export const MAX_SPAN_SECONDS = 3_155_760_000

/** Reads a span longer than zero; answers it as a canonical Duration, such as `3.500s`. */
export function readSpan(text: string, field: string): Result<string> {
  const duration = parseDuration(text)
  if (!duration) {
    return invalid(field, `${field} must be a Duration, such as "3.5s": digits, at most nine decimals, and "s"`)
  }
  if (duration.seconds < 0 || duration.nanos < 0 || (duration.seconds === 0 && duration.nanos === 0)) {
    return invalid(field, `${field} must be longer than zero`)
  }
  if (duration.seconds >= MAX_SPAN_SECONDS) return invalid(field, `${field} must be shorter than ${MAX_SPAN_SECONDS}s`)
  return ok(formatDuration(duration))
}

/** A span that was read by {@link readSpan}, in microseconds. */
export function spanMicros(text: string): number {
  const duration = parseDuration(text)
  if (!duration) throw new Error(`a span of time was stored unreadable: ${text}`)
  return durationMicros(duration)
}
