/** What is written, wherever it is written: a number as a text that is always of the same length. */

const BYTES = 32

export function valueOf(number: number): string {
  return String(number).padStart(BYTES, '0')
}
