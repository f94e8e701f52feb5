import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readContents } from '../../src/core/variable.ts'

const refused = (field: string) => ({ ok: false, fault: { kind: 'invalidArgument', field } })

describe('contents', () => {
  it('are exactly one of text and value', () => {
    expect(readContents({})).toMatchObject(refused('variable.text'))
    expect(readContents({ text: '', value: '' })).toMatchObject(refused('variable.text'))
    expect(readContents({ text: '' })).toEqual({ ok: true, value: { kind: 'text', contents: '' } })
    expect(readContents({ value: '' })).toEqual({ ok: true, value: { kind: 'value', contents: '' } })
  })

  it('as text are less than 4096 bytes of UTF-8, however few characters', () => {
    expect(readContents({ text: 'x'.repeat(4095) }).ok).toBe(true)
    expect(readContents({ text: 'x'.repeat(4096) })).toMatchObject(refused('variable.text'))
    expect(readContents({ text: 'é'.repeat(2047) }).ok).toBe(true)
    expect(readContents({ text: 'é'.repeat(2048) })).toMatchObject(refused('variable.text'))
  })

  it('as bytes are counted decoded', () => {
    const base64 = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64')
    expect(readContents({ value: base64(4095) }).ok).toBe(true)
    expect(readContents({ value: base64(4096) })).toMatchObject(refused('variable.value'))
  })

  it('as bytes come in either alphabet, padded or not, wrapped or not, and leave in the standard one, padded', () => {
    const forms = (bytes: Buffer) => {
      const standard = bytes.toString('base64')
      const wrapped = standard.replace(/(.{4})/g, '$1\n')
      return [
        standard,
        bytes.toString('base64url'),
        standard.replace(/=+$/, ''),
        wrapped,
        wrapped.replaceAll('\n', '\r\n'),
      ]
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (array) => {
        const bytes = Buffer.from(array)
        const expected = { ok: true, value: { kind: 'value', contents: bytes.toString('base64') } }
        for (const form of forms(bytes)) expect(readContents({ value: form })).toEqual(expected)
      }),
    )
  })

  it.each(['a', 'abcde', '!!!!', 'a b=', 'AA=A', 'ä', '===='.repeat(2) + 'A'])('%j are no bytes', (value) => {
    expect(readContents({ value })).toMatchObject(refused('variable.value'))
  })
})
