/** Conditions at random: written in every way that the subset allows, and in some that it does not. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { holds, holdsBeneath, readExpression, type Expression } from '../../src/core/cel.ts'

const read = (text: string) => readExpression(text, 'condition')

function parsed(text: string): Expression {
  const result = read(text)
  if (!result.ok) throw new Error(`${JSON.stringify(text)}: ${JSON.stringify(result.fault)}`)
  return result.value
}

/** An expression as the tests know it: `wrap` is how many pairs of parentheses stand around it without need. */
type Tree = { wrap: number; space: string } & (
  | { op: 'startsWith' | 'equals'; text: string; quote: string }
  | { op: 'not'; of: Tree }
  | { op: 'and' | 'or'; left: Tree; right: Tree }
)

const letters = (maxLength: number, ...units: string[]) => fc.string({ unit: fc.constantFrom(...units), maxLength })

function trees(text: fc.Arbitrary<string>, maxDepth: number): fc.Arbitrary<Tree> {
  const dress = { wrap: fc.constantFrom(0, 0, 0, 1, 2), space: fc.constantFrom('', ' ', '\n', '\t ', '\r\n') }
  return fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth, depthIdentifier: 'tree' },
      fc.record({
        ...dress,
        op: fc.constantFrom('startsWith' as const, 'equals' as const),
        text,
        quote: fc.constantFrom('"', "'"),
      }),
      fc.record({ ...dress, op: fc.constant('not' as const), of: tie('tree') }),
      fc.record({
        ...dress,
        op: fc.constantFrom('and' as const, 'or' as const),
        left: tie('tree'),
        right: tie('tree'),
      }),
    ),
  })).tree
}

const PRECEDENCE = { or: 1, and: 2, equals: 3, not: 4, startsWith: 5 }

/** The tree in CEL, to stand where only what binds as tightly as `least` may stand without parentheses. */
function printed(tree: Tree, least = 0): string {
  const wrap = Math.max(tree.wrap, PRECEDENCE[tree.op] < least ? 1 : 0)
  const { space } = tree
  return `${`(${space}`.repeat(wrap)}${bare(tree)}${`${space})`.repeat(wrap)}`
}

function bare(tree: Tree): string {
  const { space } = tree
  switch (tree.op) {
    case 'not':
      return `!${space}${printed(tree.of, PRECEDENCE.not)}`
    case 'and':
    case 'or': {
      const [left, right] = [tree.left, tree.right].map((side) => printed(side, PRECEDENCE[tree.op]))
      return [left, tree.op === 'and' ? '&&' : '||', right].join(space)
    }
    default: {
      const text = tree.text.replaceAll('\\', '\\\\').replaceAll(tree.quote, `\\${tree.quote}`)
      const literal = `${tree.quote}${text}${tree.quote}`
      const test = tree.op === 'equals' ? ['==', literal] : ['.', 'startsWith', '(', literal, ')']
      return ['resource', '.', 'name', ...test].join(space)
    }
  }
}

function decides(tree: Tree, name: string): boolean {
  switch (tree.op) {
    case 'startsWith':
      return name.slice(0, tree.text.length) === tree.text
    case 'equals':
      return name === tree.text
    case 'not':
      return !decides(tree.of, name)
    case 'and':
      return decides(tree.left, name) && decides(tree.right, name)
    case 'or':
      return decides(tree.left, name) || decides(tree.right, name)
  }
}

describe('any condition', () => {
  it('decides what it says, however it is written, and after a journey as JSON too', () => {
    const text = letters(4, 'a', 'b', '/', '"', "'", '\\', 'ä')
    fc.assert(
      fc.property(trees(text, 3), fc.array(text, { minLength: 1 }), (tree, names) => {
        const expression = parsed(printed(tree))
        const travelled = JSON.parse(JSON.stringify(expression)) as Expression
        for (const name of names) {
          expect(holds(expression, name)).toBe(decides(tree, name))
          expect(holds(travelled, name)).toBe(decides(tree, name))
        }
      }),
      { numRuns: 1000 },
    )
  })
})

const SPACE = '[\\t\\n\\f\\r ]*'
const rule = (...parts: string[]) => new RegExp(parts.join(SPACE), 'g')
const STRING = /"(?:[^"\\\r\n]|\\[\\"'])*"|'(?:[^'\\\r\n]|\\[\\"'])*'/
/** `#` is a text, `@` a comparison or what is made with `&&` and `||`, `$` what a `!` may stand before. */
const REDUCTIONS: readonly (readonly [RegExp, string])[] = [
  [rule('resource', '\\.', 'name', '\\.', 'startsWith', '\\(', '#', '\\)'), '$$'],
  [rule('resource', '\\.', 'name', '==', '#'), '@'],
  [rule('!', '\\$'), '$$'],
  [rule('\\(', '[@$]', '\\)'), '$$'],
  [rule('[@$]', '(?:&&|\\|\\|)', '[@$]'), '@'],
]

/** Whether a text is in the subset, found out by replacing parts by what they are until nothing is left to replace. */
function inSubset(text: string): boolean {
  const outside = text.split(STRING)
  if (outside.some((part) => !/^[\w\t\n\f\r !&|=().]*$/.test(part))) return false
  let rest = outside.join('#')
  for (;;) {
    const step = REDUCTIONS.find(([pattern]) => rest.search(pattern) !== -1)
    if (!step) return rule('^', '[@$]', '$').test(rest)
    rest = rest.replace(...step)
  }
}

describe('any text', () => {
  const PARTS = [
    'resource.name == "a"',
    "resource.name.startsWith('b')",
    ...`resource name startsWith true . == = ! != ( ) && || & | " ' "a" r"a" // 0 \\`.split(' '),
    ' ',
    '\n',
  ]
  const agrees = (text: string) => {
    expect([text, read(text).ok]).toEqual([text, inSubset(text)])
  }

  it('is refused unless it is in the subset, and never throws: random characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), agrees))
    fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii' }), agrees))
  })

  it('is refused unless it is in the subset, and never throws: random parts of conditions', () => {
    const tests = fc.constantFrom(...PARTS.slice(0, 2))
    const rarely = fc.oneof({ weight: 6, arbitrary: tests }, { weight: 1, arbitrary: fc.constantFrom(...PARTS) })
    const glue = letters(3, '!', '(', ')', '&&', '||', ' && ', ' || ', ' ')
    const soup = fc.array(fc.tuple(glue, rarely, glue), { maxLength: 3 }).map((parts) => parts.flat().join(''))
    fc.assert(fc.property(soup, agrees), { numRuns: 3000 })
  })

  it('is refused unless it is in the subset, and never throws: conditions with mistakes in them', () => {
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      removed: fc.nat(2),
      added: letters(2, ...PARTS, 'é', '\0', ';', ','),
    })
    fc.assert(
      fc.property(
        trees(letters(3, 'a', '"', '\\'), 2),
        fc.array(edit, { minLength: 1, maxLength: 2 }),
        (tree, edits) => {
          let text = printed(tree)
          for (const { at, removed, added } of edits) {
            const start = Math.floor(at * text.length)
            text = text.slice(0, start) + added + text.slice(start + removed)
          }
          agrees(text)
        },
      ),
      { numRuns: 3000 },
    )
  })
})

describe('beneath a prefix', () => {
  const ALPHABET = ['a', 'b', '/']
  const longer = (texts: string[]) => texts.flatMap((text) => ALPHABET.map((letter) => text + letter))
  const SUFFIXES = [longer(['']), longer(longer([''])), longer(longer(longer([''])))].flat()

  it('never says yes or no of a condition that decides otherwise for some longer name', () => {
    fc.assert(
      fc.property(trees(letters(3, ...ALPHABET), 3), letters(3, ...ALPHABET), (tree, prefix) => {
        const told = holdsBeneath(parsed(printed(tree)), prefix)
        if (told === undefined) return
        for (const suffix of SUFFIXES) expect(decides(tree, prefix + suffix)).toBe(told)
      }),
      { numRuns: 1000 },
    )
  })

  it('knows of a single test, and of its opposite, whatever can be known', () => {
    const prefixes = ['', ...SUFFIXES].filter((prefix) => prefix.length < 3)
    for (const text of ['', ...SUFFIXES]) {
      for (const prefix of prefixes) {
        for (const [test, decide] of [
          [{ startsWith: text }, (name: string) => name.startsWith(text)],
          [{ equals: text }, (name: string) => name === text],
        ] as const) {
          const decided = new Set(SUFFIXES.map((suffix) => decide(prefix + suffix)))
          const known = decided.size === 1 ? decided.has(true) : undefined
          expect(holdsBeneath(test, prefix), JSON.stringify([test, prefix])).toBe(known)
          expect(holdsBeneath({ not: test }, prefix)).toBe(known === undefined ? undefined : !known)
        }
      }
    }
  })
})
