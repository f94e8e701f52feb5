/** How many bytes texts have in UTF-8. */

/**
 * The bytes of a text; half of a surrogate pair counts as what encoders write for it. Counted here, as to leave JavaScript
 * for an encoder takes longer than to look at a short text.
 */
export function byteLength(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) continue
    bytes += unit < 0x800 ? 1 : 2
    // The second half of a pair is in the four bytes already.
    if (isFirstHalf(unit) && isSecondHalf(text.charCodeAt(at + 1))) at += 1
  }
  return bytes
}

const isFirstHalf = (unit: number) => unit >= 0xd800 && unit < 0xdc00
const isSecondHalf = (unit: number) => unit >= 0xdc00 && unit < 0xe000
