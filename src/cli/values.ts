/** What stands on the command line, read: numbers, spans and points of time, as gcloud takes them; etags and stamps. */
import { formatStamp, parseTimestamp } from '../core/time.ts'
import { UsageError } from './exit.ts'

/** Units in milliseconds; a number without one is seconds. */
const SPAN = /^p?(?:([\d.]+)d)?t?(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s)?(?:([\d.]+)ms)?$/i
const UNITS = [86_400_000, 3_600_000, 60_000, 1000, 1]
const ETAG = /^(?:\*|[\w+/=-]+)$/
const NUMBER = /^(?:\d+\.?\d*|\.\d+)$/
const DAY = /^\d{4}-\d\d-\d\d$/
const TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/i

/**
 * Makes a reader of spans such as `90`, `1.5s`, `1h30m` or `PT5M`, in milliseconds, from one second up to `longest`
 * seconds. It throws {@link UsageError}.
 */
export function spanOption(flag: string, longest = Infinity): (text: string) => number {
  return (text) => {
    const span = readSpan(text)
    if (span === undefined) {
      throw new UsageError(`${flag} must be a span of time such as 90, 1.5s or 1h30m, this is ${JSON.stringify(text)}.`)
    }
    if (span < 1000 || span > longest * 1000) {
      const most = longest === Infinity ? '1s or more' : `from 1s to ${longest}s`
      throw new UsageError(`${flag} must be ${most}, this is ${JSON.stringify(text)}.`)
    }
    return span
  }
}

function readSpan(text: string): number | undefined {
  if (NUMBER.test(text)) return Number(text) * 1000
  const match = SPAN.exec(text)
  const parts = match?.slice(1) ?? []
  if (!parts.some((part) => part !== undefined)) return undefined
  const whole = parts.every((part) => part === undefined || NUMBER.test(part))
  return whole ? parts.reduce((sum, part, index) => sum + Number(part ?? 0) * (UNITS[index] as number), 0) : undefined
}

/** Makes a reader of whole numbers from 1 up. It throws {@link UsageError}. */
export function countOption(flag: string): (text: string) => number {
  return (text) => {
    const count = Number(text)
    if (/^\+?\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count
    throw new UsageError(`${flag} must be a whole number, 1 or more, this is ${JSON.stringify(text)}.`)
  }
}

/**
 * Makes a reader of etags, as resources have them; `*` is any. It throws {@link UsageError}, also for an empty one:
 * that of a script whose variable was not set would be no condition at all.
 */
export function etagOption(flag: string): (text: string) => string {
  return (text) => {
    if (ETAG.test(text)) return text
    throw new UsageError(`${flag} must be an etag as resources have it, or "*", this is ${JSON.stringify(text)}.`)
  }
}

/**
 * Makes a reader of points of time, answered as RFC 3339; one without a zone is local time. It throws
 * {@link UsageError}.
 */
export function timeOption(flag: string): (text: string) => string {
  return (text) => {
    const zone = TIME.exec(text)
    // Nothing of its precision may be lost.
    if (zone?.[1]?.toUpperCase() === 'Z' && text[10] === 'T' && !Number.isNaN(Date.parse(text))) return text
    // A day alone is UTC to JavaScript, and local time to gcloud.
    const date = DAY.test(text) ? new Date(`${text}T00:00:00`) : zone ? new Date(text) : undefined
    if (date && !Number.isNaN(date.getTime())) return date.toISOString()
    throw new UsageError(`${flag} must be a time such as 2026-01-31T12:00:00Z, this is ${JSON.stringify(text)}.`)
  }
}

/** Makes a reader of stamps, answered as the service writes them. It throws {@link UsageError}. */
export function stampOption(flag: string): (text: string) => string {
  return (text) => {
    const stamp = parseTimestamp(text)
    if (stamp !== undefined) return formatStamp(stamp)
    throw new UsageError(
      `${flag} must be a stamp such as 2026-01-31T12:00:00.123456000Z, this is ${JSON.stringify(text)}.`,
    )
  }
}
