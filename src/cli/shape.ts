/** Resources as gcloud prints them: `name` is short, and `atomicName` is the full one. */
import type * as wire from '../core/wire.ts'
import { shortName } from './names.ts'
import type { Item } from './output.ts'

/** Anything that has a name; of a variable the contents as they came, bytes as base64. */
export function shapeOf<T extends { readonly name: string }>(resource: T): Item {
  return { ...resource, atomicName: resource.name, name: shortName(resource.name) }
}

/** A variable, with its contents to be read as `value`, whichever of the two kinds they are. */
export function shapeWithValue(variable: wire.Variable): Item {
  const shape = shapeOf(variable)
  return variable.text === undefined && variable.value === undefined ? shape : { ...shape, value: readable(variable) }
}

/** The contents of a variable, byte by byte. */
export function bytesOf({ text, value }: wire.Variable): Uint8Array {
  return text === undefined ? Buffer.from(value ?? '', 'base64') : Buffer.from(text)
}

/** Bytes that are no UTF-8 are shown as Latin-1, as gcloud does. */
function readable(variable: wire.Variable): string {
  if (variable.text !== undefined) return variable.text
  const bytes = bytesOf(variable)
  return utf8(bytes) ?? Buffer.from(bytes).toString('latin1')
}

/** The text that these bytes are in UTF-8, undefined if they are none. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
