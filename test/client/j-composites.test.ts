/** Section J: composite operations, an operation and the wait for what it leads to. With a real server: live/. */
import { describe, expect, it, vi } from 'vitest'
import { CompositeOperationError } from '../../src/client/composite.ts'
import { InvalidArgumentError, WaitError, type ApiResponse, type Waiter } from '../../src/client/index.ts'
import {
  CONFIG,
  FAILED,
  TIMED_OUT,
  VARIABLE,
  WAITER,
  byName,
  composites,
  operation,
  poll,
  time,
  variable,
  waiter,
  waiterInput,
} from './composite-service.ts'
import { ended, pass, track, useFakeClock } from './fake.ts'
import { BASE, faults, gives, lost } from './scripted-fetch.ts'

useFakeClock()

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
