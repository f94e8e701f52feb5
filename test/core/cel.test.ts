import { describe, expect, it } from 'vitest'
import {
  holds,
  holdsBeneath,
  MAX_EXPRESSION_DEPTH,
  MAX_EXPRESSION_LENGTH,
  readExpression,
  type Expression,
} from '../../src/core/cel.ts'

const FIELD = 'policy.bindings[0].condition.expression'
const read = (text: string) => readExpression(text, FIELD)
const isRefused = {
  ok: false,
  fault: { kind: 'invalidArgument', field: FIELD, message: expect.stringContaining(FIELD) },
}

function parsed(text: string): Expression {
  const result = read(text)
  if (!result.ok) throw new Error(`${JSON.stringify(text)}: ${JSON.stringify(result.fault)}`)
  return result.value
}

const A = { startsWith: 'a' }
const B = { equals: 'b' }
const C = { startsWith: 'c' }
/** The expression in which A, B and C stand for a test each. */
const spelled = (text: string) =>
  text
    .replace(/\bA\b/g, 'resource.name.startsWith("a")')
    .replace(/\bB\b/g, 'resource.name == "b"')
    .replace(/\bC\b/g, "resource.name.startsWith('c')")

describe('a condition is read as CEL reads it:', () => {
  it.each<[string, Expression]>([
    ['A', A],
    ['B', B],
    ['!A', { not: A }],
    ['!!A', { not: { not: A } }],
    ['!(B)', { not: B }],
    ['!!(B)', { not: { not: B } }],
    ['A && B', { and: [A, B] }],
    ['A || B', { or: [A, B] }],
    ['A || B && C', { or: [A, { and: [B, C] }] }],
    ['A && B || C', { or: [{ and: [A, B] }, C] }],
    ['(A || B) && C', { and: [{ or: [A, B] }, C] }],
    ['A && (B || C)', { and: [A, { or: [B, C] }] }],
    ['!A && B', { and: [{ not: A }, B] }],
    ['!A || B', { or: [{ not: A }, B] }],
    ['B && !A', { and: [B, { not: A }] }],
    ['!(A && B)', { not: { and: [A, B] } }],
    ['!(A) && B', { and: [{ not: A }, B] }],
    ['((A))', A],
  ])('%s', (text, expression) => expect(parsed(spelled(text))).toEqual(expression))

  it.each([
    'resource.name=="x"',
    ' resource . name == "x" ',
    '\tresource.name\n==\r\n"x"\f',
    "resource.name == 'x'",
    '( resource.name == "x" )',
  ])('%j compares with x', (text) => expect(parsed(text)).toEqual({ equals: 'x' }))

  it.each([
    ['resource.name=="a"||resource.name=="b"', { or: [{ equals: 'a' }, { equals: 'b' }] }],
    ['!resource.name\n . startsWith ( "x" )', { not: { startsWith: 'x' } }],
  ])('%j needs spaces nowhere and bears them anywhere', (text, expected) => expect(parsed(text)).toEqual(expected))
})

describe('a text in a condition', () => {
  it.each([
    [String.raw`""`, ''],
    [String.raw`"it's"`, "it's"],
    [String.raw`'say "so"'`, 'say "so"'],
    [String.raw`"\"\'\\"`, `"'\\`],
    [String.raw`'\"\'\\'`, `"'\\`],
    [String.raw`"\\n"`, String.raw`\n`],
    [String.raw`"\\\\"`, String.raw`\\`],
    ['" a  b "', ' a  b '],
    ['"&& || ! ( ) =="', '&& || ! ( ) =='],
    ['"// none"', '// none'],
    ['"ä😀"', 'ä😀'],
  ])('%s is %j', (literal, text) => {
    expect(parsed(`resource.name == ${literal}`)).toEqual({ equals: text })
    expect(parsed(`resource.name.startsWith(${literal})`)).toEqual({ startsWith: text })
  })

  it.each([
    ...[...'abfnrtv?`0137xuUsd/&'].map((character) => `"\\${character}"`),
    String.raw`"\x41"`,
    String.raw`"\u0041"`,
    String.raw`"\U00000041"`,
    String.raw`"\101"`,
    String.raw`"\😀"`,
    String.raw`"a\"`,
    '"a\\\n"',
    '"a\nb"',
    '"a\rb"',
    '"a',
    "'a",
    `"a'`,
    '"a"b"',
    '"',
    '“a”',
    '`a`',
    '"""a"""',
    "'''a'''",
    'r"a"',
    'R"a"',
    'b"a"',
    'rb"a"',
    'br"a"',
    '"a" "b"',
    '"a" + "b"',
    '("a")',
    'a',
    '1',
    'true',
    'null',
    '[]',
    'resource.name',
  ])('%s is none', (literal) => {
    expect(read(`resource.name == ${literal}`)).toMatchObject(isRefused)
    expect(read(`resource.name.startsWith(${literal})`)).toMatchObject(isRefused)
  })
})

/** What CEL, or somebody's idea of it, has beside the subset: one expression per line. */
const OUTSIDE = {
  'nothing, or only parts': String.raw`
    ()
    !
    !()
    &&
    ==
    .
    "x"
    resource
    resource.name
    resource.name ==
    == "x"
    A &&
    && A
    A ||
    || A`,
  'truth values and numbers': String.raw`
    true
    false
    !false
    null
    1
    1 == 1
    "x" == "x"
    A && true
    true || A
    A == true
    A ? B : C
    resource.name == 1
    resource.name == true`,
  'other comparisons': String.raw`
    resource.name != "x"
    resource.name = "x"
    resource.name === "x"
    resource.name !== "x"
    resource.name < "x"
    resource.name >= "x"
    resource.name in ["x"]
    resource.name "x"
    resource.name in "x"
    resource.name equals "x"
    resource.name && "x"
    resource.name ! "x"
    resource.name ("x")
    resource.name = = "x"
    resource.name + "x" == "xx"
    resource.name == "x" + "y"`,
  'comparisons the other way round, or of what is none': String.raw`
    "x" == resource.name
    resource.name == resource.name
    resource.name == "x" == "y"
    resource.name == "x" == true
    (resource.name) == "x"
    (B) == "x"
    (A) == (B)
    A == "x"
    "x".startsWith(resource.name)`,
  'a "!" that would bind to the name alone': String.raw`
    !resource.name == "x"
    ! resource.name == "x"
    !!resource.name == "x"
    !(resource.name) == "x"
    A && !resource.name == "x"
    (!resource.name == "x")
    !A == "x"
    !(A) == "x"
    !A == B`,
  'other functions': String.raw`
    resource.name.endsWith("x")
    resource.name.contains("x")
    resource.name.matches("x")
    resource.name.extract("{x}") == "x"
    resource.name.size() == 1
    size(resource.name) == 1
    has(resource.name)
    resource.name.startswith("x")
    resource.name.StartsWith("x")
    startsWith("x")
    startsWith(resource.name, "x")`,
  'startsWith in a wrong way': String.raw`
    resource.name.startsWith
    resource.name.startsWith()
    resource.name.startsWith("x", "y")
    resource.name.startsWith("x",)
    resource.name.startsWith "x"
    resource.name.startsWith("x"
    resource.name.startsWith("x"))
    resource.name.startsWith(("x"))
    resource.name.startsWith(resource.name)
    resource.name.startsWith("x").startsWith("y")
    resource.name.startsWith("x") == "x"
    resource.startsWith("x")`,
  'other names': String.raw`
    name == "x"
    resource == "x"
    resource.type == "x"
    resource.service == "x"
    resource.Name == "x"
    Resource.name == "x"
    resource.names == "x"
    resource.name_ == "x"
    resource.name.x == "x"
    xresource.name == "x"
    a.resource.name == "x"
    .resource.name == "x"
    resource..name == "x"
    resource?.name == "x"
    resource.name[0] == "x"
    resource["name"] == "x"
    resource.${'`name`'} == "x"
    res ource.name == "x"
    request.time < timestamp("2030-01-01T00:00:00Z")
    request.path == "x"
    request.auth.claims.sub == "x"
    destination.ip == "x"
    api.getAttribute("x", "") == ""`,
  'something more behind, before or between': String.raw`
    A B
    A x
    A;
    A,
    A)
    (A
    ((A)
    (A))
    )A(
    A \
    A!
    A ! B
    A && B!
    A && B C
    #A
    -A
    ~A
    @A`,
  'other operators': String.raw`
    A & B
    A | B
    A & & B
    A | | B
    A &&& B
    A ||| B
    A && && B
    A || && B
    A and B
    A or B
    A, B
    not A`,
  comments: String.raw`
    A // so
    // A
    # A
    A && /* B */ C
    /* A */ B`,
}

describe('refuses, with the field named, what is outside the subset:', () => {
  it.each(Object.entries(OUTSIDE))('%s', (_, lines) => {
    for (const text of lines.trim().split(/\n */)) expect(read(spelled(text)), text).toMatchObject(isRefused)
  })

  it.each(['', ' ', '\n\t\r\n', spelled('A\0'), spelled('\0A'), spelled('A\b'), spelled('A\n// B'), '\0'])(
    '%j',
    (text) => expect(read(text)).toMatchObject(isRefused),
  )

  it.each([
    'rеsource.name == "x"', // a Cyrillic letter
    'ｒesource.name == "x"', // a letter of full width
    'resource．name == "x"', // a full stop of full width
    'resource.name ＝＝ "x"',
    'resource.name == “x”',
    'resource.name == ＂x＂',
    'resource.name ≠ "x"',
    '¬(resource.name == "x")',
    '！(resource.name == "x")',
    'resource.name == "x" ∥ resource.name == "y"',
    'resource\u200b.name == "x"',
    'resource.\u2060name == "x"',
    '\u202eresource.name == "x"',
    'resource.name\u0301 == "x"',
    String.raw`\u0072esource.name == "x"`,
    String.raw`resource.name.\u{73}tartsWith("x")`,
  ])('%s, which only looks like it', (text) => expect(read(text)).toMatchObject(isRefused))

  it('white space that CEL does not know', () => {
    for (const space of '\v\u0085\u00a0\u1680\u2003\u2028\u2029\u202f\u3000\ufeff') {
      for (const text of [
        `resource.name ==${space}"x"`,
        `${space}resource.name == "x"`,
        `resource.name == "x"${space}`,
      ]) {
        expect(read(text), JSON.stringify(text)).toMatchObject(isRefused)
      }
    }
  })
})

describe('the limits of a condition:', () => {
  const long = (length: number) => `resource.name == "${'x'.repeat(length - 'resource.name == ""'.length)}"`

  it('has at most 1024 characters, spaces included', () => {
    expect(MAX_EXPRESSION_LENGTH).toBe(1024)
    expect(read(long(1024))).toMatchObject({ ok: true })
    expect(read(long(1025))).toMatchObject(isRefused)
    expect(read(`${' '.repeat(1025)}${spelled('A')}`)).toMatchObject(isRefused)
    expect(read('('.repeat(10_000_000))).toMatchObject(isRefused)
  })

  it.each([
    ['parentheses', (depth: number) => `${'('.repeat(depth)}${spelled('A')}${')'.repeat(depth)}`],
    ['negations', (depth: number) => `${'!'.repeat(depth)}${spelled('A')}`],
    [
      'both, the comparison among them',
      (depth: number) => `${'!('.repeat(depth / 2)}${'!'.repeat(depth % 2)}${spelled('A')}${')'.repeat(depth / 2)}`,
    ],
  ])('nests at most 16 deep: %s', (_, nested) => {
    expect(MAX_EXPRESSION_DEPTH).toBe(16)
    expect(read(nested(16))).toMatchObject({ ok: true })
    expect(read(nested(17))).toMatchObject(isRefused)
    // What stands beside each other does not nest.
    expect(read(`${nested(16)} && ${nested(16)} || ${nested(16)}`)).toMatchObject({ ok: true })
    expect(read(`${nested(16)} && (${nested(16)})`)).toMatchObject(isRefused)
  })

  it.each(['(', '!', '!(', '"', "'", '\\', '"\\', ' ', '&&', '.', 'resource', 'resource.name == '])(
    'nothing breaks the reader, though it be full of %j',
    (part) => expect(read(part.repeat(MAX_EXPRESSION_LENGTH / part.length))).toMatchObject(isRefused),
  )

  it('may be a chain as long as fits', () => {
    const chain = Array.from({ length: 48 }, () => 'resource.name==""').join('||')
    expect(chain.length).toBeGreaterThan(MAX_EXPRESSION_LENGTH - 120)
    expect(holds(parsed(chain), '')).toBe(true)
    expect(holds(parsed(chain), 'x')).toBe(false)
  })
})

describe('beneath a prefix', () => {
  it.each<[string, boolean | undefined]>([
    ['resource.name.startsWith("")', true],
    ['resource.name.startsWith("v/")', true],
    ['resource.name.startsWith("v/ready")', true],
    ['resource.name.startsWith("v/ready/")', true],
    ['resource.name.startsWith("v/ready/n")', undefined],
    ['resource.name.startsWith("v/other")', false],
    ['resource.name == "v/ready/"', false],
    ['resource.name == "v/ready"', false],
    ['resource.name == "v/ready/n"', undefined],
    ['!resource.name.startsWith("v/ready/n")', undefined],
    ['!resource.name.startsWith("v/ready")', false],
    ['!resource.name.startsWith("v/other")', true],
    ['resource.name == "v/ready/n" && resource.name.startsWith("v/other")', false],
    ['resource.name == "v/ready/n" && resource.name.startsWith("v/")', undefined],
    ['resource.name == "v/ready/n" || resource.name.startsWith("v/other")', undefined],
    ['resource.name == "v/ready/n" || resource.name.startsWith("v/")', true],
    ['resource.name.startsWith("v/") && resource.name.startsWith("v/r")', true],
    ['resource.name.startsWith("w/") || resource.name.startsWith("x/")', false],
  ])('v/ready/ %s holds: %s', (text, expected) => expect(holdsBeneath(parsed(text), 'v/ready/')).toBe(expected))
})
