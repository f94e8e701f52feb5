/**
 * Bodies that are wrong: each is refused as the caller's fault, with a Status that names what is wrong, and changes
 * nothing. URLs that are wrong are in bad-urls.test.ts.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { atLeast, type Answer } from './client.ts'
import { ETAG, EXHAUSTED, expectRefusal, invalid } from './expectations.ts'
import { useServer } from './server.ts'
import { useUntouched } from './untouched.ts'

const api = useServer()

/** A config that holds one of each; no test may change it. */
let config: string
useUntouched(api, (name) => (config = name))

afterEach(async () => {
  const { body } = await api.get(config.replace(/\/[^/]*$/, ''))
  expect(body).toEqual({ configs: [{ name: config, etag: ETAG }] })
})

/** The methods that take a body, as what each does with one that is sent to them. */
const TAKERS: Record<string, (body: string | Uint8Array<ArrayBuffer>) => Promise<Answer>> = {
  'configs.create': (body) => api.post(config.replace(/\/[^/]*$/, ''), body),
  'configs.update': (body) => api.put(config, body),
  'configs.setIamPolicy': (body) => api.post(`${config}:setIamPolicy`, body),
  'configs.testIamPermissions': (body) => api.post(`${config}:testIamPermissions`, body),
  'variables.create': (body) => api.post(`${config}/variables`, body),
  'variables.update': (body) => api.put(`${config}/variables/a/b`, body),
  'variables.delete': (body) => api.delete(`${config}/variables/a/b`, body),
  'variables.watch': (body) => api.post(`${config}/variables/a/b:watch`, body),
  'waiters.create': (body) => api.post(`${config}/waiters`, body),
}

const JUNK: [string, string | Uint8Array<ArrayBuffer>][] = [
  ['no JSON', 'hello'],
  ['half of an object', '{"name": "'],
  ['an object and more', '{} {}'],
  ['a list', '[]'],
  ['a list of objects', '[{"name": "x"}]'],
  ['a text', '"name"'],
  ['a number', '1'],
  ['null', 'null'],
  ['NaN', 'NaN'],
  ['XML', '<name>x</name>'],
  ['a form', 'name=x&text=y'],
  ['a zero byte', '\u0000'],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['a name that is half of a character in UTF-8', Buffer.from([0x7b, 0x22, 0xe2, 0x82, 0x22, 0x3a, 0x31, 0x7d])],
  ['a surrogate encoded as UTF-8', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
  ['an overlong encoding', Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d])],
  ['UTF-16', Buffer.from('{"name": "x"}', 'utf16le')],
  ['40,000 nested objects', `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`],
  ['40,000 nested objects without quotes', `${'{a:'.repeat(40_000)}1${'}'.repeat(40_000)}`],
  ['200,000 opened lists', '['.repeat(200_000)],
  ['200,000 opened lists as a field', `{"name":${'['.repeat(200_000)}`],
  ['deeply nested lists as a field', `{"name":${'['.repeat(60_000)}${']'.repeat(60_000)}}`],
]

describe.each(Object.keys(TAKERS))('%s', (method) => {
  it.each(JUNK)('refuses a body that is %s', async (_, body) => {
    const answer = await (TAKERS[method] as (typeof TAKERS)[string])(body)
    expectRefusal(answer)
    expect(answer).toMatchObject(invalid('body'))
  })

  it.each([
    ['300 kB', JSON.stringify({ name: 'x'.repeat(300_000) })],
    ['300 kB of blanks', ' '.repeat(300_000)],
  ])('refuses a body that is %s', async (_, body) => {
    const answer = await (TAKERS[method] as (typeof TAKERS)[string])(body)
    expectRefusal(answer)
    expect(answer).toMatchObject(EXHAUSTED)
  })

  it.each(['bogus', 'Name', 'constructor', '__proto__', 'toString', '', 'ä'])(
    '1: refuses the unknown field "%s" by its name',
    async (field) => {
      const answer = await (TAKERS[method] as (typeof TAKERS)[string])(`{"${field}": "x"}`)
      expectRefusal(answer)
      const { status, message } = answer.body.error
      expect(status).toBe('INVALID_ARGUMENT')
      // In the spelling of the protos, newerThan is newer_than.
      expect(message.replaceAll('_', '').toLowerCase()).toContain(field.replaceAll('_', '').toLowerCase())
    },
  )
})

/** Values of the wrong type, and how Google's message names the value. */
const NO_TEXT: [string, string][] = [
  ['3600000', '3600000'],
  ['1.5', '1.5'],
  ['true', 'true'],
  ['{}', '{}'],
  ['["x"]', '["x"]'],
]

describe('a field of the wrong type', () => {
  it.each(NO_TEXT)('3.1.6, 5: is refused in Google’s words: text %s', async (value, shown) => {
    const message = `Invalid value at 'variable.text' (TYPE_STRING), ${shown}`
    const refusal = { status: 400, body: { error: { code: 400, status: 'INVALID_ARGUMENT', message } } }
    const name = `${config}/variables/new`
    expect(await api.post(`${config}/variables`, `{"name": "${name}", "text": ${value}}`)).toMatchObject(refusal)
    expect(await api.put(`${config}/variables/a/b`, `{"text": ${value}}`)).toMatchObject(refusal)
  })

  it.each(NO_TEXT)('5: is refused by its name: %s', async (value) => {
    const wrong = JSON.parse(value)
    const [variable, waiter] = [`${config}/variables/new`, `${config}/waiters/new`]
    const good = { name: waiter, timeout: '600s', success: atLeast(9, '/') }
    const number = typeof wrong === 'number' ? 'three' : wrong
    const nested = Array.isArray(wrong) || typeof wrong === 'object' ? 'x' : wrong
    const cases: [Promise<Answer>, string][] = [
      [api.post(config.replace(/\/[^/]*$/, ''), { name: wrong }), 'config.name'],
      [api.put(config, { description: wrong }), 'config.description'],
      [api.post(`${config}/variables`, { name: wrong, text: '' }), 'variable.name'],
      [api.post(`${config}/variables`, { name: variable, value: wrong }), 'variable.value'],
      [api.post(`${config}/variables/a/b:watch`, { newerThan: wrong }), 'newer_than'],
      [api.post(`${config}/waiters`, { ...good, name: wrong }), 'waiter.name'],
      [api.post(`${config}/waiters`, { ...good, timeout: wrong }), 'waiter.timeout'],
      [api.post(`${config}/waiters`, { ...good, success: nested }), 'waiter.success'],
      [api.post(`${config}/waiters`, { ...good, failure: nested }), 'waiter.failure'],
      [api.post(`${config}/waiters`, { ...good, success: { cardinality: nested } }), 'waiter.success.cardinality'],
      [api.post(`${config}/waiters`, { ...good, success: { cardinality: { path: wrong } } }), 'cardinality.path'],
      [api.post(`${config}/waiters`, { ...good, failure: { cardinality: { path: '/', number } } }), 'number'],
      [api.post(`${config}:setIamPolicy`, { policy: nested }), 'policy'],
      [api.post(`${config}:setIamPolicy`, { policy: { bindings: nested } }), 'policy.bindings'],
      [api.post(`${config}:setIamPolicy`, { policy: { bindings: [{ role: wrong }] } }), 'policy.bindings[0].role'],
      [api.post(`${config}:setIamPolicy`, { policy: { version: number } }), 'policy.version'],
      [api.post(`${config}:testIamPermissions`, { permissions: nested }), 'permissions'],
      [api.post(`${config}:testIamPermissions`, { permissions: [wrong] }), 'permissions'],
    ]
    for (const [answered, field] of cases) {
      const answer = await answered
      expect(answer, field).toMatchObject(invalid(field))
      expectRefusal(answer)
    }
  })

  it('4.2: is refused by its name in the body of a delete', async () => {
    for (const recursive of ['true', 1, [true]]) {
      expect(await api.delete(`${config}/variables/a/b`, { recursive })).toMatchObject(invalid('recursive'))
    }
  })
})

describe('the contents of a variable', () => {
  const LONE = ['\ud800', '\udc00', 'a\ud83dz', '\ude00\ud83d']
  it.each<[string, object | string, string]>([
    ['both text and value', { text: 'x', value: 'eA==' }, 'variable.text'],
    ['both, empty', { text: '', value: '' }, 'variable.text'],
    ['neither text nor value', {}, 'variable.text'],
    ['text of 4096 bytes', { text: 'x'.repeat(4096) }, 'variable.text'],
    ['text of 4096 bytes in fewer characters', { text: 'ä'.repeat(2048) }, 'variable.text'],
    ['text of 4096 bytes in pairs of surrogates', { text: '😀'.repeat(1024) }, 'variable.text'],
    ['text of 100 kB', { text: 'x'.repeat(100_000) }, 'variable.text'],
    ['4096 bytes', { value: Buffer.alloc(4096).toString('base64') }, 'variable.value'],
    ['100 kB of bytes', { value: Buffer.alloc(100_000).toString('base64') }, 'variable.value'],
    ...LONE.map((text): [string, object, string] => [`the lone surrogate ${JSON.stringify(text)}`, { text }, 'text']),
    ...['!', 'a', 'YWJjZ', 'YW=J', 'Y Q=', 'ä', '====A', 'YQ\u0000'].map((value): [string, object, string] => [
      `the base64 ${JSON.stringify(value)}`,
      { value },
      'variable.value',
    ]),
  ])('3: are refused when they are %s', async (_, contents, field) => {
    const created = await api.post(`${config}/variables`, { name: `${config}/variables/new`, ...(contents as object) })
    const updated = await api.put(`${config}/variables/a/b`, contents)
    for (const answer of [created, updated]) {
      expect(answer).toMatchObject(invalid(field))
      expectRefusal(answer)
    }
  })
})

describe('a text that is no Unicode', () => {
  it.each([
    ['a description', () => api.put(config, '{"description": "a\\ud800z"}')],
    ['a role', () => api.post(`${config}:setIamPolicy`, '{"policy": {"bindings": [{"role": "a\\ud800z"}]}}')],
    ['a member', () => api.post(`${config}:setIamPolicy`, policyWith('"members": ["a\\ud800z"]'))],
    ['a condition', () => api.post(`${config}:setIamPolicy`, policyWith('"condition": {"title": "a\\ud800z"}'))],
    ['a permission', () => api.post(`${config}:testIamPermissions`, '{"permissions": ["a\\ud800z"]}')],
  ])('3: is refused as %s', async (_, send) => {
    const answer = await send()
    expectRefusal(answer)
    expect(answer.body.error.status).toBe('INVALID_ARGUMENT')
  })

  const policyWith = (rest: string) => `{"policy": {"bindings": [{"role": "roles/viewer", ${rest}}]}}`
})

describe('a waiter', () => {
  const TIMEOUTS = ['0s', '-1s', '-0.5s', '0.0s', '5', 's', '1m', '1 s', ' 1s', '1s ', '1.s', '.5s', '+1s', '1e3s']
  const TOO_LONG = ['1.0000000001s', '99999999999999s', '315576000001s', 'Infinitys', '0x10s', '１s']
  it.each([...TIMEOUTS, ...TOO_LONG, ''])('4.6: is refused with the timeout "%s"', async (timeout) => {
    const answer = await create({ timeout, success: atLeast(9, '/') })
    expect(answer).toMatchObject(invalid('waiter.timeout'))
    expectRefusal(answer)
  })

  it.each<[string, object, string]>([
    ['without timeout', { success: atLeast(9, '/') }, 'waiter.timeout'],
    ['without success', { timeout: '600s' }, 'waiter.success'],
    ['with failure alone', { timeout: '600s', failure: atLeast(9, '/') }, 'waiter.success'],
    ['with an empty success', { timeout: '600s', success: {} }, 'waiter.success'],
    ['with an empty failure', { timeout: '600s', success: atLeast(9, '/'), failure: {} }, 'waiter.failure'],
    ['without a path', { timeout: '600s', success: { cardinality: { number: 1 } } }, 'waiter.success.cardinality.path'],
    ['with an empty cardinality', { timeout: '600s', success: { cardinality: {} } }, 'success.cardinality.path'],
    ['with a condition of another kind', { timeout: '600s', success: { exists: '/' } }, 'waiter.success'],
  ])('4.6: is refused %s', async (_, spec, field) => {
    const answer = await create(spec)
    expect(answer).toMatchObject(invalid(field))
    expectRefusal(answer)
  })

  it.each([-1, -2147483648, 2147483648, 1.5, '1.5', 'one', 1e300])(
    '4.6: is refused with the number %s',
    async (number) => {
      const wrong = { cardinality: { path: '/', number } }
      const success = await create({ timeout: '600s', success: wrong })
      expect(success).toMatchObject(invalid('waiter.success.cardinality.number'))
      const failure = await create({ timeout: '600s', success: atLeast(9, '/'), failure: wrong })
      expect(failure).toMatchObject(invalid('waiter.failure.cardinality.number'))
    },
  )

  it.each(['', '/-a', '/a b', '/a/ /b', '/ä', `/${'n'.repeat(64)}`, `/${'d/'.repeat(127)}ee`, '*', '/a\u0000'])(
    '4.6: is refused with the path "%s"',
    async (path) => {
      const answer = await create({ timeout: '600s', success: { cardinality: { path, number: 9 } } })
      expect(answer).toMatchObject(invalid('waiter.success.cardinality.path'))
      expectRefusal(answer)
    },
  )

  const create = (spec: object) => api.post(`${config}/waiters`, { name: `${config}/waiters/new`, ...spec })
})

describe('a watch', () => {
  const SHAPES = ['now', '2016', '2016-04-05', '2016-04-05T12:00:00', '2016-04-05 12:00:00Z', '1459857600']
  const VALUES = ['2016-13-01T00:00:00Z', '2016-02-30T00:00:00Z', '2015-02-29T00:00:00Z', '2016-04-05T24:00:00Z']
  const FINER = ['2016-04-05T12:60:00Z', '2016-04-05T12:00:61Z', '2016-04-05T12:00:00.1234567890Z']
  const ZONES = [
    '2016-04-05T12:00:00+2:00',
    '2016-04-05T12:00:00+25:00',
    '2016-04-05T12:00:00.Z',
    '0000-01-01T00:00:00Z',
  ]
  it.each([...SHAPES, ...VALUES, ...FINER, ...ZONES])('4.5: is refused with newerThan %s', async (newerThan) => {
    const answer = await api.post(`${config}/variables/a/b:watch`, { newerThan })
    expect(answer).toMatchObject(invalid('newer_than'))
    expectRefusal(answer)
  })
})

describe('a policy', () => {
  it.each<[string, object, string]>([
    ['that is absent', {}, 'policy'],
    ['of a version that does not exist', { policy: { version: 2 } }, 'policy.version'],
    ['with a binding without a role', { policy: { bindings: [{ members: [] }] } }, 'policy.bindings[0].role'],
    ['with an unknown field', { policy: { rules: [] } }, 'policy.rules'],
    ['with an updateMask, which this version does not have', { policy: {}, updateMask: 'bindings' }, 'update_mask'],
  ])('4.8: is refused %s', async (_, body, field) => {
    const answer = await api.post(`${config}:setIamPolicy`, body)
    expect(answer).toMatchObject(invalid(field))
    expectRefusal(answer)
  })

  it('4.8: is refused of 200 kB', async () => {
    const body = { policy: { bindings: [{ role: 'r'.repeat(200_000) }] } }
    const answer = await api.post(`${config}:setIamPolicy`, body)
    expect(answer).toMatchObject(EXHAUSTED)
    expectRefusal(answer)
  })
})
