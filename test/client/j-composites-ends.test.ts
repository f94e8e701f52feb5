/** Section J: composite operations that delete, and those that wait for an Operation. With a real server: live/. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { CompositeOperationError } from '../../src/client/composite.ts'
import { WAIT_RESOURCE_NOT_FOUND, type Operation } from '../../src/client/index.ts'
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
  variable,
  waiter,
  waiterInput,
} from './composite-service.ts'
import { ended, useFakeClock } from './fake.ts'
import { BASE, faults, gives } from './scripted-fetch.ts'

let warned: ReturnType<typeof vi.spyOn>
useFakeClock()
beforeEach(() => {
  warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
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
