/** How many commits go into one call to an object. */

/** The most commits, and the most characters in their messages: a call has 32 MiB at most. */
const MAX_TOGETHER = 256
const MAX_CHARACTERS = 4 * 2 ** 20

/** Takes as many of those that wait as go into one call, at least one. `length` is that of a message, in characters. */
export function takeTogether<T extends { readonly length: number }>(waiting: T[]): T[] {
  let characters = 0
  const end = waiting.findIndex(({ length }) => (characters += length) > MAX_CHARACTERS)
  return waiting.splice(0, Math.min(end < 0 ? MAX_TOGETHER : Math.max(end, 1), MAX_TOGETHER))
}
