/** Section J: composite operations, an operation and the wait for what it leads to. With a real server: live/. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CompositeOperationError, compositeOperations } from '../../src/client/composite.ts'
import {
  InvalidArgumentError,
  WAIT_RESOURCE_NOT_FOUND,
  WaitError,
  type ApiResponse,
  type Operation,
  type Variable,
  type Waiter,
} from '../../src/client/index.ts'
import { ended, pass, track } from './fake.ts'
import { BASE, faults, gives, lost, scriptedClient, type Reply, type Sent } from './scripted-fetch.ts'

const CONFIG = 'projects/p/configs/c'
const VARIABLE = `${CONFIG}/variables/v`
const WAITER = `${CONFIG}/waiters/w`
const OPERATION = `${CONFIG}/operations/waiters/w`

let warned: ReturnType<typeof vi.spyOn>
beforeEach(() => {
  vi.useFakeTimers()
  warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const time = (at: number) => `2026-01-01T00:00:0${at}.000000000Z`
const variable = (text: string, at: number): Variable => ({ name: VARIABLE, text, updateTime: time(at) })
const waiterInput = { name: WAITER, timeout: '60s', success: { cardinality: { path: '/ready', number: 1 } } }
const waiter = (end: Partial<Waiter> = {}): Waiter => ({ ...waiterInput, createTime: time(1), ...end })
const FAILED = { done: true as const, error: { code: 10, message: 'the failure condition holds' } }
const TIMED_OUT = { done: true as const, error: { code: 4, message: 'time is up' } }
const operation = (end: Partial<Operation> = {}): Operation => ({ name: OPERATION, ...end })

/**
 * A client whose operations (all but GET) and looks (GET) each follow a list, the last of which is repeated; what the
 * server would hold is held for ever.
 */
function composites(operations: readonly Reply[], looks: readonly Reply[] = [faults(404, 'NOT_FOUND')]) {
  let done = 0
  let looked = 0
  const next = (replies: readonly Reply[], index: number) => replies[Math.min(index, replies.length - 1)] as Reply
  const client = scriptedClient(({ method, path }: Sent) => {
    if (path.endsWith(':wait') || path.endsWith(':watch')) return 'hang'
    return method === 'GET' ? next(looks, looked++) : next(operations, done++)
  })
  const count = (method: string) => client.sent.filter((sent) => sent.method === method).length
  return { client, run: compositeOperations(client), count }
}

/** A composite by its name, of whatever kind. */
type AnyComposite = (input: unknown, states: readonly string[], options?: object) => Promise<unknown>
const byName = (run: object, name: string) => (run as Record<string, AnyComposite>)[name] as AnyComposite

/** Poll: what is looked at is the matter here, not how it is heard. */
const poll = { transport: 'poll', jitter: false } as const

describe('J1: no states', () => {
  it('J1: answer the operation’s result, and nothing is looked at', async () => {
    const { run, client } = composites([gives(variable('a', 1))])
    const { value } = await ended(run.createVariableAndWaitForState({ name: VARIABLE, text: 'a' }, []))
    expect(value).toMatchObject({ data: variable('a', 1), status: 200, request: { method: 'POST' } })
    expect(client.sent).toHaveLength(1)
  })

  it.each(['deleteWaiterAndWaitForState', 'deleteConfigAndWaitForState'] as const)('J1: %s too', async (name) => {
    const { run, client } = composites([gives({})])
    const input = name === 'deleteWaiterAndWaitForState' ? WAITER : CONFIG
    expect((await ended(byName(run, name)(input, []))).value).toMatchObject({ data: {}, request: { method: 'DELETE' } })
    expect(client.sent).toHaveLength(1)
  })
})

describe('J2: an operation that is refused', () => {
  it.each([400, 403, 409, 501])('J2: with %i is that error, and nothing is waited for', async (status) => {
    const { run, client } = composites([faults(status)])
    const { error } = await ended(run.createVariableAndWaitForState({ name: VARIABLE, text: 'a' }, ['a']))
    expect(error).toMatchObject({ name: 'ServiceError', status })
    expect(client.sent).toHaveLength(1)
  })

  it('J2: with 404 too, unless it is a deletion', async () => {
    const { run, client } = composites([faults(404, 'NOT_FOUND')])
    const { error } = await ended(run.updateVariableAndWaitForState({ name: VARIABLE, text: 'a' }, ['a', 'DELETED']))
    expect(error).toMatchObject({ name: 'ServiceError', status: 404 })
    expect(client.sent).toHaveLength(1)
  })

  it('J2: for want of an answer is that error', async () => {
    const { run, count } = composites([lost()])
    const { error } = await ended(run.createConfigAndWaitForState({ name: CONFIG }, ['ACTIVE']))
    expect(error).toMatchObject({ name: 'ConnectionError' })
    expect(count('GET')).toBe(0)
  })
})

describe('J3: a wait that fails', () => {
  const input = { name: VARIABLE, text: 'a' }

  it('J3: by timeout is an error with the operation’s result, the state seen, and words', async () => {
    const { run } = composites([gives(variable('a', 1))], [gives(variable('a', 1))])
    const options = { waiter: { timeout: '10s', ...poll } } as const
    const { error, at } = await ended(run.updateVariableAndWaitForState(input, ['b', 'C'], options))
    expect(error).toBeInstanceOf(CompositeOperationError)
    const told = error as CompositeOperationError
    expect(told).toMatchObject({
      name: 'CompositeOperationError',
      code: 'TIMEOUT',
      operation: 'updateVariable',
      wantedStates: ['B', 'C'],
      seenState: 'a',
      partialResults: [{ data: variable('a', 1), request: { method: 'PUT' } }],
    })
    expect(told.cause).toBeInstanceOf(WaitError)
    expect(told.message).toContain('updateVariable succeeded, but the wait for B or C did not: the state was "a"')
    expect(String(told)).toMatch(/^CompositeOperationError: updateVariable succeeded/)
    expect(at).toBeLessThanOrEqual(10_050)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('J3: by 404 is one with that status', async () => {
    const { run } = composites([gives(variable('a', 1))], [faults(404, 'NOT_FOUND')])
    const { error } = await ended(run.updateVariableAndWaitForState(input, ['b'], { waiter: poll }))
    expect(error).toMatchObject({
      name: 'CompositeOperationError',
      code: 'NOT_FOUND',
      status: 404,
      seenState: 'absent',
    })
    expect((error as CompositeOperationError).partialResults).toHaveLength(1)
  })

  it('J3: by a refusal is one with that status, and says that no state was seen', async () => {
    const { run } = composites([gives(variable('a', 1))], [faults(403, 'PERMISSION_DENIED')])
    const { error } = await ended(run.updateVariableAndWaitForState(input, ['b'], { waiter: poll }))
    expect(error).toMatchObject({ code: 'ERROR', status: 403, seenState: undefined })
    expect((error as Error).message).toContain('no state was seen')
  })

  it('J3: by a failure is one with its reason', async () => {
    const { run } = composites([gives(operation())], [gives(waiter(FAILED))])
    const { error } = await ended(run.createWaiterAndWaitForState(waiterInput, ['SUCCEEDED'], { waiter: poll }))
    expect(error).toMatchObject({ code: 'FAILED', seenState: 'FAILED', partialResults: [{ data: operation() }] })
    expect((error as Error).message).toContain('the failure condition holds')
  })

  it('J3: has 1200 s unless it says otherwise', async () => {
    const { run } = composites([gives(variable('a', 1))], [gives(variable('a', 1))])
    const { error, at } = await ended(run.updateVariableAndWaitForState(input, ['b'], { waiter: poll }))
    expect(error).toMatchObject({ code: 'TIMEOUT' })
    expect(Math.abs((at ?? 0) - 1_200_000)).toBeLessThanOrEqual(50)
  })
})

describe('J4: states', () => {
  it.each([[['b', 'a']], [['B', 'c']], [['c', 'b']]])(
    'J4: any of %j will do, in upper or lower case',
    async (states) => {
      const { run } = composites([gives(variable('x', 1))], [gives(variable('x', 1)), gives(variable('b', 2))])
      const { value } = await ended(
        run.updateVariableAndWaitForState({ name: VARIABLE, text: 'x' }, states, { waiter: poll }),
      )
      expect(value).toMatchObject({ data: variable('b', 2), status: 200, request: { method: 'GET' } })
    },
  )

  it('J4: the resource’s may be in any case too', async () => {
    const { run } = composites([gives(variable('Ready', 1))], [gives(variable('Ready', 1))])
    const options = { waiter: poll }
    const { state } = await ended(
      run.updateVariableAndWaitForState({ name: VARIABLE, text: 'Ready' }, ['rEADY'], options),
    )
    expect(state).toBe('fulfilled')
  })

  it('J4: the answer can be gone on with, as that to a GET', async () => {
    const { run, client } = composites([gives(operation())], [gives(waiter({ done: true }))])
    const { value } = await ended(
      byName(run, 'createWaiterAndWaitForState')(waiterInput, ['succeeded'], { waiter: poll }),
    )
    const { request, data } = value as ApiResponse<Waiter>
    expect(request).toEqual({ method: 'GET', url: `${BASE}/v1beta1/${WAITER}` })
    expect((await client.send(request)).data).toEqual(data)
  })

  it('J4: a name with a slash before it is asked for without', async () => {
    const { run } = composites([gives(variable('a', 1))], [gives(variable('a', 1))])
    const input = { name: `/${VARIABLE}`, text: 'a' }
    const { value } = await ended(run.updateVariableAndWaitForState(input, ['a'], { waiter: poll }))
    expect(value?.request.url).toBe(`${BASE}/v1beta1/${VARIABLE}`)
  })

  it.each<[string, unknown]>([
    ['SUCEEDED', ['SUCEEDED']],
    ['ACTIVE', ['IN_PROGRESS', 'ACTIVE']],
    ['undefined', [undefined]],
    ['null', ['SUCCEEDED', null]],
    ['5', [5]],
    ['no list', 'SUCCEEDED'],
    ['nothing', undefined],
  ])('J4: %s is refused before anything is sent', async (_, states) => {
    const { run, client } = composites([gives(operation())])
    const { error } = await ended(run.createWaiterAndWaitForState(waiterInput, states as never))
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(error).toMatchObject({ argument: 'states' })
    expect(client.sent).toHaveLength(0)
  })
})

describe('J5: what was just created', () => {
  it.each<[string, (run: ReturnType<typeof composites>['run']) => Promise<unknown>, object]>([
    [
      'config',
      (run) => run.createConfigAndWaitForState({ name: CONFIG }, ['ACTIVE'], { waiter: poll }),
      { name: CONFIG },
    ],
    [
      'variable',
      (run) => run.createVariableAndWaitForState({ name: VARIABLE, text: 'a' }, ['a'], { waiter: poll }),
      variable('a', 1),
    ],
    [
      'waiter',
      (run) => run.createWaiterAndWaitForState(waiterInput, ['SUCCEEDED'], { waiter: poll }),
      waiter({ done: true }),
    ],
  ])('J5: a %s that is not seen at first is looked for again', async (_, create, data) => {
    const { run, count } = composites([gives(data)], [faults(404, 'NOT_FOUND'), faults(404, 'NOT_FOUND'), gives(data)])
    expect((await ended(create(run))).value).toMatchObject({ data })
    expect(count('GET')).toBe(3)
  })

  it('J5: and that is not seen for 5 s is not there', async () => {
    const { run } = composites([gives({ name: CONFIG })], [faults(404, 'NOT_FOUND')])
    const { error, at } = await ended(run.createConfigAndWaitForState({ name: CONFIG }, ['ACTIVE'], { waiter: poll }))
    expect(error).toMatchObject({ code: 'NOT_FOUND', status: 404 })
    expect(Math.abs((at ?? 0) - 5000)).toBeLessThanOrEqual(50)
  })

  it('J5: and that was seen may not go again', async () => {
    const { run, count } = composites([gives(variable('a', 1))], [gives(variable('x', 1)), faults(404, 'NOT_FOUND')])
    const input = { name: VARIABLE, text: 'a' }
    const { error } = await ended(run.createVariableAndWaitForState(input, ['a'], { waiter: poll }))
    expect(error).toMatchObject({ code: 'NOT_FOUND' })
    expect(count('GET')).toBe(2)
  })

  it('J5: an Operation that is not seen at first is looked for again', async () => {
    const done = operation({ done: true, response: { '@type': 'x', ...waiter({ done: true }) } })
    const { run } = composites([gives(operation())], [faults(404, 'NOT_FOUND'), gives(done)])
    expect((await ended(run.createWaiterAndWaitForOperation(waiterInput, { waiter: poll }))).state).toBe('fulfilled')
  })
})

const deletions = [
  ['deleteConfigAndWaitForState', CONFIG, gives({ name: CONFIG })],
  ['deleteVariableAndWaitForState', VARIABLE, gives(variable('a', 1))],
  ['deleteWaiterAndWaitForState', WAITER, gives(waiter())],
] as const

describe.each(deletions)('deletions: %s', (name, resource, there) => {
  it('J6: J7: of what is gone already is the sentinel, without a look', async () => {
    const { run, client } = composites([faults(404, 'NOT_FOUND')])
    const { value, state } = await ended(byName(run, name)(resource, ['DELETED']))
    expect(state).toBe('fulfilled')
    expect(value).toBe(WAIT_RESOURCE_NOT_FOUND)
    expect(client.sent.map(({ method }) => method)).toEqual(['DELETE'])
  })

  it('J8: is the sentinel when it is gone, by default', async () => {
    const { run } = composites([gives({})], [there, there, faults(404, 'NOT_FOUND')])
    const { value, state } = await ended(byName(run, name)(resource, ['DELETED'], { waiter: poll }))
    expect([state, value]).toEqual(['fulfilled', WAIT_RESOURCE_NOT_FOUND])
    expect(warned).not.toHaveBeenCalled()
  })

  it('J8: is an error then where that was asked for, with a warning', async () => {
    const { run } = composites([gives({})], [there, faults(404, 'NOT_FOUND')])
    const options = { waiter: { ...poll, succeedOnNotFound: false } }
    const { error } = await ended(byName(run, name)(resource, ['DELETED'], options))
    expect(error).toMatchObject({ name: 'CompositeOperationError', code: 'NOT_FOUND', partialResults: [{ data: {} }] })
    expect(warned).toHaveBeenCalledTimes(1)
    expect(warned.mock.calls[0]?.[0]).toMatch(
      new RegExp(`^${name.replace('AndWaitForState', '')}: .*succeedOnNotFound`),
    )
  })

  it('J9: that is refused with 409 is that error, and nothing is waited for', async () => {
    const { run, client } = composites([faults(409, 'FAILED_PRECONDITION')])
    const { error } = await ended(byName(run, name)(resource, ['DELETED']))
    expect(error).toMatchObject({ name: 'ServiceError', status: 409 })
    expect(client.sent).toHaveLength(1)
  })
})

describe('a deletion', () => {
  it('J8: of a variable that comes to a state instead is that', async () => {
    const { run } = composites([gives({})], [gives(variable('a', 2))])
    const { value } = await ended(run.deleteVariableAndWaitForState(VARIABLE, ['a'], { waiter: poll }))
    expect(value).toMatchObject({ data: variable('a', 2) })
  })

  it('J8: that is waited for behind an update is success too', async () => {
    const { run } = composites([gives(variable('a', 1))], [gives(variable('a', 1)), faults(404, 'NOT_FOUND')])
    const input = { name: VARIABLE, text: 'a' }
    const { value, state } = await ended(run.updateVariableAndWaitForState(input, ['deleted'], { waiter: poll }))
    expect([state, value]).toEqual(['fulfilled', WAIT_RESOURCE_NOT_FOUND])
  })

  it('J8: succeedOnNotFound makes it so for any state', async () => {
    const { run } = composites([gives(variable('a', 1))], [faults(404, 'NOT_FOUND')])
    const options = { waiter: { ...poll, succeedOnNotFound: true } }
    const input = { name: VARIABLE, text: 'a' }
    expect((await ended(run.updateVariableAndWaitForState(input, ['b'], options))).value).toBe(null)
  })
})

describe('work requests: the Operation of a waiter', () => {
  const done = (end: Partial<Operation>) => operation({ done: true, ...end })
  const response = {
    '@type': 'type.googleapis.com/google.cloud.runtimeconfig.v1beta1.Waiter',
    ...waiter({ done: true }),
  }

  it('J10: without a name is the operation’s result, and nothing is looked at', async () => {
    const { run, client } = composites([gives({ done: true })])
    const { value } = await ended(run.createWaiterAndWaitForOperation(waiterInput))
    expect(value).toMatchObject({ data: { done: true }, request: { method: 'POST' } })
    expect(client.sent).toHaveLength(1)
  })

  it.each([
    ['failed', FAILED],
    ['ran out of time', TIMED_OUT],
  ])('J11: that %s is an error with the reason', async (_, end) => {
    const { run } = composites([gives(operation())], [gives(operation()), gives(done(end))])
    const { error } = await ended(run.createWaiterAndWaitForOperation(waiterInput, { waiter: poll }))
    expect(error).toBeInstanceOf(CompositeOperationError)
    expect(error).toMatchObject({ code: 'FAILED', operation: 'createWaiter', partialResults: [{ data: operation() }] })
    expect((error as Error).message).toContain(end.error.message)
  })

  it.each([
    ['failed', FAILED],
    ['ran out of time', TIMED_OUT],
  ])('J11: that %s is a result where that was asked for', async (_, end) => {
    const { run } = composites([gives(operation())], [gives(operation()), gives(done(end)), gives(waiter(end))])
    const options = { waiter: poll, resolveOnFailure: true }
    const { value } = await ended(run.createWaiterAndWaitForOperation(waiterInput, options))
    expect(value?.data).toEqual(waiter(end))
  })

  it('J12: that succeeded answers the waiter, which came with it', async () => {
    const { run, client } = composites([gives(operation())], [gives(done({ response }))])
    const { value } = await ended(run.createWaiterAndWaitForOperation(waiterInput, { waiter: poll }))
    expect(value?.data).toEqual(waiter({ done: true }))
    expect(value?.request).toEqual({ method: 'GET', url: `${BASE}/v1beta1/${WAITER}` })
    expect(client.sent.some(({ path }) => path === WAITER)).toBe(false)
  })

  it('J12: that succeeded without saying more answers the waiter as it is read then', async () => {
    const { run, client } = composites([gives(operation())], [gives(done({})), gives(waiter({ done: true }))])
    const { value } = await ended(run.createWaiterAndWaitForOperation(waiterInput, { waiter: poll }))
    expect(value?.data).toEqual(waiter({ done: true }))
    expect(client.sent.at(-1)?.path).toBe(WAITER)
  })
})

describe('J13: a state that is never left', () => {
  it.each([
    [['SUCCEEDED'], FAILED, 'FAILED'],
    [['SUCCEEDED'], TIMED_OUT, 'TIMED_OUT'],
    [['FAILED', 'TIMED_OUT'], { done: true as const }, 'SUCCEEDED'],
  ] as const)('J13: and is not in %j ends the wait at once, by its name', async (states, end, seen) => {
    const { run, client } = composites([gives(operation())], [gives(waiter()), gives(waiter(end))])
    const { error } = await ended(run.createWaiterAndWaitForState(waiterInput, states, { waiter: poll }))
    expect(error).toMatchObject({ code: 'FAILED', seenState: seen })
    expect((error as Error).message).toContain(`"${seen}"`)
    expect(client.sent.filter(({ path }) => path === WAITER)).toHaveLength(2)
  })

  it.each([
    [['FAILED'], FAILED],
    [['timed_out'], TIMED_OUT],
    [['IN_PROGRESS'], {}],
  ] as const)('J13: and is in %j is success', async (states, end) => {
    const { run } = composites([gives(operation())], [gives(waiter(end))])
    const { value } = await ended(byName(run, 'createWaiterAndWaitForState')(waiterInput, states, { waiter: poll }))
    expect(value).toMatchObject({ data: waiter(end) })
  })

  it('J13: a waiter that is to be gone, and has ended, is waited for until it is', async () => {
    const { run } = composites([gives({})], [gives(waiter({ done: true })), faults(404, 'NOT_FOUND')])
    const { value, error } = await ended(run.deleteWaiterAndWaitForState(WAITER, ['DELETED'], { waiter: poll }))
    expect(error).toBeUndefined()
    expect(value).toBe(null)
  })
})

describe('J14: the same options, twice', () => {
  it('J14: do the same, and are unchanged', async () => {
    const options = Object.freeze({
      operation: Object.freeze({ requestTimeout: '5s' }),
      waiter: Object.freeze({ ...poll, timeout: '7s', succeedOnNotFound: true }),
    }) as { operation: { requestTimeout: '5s' }; waiter: { timeout: '7s' } }
    const before = structuredClone(options)
    const ends: unknown[] = []
    for (let round = 0; round < 2; round += 1) {
      const { run, count } = composites([gives({})], [gives(waiter()), faults(404, 'NOT_FOUND')])
      const { value, at } = await ended(run.deleteWaiterAndWaitForState(WAITER, ['DELETED'], options))
      ends.push([value, at, count('GET')])
    }
    expect(ends[1]).toEqual(ends[0])
    expect(options).toEqual(before)
  })

  it('J14: no options at all are the same for the second as for the first', async () => {
    for (let round = 0; round < 2; round += 1) {
      const { run } = composites([gives({})], [faults(404, 'NOT_FOUND')])
      expect((await ended(run.deleteVariableAndWaitForState(VARIABLE, ['DELETED']))).value).toBe(null)
    }
  })
})

describe('J15: an abort', () => {
  it('J15: between the operation and the end of the wait is an error with the operation’s result', async () => {
    const { run } = composites([gives(variable('a', 1))], [gives(variable('a', 1))])
    const controller = new AbortController()
    const options = { waiter: { ...poll, signal: controller.signal } }
    const composite = track(run.updateVariableAndWaitForState({ name: VARIABLE, text: 'a' }, ['b'], options))
    await pass(3000)
    controller.abort('enough')
    await pass(0)
    expect(composite.error).toMatchObject({
      name: 'CompositeOperationError',
      code: 'ABORTED',
      partialResults: [{ data: variable('a', 1) }],
      cause: { name: 'AbortError', cause: 'enough' },
    })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('J15: of the operation is its own', async () => {
    const controller = new AbortController()
    const { run, client } = composites(['hang'])
    const options = { operation: { signal: controller.signal } }
    const composite = track(run.updateVariableAndWaitForState({ name: VARIABLE, text: 'a' }, ['b'], options))
    await pass(100)
    const reason = new Error('enough')
    controller.abort(reason)
    await pass(0)
    expect(composite.error).toBe(reason)
    expect(client.sent).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('J16: between the operation and the first look', () => {
  it('J16: what is older than the operation’s own change is not looked at', async () => {
    const { run, count } = composites(
      [gives(variable('on', 5))],
      [gives(variable('off', 4)), gives(variable('OFF', 6))],
    )
    const { value } = await ended(
      run.updateVariableAndWaitForState({ name: VARIABLE, text: 'on' }, ['off'], { waiter: poll }),
    )
    expect(value?.data).toEqual(variable('OFF', 6))
    expect(count('GET')).toBe(2)
  })

  it('J16: the operation’s own change counts', async () => {
    const { run } = composites([gives(variable('on', 5))], [gives(variable('on', 5))])
    const { value } = await ended(
      run.updateVariableAndWaitForState({ name: VARIABLE, text: 'on' }, ['on'], { waiter: poll }),
    )
    expect(value?.data).toEqual(variable('on', 5))
  })

  it('J16: a change that came by then is seen at the first look', async () => {
    const { run, count } = composites([gives(variable('on', 5))], [gives(variable('off', 6))])
    await ended(run.updateVariableAndWaitForState({ name: VARIABLE, text: 'on' }, ['off'], { waiter: poll }))
    expect(count('GET')).toBe(1)
  })

  it('J16: a caller may say from when on', async () => {
    const { run } = composites([gives(variable('on', 5))], [gives(variable('off', 6)), gives(variable('off', 8))])
    const options = { waiter: { ...poll, since: time(7) } }
    const { value } = await ended(run.updateVariableAndWaitForState({ name: VARIABLE, text: 'on' }, ['off'], options))
    expect(value?.data).toEqual(variable('off', 8))
  })
})

describe('what cannot be meant', () => {
  it.each<[string, object]>([
    ['timeout', { waiter: { timeout: 0 } }],
    ['max_wait', { waiter: { max_wait: 5 } }],
    ['transport', { waiter: { transport: 'pigeon' } }],
    ['waiters', { waiters: {} }],
    ['signal', { waiter: { signal: 5 } }],
  ])('%s in %j is refused before anything is done', async (argument, options) => {
    const { run, client } = composites([gives(variable('a', 1))])
    const attempts: (() => Promise<unknown>)[] = [
      () => run.createVariableAndWaitForState({ name: VARIABLE, text: 'a' }, ['a'], options),
      () => run.createWaiterAndWaitForOperation(waiterInput, options),
    ]
    for (const attempt of attempts) {
      expect((await ended(attempt())).error).toMatchObject({ name: 'InvalidArgumentError', argument })
    }
    expect(client.sent).toHaveLength(0)
  })

  it('a name of another kind is refused before anything is done', async () => {
    const { run, client } = composites([gives({})])
    const attempts: (() => Promise<unknown>)[] = [
      () => run.createVariableAndWaitForState({ name: WAITER, text: 'a' }, ['a']),
      () => run.deleteConfigAndWaitForState(VARIABLE, ['DELETED']),
    ]
    for (const attempt of attempts) {
      expect((await ended(attempt())).error).toBeInstanceOf(InvalidArgumentError)
    }
    expect(client.sent).toHaveLength(0)
  })
})

it('there is a composite for every operation that creates, updates or deletes', () => {
  expect(Object.keys(composites([gives()]).run).toSorted()).toEqual([
    'createConfigAndWaitForState',
    'createVariableAndWaitForState',
    'createWaiterAndWaitForOperation',
    'createWaiterAndWaitForState',
    'deleteConfigAndWaitForState',
    'deleteVariableAndWaitForState',
    'deleteWaiterAndWaitForState',
    'updateConfigAndWaitForState',
    'updateVariableAndWaitForState',
  ])
})
