/** Comparisons of a variable's text, which a condition may ask for beside the variable's being there. */
import { invalid, ok, type Result } from './fault.ts'
import type { Contents } from './variable.ts'
import type * as wire from './wire.ts'

/** The most texts that a `oneOf` may name. */
export const MAX_OPTIONS = 100
/** The longest text to compare with, in characters: as long as any that a variable can hold. */
const MAX_LENGTH = 4095

/** What a client may send for a match. Numbers may come as text, as proto3's JSON allows. */
export interface MatchInput {
  equals?: string | undefined
  notEquals?: string | undefined
  oneOf?: string[] | undefined
  prefix?: string | undefined
  atLeast?: number | undefined
  atMost?: number | undefined
}

/** Reads a match: one comparison or several, which then must all hold. `field` is where it stands. */
export function readMatch(input: MatchInput, field: string): Result<wire.Match> {
  const given = Object.entries(input).filter(([, value]) => value !== undefined)
  if (!given.length) {
    return invalid(field, `${field} needs a comparison: equals, notEquals, oneOf, prefix, atLeast or atMost`)
  }
  const { oneOf, atLeast = -Infinity, atMost = Infinity } = input
  if (oneOf && (oneOf.length === 0 || oneOf.length > MAX_OPTIONS)) {
    return invalid(`${field}.oneOf`, `${field}.oneOf must be 1 to ${MAX_OPTIONS} texts, these are ${oneOf.length}`)
  }
  const texts = { equals: [input.equals], notEquals: [input.notEquals], prefix: [input.prefix], oneOf: oneOf ?? [] }
  for (const [name, values] of Object.entries(texts)) {
    if (values.every((text) => (text?.length ?? 0) <= MAX_LENGTH)) continue
    return invalid(`${field}.${name}`, `${field}.${name}: a text has at most ${MAX_LENGTH} characters`)
  }
  if (atLeast > atMost) return invalid(`${field}.atMost`, `${field}.atMost must not be below ${field}.atLeast`)
  return ok(canonical(input))
}

/** The comparisons that are given, in one order, so that what is the same reads the same. */
function canonical({ equals, notEquals, oneOf, prefix, atLeast, atMost }: MatchInput): wire.Match {
  return {
    ...(equals !== undefined && { equals }),
    ...(notEquals !== undefined && { notEquals }),
    ...(oneOf && { oneOf }),
    ...(prefix !== undefined && { prefix }),
    ...(atLeast !== undefined && { atLeast }),
    ...(atMost !== undefined && { atMost }),
  }
}

/** Whether a variable matches. One that holds bytes (`value`) has no text and matches nothing. */
export function matches(match: wire.Match | undefined, { kind, contents: text }: Contents): boolean {
  if (!match) return true
  if (kind !== 'text') return false
  const { equals, notEquals, oneOf, prefix, atLeast, atMost } = match
  if (equals !== undefined && text !== equals) return false
  if (notEquals !== undefined && text === notEquals) return false
  if (oneOf && !oneOf.includes(text)) return false
  if (prefix !== undefined && !text.startsWith(prefix)) return false
  if (atLeast === undefined && atMost === undefined) return true
  const number = readNumber(text)
  // NaN, a text that is no number, is neither above nor below anything.
  return number >= (atLeast ?? -Infinity) && number <= (atMost ?? Infinity)
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/** The decimal number that a text is, blanks around it aside; NaN for any other text. */
function readNumber(text: string): number {
  const trimmed = text.trim()
  return DECIMAL.test(trimmed) ? Number(trimmed) : NaN
}

/** The only texts that can match, if the match names them: then a write needs to look at it for these alone. */
export function onlyTexts(match: wire.Match): readonly string[] | undefined {
  return match.equals === undefined ? match.oneOf && [...new Set(match.oneOf)] : [match.equals]
}
