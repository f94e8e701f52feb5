import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readFormat } from '../../src/cli/format.ts'
import type { Io } from '../../src/cli/io.ts'
import { printItem, printItems, streamPrinter, type Column, type Item } from '../../src/cli/output.ts'

const COLUMNS: readonly Column[] = [{ key: 'name' }, { key: 'updateTime' }, { key: 'value', optional: true }]
const ITEMS: readonly Item[] = [
  { name: 'a', updateTime: 't1', value: 'one' },
  { updateTime: 't2', name: 'long/name' },
]

function printed(print: (io: Io) => void): string {
  let text = ''
  print({ out: (data: string) => void (text += data) } as unknown as Io)
  return text
}
const items = (list: readonly Item[], format?: string) =>
  printed((io) => printItems(io, list, COLUMNS, format === undefined ? undefined : readFormat(format)))
const item = (one: Item, format?: string) =>
  printed((io) => printItem(io, one, format === undefined ? undefined : readFormat(format)))

describe('a list', () => {
  it('is a table, with nothing behind the last cell of a line', () => {
    expect(items(ITEMS)).toBe('NAME       UPDATE_TIME  VALUE\na          t1           one\nlong/name  t2\n')
  })

  it('leaves out a column that is for what some have, where none has it', () => {
    expect(items([{ name: 'a', updateTime: 't1' }])).toBe('NAME  UPDATE_TIME\na     t1\n')
  })

  it('of nothing has no heading, and is a list in JSON all the same', () => {
    expect([undefined, 'table', 'yaml', 'value(name)', 'none'].map((format) => items([], format)).join('')).toBe('')
    expect(items([], 'json')).toBe('[]\n')
  })

  it('keeps each item on its own line', () => {
    expect(items([{ name: 'a\nb', updateTime: 't1' }], 'table(name)')).toBe('NAME\na b\n')
  })

  it('has the columns that were asked for, and no heading if so asked', () => {
    expect(items(ITEMS, 'table(value,name)')).toBe('VALUE  NAME\none    a\n       long/name\n')
    expect(items(ITEMS, 'table[no-heading](name)')).toBe('a\nlong/name\n')
  })

  it('is values with tabs between them', () => {
    expect(items(ITEMS, 'value(name, value)')).toBe('a\tone\nlong/name\t\n')
    expect(items(ITEMS, 'get(name)')).toBe('a\nlong/name\n')
  })

  it('has keys within keys, and the words of Python for what holds', () => {
    const waiter = { error: { code: 4 }, done: true, success: { cardinality: { path: '/x', number: 1 } } }
    expect(items([waiter], 'value(error.code,done,error.nothing,success)')).toBe(
      '4\tTrue\t\t{"cardinality":{"number":1,"path":"/x"}}\n',
    )
  })

  it('is one document for each in YAML', () => {
    expect(items([{ name: 'a' }, { name: 'b' }], 'yaml')).toBe('---\nname: a\n---\nname: b\n')
  })
})

describe('an item', () => {
  it('has its keys in the order of the alphabet, all the way down', () => {
    expect(item({ b: { d: 1, c: 2 }, a: 'é' }, 'json')).toBe(
      '{\n  "a": "é",\n  "b": {\n    "c": 2,\n    "d": 1\n  }\n}\n',
    )
    expect(item({ b: { d: 1, c: 2 }, a: 'é' })).toBe('a: é\nb:\n  c: 2\n  d: 1\n')
  })

  it('puts into quotes what would not be a text otherwise, as gcloud does', () => {
    const texts = { a: '10', b: '2026-11-22T04:05:27.000000000Z', c: 'true', d: '', e: 'yes', f: 'a: b', g: "it's" }
    expect(item(texts)).toBe(
      "a: '10'\nb: '2026-11-22T04:05:27.000000000Z'\nc: 'true'\nd: ''\ne: yes\nf: 'a: b'\ng: it's\n",
    )
    expect(item({ a: 'one\ntwo', b: 'line\n' })).toBe('a: |-\n  one\n  two\nb: |\n  line\n')
  })

  it.each([
    '\n',
    'a\n\n',
    '\n a',
    ' x ',
    '~',
    '- a',
    '*a',
    '0x1f',
    '1e3',
    '.5',
    'a\tb',
    '%a',
    '@a',
    '{a',
    'ð\0abc',
    '=',
  ])('gives %j back when its YAML is read', (text) => expect(parse(item({ text }))).toEqual({ text }))
})

describe('a stream', () => {
  const columns: readonly Column[] = [{ key: 'name' }, { key: 'value', label: 'TOLD' }]
  const stream = (format?: string) =>
    printed((io) => {
      const print = streamPrinter(io, columns, [6], format === undefined ? undefined : readFormat(format))
      print({ value: 'a\nb', name: 'n' })
    })

  it('prints each item on its own line', () => {
    expect(stream()).toBe('NAME    TOLD\nn       a b\n')
    expect(stream('json')).toBe('{"name":"n","value":"a\\nb"}\n')
    expect(stream('yaml')).toBe('---\nname: n\nvalue: |-\n  a\n  b\n')
    expect(stream('value(name)')).toBe('n\n')
    expect(stream('table[no-heading](value,name)')).toBe('a b  n\n')
  })
})

it.each([
  '',
  'xml',
  'value',
  'value()',
  'value(a b)',
  'value(name.date())',
  'json(name)',
  'table[box](name)',
  'value[x](a)',
])('knows no format %j', (text) => expect(() => readFormat(text)).toThrow('--format'))
