/**
 * The `filter` of variables.list. Google documents a single example and no grammar; this takes every form that is
 * plausible and refuses none (spec: section 4.3).
 */
import { collapse, isUnder } from './name.ts'

/** Which variables a filter lets through: `root` is a path that holds them all, `test` decides for each. */
export interface Filter {
  readonly root: string
  readonly test: (path: string) => boolean
}

/**
 * A filter is a variable's full name (with `configs` or, as in the documentation's example, `config`) or its path,
 * with or without a leading slash. It matches that name and everything beneath it. With a `*`, it is a pattern for
 * the whole path, in which `*` stands for any characters.
 */
export function readFilter(filter: string): Filter {
  const path = collapse(filter.replace(/^\/*projects\/[^/]*\/configs?\/[^/]*\/variables(?=\/|$)/, ''))
  if (!path.includes('*')) return { root: path, test: (candidate) => isUnder(path, candidate) }
  const parts = path.split('*')
  const fixed = parts[0] as string
  const slash = fixed.lastIndexOf('/')
  return { root: slash === -1 ? '' : fixed.slice(0, slash), test: (candidate) => matchesParts(parts, candidate) }
}

/**
 * Whether the parts, which stood between the stars of a pattern, occur in order, the first at the start and the last
 * at the end. Written out instead of made into a regular expression, which many stars could make slow.
 */
function matchesParts(parts: readonly string[], text: string): boolean {
  const first = parts[0] as string
  const last = parts.at(-1) as string
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
  const end = text.length - last.length
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at)
    if (found === -1 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
