import { anything, array, assert, constantFrom, dictionary, oneof, property, record, string } from 'fast-check'
import { expect, it } from 'vitest'
import { commit, frame, readBody, type Body } from '../../src/http/bodies.ts'
import type { JsonObject } from '../../src/http/json.ts'

/** The same body, without the short way. */
const bySchema = <T>(body: Body<T>): Body<T> => ({ ...body, isPlain: undefined })

const text = oneof(string(), string({ unit: 'binary' }), constantFrom('\ud800', 'a\udc00b', ''))
const value = oneof(text, anything({ withNullPrototype: false }), constantFrom(null, 1, true))
const fields = constantFrom('name', 'text', 'value', 'ttl', 'etag', 'state', 'updateTime', 'recursive', 'other')
const variable = oneof(
  record({ name: text, text }),
  record({ name: text, text, ttl: text, etag: text }, { requiredKeys: [] }),
  dictionary(fields, value),
  value,
)
const write = oneof(
  constantFrom('create', 'update', 'set', 'delete', 'other').chain((kind) => record({ [kind]: variable })),
  dictionary(constantFrom('create', 'update', 'set', 'delete'), variable),
  value,
)

const random = (keys: string[], one: typeof write) =>
  oneof(record({ writes: array(one) }), dictionary(constantFrom(...keys), oneof(one, array(one)))) as never

/** Whether both ways come to the same. */
function agree<T>(body: Body<T>, json: JsonObject): void {
  expect(readBody(body, json)).toEqual(readBody(bySchema(body), json))
}

it('reads a commit as its schema says, whichever way it takes', () => {
  assert(
    property(random(['writes', 'other'], write), (json: JsonObject) => agree(commit, json)),
    { numRuns: 500 },
  )
})

it('reads a frame as its schema says, whichever way it takes', () => {
  const frames = dictionary(constantFrom('id', 'commit', 'requestId', 'other'), value)
  assert(
    property(frames, (json) => agree(frame, json as JsonObject)),
    { numRuns: 500 },
  )
})

it('takes the short way for what nodes send', () => {
  const writes = [{ create: { name: 'n', text: 'here' } }, { set: { name: 'n', text: '', ttl: '30s', etag: 'e' } }]
  expect(commit.isPlain?.({ writes })).toBe(true)
  expect(frame.isPlain?.({ id: 1, commit: { writes }, requestId: 'r' })).toBe(true)
  for (const other of [
    { delete: { name: 'n' } },
    { create: { name: 'n', value: 'AA==' } },
    { create: { text: '\ud800' } },
  ]) {
    expect(commit.isPlain?.({ writes: [other] })).toBe(false)
  }
})
