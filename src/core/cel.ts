/**
 * The condition of an IAM binding: a subset of CEL that speaks of the resource's name and of nothing else.
 *
 *     resource.name.startsWith("TEXT")   resource.name == "TEXT"   !A   A && B   A || B   (A)
 *
 * Whatever is not in it is refused when a policy is set: a condition that is only half understood would be an open door.
 */
import { invalid, ok, type Result } from './fault.ts'
import { quote } from './name.ts'

/** A condition taken apart: plain data, so that it can travel to an object and stay beside a socket. */
export type Expression =
  | { readonly startsWith: string }
  | { readonly equals: string }
  | { readonly not: Expression }
  | { readonly and: readonly [Expression, Expression] }
  | { readonly or: readonly [Expression, Expression] }

/** The longest condition, in characters. */
export const MAX_EXPRESSION_LENGTH = 1024
/** How deep parentheses and negations may nest. */
export const MAX_EXPRESSION_DEPTH = 16

/** Reads a condition. `field` is named in the refusal. */
export function readExpression(text: string, field: string): Result<Expression> {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    return invalid(field, `${field} must be at most ${MAX_EXPRESSION_LENGTH} characters, this has ${text.length}`)
  }
  try {
    return ok(new Parser(text).read())
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error
    const subset = 'resource.name.startsWith("..."), resource.name == "...", &&, ||, ! and parentheses'
    return invalid(field, `${field} is outside the subset of CEL that conditions may use: ${error.message} (${subset})`)
  }
}

/** Whether the condition holds for the resource of this name. */
export function holds(expression: Expression, name: string): boolean {
  if ('startsWith' in expression) return name.startsWith(expression.startsWith)
  if ('equals' in expression) return name === expression.equals
  if ('not' in expression) return !holds(expression.not, name)
  if ('and' in expression) return expression.and.every((part) => holds(part, name))
  return expression.or.some((part) => holds(part, name))
}

/**
 * Whether the condition holds for every name that begins with `prefix` and is longer (true), for none of them (false),
 * or cannot be said without looking at the name (undefined). It never answers true or false wrongly; it may answer
 * undefined where someone cleverer would know.
 */
export function holdsBeneath(expression: Expression, prefix: string): boolean | undefined {
  if ('startsWith' in expression) {
    if (prefix.startsWith(expression.startsWith)) return true
    return expression.startsWith.startsWith(prefix) ? undefined : false
  }
  if ('equals' in expression) {
    return expression.equals.startsWith(prefix) && expression.equals !== prefix ? undefined : false
  }
  if ('not' in expression) {
    const inner = holdsBeneath(expression.not, prefix)
    return inner === undefined ? undefined : !inner
  }
  const [decisive, parts] = 'and' in expression ? [false, expression.and] : [true, expression.or]
  const [left, right] = parts.map((part) => holdsBeneath(part, prefix))
  if (left === decisive || right === decisive) return decisive
  return left === undefined || right === undefined ? undefined : !decisive
}

class SyntaxFault extends Error {}

// CEL's white space is this alone; what else looks like a space is refused.
const TOKEN = /[\t\n\f\r ]*(?:(&&|\|\||==|[!().])|([A-Za-z_]\w*)|("(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'))/y
const END = ''

/** A parser by recursive descent; CEL's precedence: `!` binds tightest, then `==`, then `&&`, then `||`. */
class Parser {
  readonly #tokens: readonly string[]
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#tokens = tokensOf(text)
  }

  read(): Expression {
    const expression = this.#or()
    if (this.#next !== END) throw new SyntaxFault(`${quote(this.#next)} is not expected here`)
    return expression
  }

  get #next(): string {
    return this.#tokens[this.#at] ?? END
  }

  #take(): string {
    const token = this.#next
    this.#at += 1
    return token
  }

  #expect(...tokens: readonly string[]): void {
    for (const token of tokens) {
      const given = this.#take()
      if (given === token) continue
      throw new SyntaxFault(`${given === END ? 'it ends' : `${quote(given)} stands`} where ${quote(token)} is expected`)
    }
  }

  #or(): Expression {
    let left = this.#and()
    while (this.#next === '||') {
      this.#take()
      left = { or: [left, this.#and()] }
    }
    return left
  }

  #and(): Expression {
    let left = this.#unary()
    while (this.#next === '&&') {
      this.#take()
      left = { and: [left, this.#unary()] }
    }
    return left
  }

  /** In CEL `!a == b` is `(!a) == b`, which compares a truth value with a text: so no bare `==` behind a `!`. */
  #unary(negated = false): Expression {
    if (this.#next === '!') {
      this.#take()
      return { not: this.#nested(() => this.#unary(true)) }
    }
    if (this.#next === '(') {
      this.#take()
      const inner = this.#nested(() => this.#or())
      this.#expect(')')
      return inner
    }
    return this.#test(negated)
  }

  #nested(read: () => Expression): Expression {
    this.#depth += 1
    if (this.#depth > MAX_EXPRESSION_DEPTH) throw new SyntaxFault(`it nests deeper than ${MAX_EXPRESSION_DEPTH}`)
    const expression = read()
    this.#depth -= 1
    return expression
  }

  #test(negated: boolean): Expression {
    this.#expect('resource', '.', 'name')
    if (this.#next === '.') {
      this.#expect('.', 'startsWith', '(')
      const startsWith = this.#text()
      this.#expect(')')
      return { startsWith }
    }
    if (negated) throw new SyntaxFault('"!" before "resource.name == ..." needs parentheses around the comparison')
    this.#expect('==')
    return { equals: this.#text() }
  }

  #text(): string {
    const token = this.#take()
    if (!/^["']/.test(token)) throw new SyntaxFault('a text in quotes is expected')
    return token.slice(1, -1).replace(/\\(.)/g, (escape, character: string) => {
      if (!'\\"\''.includes(character)) throw new SyntaxFault(`the escape ${escape} is not in it`)
      return character
    })
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = []
  const end = text.replace(/[\t\n\f\r ]+$/, '').length
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (!match) throw new SyntaxFault(`${quote(text.slice(at).trim())} is not understood`)
    tokens.push(match[0].trimStart())
  }
  if (!tokens.length) throw new SyntaxFault('it is empty')
  return tokens
}
