/** Protocol Buffers' encoding, as far as the messages go that the bench exchanges with etcd. */

const VARINT = 0
const LENGTH = 2

/** A field of bytes, a text, a message, a number, or `true`. */
export type Value = Buffer | string | number | boolean

/** Encodes a message: pairs of a field's number, of at most 15, and its value. */
export function message(...parts: readonly (readonly [number: number, value: Value])[]): Buffer {
  // Room for a tag and the longest number that can be safe.
  const room = parts.reduce(
    (sum, [, value]) => sum + 9 + (typeof value === 'object' || typeof value === 'string' ? 3 * value.length : 0),
    0,
  )
  const bytes = Buffer.allocUnsafe(room)
  let at = 0
  for (const [number, value] of parts) {
    const plain = typeof value === 'number' || typeof value === 'boolean'
    bytes[at++] = (number << 3) | (plain ? VARINT : LENGTH)
    if (plain) {
      at = writeVarint(bytes, at, +value)
      continue
    }
    at = writeVarint(bytes, at, typeof value === 'string' ? Buffer.byteLength(value) : value.length)
    at += typeof value === 'string' ? bytes.write(value, at) : value.copy(bytes, at)
  }
  return bytes.subarray(0, at)
}

/** The values of the fields with that number, in their order. */
export function fields(bytes: Buffer, wanted: number): (Buffer | number)[] {
  const found: (Buffer | number)[] = []
  for (let at = 0; at < bytes.length;) {
    const [tag, value] = readVarint(bytes, at)
    const [number, next] = readVarint(bytes, value)
    const kind = tag & 7
    if (kind !== VARINT && kind !== LENGTH) throw new Error(`a field of kind ${kind} was not expected`)
    at = kind === LENGTH ? next + number : next
    if (tag >> 3 === wanted) found.push(kind === LENGTH ? bytes.subarray(next, at) : number)
  }
  return found
}

/** A field that is a message: the last one, or an empty one. */
export function part(bytes: Buffer, wanted: number): Buffer {
  const last = fields(bytes, wanted).at(-1)
  return typeof last === 'object' ? last : Buffer.alloc(0)
}

/** A field that is a number: 0 if it is not there. */
export function count(bytes: Buffer, wanted: number): number {
  const last = fields(bytes, wanted).at(-1)
  return typeof last === 'number' ? last : 0
}

/** Answers where the number ends. */
function writeVarint(bytes: Buffer, from: number, value: number): number {
  let at = from
  let left = value
  // Numbers may have more bits than JavaScript's bitwise operators know.
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes[at++] = (left % 0x80) | 0x80
  bytes[at++] = left
  return at
}

function readVarint(bytes: Buffer, from: number): readonly [value: number, next: number] {
  let value = 0
  let unit = 1
  for (let at = from; at < bytes.length; at++, unit *= 0x80) {
    const byte = bytes[at] as number
    value += (byte & 0x7f) * unit
    if (byte < 0x80) return [value, at + 1]
  }
  throw new Error('a number is cut off')
}
