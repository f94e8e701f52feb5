/** One request: what is sent, what is tried again and when, the token, the time it may take, and how it is cut. */
import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { ConnectionError, InvalidArgumentError, ServiceError } from '../../src/client/index.ts'
import { BASE, faults, gives, lost, scriptedClient, type Reply } from './scripted-fetch.ts'
import { ended, pass, track, useFakeClock } from './fake.ts'

const NAME = 'projects/p/configs/c'
const VARIABLE = `${NAME}/variables/v`
const OK = gives({ name: NAME })

useFakeClock()

describe('what is tried again', () => {
  it.each([408, 425, 429, 500, 502, 503, 504, 599])('a read that is refused with %i', async (status) => {
    const client = scriptedClient([faults(status), faults(status), OK])
    const { state } = await ended(client.configs.get(NAME))
    expect(state).toBe('fulfilled')
    expect(client.sent).toHaveLength(3)
  })

  it.each([301, 400, 401, 403, 404, 405, 409, 410, 412, 413, 422, 426, 501])(
    'no read that is refused with %i',
    async (status) => {
      const client = scriptedClient([faults(status, 'SOME_CODE'), OK])
      const { error } = await ended(client.configs.get(NAME))
      expect(error).toBeInstanceOf(ServiceError)
      expect(error).toMatchObject({ status, code: 'SOME_CODE', message: `refused with ${status}` })
      expect(client.sent).toHaveLength(1)
    },
  )

  it.each(['ABORTED', 'IncorrectState', 'LockConflict'])('a conflict that will pass, %s', async (code) => {
    const client = scriptedClient([faults(409, code), OK])
    expect((await ended(client.configs.get(NAME))).state).toBe('fulfilled')
    expect(client.sent).toHaveLength(2)
  })

  it.each<[string, Reply]>([
    ['no answer came', lost()],
    ['the connection was refused', { error: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) }],
    ['half a body came', { text: '{"name": "proj' }],
    ['an answer came that is no JSON', { text: '<!doctype html>' }],
  ])('a read to which %s', async (_, reply) => {
    const client = scriptedClient([reply, OK])
    expect((await ended(client.configs.get(NAME))).state).toBe('fulfilled')
    expect(client.sent).toHaveLength(2)
  })

  it('is tried five times in all, and then the last error stands', async () => {
    const client = scriptedClient([faults(503, 'UNAVAILABLE')])
    const { error } = await ended(client.configs.get(NAME))
    expect(error).toMatchObject({ name: 'ServiceError', status: 503, code: 'UNAVAILABLE' })
    expect(client.sent).toHaveLength(5)
  })

  it('is tried as often as the client was told', async () => {
    const client = scriptedClient([lost()], { retry: { attempts: 2 } })
    expect((await ended(client.configs.get(NAME))).error).toBeInstanceOf(ConnectionError)
    expect(client.sent).toHaveLength(2)
  })

  it('is tried once where the client, or the call, says so', async () => {
    const once = scriptedClient([lost()], { retry: false })
    await ended(once.configs.get(NAME))
    expect(once.sent).toHaveLength(1)
    const client = scriptedClient([lost()])
    await ended(client.configs.get(NAME, { retry: false }))
    expect(client.sent).toHaveLength(1)
  })

  it.each<[string, number, (client: ReturnType<typeof scriptedClient>) => Promise<unknown>]>([
    ['a creation, with the same request id', 2, (client) => client.configs.create({ name: NAME })],
    ['an update', 2, (client) => client.variables.update({ name: VARIABLE, text: 'a' })],
    ['a deletion', 2, (client) => client.configs.delete(NAME)],
    ['a watch', 2, (client) => client.variables.watch(VARIABLE)],
    ['a held wait', 2, (client) => client.waiters.wait(`${NAME}/waiters/w`)],
    ['a test of permissions', 2, (client) => client.configs.testIamPermissions(NAME, [])],
    ['a policy without an etag', 2, (client) => client.configs.setIamPolicy(NAME, { bindings: [] })],
    ['never a policy with an etag', 1, (client) => client.configs.setIamPolicy(NAME, { etag: 'abc' })],
    ['never any other POST', 1, (client) => client.send({ method: 'POST', url: `${BASE}/v1beta1/x` })],
    ['never any PATCH', 1, (client) => client.send({ method: 'PATCH', url: `${BASE}/v1beta1/x` })],
    [
      'a POST of which the caller says that it is safe',
      2,
      (client) => client.send({ method: 'POST', url: `${BASE}/v1beta1/x` }, { safe: true }),
    ],
  ])('after a fault of the server: %s', async (_, times, call) => {
    const client = scriptedClient([faults(503), OK])
    const { state } = await ended(call(client))
    expect(client.sent).toHaveLength(times)
    expect(state).toBe(times === 1 ? 'rejected' : 'fulfilled')
    expect(new Set(client.sent.map(({ url, method, body }) => JSON.stringify({ url, method, body }))).size).toBe(1)
  })

  it('after 429 even what is not safe to repeat, for nothing was done', async () => {
    const client = scriptedClient([faults(429), OK])
    expect((await ended(client.configs.setIamPolicy(NAME, { etag: 'abc' }))).state).toBe('fulfilled')
    expect(client.sent).toHaveLength(2)
  })
})

describe('a deletion whose answer was lost', () => {
  it('has succeeded when the next attempt finds nothing', async () => {
    const client = scriptedClient([lost(), faults(404, 'NOT_FOUND')])
    const { value } = await ended(client.configs.delete(NAME))
    expect(value).toMatchObject({ data: {}, status: 200, request: { method: 'DELETE' } })
  })

  it.each([500, 503])('or to which %i came, for it may have been done', async (status) => {
    const client = scriptedClient([faults(status), faults(404, 'NOT_FOUND')])
    expect((await ended(client.configs.delete(NAME))).state).toBe('fulfilled')
  })

  it('has not when it was only told to come later', async () => {
    const client = scriptedClient([faults(429), faults(404, 'NOT_FOUND')])
    expect((await ended(client.configs.delete(NAME))).error).toMatchObject({ status: 404 })
  })

  it('has not when the first attempt finds nothing', async () => {
    const client = scriptedClient([faults(404, 'NOT_FOUND')])
    expect((await ended(client.configs.delete(NAME))).error).toMatchObject({ status: 404 })
  })

  it('is remembered over a 429 in between', async () => {
    const client = scriptedClient([lost(), faults(429), faults(404, 'NOT_FOUND')])
    expect((await ended(client.configs.delete(NAME))).state).toBe('fulfilled')
  })

  it('is a matter of deletions: a read that finds nothing after a fault says so', async () => {
    const client = scriptedClient([lost(), faults(404, 'NOT_FOUND')])
    expect((await ended(client.configs.get(NAME))).error).toMatchObject({ status: 404 })
  })
})

describe('the pauses', () => {
  /** The pauses between the attempts of one call, in milliseconds. */
  async function pauses(random: number, options: Parameters<typeof scriptedClient>[1], reply = faults(503)) {
    vi.spyOn(Math, 'random').mockReturnValue(random)
    const client = scriptedClient([reply], options)
    await ended(client.configs.get(NAME))
    return client.sent.slice(1).map(({ at }, index) => Math.round(at - (client.sent[index]?.at ?? 0)))
  }

  it('are random between nothing and a bound that doubles up to the maximum', async () => {
    expect(await pauses(1, { retry: { attempts: 9 } })).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000])
    expect(await pauses(0.5, {})).toEqual([50, 100, 200, 400])
    expect(Math.max(...(await pauses(0, {})))).toBeLessThanOrEqual(1)
  })

  it('are within the bounds that the client was told', async () => {
    const retry = { attempts: 5, minDelay: '1s', maxDelay: '3s' } as const
    expect(await pauses(1, { retry })).toEqual([1000, 2000, 3000, 3000])
  })

  it('are as long as the service asks, in seconds', async () => {
    expect(await pauses(0.5, { retry: { attempts: 3 } }, faults(429, 'X', { 'Retry-After': '7' }))).toEqual([
      7000, 7000,
    ])
    const [none] = await pauses(0.5, { retry: { attempts: 2 } }, faults(503, 'X', { 'Retry-After': '0' }))
    expect(none).toBeLessThanOrEqual(1)
  })

  it('are as long as the service asks, as a date', async () => {
    vi.setSystemTime(new Date('2026-01-01T00:00:00Z'))
    const headers = { 'Retry-After': 'Thu, 01 Jan 2026 00:00:09 GMT' }
    expect(await pauses(0.5, { retry: { attempts: 2 } }, faults(503, 'X', headers))).toEqual([9000])
  })

  it('are none to a date that has passed, and the usual ones to what is neither number nor date', async () => {
    vi.setSystemTime(new Date('2026-01-01T00:00:00Z'))
    const past = { 'Retry-After': 'Wed, 31 Dec 2025 00:00:00 GMT' }
    const [none] = await pauses(0.5, { retry: { attempts: 2 } }, faults(503, 'X', past))
    expect(none).toBeLessThanOrEqual(1)
    expect(await pauses(0.5, { retry: { attempts: 2 } }, faults(503, 'X', { 'Retry-After': 'soon' }))).toEqual([50])
  })

  it('are left to the caller when the service asks for more patience than a request has', async () => {
    const client = scriptedClient([faults(429, 'X', { 'Retry-After': '31' }), OK])
    expect((await ended(client.configs.get(NAME))).error).toMatchObject({ status: 429 })
    expect(client.sent).toHaveLength(1)
    const patient = scriptedClient([faults(429, 'X', { 'Retry-After': '30' }), OK])
    expect((await ended(patient.configs.get(NAME))).state).toBe('fulfilled')
  })
})

describe('the time that a request may take', () => {
  it('is 30 s for each attempt; then it is cut, and tried again', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const client = scriptedClient(['hang', OK])
    const call = track(client.configs.get(NAME))
    await pass(29_999)
    expect(client.sent[0]?.signal.aborted).toBe(false)
    await pass(1)
    expect(client.sent[0]?.signal.aborted).toBe(true)
    await pass(1)
    expect(call.state).toBe('fulfilled')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is what the client was told, or the call', async () => {
    const client = scriptedClient(['hang'], { requestTimeout: '2s', retry: false })
    const { error, at } = await ended(client.configs.get(NAME))
    expect(at).toBe(2000)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('no answer within 2 s') })
    expect((await ended(client.configs.get(NAME, { requestTimeout: 300 }))).at).toBe(300)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('includes the body: an answer that trickles without an end is cut', async () => {
    const client = scriptedClient([OK], {
      retry: false,
      requestTimeout: '1s',
      fetch: async () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })),
    })
    const { error, at } = await ended(client.configs.get(NAME))
    expect(at).toBe(1000)
    expect(error).toBeInstanceOf(ConnectionError)
  })

  it('holds even if fetch heeds no signal', async () => {
    const client = scriptedClient([OK], { retry: false, requestTimeout: '1s', fetch: () => new Promise(() => {}) })
    expect((await ended(client.configs.get(NAME))).at).toBe(1000)
  })

  it('is longer than the server holds what it is asked to hold', async () => {
    const client = scriptedClient(['hang'], { retry: false })
    expect((await ended(client.variables.watch(VARIABLE))).at).toBe(75_000)
    expect((await ended(client.waiters.wait(`${NAME}/waiters/w`))).at).toBe(75_000)
    expect((await ended(client.variables.watch(VARIABLE, { requestTimeout: '3s' }))).at).toBe(3000)
  })

  it.each([0, -1, Number.NaN, Infinity, '5', '5 s'])('cannot be %j', async (requestTimeout) => {
    const options = { requestTimeout: requestTimeout as number }
    const client = scriptedClient([OK])
    expect((await ended(client.configs.get(NAME, options))).error).toMatchObject({ argument: 'requestTimeout' })
    expect(client.sent).toHaveLength(0)
    expect(() => scriptedClient([OK], options)).toThrow(expect.objectContaining({ argument: 'requestTimeout' }))
  })
})

describe('a signal', () => {
  const reason = new Error('enough')

  it('that is aborted already has nothing sent, and no token asked for', async () => {
    const token = vi.fn(() => 'abc')
    const client = scriptedClient([OK], { token })
    expect((await ended(client.configs.get(NAME, { signal: AbortSignal.abort(reason) }))).error).toBe(reason)
    expect(client.sent).toHaveLength(0)
    expect(token).not.toHaveBeenCalled()
  })

  it('cuts the request under way, and the call rejects with its reason', async () => {
    const controller = new AbortController()
    const client = scriptedClient(['hang'])
    const call = track(client.configs.get(NAME, { signal: controller.signal }))
    await pass(10)
    controller.abort(reason)
    await pass(0)
    expect(call.error).toBe(reason)
    expect(client.sent[0]?.signal.aborted).toBe(true)
    await pass(60_000)
    expect(client.sent).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends a pause, and nothing is sent after it', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.9)
    const controller = new AbortController()
    const client = scriptedClient([faults(503)])
    const call = track(client.configs.get(NAME, { signal: controller.signal }))
    await pass(1)
    controller.abort(reason)
    await pass(0)
    expect(call.error).toBe(reason)
    expect(vi.getTimerCount()).toBe(0)
    await pass(60_000)
    expect(client.sent).toHaveLength(1)
  })

  it('ends the wait for a token, and for a body', async () => {
    for (const options of [
      { token: () => new Promise<string>(() => {}) },
      { fetch: async () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })) },
    ]) {
      const controller = new AbortController()
      const client = scriptedClient([OK], options)
      const call = track(client.configs.get(NAME, { signal: controller.signal }))
      await pass(1)
      controller.abort(reason)
      await pass(0)
      expect(call.error).toBe(reason)
      expect(vi.getTimerCount()).toBe(0)
    }
  })

  it('that is aborted after the end changes nothing, and nobody listens to it any more', async () => {
    const controller = new AbortController()
    const client = scriptedClient([faults(503), OK])
    const { state } = await ended(client.configs.get(NAME, { signal: controller.signal }))
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    controller.abort(reason)
    expect(state).toBe('fulfilled')
    expect(client.sent.every(({ signal }) => !signal.aborted)).toBe(true)
  })

  it('is not listened to any more after a call that failed, however it did', async () => {
    for (const reply of [faults(404), lost(), 'hang'] as Reply[]) {
      const { signal } = new AbortController()
      await ended(scriptedClient([reply]).configs.get(NAME, { signal }))
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
      expect(vi.getTimerCount()).toBe(0)
    }
  })
})

describe('errors', () => {
  it('of the service tell its status, code, details, headers and request', async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.BadRequest' }]
    const body = { error: { code: 400, message: 'bad', status: 'INVALID_ARGUMENT', details } }
    const client = scriptedClient([{ status: 400, body, headers: { 'X-Request-Id': 'r1' } }])
    const error = (await ended(client.configs.get(NAME))).error as ServiceError
    expect(error).toBeInstanceOf(ServiceError)
    expect(error).toMatchObject({
      name: 'ServiceError',
      status: 400,
      code: 'INVALID_ARGUMENT',
      message: 'bad',
      details,
    })
    expect(error.headers.get('x-request-id')).toBe('r1')
    expect(error.request).toEqual({ method: 'GET', url: `${BASE}/v1beta1/${NAME}` })
  })

  it.each(['', 'no JSON', 'null', '[]', '{}', '{"error": null}', '{"error": "text"}'])(
    'are told without the service’s words where it has none, as in %j',
    async (text) => {
      const { error } = await ended(scriptedClient([{ status: 418, text }]).configs.get(NAME))
      expect(error).toMatchObject({ status: 418, code: 'UNKNOWN', message: 'HTTP 418', details: [] })
    },
  )

  it('of the connection tell the request and why, one level down too', async () => {
    const error = new TypeError('fetch failed', { cause: Object.assign(new Error('connect ECONNREFUSED'), {}) })
    const client = scriptedClient([{ error }], { retry: false })
    const told = (await ended(client.configs.get(NAME))).error as ConnectionError
    expect(told).toBeInstanceOf(ConnectionError)
    expect(told.message).toBe(`GET ${BASE}/v1beta1/${NAME}: connect ECONNREFUSED`)
    expect(told.cause).toBe(error)
    expect(told.request.url).toBe(`${BASE}/v1beta1/${NAME}`)
  })

  it.each<[unknown, string]>([
    [{ cause: { code: 'ECONNRESET' } }, 'ECONNRESET'],
    [{ message: 'Load failed' }, 'Load failed'],
    [{}, 'no answer'],
  ])('of the connection find words in %j', async (error, words) => {
    const client = scriptedClient([{ error }], { retry: false })
    const told = (await ended(client.configs.get(NAME))).error as ConnectionError
    expect(told.message).toBe(`GET ${BASE}/v1beta1/${NAME}: ${words}`)
  })

  it('an empty answer is an empty object', async () => {
    expect((await ended(scriptedClient([{ text: '' }]).configs.delete(NAME))).value?.data).toEqual({})
  })
})

describe('the options of a client', () => {
  const make = (options: object) => () => scriptedClient([OK], options)

  it.each([
    undefined,
    '',
    'service.test',
    '/v1beta1',
    'ftp://service.test',
    'http://service.test?a=b',
    'http://service.test?',
    'http://service.test/#',
    'http://service.test/#a',
    'http://user:secret@service.test',
    5,
  ])('url cannot be %j', (url) => {
    expect(make({ url })).toThrow(expect.objectContaining({ name: 'InvalidArgumentError', argument: 'url' }))
  })

  it('url may have a path, and slashes at its end are of no importance', async () => {
    const client = scriptedClient([OK], { url: 'http://service.test/behind//' })
    await ended(client.configs.get(NAME))
    expect(client.sent[0]?.url).toBe(`http://service.test/behind/v1beta1/${NAME}`)
  })

  it.each([{ attempts: 0 }, { attempts: 1.5 }, { attempts: '5' }, { minDelay: 0 }, { maxDelay: -1 }, { tries: 5 }, 5])(
    'retry cannot be %j',
    (retry) => {
      expect(make({ retry })).toThrow(InvalidArgumentError)
    },
  )

  it('unknown ones are refused by name', () => {
    expect(make({ timeout: 5 })).toThrow(expect.objectContaining({ argument: 'timeout' }))
  })
})
