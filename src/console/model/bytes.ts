/** Contents of variables, as people read them. */
import type { Variable } from '../../core/wire.ts'

/** How many bytes each line of a dump has. */
const LINE = 16

/** What a variable holds, whichever it is. */
export type Shown =
  | { readonly kind: 'text'; readonly text: string; readonly size: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer>; readonly size: number }
  | { readonly kind: 'unknown' }

/** What a variable holds. One that was listed without its contents, which the caller may not read, is unknown. */
export function contentsOf({ text, value }: Pick<Variable, 'text' | 'value'>): Shown {
  if (text !== undefined) return { kind: 'text', text, size: new TextEncoder().encode(text).length }
  if (value === undefined) return { kind: 'unknown' }
  const bytes = Uint8Array.from(atob(value), (character) => character.charCodeAt(0))
  return { kind: 'bytes', bytes, size: bytes.length }
}

/** The text that bytes are in UTF-8; undefined if they are none. */
export function textOf(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Bytes as a dump: where each line begins, 16 bytes in hexadecimal, and what of them is printable ASCII. */
export function dump(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += LINE) {
    const line = [...bytes.subarray(at, at + LINE)]
    const hex = line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const ascii = line.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('')
    lines.push(`${at.toString(16).padStart(4, '0')}  ${hex.padEnd(LINE * 3 - 1)}  ${ascii}`)
  }
  return lines.join('\n')
}

/** What a row has room for: one line of text, or that there are bytes. */
export function summaryOf(variable: Pick<Variable, 'text' | 'value'>, most = 200): string {
  if (variable.text !== undefined) return variable.text.slice(0, most)
  if (variable.value === undefined) return ''
  const size = Math.floor((variable.value.replaceAll('=', '').length * 3) / 4)
  return size === 1 ? '1 byte' : `${size} bytes`
}
