/**
 * Time as the domain sees it: one number that is a config's clock, its revision and its `updateTime` at once.
 */

/**
 * Microseconds since 1970, unique and strictly increasing within a config, whatever the clock of the machine does.
 * It fits a JavaScript number exactly until the year 2255.
 */
export type Stamp = number

/** One second, in the unit of a {@link Stamp}. */
export const SECOND = 1_000_000

/** The stamp that follows `last` at the time `now`: never the same twice, never backwards. */
export function nextStamp(now: Stamp, last: Stamp): Stamp {
  return Math.max(now, last + 1)
}

/** The etag of what last changed at `changed`: base64, as etags of policies are bytes. */
export function etagOf(changed: Stamp): string {
  return btoa(String(changed))
}

/** RFC 3339 in UTC with nine fractional digits, the precision that Google's clients expect to read back. */
export function formatStamp(stamp: Stamp): string {
  const seconds = Math.floor(stamp / SECOND)
  const micros = stamp - seconds * SECOND
  return `${formatSeconds(seconds)}.${String(micros).padStart(6, '0')}000Z`
}

/** The second that was formatted last, and how: stamps that are formatted one after another mostly share theirs. */
let formatted = { seconds: NaN, text: '' }

function formatSeconds(seconds: number): string {
  if (seconds !== formatted.seconds) formatted = { seconds, text: new Date(seconds * 1000).toISOString().slice(0, 19) }
  return formatted.text
}

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/i

/**
 * Reads an RFC 3339 timestamp, rounded down to the microsecond, or answers undefined when it is none.
 * Rounding down keeps `stamp > parseTimestamp(text)` exact, because every stamp is a whole microsecond.
 */
export function parseTimestamp(text: string): Stamp | undefined {
  const match = TIMESTAMP.exec(text)
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (year < 1 || hour > 23 || minute > 59 || second > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  // A day that does not exist rolls over into the next month, which gives it away.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  date.setUTCHours(hour, minute, second)
  const offsetHours = Number(match[9] ?? 0)
  const offsetMinutes = Number(match[10] ?? 0)
  if (offsetHours > 23 || offsetMinutes > 59) return undefined
  const offset = (match[8] === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60
  const micros = Number((match[7] ?? '').padEnd(9, '0').slice(0, 6))
  return (date.getTime() / 1000 - offset) * SECOND + micros
}

/** A span of time as protobuf's Duration has it: `nanos` is 0 to 999,999,999 and has the sign of `seconds`. */
export interface Duration {
  readonly seconds: number
  readonly nanos: number
}

const DURATION = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/
/** The largest number of seconds that protobuf's Duration allows: about 10,000 years. */
const MAX_DURATION_SECONDS = 315_576_000_000

/** Reads protobuf's JSON form of a Duration, such as `3.5s`, or answers undefined when it is none. */
export function parseDuration(text: string): Duration | undefined {
  const match = DURATION.exec(text)
  if (!match) return undefined
  const sign = match[1] === '-' ? -1 : 1
  const seconds = Number(match[2])
  const nanos = Number((match[3] ?? '').padEnd(9, '0'))
  if (seconds > MAX_DURATION_SECONDS || (seconds === MAX_DURATION_SECONDS && nanos > 0)) return undefined
  return { seconds: sign * seconds, nanos: sign * nanos }
}

/** Writes a Duration that is not negative in protobuf's canonical form: 0, 3, 6 or 9 fractional digits. */
export function formatDuration({ seconds, nanos }: Duration): string {
  if (nanos === 0) return `${seconds}s`
  const digits = String(nanos).padStart(9, '0')
  return `${seconds}.${digits.replace(/(?:000){1,2}$/, '')}s`
}

/** A Duration in whole microseconds, rounded up, so that a deadline made from it is never early. */
export function durationMicros({ seconds, nanos }: Duration): number {
  return seconds * SECOND + Math.ceil(nanos / 1000)
}
