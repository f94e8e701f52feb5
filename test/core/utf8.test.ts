import { array, assert, property, string } from 'fast-check'
import { expect, it } from 'vitest'
import { byteLength } from '../../src/core/utf8.ts'

it('counts as many bytes as an encoder writes', () => {
  const encoder = new TextEncoder()
  for (const text of ['', 'a', 'é', '߿', 'ࠀ', '€', '퟿', '', '￿', '😀', 'a😀é€']) {
    expect(byteLength(text), text).toBe(encoder.encode(text).length)
  }
  assert(
    property(array(string({ unit: 'binary' })), (texts) => {
      const text = texts.join('')
      expect(byteLength(text)).toBe(encoder.encode(text).length)
    }),
  )
})
