/** Matchers: what an observation must be like. They are checked when they are written down, not when they first match. */
import type { Observation } from './observation.ts'
import { checkOptions, show } from './duration.ts'
import { InvalidArgumentError, statusOf } from './errors.ts'
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

export interface Compiled<T> {
  /** In words, for messages. */
  readonly text: string
  /** Whether it can be written down, and so go into a token. */
  readonly plain: boolean
  /** What it makes of an observation: of a function, what that answered. */
  match(observation: Observation<T>): unknown
}

/** Checks a matcher. `at` says where it stands. Throws {@link InvalidArgumentError}. */
export function compile<T>(matcher: Matcher<T>, at: string): Compiled<T> {
  if (typeof matcher === 'function') {
    const match = (seen: Observation<T>) => seen.kind === 'present' && matcher(seen.value)
    return { text: matcher.name ? `what ${matcher.name}() accepts` : 'what a function accepts', plain: false, match }
  }
  if (typeof matcher !== 'object' || matcher === null) throw unknown(matcher, at)
  if ('path' in matcher) return compilePath(matcher, at)
  const [kind, ...more] = Object.keys(matcher)
  if (more.length || kind === undefined) throw unknown(matcher, at)
  if ('output' in matcher) return compileOutput(matcher.output, `${at}.output`)
  if ('success' in matcher) return compileSuccess(matcher.success, `${at}.success`)
  if ('errorType' in matcher) return compileErrorType(matcher.errorType, `${at}.errorType`)
  if ('all' in matcher) return combine(matcher.all, `${at}.all`, ' and ', (results) => results.every(Boolean))
  if ('any' in matcher) return combine(matcher.any, `${at}.any`, ' or ', (results) => results.some(Boolean))
  if ('not' in matcher) {
    const { text, plain, match } = compile(matcher.not, `${at}.not`)
    const negate = (seen: Observation<T>) => seen.kind === 'present' && settled([match(seen)], ([result]) => !result)
    return { text: `not (${text})`, plain, match: negate }
  }
  throw unknown(matcher, at)
}

function unknown(matcher: unknown, at: string): InvalidArgumentError {
  const kinds = 'a function, or an object with one of path, output, success, errorType, all, any, not'
  return new InvalidArgumentError(at, `is no matcher: it must be ${kinds}, this is ${show(matcher)}`)
}

type Comparison = Exclude<keyof PathMatcher, 'path'>

const COMPARISONS: {
  readonly [K in Comparison]: (expected: never, values: readonly unknown[], path: Path) => boolean
} = {
  equals: (expected: Scalar, values, path) => prints(one(values, path)) === String(expected),
  notEquals: (expected: Scalar, values, path) => ![undefined, String(expected)].includes(prints(one(values, path))),
  oneOf: (expected: readonly Scalar[], values, path) =>
    expected.map(String).includes(prints(one(values, path)) as string),
  prefix: (expected: string, values, path) => prints(one(values, path))?.startsWith(expected) === true,
  atLeast: (expected: number, values, path) => numberOf(one(values, path)) >= expected,
  atMost: (expected: number, values, path) => numberOf(one(values, path)) <= expected,
  allEqual(expected: Scalar, values, path) {
    const list = listOf(values, path)
    return list.length > 0 && list.every((value) => prints(value) === String(expected))
  },
  anyEqual: (expected: Scalar, values, path) =>
    listOf(values, path).some((value) => prints(value) === String(expected)),
}

const WORDS: { readonly [K in Comparison]: string } = {
  equals: 'is',
  notEquals: 'is not',
  oneOf: 'is one of',
  prefix: 'begins with',
  atLeast: 'is at least',
  atMost: 'is at most',
  allEqual: 'are all',
  anyEqual: 'has',
}

function compilePath<T>(matcher: PathMatcher, at: string): Compiled<T> {
  checkOptions(matcher, ['path', ...Object.keys(COMPARISONS)], at)
  const path = readPath(matcher.path, `${at}.path`)
  const { path: _, ...comparisons } = matcher
  const given = Object.entries(comparisons) as [Comparison, unknown][]
  if (given.length > 1) {
    const names = given.map(([name]) => name).join(' and ')
    throw new InvalidArgumentError(at, `has ${names}, of which one matcher can have one; join several with all`)
  }
  const [comparison, expected] = given[0] ?? []
  if (comparison === undefined) {
    const text = `${path.text} is there`
    return { text, plain: true, match: (seen) => seen.kind === 'present' && isFull(one(path.read(seen.value), path)) }
  }
  checkExpected(comparison, expected, `${at}.${comparison}`)
  const compare = COMPARISONS[comparison]
  return {
    text: `${path.text} ${WORDS[comparison]} ${show(expected)}`,
    plain: true,
    match: (seen) => seen.kind === 'present' && compare(expected as never, path.read(seen.value), path),
  }
}

function checkExpected(comparison: Comparison, expected: unknown, at: string): void {
  if (comparison === 'atLeast' || comparison === 'atMost') {
    if (typeof expected === 'number' && !Number.isNaN(expected)) return
    throw new InvalidArgumentError(at, `must be a number, this is ${show(expected)}`)
  }
  const values = comparison === 'oneOf' && Array.isArray(expected) ? expected : [expected]
  const bad = values.find((value) => !['string', 'number', 'boolean'].includes(typeof value) || value === '')
  if (values.length && !values.includes(bad)) return
  throw new InvalidArgumentError(
    at,
    `must be a text that is not empty, a number or a boolean, this is ${show(expected)}`,
  )
}

function compileOutput<T>(output: OutputMatcher['output'], at: string): Compiled<T> {
  checkOptions(output, ['path', 'expected', 'comparator'], at)
  const { path, expected, comparator } = output
  switch (comparator) {
    case 'booleanEquals':
      if (!['true', 'false'].includes(String(expected))) {
        throw new InvalidArgumentError(`${at}.expected`, `must be "true" or "false", this is ${show(expected)}`)
      }
      return compilePath({ path, equals: expected }, at)
    case 'stringEquals':
      return compilePath({ path, equals: expected }, at)
    case 'allStringEquals':
      return compilePath({ path, allEqual: expected }, at)
    case 'anyStringEquals':
      return compilePath({ path, anyEqual: expected }, at)
    default: {
      const known = 'stringEquals, booleanEquals, allStringEquals or anyStringEquals'
      throw new InvalidArgumentError(`${at}.comparator`, `must be ${known}, this is ${show(comparator)}`)
    }
  }
}

function compileSuccess<T>(success: boolean, at: string): Compiled<T> {
  if (typeof success !== 'boolean') throw new InvalidArgumentError(at, `must be a boolean, this is ${show(success)}`)
  const text = success ? 'an answer' : 'an error'
  return { text, plain: true, match: (seen) => (seen.kind === 'present') === success }
}

function compileErrorType<T>(type: string, at: string): Compiled<T> {
  if (typeof type !== 'string' || type === '') {
    throw new InvalidArgumentError(at, `must be the name or code of an error, this is ${show(type)}`)
  }
  // NotFound, NOT_FOUND and notFound are one: services differ in how they write it.
  const plain = (text: unknown) => String(text).replaceAll('_', '').toLowerCase()
  const wanted = plain(type)
  const match = (seen: Observation<T>) => {
    if (seen.kind === 'present') return false
    const { code, name } = (seen.error ?? {}) as { code?: unknown; name?: unknown }
    const isAbsence = seen.kind === 'absent' || statusOf(seen.error) === 404
    return plain(code) === wanted || plain(name) === wanted || (isAbsence && wanted === 'notfound')
  }
  return { text: `the error ${type}`, plain: true, match }
}

function combine<T>(
  matchers: readonly Matcher<T>[],
  at: string,
  word: string,
  join: (results: readonly unknown[]) => boolean,
): Compiled<T> {
  if (!Array.isArray(matchers) || !matchers.length) {
    throw new InvalidArgumentError(at, `must be a list of matchers that is not empty, this is ${show(matchers)}`)
  }
  const parts = matchers.map((matcher: Matcher<T>, index) => compile(matcher, `${at}[${index}]`))
  return {
    text: parts.map(({ text }) => `(${text})`).join(word),
    plain: parts.every(({ plain }) => plain),
    match: (seen) =>
      settled(
        parts.map((part) => part.match(seen)),
        join,
      ),
  }
}

/** Goes on with results when they are there: at once, unless one of them is promised. */
export function settled<R>(results: readonly unknown[], go: (results: readonly unknown[]) => R): R | Promise<R> {
  return results.some(isPromise) ? Promise.all(results).then(go) : go(results)
}

const isPromise = (value: unknown) => typeof (value as { then?: unknown } | undefined | null)?.then === 'function'

/** The one value at a path. Throws if there are several, for none of them is the one that was meant. */
function one(values: readonly unknown[], path: Path): unknown {
  if (values.length <= 1) return values[0]
  throw new InvalidArgumentError('path', `${path.text} has ${values.length} values where one was expected`)
}

function listOf(values: readonly unknown[], path: Path): readonly unknown[] {
  if (path.many) return values
  return Array.isArray(values[0]) ? values[0] : []
}

/** A scalar as it prints; undefined for what is none. */
function prints(value: unknown): string | undefined {
  return ['string', 'number', 'boolean', 'bigint'].includes(typeof value) ? String(value) : undefined
}

function numberOf(value: unknown): number {
  const text = prints(value)?.trim()
  return text ? Number(text) : Number.NaN
}

function isFull(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}
