/** Times and spans, as people read them. */

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const

/** A span of milliseconds in its two largest units, such as `2 min 5 s`; below ten seconds with a decimal. */
export function tellSpan(milliseconds: number): string {
  const span = Math.max(0, milliseconds)
  if (span < 9950) return `${(span / 1000).toFixed(1)} s`
  let rest = Math.round(span / 1000)
  const parts: string[] = []
  for (const [unit, seconds] of UNITS) {
    const count = Math.floor(rest / seconds)
    rest -= count * seconds
    if (count) parts.push(`${count} ${unit}`)
    else if (parts.length) break
    if (parts.length === 2) break
  }
  return parts.join(' ')
}

/** How long ago a moment was, in its largest unit: `now`, `12 s ago`. */
export function tellAge(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  const [unit, length] = UNITS.find(([, size]) => seconds >= size) ?? []
  return unit === undefined ? 'now' : `${Math.floor(seconds / (length as number))} ${unit} ago`
}

/** A moment of the service (RFC 3339 with nine digits), in milliseconds since 1970. */
export const momentOf = (stamp: string): number => Date.parse(stamp.replace(/(\.\d{3})\d*Z$/, '$1Z'))

/** The time of day of a moment, with milliseconds, where the reader is. */
export function clockOf(stamp: string): string {
  const moment = new Date(momentOf(stamp))
  const two = (number: number) => String(number).padStart(2, '0')
  const milliseconds = String(moment.getMilliseconds()).padStart(3, '0')
  return `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}.${milliseconds}`
}

/** A Duration of the wire, such as `3.500s`, in milliseconds. */
export const spanOf = (duration: string): number => Number.parseFloat(duration) * 1000
