import { describe, expect, it } from 'vitest'
import { readAnswer } from './exchange.ts'
import { encode, TEXT } from './raw-socket.ts'

describe('an answer', () => {
  const whole = Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200')

  it('is read when it is there in full, and what follows is left', () => {
    expect(readAnswer(whole, false)).toMatchObject({ answer: { status: 404, body: '{}' }, length: whole.length - 12 })
    for (let end = 0; end < whole.length - 12; end++) expect(readAnswer(whole.subarray(0, end), false)).toBeUndefined()
  })

  it('has its headers by lower-case name', () => {
    expect(readAnswer(whole, false)?.answer.headers.get('content-type')).toBe('a/b')
  })

  it.each([
    ['to HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', true],
    ['of an upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', false],
    ['that goes on', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', false],
  ])('has no body %s', (_, text, bodiless) => {
    expect(readAnswer(Buffer.from(text), bodiless)).toMatchObject({ answer: { body: '' }, length: text.length })
  })
})

describe('a frame', () => {
  const head = (frame: Buffer, length: number) => [...frame.subarray(0, length)]

  it('tells its length in as few bits as can be', () => {
    expect(head(encode({ opcode: TEXT, payload: Buffer.alloc(125) }), 2)).toEqual([0x81, 0x80 | 125])
    expect(head(encode({ opcode: TEXT, payload: Buffer.alloc(126) }), 4)).toEqual([0x81, 0x80 | 126, 0, 126])
    expect(head(encode({ opcode: TEXT, payload: Buffer.alloc(65_536) }), 10)).toEqual([
      0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0,
    ])
  })

  it('is as wrong as it is asked to be', () => {
    const payload = Buffer.from('hi')
    expect([...encode({ opcode: TEXT, payload, masked: false })]).toEqual([0x81, 2, ...payload])
    expect(head(encode({ opcode: 15, payload, fin: false, reserved: 7, claimed: 9 }), 2)).toEqual([0x7f, 0x80 | 9])
    expect(head(encode({ opcode: TEXT, payload, lengthBits: 16 }), 4)).toEqual([0x81, 0x80 | 126, 0, 2])
  })
})
