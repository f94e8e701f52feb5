/** Matchers: what an observation must be like. They are checked when they are written down, not when they first match. */
import type { Observation } from './observation.ts'
import { checkOptions } from './duration.ts'
import { expected, InvalidArgumentError, statusOf } from './errors.ts'
import { readPath, type Path } from './path.ts'

export type Scalar = string | number | boolean

/** Looks at what lies at a path. Values are compared as they print: `true`, `3`, `Running`. */
export interface PathMatcher {
  readonly path: string
  readonly equals?: Scalar
  readonly notEquals?: Scalar
  readonly oneOf?: readonly Scalar[]
  readonly prefix?: string
  /** Numeric, of numbers and of texts that are numbers. */
  readonly atLeast?: number
  readonly atMost?: number
  /** Of lists: not empty, and every member equal. */
  readonly allEqual?: Scalar
  /** Of lists: at least one member equal. */
  readonly anyEqual?: Scalar
}

/** A matcher as Smithy's models have it. */
export interface OutputMatcher {
  readonly output: {
    readonly path: string
    readonly expected: string
    readonly comparator: 'stringEquals' | 'booleanEquals' | 'allStringEquals' | 'anyStringEquals'
  }
}

/**
 * What an observation must be like: a function of the value, a look at a path, whether there was an answer at all, the
 * kind of an error (`NotFound`, a `code` or a `name`), or several of these, all judged on one snapshot.
 */
export type Matcher<T> =
  | ((value: T) => unknown)
  | PathMatcher
  | OutputMatcher
  | { readonly success: boolean }
  | { readonly errorType: string }
  | { readonly all: readonly Matcher<T>[] }
  | { readonly any: readonly Matcher<T>[] }
  | { readonly not: Matcher<T> }

/** What a matcher makes of an observation: of a function, what that answered. */
export type Match<T> = (observation: Observation<T>) => unknown

/** Checks a matcher. `at` says where it stands. Throws `InvalidArgumentError`. */
export function compile<T>(matcher: Matcher<T>, at: string): Match<T> {
  if (typeof matcher === 'function') return (seen) => seen.kind === 'present' && matcher(seen.value)
  if (typeof matcher === 'object' && matcher !== null) {
    if ('path' in matcher) return compilePath(matcher, at)
    const [kind = '', ...more] = Object.keys(matcher)
    const part = (matcher as unknown as Record<string, unknown>)[kind]
    if (Object.hasOwn(COMPILERS, kind) && !more.length) {
      return (COMPILERS as Record<string, (part: unknown, at: string) => Match<T>>)[kind]?.(
        part,
        `${at}.${kind}`,
      ) as Match<T>
    }
  }
  const kinds = `a function, or an object with one of path, ${Object.keys(COMPILERS).join(', ')}`
  throw expected(at, kinds, matcher)
}

/** By the one property of the matcher. */
const COMPILERS = {
  output({ path, expected: value, comparator, ...rest }: OutputMatcher['output'], at: string) {
    checkOptions(rest, [], at)
    const [known, which = ''] = /^(all|any)?(?:string|String|boolean)Equals$/.exec(comparator) ?? []
    if (!known) throw expected(`${at}.comparator`, '(all|any)StringEquals, stringEquals or booleanEquals', comparator)
    if (known[0] === 'b' && !/^(?:true|false)$/.test(String(value)))
      throw expected(`${at}.expected`, 'true or false', value)
    return compilePath({ path, [which ? `${which}Equal` : 'equals']: value }, at)
  },
  success<T>(success: boolean, at: string): Match<T> {
    if (typeof success !== 'boolean') throw expected(at, 'a boolean', success)
    return (seen) => (seen.kind === 'present') === success
  },
  errorType<T>(type: string, at: string): Match<T> {
    if (typeof type !== 'string' || !type) throw expected(at, 'the name or code of an error', type)
    return (seen) => {
      if (seen.kind === 'present') return false
      const { code, name } = (seen.error ?? {}) as { code?: unknown; name?: unknown }
      const isAbsence = seen.kind === 'absent' || statusOf(seen.error) === 404
      return [code, name, isAbsence && 'NotFound'].some(
        (part) => typeof part === 'string' && plain(part) === plain(type),
      )
    }
  },
  all: <T>(matchers: readonly Matcher<T>[], at: string) => combine(matchers, at, (results) => results.every(Boolean)),
  any: <T>(matchers: readonly Matcher<T>[], at: string) => combine(matchers, at, (results) => results.some(Boolean)),
  not<T>(matcher: Matcher<T>, at: string): Match<T> {
    const match = compile(matcher, at)
    return (seen) => seen.kind === 'present' && settled([match(seen)], ([result]) => !result)
  },
}

/** What tells a matcher from matchers by label; `success` may be either. */
export const MATCHER_KEYS = ['path', 'output', 'errorType', 'all', 'any', 'not']

/** NotFound, NOT_FOUND and notFound are one: services differ in how they write it. */
const plain = (text: string) => text.replaceAll('_', '').toLowerCase()

type Comparison = Exclude<keyof PathMatcher, 'path'>

/** By the value as it prints, undefined where there is none, and what it is compared with, a text or several. */
const COMPARISONS: { readonly [K in Comparison]: (value: string | undefined, ...to: string[]) => boolean } = {
  equals: (value, to) => value === to,
  notEquals: (value, to) => value !== undefined && value !== to,
  oneOf: (value, ...to) => value !== undefined && to.includes(value),
  prefix: (value, to = '') => value !== undefined && value.startsWith(to),
  atLeast: (value, to) => Boolean(value?.trim()) && Number(value) >= Number(to),
  atMost: (value, to) => Boolean(value?.trim()) && Number(value) <= Number(to),
  allEqual: (value, to) => value === to,
  anyEqual: (value, to) => value === to,
}

function compilePath<T>(matcher: PathMatcher, at: string): Match<T> {
  checkOptions(matcher, ['path', ...Object.keys(COMPARISONS)], at)
  const { path: text, ...comparisons } = matcher
  const path = readPath(text, `${at}.path`)
  const [[name, wanted] = [undefined, undefined], ...more] = Object.entries(comparisons)
  if (more.length) throw expected(at, 'one comparison (all joins several)', comparisons)
  if (name === undefined) return (seen) => seen.kind === 'present' && isFull(one(path, seen.value))
  const texts = readExpected(name, wanted, `${at}.${name}`)
  const compare = (value: unknown) => COMPARISONS[name as Comparison](printed(value), ...texts)
  if (name === 'anyEqual') return (seen) => seen.kind === 'present' && listAt(path, seen.value).some(compare)
  if (name === 'allEqual') {
    return (seen) => {
      const list = seen.kind === 'present' ? listAt(path, seen.value) : []
      return list.length > 0 && list.every(compare)
    }
  }
  return (seen) => seen.kind === 'present' && compare(one(path, seen.value))
}

function readExpected(comparison: string, wanted: unknown, at: string): string[] {
  const numeric = comparison === 'atLeast' || comparison === 'atMost'
  const values = comparison === 'oneOf' && Array.isArray(wanted) ? wanted : [wanted]
  const good = values.length > 0 && values.every((value) => (printed(value) ?? '') !== '' && !Number.isNaN(value))
  if (good && (!numeric || typeof wanted === 'number')) return values.map(String)
  throw expected(at, numeric ? 'a number' : 'a non-empty text, a number or a boolean', wanted)
}

function combine<T>(
  matchers: readonly Matcher<T>[],
  at: string,
  join: (results: readonly unknown[]) => boolean,
): Match<T> {
  if (!Array.isArray(matchers) || !matchers.length) throw expected(at, 'a non-empty list of matchers', matchers)
  const parts = matchers.map((matcher: Matcher<T>, index) => compile(matcher, `${at}[${index}]`))
  const results = (seen: Observation<T>) => parts.map((match) => match(seen))
  return (seen) => settled(results(seen), join)
}

/** Goes on with results when they are there: at once, unless one of them is promised. */
export function settled<R>(results: readonly unknown[], go: (results: readonly unknown[]) => R): R | Promise<R> {
  return results.some(isPromise) ? Promise.all(results).then(go) : go(results)
}

const isPromise = (value: unknown) => typeof (value as { then?: unknown } | undefined | null)?.then === 'function'

/** The one value at a path. Throws if there are several, for none of them is the one that was meant. */
function one(path: Path, value: unknown): unknown {
  const values = path.read(value)
  if (values.length > 1) throw new InvalidArgumentError('path', `${path.text} has ${values.length} values, not one`)
  return values[0]
}

function listAt(path: Path, value: unknown): readonly unknown[] {
  const values = path.read(value)
  if (path.many) return values
  return Array.isArray(values[0]) ? values[0] : []
}

/** A scalar as it prints; undefined for what is none. */
function printed(value: unknown): string | undefined {
  return /^(?:string|number|boolean|bigint)$/.test(typeof value) ? String(value) : undefined
}

/** Whether there is anything in a value: 0 and false are something. */
function isFull(value: unknown): boolean {
  return typeof value === 'object' && value ? Object.keys(value).length > 0 : (printed(value) ?? '') !== ''
}
