/** Texts of any characters for properties, control characters and halves of surrogate pairs among them. */
import fc from 'fast-check'

/** One character. fast-check's own `binary` takes a second to set up, for it maps every character that there is. */
const character = fc.oneof(fc.nat(0x7f), fc.nat(0x10ffff)).map((point) => String.fromCodePoint(point))

export const anyText = fc.string({ unit: character })
export const anyTextButNone = fc.string({ unit: character, minLength: 1 })
