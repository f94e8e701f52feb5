/** Values that nobody expects, and JSON that is broken in one place. */
import * as fc from 'fast-check'

const LONG = 70_000

// prettier-ignore
const KNOWN = [
  '', ' ', '/', '//', '.', '..', '%', '%00', '%2F', '%zz', '\u0000', '\ud800', '\udfff', 'a\ud83dz', '\u202e',
  '\ufeff', '\uffff', 'é', 'e\u0301', 'İ', 'ß', '𝒳', '👩‍👩‍👧', '__proto__', 'constructor', 'toString', 'NaN', '-0', '*',
  'null', 'true', '1e400', '"', "'", '\\', '${x}', '<b>', "' OR 1=1 --", '\r\nX: y', 'projects/p', 'ping', '0s', '-1s',
  '1.5s', '3155760000s', '1e3s', '0.0000000001s', '2026-11-22T10:00:00Z', '9999-12-31T23:59:59.999999999Z', 'AAAA',
]

/** Texts that are known to hurt: separators, dots, halves of characters, directions, zeros, names of every object. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...KNOWN) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom('x', '/a', '😀', '\u0000').map((unit) => unit.repeat(LONG / unit.length)) },
)

const oddNumber = fc.oneof(
  fc.constantFrom(0, -0, -1, 0.1, 1e308, 5e-324, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 2 ** 63, 2 ** 64, 1e21),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

/** Any value of JSON; few are what a field wants. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: oddText },
  { weight: 3, arbitrary: oddNumber },
  fc.constantFrom<unknown>(true, false, null, [], {}, [[]], [null], { '': {} }),
  fc.integer({ min: 1, max: 60 }).map((depth) => nested(depth)),
  fc.jsonValue({ maxDepth: 3 }),
)

/** Lists in lists, so many. */
export function nested(depth: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = level % 2 ? { a: value } : [value]
  return value
}

/** Names that no field has. */
export const UNKNOWN = ['bogus', 'Name', 'constructor', 'toString', 'texT', 'name ', 'ä', 'name\u0000', '0', 'writes.0']

type Place = { readonly holder: Record<string, unknown>; readonly key: string }

/** Where something stands in a value of JSON. */
function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, unknown>
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])])
}

/** The objects in a value of JSON, itself included; lists are none. */
function objectsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return []
  const within = Object.values(value).flatMap(objectsIn)
  return Array.isArray(value) ? within : [value as Record<string, unknown>, ...within]
}

/** A body with one more field, of a name that no message has, in one of its objects: it must be refused. */
export function withUnknownField(body: fc.Arbitrary<object>): fc.Arbitrary<object> {
  // A field that is null is absent.
  const value = oddValue.filter((one) => one !== null)
  return fc.tuple(body, fc.nat(), fc.constantFrom(...UNKNOWN), value).map(([whole, at, name, given]) => {
    const copy = structuredClone(whole)
    const objects = objectsIn(copy)
    ;(objects[at % objects.length] as Record<string, unknown>)[name] = given
    return copy
  })
}

/** A body with one value replaced, taken out, doubled, or under another name. */
export function brokenBody(body: fc.Arbitrary<object>): fc.Arbitrary<object> {
  const how = fc.constantFrom('replace', 'replace', 'replace', 'remove', 'rename', 'wrap', 'list')
  return fc.tuple(body, fc.nat(), how, oddValue, oddText).map(([whole, at, act, value, name]) => {
    const copy = structuredClone(whole)
    const places = placesIn(copy)
    const place = places[at % places.length]
    if (!place) return copy
    const { holder, key } = place
    const before = holder[key]
    if (act === 'remove') delete holder[key]
    else if (act === 'wrap') holder[key] = { [key]: before }
    else if (act === 'list') holder[key] = [before, before]
    else if (act === 'rename') Object.assign(holder, { [key]: undefined, [name]: before })
    else holder[key] = value
    return copy
  })
}
