import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readMask, select } from '../../src/http/fields.ts'

const LIST = {
  variables: [
    { name: 'a', text: 'x', updateTime: 't' },
    { name: 'b', value: 'AA==', updateTime: 't' },
  ],
  nextPageToken: 'n',
}

function masked(mask: string): unknown {
  const read = readMask(mask)
  if (!read.ok) throw new Error(`refused: ${mask}`)
  return select(LIST, read.value)
}

it.each([
  ['nextPageToken', { nextPageToken: 'n' }],
  ['variables/name', { variables: [{ name: 'a' }, { name: 'b' }] }],
  ['variables.name', { variables: [{ name: 'a' }, { name: 'b' }] }],
  ['variables(name,text)', { variables: [{ name: 'a', text: 'x' }, { name: 'b' }] }],
  ['variables(name),nextPageToken', { variables: [{ name: 'a' }, { name: 'b' }], nextPageToken: 'n' }],
  ['variables/name,variables/value', { variables: [{ name: 'a' }, { name: 'b', value: 'AA==' }] }],
  ['variables/name,variables', { variables: LIST.variables }],
  ['*', LIST],
  ['*/name', { variables: [{ name: 'a' }, { name: 'b' }], nextPageToken: 'n' }],
  ['nothing', {}],
  ['__proto__', {}],
  ['constructor', {}],
])('%s shows what it names', (mask, shown) => expect(masked(mask)).toEqual(shown))

it.each(['', ',', 'a,', 'a(', 'a()', 'a(b', 'a)', '(a)', 'a/', 'a b', 'a//b', 'ä', 'a(b)c'])(
  '%j is no mask',
  (mask) => {
    expect(readMask(mask)).toMatchObject({ ok: false, fault: { field: 'fields' } })
  },
)

it('answers for any text, however deep or strange', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ',', '/', '(', ')', '*', ' '), maxLength: 200 })
  fc.assert(
    fc.property(text, (mask) => {
      const read = readMask(mask)
      if (read.ok) select(LIST, read.value)
    }),
  )
  expect(readMask('a('.repeat(100_000)).ok).toBe(false)
})
