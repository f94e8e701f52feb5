/** Errors of a look: which are outlived, which end the wait, and what is told of them. */
import { describe, expect, it, vi } from 'vitest'
import type { ApiRequest } from '../../src/client/api.ts'
import { compositeOperations } from '../../src/client/composite.ts'
import { InvalidArgumentError } from '../../src/client/errors.ts'
import { WaitError } from '../../src/client/outcome.ts'
import { WAIT_RESOURCE_NOT_FOUND, waitUntil, type AnyClient } from '../../src/client/wait-until.ts'
import { wait } from '../../src/client/wait.ts'
import { absent, client, ended, expectQuiet, hangs, httpError, noAnswer, present, refuses, resp } from './fake.ts'
import { says, scripted, useFakeClock } from './fake.ts'
import { faults, gives, scriptedClient } from './scripted-fetch.ts'

useFakeClock()

const isDone = (value: string) => value === 'done'
const done = { success: isDone }
const second = { timeout: '1m', minDelay: '1s', maxDelay: '1s' } as const

const config = 'projects/p/configs/c'
const variable = `${config}/variables/v`
const waiter = `${config}/waiters/w`
const holds = (text: string) => gives({ name: variable, text, updateTime: '2026-01-01T00:00:00.000000001Z' })

/** Errors after which the same look may well succeed. */
const passing: [string, () => unknown][] = [
  ...[408, 425, 429, 500, 502, 503, 504, 599].map((status): [string, () => unknown] => [
    `${status}`,
    () => httpError(status),
  ]),
  ['409 of a lock', () => httpError(409, { code: 'LockConflict' })],
  ['409 of a state', () => httpError(409, { code: 'IncorrectState' })],
  ['409 of a transaction', () => httpError(409, { code: 'ABORTED' })],
  ['no answer', noAnswer],
  ['a reset connection', () => Object.assign(new Error('read'), { code: 'ECONNRESET' })],
]
/** Errors that stay what they are. */
const lasting: [string, () => unknown][] = [
  ...[400, 401, 403, 405, 409, 410, 412, 422, 501].map((status): [string, () => unknown] => [
    `${status}`,
    () => httpError(status, { code: 'NO' }),
  ]),
  ['a programming error', () => new TypeError("Cannot read properties of undefined (reading 'x')")],
  ['a bug', () => new RangeError('x')],
  ['a validation', () => new InvalidArgumentError('name', 'is wrong')],
]

describe('a resource that is not found', () => {
  it('D1: ends the wait after one look, with status 404', async () => {
    const error = httpError(404)
    const service = client([refuses(error), 'DONE'])
    const tracked = await ended(waitUntil(service, resp('A'), 'lifecycleState', 'DONE'))
    expect(tracked).toMatchObject({ state: 'rejected', error: { status: 404 } })
    expect(tracked.error).toBe(error)
    expect(service.sent).toHaveLength(1)
    await expectQuiet(service.script)
    const target = scripted<string>([refuses(error), says(present('done'))])
    const modern = await ended(wait(target, done, second))
    expect(modern.error).toMatchObject({ name: 'WaitError', code: 'NOT_FOUND', status: 404, attempts: 1 })
    expect((modern.error as Error).cause).toBe(error)
    await expectQuiet(target.script)
  })

  it('D1: also where it is explicitly no success', async () => {
    const service = client([refuses(httpError(404))])
    const options = { succeedOnNotFound: false }
    const tracked = await ended(waitUntil(service, resp('A'), 'lifecycleState', 'DONE', options))
    expect(tracked).toMatchObject({ state: 'rejected', error: { status: 404 } })
  })

  it('D2: is success where it was to be, and answered by what is no response', async () => {
    const service = client(['A', refuses(httpError(404))])
    const options = { succeedOnNotFound: true } as const
    const byState = await ended(waitUntil(service, resp('A'), 'lifecycleState', 'DONE', options))
    const byFunction = await ended(waitUntil(service, resp('A'), { evaluateResponse: () => false, ...options }))
    expect(byState).toMatchObject({ state: 'fulfilled', at: 3000 })
    expect(byState.value).toBe(WAIT_RESOURCE_NOT_FOUND)
    expect(byFunction.value).toBe(WAIT_RESOURCE_NOT_FOUND)
    expect(Boolean(WAIT_RESOURCE_NOT_FOUND)).toBe(false)
    await expectQuiet(service.script)
  })

  it('D3: is success at the very first look, too, where the wait takes that itself', async () => {
    const target = scripted([refuses(httpError(404))])
    const tracked = await ended(wait(target, { absent: 'success' }, second))
    expect(tracked).toMatchObject({ at: 0, value: { label: 'absent', attempts: 1 } })
    await expectQuiet(target.script)
  })

  it('D3: is success by fetchFunc, however that looks', async () => {
    const fetchFunc = vi.fn(() => Promise.reject(httpError(404)))
    const options = { fetchFunc, succeedOnNotFound: true } as const
    const tracked = await ended(waitUntil(client(), resp('A', 'POST'), 'lifecycleState', 'DONE', options))
    expect(tracked.value).toBe(WAIT_RESOURCE_NOT_FOUND)
    expect(fetchFunc).toHaveBeenCalledTimes(1)
  })

  it('D4: is success where the state waited for is that of being deleted', async () => {
    const rollcall = scriptedClient(({ method }) => (method === 'PUT' ? gives({ name: config }) : faults(404)))
    const waiting = compositeOperations(rollcall).updateConfigAndWaitForState({ name: config }, ['DELETED'])
    const tracked = await ended(waiting)
    expect(tracked.state).toBe('fulfilled')
    expect(tracked.value).toBe(WAIT_RESOURCE_NOT_FOUND)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('D5: is borne with for as long as it is told, until it has been there', async () => {
    const until = { ...done, absent: { pendingFor: '5s' } } as const
    const late = scripted<string>([refuses(httpError(404)), absent(), says(present('done'))])
    expect(await ended(wait(late, until, second))).toMatchObject({ at: 2000, value: { attempts: 3 } })
    const never = scripted<string>([refuses(httpError(404))])
    const tracked = await ended(wait(never, until, second))
    expect(tracked).toMatchObject({ at: 5000, error: { code: 'NOT_FOUND', status: 404 } })
    await expectQuiet(never.script)
    const went = scripted<string>([says(present('new')), refuses(httpError(404))])
    expect(await ended(wait(went, until, second))).toMatchObject({ at: 1000, error: { code: 'NOT_FOUND' } })
  })

  it('D5: counts that time from the start, also where looks are slow, rare or refused', async () => {
    const until = { ...done, absent: { pendingFor: '5s' } } as const
    const slow = scripted<string>([says(absent(), 2000)])
    expect(await ended(wait(slow, until, { ...second, maxDelay: '1h', minDelay: '1h', timeout: '2h' }))).toMatchObject({
      at: 5000,
      error: { code: 'NOT_FOUND' },
    })
    const first = scripted<string>([says(absent(), 6000)])
    expect(await ended(wait(first, until, second))).toMatchObject({ at: 6000, error: { code: 'NOT_FOUND' } })
    const refused = scripted<string>([...Array(6).fill(refuses(httpError(503))), says(present('done'))])
    expect(await ended(wait(refused, until, second))).toMatchObject({ state: 'fulfilled', at: 6000 })
  })
})

describe('a token that is refused', () => {
  it('D6: is asked for anew, twice at most, and then the refusal stands', async () => {
    const token = vi.fn(() => `token-${token.mock.calls.length}`)
    for (const form of ['wait', 'waitUntil']) {
      token.mockClear()
      const rollcall = scriptedClient([faults(401)], { token })
      const first = { data: { text: 'a' }, request: { method: 'GET', url: `${rollcall.base}/v1beta1/${variable}` } }
      const service: AnyClient<typeof first> = { send: (one, options) => rollcall.send(one as ApiRequest, options) }
      const tracked =
        form === 'wait'
          ? await ended(wait(rollcall.variable(variable), () => true, { ...second, transport: 'poll' }))
          : await ended(waitUntil(service, first, 'text', 'b'))
      expect(tracked).toMatchObject({ state: 'rejected', error: { status: 401 } })
      expect(rollcall.sent.map(({ headers }) => headers.get('Authorization'))).toEqual([
        'Bearer token-1',
        'Bearer token-2',
        'Bearer token-3',
      ])
    }
  })

  it('D7: is not asked for anew where it is but a text', async () => {
    const rollcall = scriptedClient([faults(401)], { token: 'secret' })
    const tracked = await ended(wait(rollcall.variable(variable), () => true, { ...second, transport: 'poll' }))
    expect(tracked.error).toMatchObject({ code: 'ERROR', status: 401 })
    expect(rollcall.sent).toHaveLength(1)
  })

  it('D8: is counted anew after an answer', async () => {
    let issued = 0
    const token = () => `token-${(issued += 1)}`
    const script = [faults(401), faults(401), holds('a'), faults(401), faults(401), holds('b')]
    const rollcall = scriptedClient(script, { token })
    const tracked = await ended(
      wait(rollcall.variable(variable), ({ text }) => text === 'b', { ...second, transport: 'poll' }),
    )
    expect(tracked).toMatchObject({ state: 'fulfilled', value: { attempts: 2 } })
    expect(rollcall.sent).toHaveLength(6)
    expect(issued).toBe(5)
  })
})

describe('errors that pass', () => {
  it.each(passing)('D9: %s does not end a wait', async (_, error) => {
    const target = scripted<string>([refuses(error()), refuses(error()), says(present('done'))])
    expect(await ended(wait(target, done, second))).toMatchObject({ state: 'fulfilled', value: { attempts: 3 } })
    await expectQuiet(target.script)
    const service = client([refuses(error()), refuses(error()), 'DONE'])
    const tracked = await ended(waitUntil(service, resp('A'), 'lifecycleState', 'DONE'))
    expect(tracked).toMatchObject({ state: 'fulfilled', value: resp('DONE') })
    expect(service.sent).toHaveLength(3)
    await expectQuiet(service.script)
  })

  it.each(lasting)('D10: %s ends it, after one look', async (_, make) => {
    const error = make()
    const target = scripted<string>([refuses(error), says(present('done'))])
    const modern = await ended(wait(target, done, second))
    expect(modern).toMatchObject({ at: 0, error: { code: 'ERROR', name: 'WaitError', attempts: 1 } })
    expect((modern.error as Error).cause).toBe(error)
    await expectQuiet(target.script)
    const service = client([refuses(error), 'DONE'])
    const compat = await ended(waitUntil(service, resp('A'), 'lifecycleState', 'DONE'))
    expect(compat.error).toBe(error)
    expect(service.sent).toHaveLength(1)
    await expectQuiet(service.script)
  })

  it('D10: what a look throws that is no error ends it, too', async () => {
    for (const thrown of ['text', undefined, null, 5, {}]) {
      const modern = await ended(wait(scripted<string>([refuses(thrown)]), done, second))
      expect(modern).toMatchObject({ state: 'rejected', error: { code: 'ERROR' } })
      const compat = await ended(waitUntil(client([refuses(thrown)]), resp('A'), 'lifecycleState', 'DONE'))
      expect(compat).toMatchObject({ state: 'rejected', error: thrown })
    }
  })

  it('D9: which pass is for the caller to say', async () => {
    const retryable = vi.fn((error: unknown) => (error as { status: number }).status === 403)
    const steps = [refuses(httpError(403)), refuses(httpError(403)), refuses(httpError(503))]
    const target = scripted<string>(steps)
    const tracked = await ended(wait(target, done, { ...second, retryable }))
    expect(tracked.error).toMatchObject({ code: 'ERROR', status: 503, attempts: 3 })
    expect(retryable).toHaveBeenCalledTimes(3)
    const broken = () => {
      throw new Error('cannot say')
    }
    const failed = await ended(wait(scripted<string>(steps), done, { ...second, retryable: broken }))
    expect(failed.error).toMatchObject({ code: 'ERROR', cause: { message: 'cannot say' } })
  })

  it('D11: until the time is up; then the last is the cause, and each is counted', async () => {
    const last = httpError(502, { message: 'bad gateway' })
    const steps = [httpError(503, { message: 'busy' }), httpError(503, { message: 'busy' }), noAnswer(), last]
    const target = scripted<string>(steps.map((error) => refuses(error)))
    const tracked = await ended(wait(target, done, { ...second, timeout: '4s' }))
    const error = tracked.error as WaitError
    expect(error).toMatchObject({ code: 'TIMEOUT', status: 502, attempts: 5, state: undefined })
    expect(error.cause).toBe(last)
    expect(Object.entries(error.errors)).toEqual([
      [expect.stringMatching(/503.*busy/), 2],
      [expect.stringContaining('fetch failed'), 1],
      [expect.stringMatching(/502.*bad gateway/), 2],
    ])
    expect(error.message).toMatch(/2 x 503.*busy/)
    expect(tracked.at).toBeLessThanOrEqual(4050)
    await expectQuiet(target.script)
  })

  it('D11: of waitUntil, too', async () => {
    const service = client([refuses(httpError(503, { message: 'busy' }))])
    const tracked = await ended(waitUntil(service, resp('A'), 'lifecycleState', 'DONE', { maxWaitSeconds: 10 }))
    expect(tracked).toMatchObject({ error: { code: 'TIMEOUT', lastResponse: resp('A'), timesChecked: 0 } })
    expect(tracked.at).toBeLessThanOrEqual(10_050)
    const texts: string[] = []
    for (let error = tracked.error; error instanceof Error; error = error.cause) texts.push(error.message)
    expect(texts.join('\n')).toContain('busy')
    expect(service.sent.length).toBeGreaterThan(2)
    await expectQuiet(service.script)
  })

  it('D9: an error between two looks neither counts as a check nor ends anything', async () => {
    const waitCallback = vi.fn()
    const service = client([refuses(httpError(503)), 'B', refuses(noAnswer()), 'C', 'DONE'])
    await ended(waitUntil(service, resp('A'), 'lifecycleState', 'DONE', { waitCallback }))
    expect(waitCallback.mock.calls).toEqual([
      [1, resp('B')],
      [2, resp('C')],
    ])
  })
})

describe('what is told of an error', () => {
  it('D12: that it holds itself makes no difference', async () => {
    const circular = Object.assign(new Error('round'), { status: 400, self: null as unknown })
    circular.self = circular
    const bare = Object.create(null) as object
    for (const thrown of [circular, { self: circular }, bare, Symbol('s'), 5n]) {
      const tracked = await ended(wait(scripted<string>([refuses(thrown)]), done, second))
      expect(tracked.error).toBeInstanceOf(WaitError)
      expect(tracked.error).toMatchObject({ code: 'ERROR' })
      expect((tracked.error as Error).cause).toBe(thrown)
      const passed = { ...second, timeout: '3s', retryable: () => true } as const
      const late = await ended(wait(scripted<string>([refuses(thrown)]), done, passed))
      expect(late).toMatchObject({ at: 3000, error: { code: 'TIMEOUT' } })
    }
  })

  it('D12: nor that the error says nothing', async () => {
    const silent = Object.assign(new Error(), { status: 403 })
    const tracked = await ended(wait(scripted<string>([refuses(silent)]), done, second))
    expect((tracked.error as Error).message).toContain('403')
  })

  it('D13: the acceptor that matched is named, not another one', async () => {
    const until = [
      { state: 'failure', matcher: { path: 'state', equals: 'broken' }, label: 'broke' },
      { state: 'failure', matcher: { path: 'state', equals: 'deleted' }, label: 'gone' },
      { state: 'success', matcher: { path: 'state', equals: 'done' } },
    ] as const
    const tracked = await ended(wait(scripted<object>([present({ state: 'broken' })]), until, second))
    const error = tracked.error as WaitError
    expect(error).toMatchObject({ code: 'FAILED', label: 'broke' })
    expect(error.by).toContain('until[0]')
    expect(error.message).toContain('until[0]')
    expect(error.message).not.toContain('until[1]')
    const labelled = { success: isDone, failure: { slow: () => false, broke: () => true } }
    const other = await ended(wait(scripted<string>([present('x')]), labelled, second))
    expect((other.error as WaitError).by).toContain('until.failure.broke')
  })

  it('D14: the reason of a failure is what its path shows: a text, texts, or nothing', async () => {
    const failed = (value: object) => scripted<object>([present({ state: 'failed', ...value })], { key: 'thing' })
    const matcher = { path: 'state', equals: 'failed' }
    const forms = [
      { success: () => false, failure: matcher, message: 'status.reason' },
      [
        { state: 'failure', matcher, message: 'status.reason' },
        { state: 'success', matcher: () => false },
      ],
    ] as const
    const told: [object, RegExp][] = [
      [{ status: { reason: 'no fuel' } }, /thing failed: no fuel \(/],
      [{ status: { reason: ['no fuel', 'no crew'] } }, /no fuel; no crew/],
      [{ status: {} }, /^thing failed \(/],
      [{ status: { reason: [] } }, /^thing failed \(/],
      [{ status: { reason: { code: 5 } } }, /^thing failed \(/],
      [{}, /^thing failed \(/],
    ]
    for (const until of forms) {
      for (const [value, text] of told) {
        const { error } = await ended(wait(failed(value), until, second))
        expect(error).toMatchObject({ code: 'FAILED' })
        expect((error as Error).message).toMatch(text)
      }
    }
    const each = { success: () => false, failure: matcher, message: 'errors[*].text' }
    const { error } = await ended(wait(failed({ errors: [{ text: 'one' }, { text: 'two' }, {}] }), each, second))
    expect((error as Error).message).toMatch(/one; two/)
  })

  it('D15: the whole of what was seen last comes with it', async () => {
    const value = { state: 'failed', deep: { er: [1, 2, 3] } }
    const until = { success: () => false, failure: { path: 'state', equals: 'failed' } }
    const { error } = await ended(wait(scripted<object>([present(value, '7', 'one')]), until, second))
    expect((error as WaitError).last).toEqual({ kind: 'present', value, rev: '7', identity: 'one' })
    expect(((error as WaitError).last as { value: unknown }).value).toBe(value)
  })

  it('D16: each end is known by its code and its name, not by its text', async () => {
    const failing = { ...done, failure: (value: string) => value === 'failed' }
    const closed = { ...done, pending: (value: string) => value === 'new' }
    const ends = {
      failed: wait(scripted<string>([present('failed')]), failing, second),
      timeout: wait(scripted<string>([present('new')]), done, second),
      stalled: wait(scripted<string>([present('new', '1')]), done, { ...second, stall: '5s' }),
      unexpected: wait(scripted<string>([present('odd')]), closed, second),
      aborted: wait(scripted<string>([hangs]), done, { ...second, signal: AbortSignal.timeout(0) }),
      notFound: wait(scripted<string>([absent()]), done, second),
      error: wait(scripted<string>([refuses(httpError(403))]), done, second),
    }
    ends.aborted.cancel()
    const seen = []
    for (const waiting of Object.values(ends)) {
      const { error } = await ended(waiting)
      expect(error).toBeInstanceOf(WaitError)
      const outcome = await waiting.settle()
      expect(outcome).toMatchObject({ error })
      seen.push([outcome.status, (error as WaitError).code, (error as WaitError).name])
    }
    expect(seen).toEqual([
      ['failure', 'FAILED', 'WaitError'],
      ['timeout', 'TIMEOUT', 'TimeoutError'],
      ['stalled', 'STALLED', 'WaitError'],
      ['unexpected', 'UNEXPECTED_STATE', 'WaitError'],
      ['aborted', 'ABORTED', 'AbortError'],
      ['notFound', 'NOT_FOUND', 'WaitError'],
      ['error', 'ERROR', 'WaitError'],
    ])
  })

  it('D16: the end of a server-side waiter is told as failure or as its time that ran out', async () => {
    const createTime = '2026-01-01T00:00:00.000000001Z'
    const errorOf = async (code: number, message: string) => {
      const ends = gives({ name: waiter, createTime, done: true, error: { code, message } })
      const rollcall = scriptedClient(({ path }) => (path.includes('/variables') ? gives({}) : ends))
      return (await ended(rollcall.wait(waiter, { timeout: '1m' }))).error as WaitError
    }
    expect(await errorOf(10, 'failure condition')).toMatchObject({ code: 'FAILED', label: 'FAILED', state: 'FAILED' })
    expect(await errorOf(4, 'time is up')).toMatchObject({ code: 'FAILED', label: 'TIMED_OUT', state: 'TIMED_OUT' })
  })

  it('a read that answers what is no snapshot ends the wait, and breaks nothing', async () => {
    for (const answer of [undefined, null, 'done', { state: 'done' }]) {
      const read = vi.fn(async () => answer as never)
      const tracked = await ended(wait({ key: 'thing', read }, () => true, second))
      expect(tracked).toMatchObject({ at: 0, error: { code: 'ERROR' } })
      expect(read).toHaveBeenCalledTimes(1)
    }
  })
})
