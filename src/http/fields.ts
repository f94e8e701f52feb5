/** The common query parameter `fields`: which fields of an answer are shown, as in `variables(name,text),nextPageToken`. */
import { invalid, ok, type Result } from '../core/fault.ts'

/** A tree of the fields to show; `true` is everything below. */
export type Mask = true | { readonly [field: string]: Mask }

/** How deep a mask may go: far beyond any answer of this API. */
const MAX_DEPTH = 16

/**
 * Reads a mask: names separated by commas, `a/b` or `a.b` for a field within a field, `a(b,c)` for several, `*` for
 * any. A name that no answer has shows nothing.
 */
export function readMask(text: string): Result<Mask> {
  const tokens = text.match(/[A-Za-z0-9_@*-]+|[(),/.]|\S/g) ?? []
  const reader = new MaskReader(tokens)
  const mask = reader.list(0)
  if (mask === undefined || !reader.done) {
    return invalid('fields', 'fields must be names separated by commas, such as "variables(name,text),nextPageToken"')
  }
  return ok(mask)
}

class MaskReader {
  #at = 0
  readonly #tokens: readonly string[]

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  get done(): boolean {
    return this.#at === this.#tokens.length
  }

  list(depth: number): Mask | undefined {
    let mask: Mask = {}
    do {
      const item = this.#item(depth)
      if (item === undefined) return undefined
      mask = merge(mask, item)
    } while (this.#take(','))
    return mask
  }

  #item(depth: number): Mask | undefined {
    const name = this.#tokens[this.#at]
    if (depth > MAX_DEPTH || name === undefined || !/^[A-Za-z0-9_@*-]/.test(name)) return undefined
    this.#at++
    if (this.#take('/') || this.#take('.')) return nest(name, this.#item(depth + 1))
    if (!this.#take('(')) return nest(name, true)
    const inner = this.list(depth + 1)
    return this.#take(')') ? nest(name, inner) : undefined
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false
    this.#at++
    return true
  }
}

// Names come from the caller: without a prototype, "__proto__" is a name like any other.
const nest = (name: string, inner: Mask | undefined): Mask | undefined =>
  inner === undefined ? undefined : Object.assign(Object.create(null), { [name]: inner })

function merge(a: Mask, b: Mask): Mask {
  if (a === true || b === true) return true
  const merged: Record<string, Mask> = Object.assign(Object.create(null), a)
  for (const [name, inner] of Object.entries(b)) {
    const before = merged[name]
    merged[name] = before === undefined ? inner : merge(before, inner)
  }
  return merged
}

/** The part of a value that the mask shows. A list is masked item by item. */
export function select(value: unknown, mask: Mask): unknown {
  if (mask === true || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => select(item, mask))
  const shown: Record<string, unknown> = {}
  for (const [name, inner] of Object.entries(value)) {
    const below = mask[name] ?? mask['*']
    if (below !== undefined) shown[name] = select(inner, below)
  }
  return shown
}
