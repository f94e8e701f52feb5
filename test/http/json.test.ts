import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import * as bodies from '../../src/http/bodies.ts'
import { MAX_BODY_BYTES, MAX_RELAXED_LENGTH, MAX_DEPTH, readJson } from '../../src/http/json.ts'

const read = (body: BodyInit) => readJson(new Request('http://x/', { method: 'POST', body }))
const refused = (field: string) => ({ ok: false, fault: { kind: 'invalidArgument', field } })

const TOO_LARGE = { ok: false, fault: { kind: 'resourceExhausted' } }

describe('a body', () => {
  it('is a JSON object, or empty', async () => {
    expect(await read('{"a": 1}')).toEqual({ ok: true, value: { a: 1 } })
    expect(await read('')).toEqual({ ok: true, value: {} })
    expect(await read(' \n')).toEqual({ ok: true, value: {} })
    for (const text of ['[]', '1', '"a"', 'null', '{', '{"a"}', 'nonsense', '{"a": 1} x']) {
      expect(await read(text)).toMatchObject(refused('body'))
    }
  })

  it('may have unquoted names, single quotes and a comma too many, as scripts in use send it', async () => {
    expect(await read("{name: 'a', text: \"it's\",}")).toEqual({ ok: true, value: { name: 'a', text: "it's" } })
  })

  it('is brought into one form: names as in JSON, though sent as in the protos, and no nulls', async () => {
    const sent = '{"newer_than": "t", "a": null, "b": [{"c_d": 1, "e": null}]}'
    expect(await read(sent)).toEqual({ ok: true, value: { newerThan: 't', b: [{ cD: 1 }] } })
  })

  it('must be valid UTF-8', async () => {
    expect(await read(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]))).toMatchObject(refused('body'))
  })

  it('must not be too large, whether or not it says how large it is', async () => {
    const large = `{"a": "${'x'.repeat(MAX_BODY_BYTES)}"}`
    expect(await read(large)).toMatchObject(TOO_LARGE)
    const stream = new Blob([large]).stream()
    const request = new Request('http://x/', { method: 'POST', body: stream, duplex: 'half' } as RequestInit)
    expect(await readJson(request)).toMatchObject(TOO_LARGE)
  })

  it('is relaxed JSON only up to a length that people write, for that takes long to read', async () => {
    const relaxed = (length: number) => `{a: '${'x'.repeat(length - 7)}'}`
    expect(relaxed(MAX_RELAXED_LENGTH)).toHaveLength(MAX_RELAXED_LENGTH)
    expect(await read(relaxed(MAX_RELAXED_LENGTH))).toMatchObject({ ok: true })
    expect(await read(relaxed(MAX_RELAXED_LENGTH + 1))).toMatchObject(refused('body'))
    expect(await read(`{"a": "${'x'.repeat(MAX_RELAXED_LENGTH)}"}`)).toMatchObject({ ok: true })
  })

  it('may be compressed, and must be what it says', async () => {
    const send = (body: BodyInit, encoding: string) =>
      readJson(new Request('http://x/', { method: 'POST', body, headers: { 'content-encoding': encoding } }))
    expect(await send(gzipSync('{"a": 1}'), 'gzip')).toEqual({ ok: true, value: { a: 1 } })
    expect(await send('{"a": 1}', 'gzip')).toMatchObject(refused('body'))
    expect(await send('{"a": 1}', 'zstd')).toMatchObject(refused('body'))
    expect(await send(gzipSync('x'.repeat(MAX_BODY_BYTES + 1)), 'gzip')).toMatchObject(TOO_LARGE)
  })

  it('must not nest too deep, in either dialect', async () => {
    const nested = (depth: number, open = '{"a":') => `${open.repeat(depth)}1${'}'.repeat(depth)}`
    expect((await read(nested(MAX_DEPTH))).ok).toBe(true)
    expect(await read(nested(MAX_DEPTH + 1))).toMatchObject(refused('body'))
    expect(await read(nested(20_000))).toMatchObject(refused('body'))
    expect(await read(nested(20_000, '{a:'))).toMatchObject(refused('body'))
    expect(await read(`{"a":${'['.repeat(100_000)}`)).toMatchObject(refused('body'))
  })
})

describe('what a body holds', () => {
  const variable = (json: Record<string, unknown>) => bodies.readBody(bodies.variable, json)

  it('is told of in the words that clients know when a type is wrong', () => {
    const message = "Invalid value at 'variable.text' (TYPE_STRING), 3600000"
    expect(variable({ text: 3_600_000 })).toEqual({
      ok: false,
      fault: { kind: 'invalidArgument', field: 'variable.text', message },
    })
  })

  it('is refused where there is no such field, with its name', async () => {
    expect(variable({ txt: 'x' })).toMatchObject(refused('variable.txt'))
    const body = await read('{"__proto__": {"text": "x"}}')
    expect(body.ok && variable(body.value)).toMatchObject(refused('variable.__proto__'))
    expect(bodies.readBody(bodies.waiter, { success: { cardinality: { paths: '/' } } })).toMatchObject(
      refused('waiter.success.cardinality.paths'),
    )
    expect(bodies.readBody(bodies.watch, { newerThen: 't' })).toMatchObject(refused('newer_then'))
  })

  it('holds no half of a surrogate pair in any text', () => {
    expect(variable({ text: 'a\ud800' })).toMatchObject(refused('variable.text'))
    expect(variable({ text: '\u{1f3c1}' }).ok).toBe(true)
    const policy = { bindings: [{ role: 'r', members: ['\udc00'] }] }
    expect(bodies.readBody(bodies.policy, { policy })).toMatchObject(refused('policy.bindings[0].members[0]'))
  })

  it('may hold what only the server writes, which is ignored', () => {
    const given = { text: 't', updateTime: 5, state: {} }
    expect(variable(given).ok).toBe(true)
  })

  it('takes a whole number also as text, and no other', () => {
    const number = (value: unknown) =>
      bodies.readBody(bodies.waiter, { success: { cardinality: { path: '/', number: value } } })
    for (const good of [3, '3', 0, -1, 2 ** 31 - 1]) expect(number(good).ok).toBe(true)
    for (const bad of [1.5, '1.5', 'x', true, {}, [], 2 ** 31, '']) {
      expect(number(bad)).toMatchObject(refused('waiter.success.cardinality.number'))
    }
  })

  it('is told of by its place in a list', () => {
    const policy = { bindings: [{ role: 'r', members: ['a', 5] }] }
    expect(bodies.readBody(bodies.policy, { policy })).toMatchObject(refused('policy.bindings[0].members[1]'))
    expect(bodies.readBody(bodies.policy, { policy: [] })).toMatchObject(refused('policy'))
    expect(bodies.readBody(bodies.policy, { policy: { bindings: {} } })).toMatchObject(refused('policy.bindings'))
  })
})
