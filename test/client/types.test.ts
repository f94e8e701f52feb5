/** What the compiler is to accept and to refuse: type-checked with the rest, and run for what can be told then. */
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  wait,
  waitAll,
  waitAny,
  waitUntil,
  type ApiResponse,
  type Client,
  type CommitResponse,
  type Target,
  type Variable,
  type Wait,
  type WaitError,
  type Waiter,
  type WaitSuccess,
} from '../../src/client/index.ts'
import { compositeOperations, type CompositeOperations } from '../../src/client/composite.ts'
import type { CheckIns } from '../../src/client/check-in.ts'
import type { AnyClient } from '../../src/client/index.ts'
import { present, scripted, useFakeClock } from './fake.ts'

useFakeClock()

interface Instance {
  readonly state: 'CREATING' | 'ACTIVE' | 'DELETED'
  readonly name: string
}
interface InstanceResponse {
  readonly data: Instance
  readonly request: { readonly method: string }
}

/** Is type-checked and never run. */
const unrun = (call: () => unknown) => void call

declare const service: AnyClient<InstanceResponse>
declare const response: InstanceResponse
declare const rollcall: Client
declare const composites: CompositeOperations
declare const instance: Target<Instance>

describe('the types', () => {
  it('A19: a state that the resource never has does not compile', () => {
    unrun(() => waitUntil(service, response, 'state', 'ACTIVE'))
    unrun(() => waitUntil(service, response, 'state', ['ACTIVE', 'DELETED']))
    unrun(() => waitUntil(service, response, 'state', ['ACTIVE', 'DELETED'] as const))
    // @ts-expect-error -- no such state
    unrun(() => waitUntil(service, response, 'state', 'ACTVE'))
    // @ts-expect-error -- no such state among them
    unrun(() => waitUntil(service, response, 'state', ['ACTIVE', 'GONE']))
    // @ts-expect-error -- no such property
    unrun(() => waitUntil(service, response, 'status', 'ACTIVE'))
    expect(typeof waitUntil).toBe('function')
  })

  it('what a commit makes, and on what condition a change is made, does not compile where it cannot be', () => {
    const name = 'projects/p/configs/c/variables/a'
    unrun(() => rollcall.configs.commit('c', [{ set: { name, text: '' } }, { delete: { name, recursive: true } }]))
    // @ts-expect-error -- neither text nor value
    unrun(() => rollcall.configs.commit('c', [{ set: { name } }]))
    // @ts-expect-error -- no such write
    unrun(() => rollcall.configs.commit('c', [{ put: { name, text: '' } }]))
    unrun(() => rollcall.variables.update({ name, text: '' }, { ifMatch: 'MTc5' }))
    // @ts-expect-error -- all that can be asked is that nothing is there
    unrun(() => rollcall.variables.update({ name, text: '' }, { ifNoneMatch: 'MTc5' }))
    expectTypeOf<Awaited<ReturnType<CheckIns['commit']>>>().toEqualTypeOf<CommitResponse>()
  })

  it('A19: nor one of a waiter', () => {
    const success = { cardinality: { path: '/ready' } }
    const waiter = { name: 'projects/p/configs/c/waiters/w', timeout: '5s', success }
    unrun(() => composites.createWaiterAndWaitForState(waiter, ['SUCCEEDED', 'FAILED']))
    unrun(() => composites.createWaiterAndWaitForState(waiter, ['succeeded']))
    // @ts-expect-error -- no such state
    unrun(() => composites.createWaiterAndWaitForState(waiter, ['SUCEEDED']))
    expect(typeof compositeOperations).toBe('function')
  })

  it('A7: an unknown option does not compile', () => {
    // @ts-expect-error -- an option of another library
    unrun(() => waitUntil(service, response, 'state', 'ACTIVE', { max_wait: 5 }))
    // @ts-expect-error -- an option of another library
    unrun(() => wait(instance, () => true, { timeout: 5, maxWaitTime: 5 }))
    // @ts-expect-error -- a duration without its unit
    unrun(() => wait(instance, () => true, { timeout: '5' }))
    expect(() => wait(scripted([present('done')]), () => true, { timeout: '5' as never })).toThrow(/timeout/)
  })

  it('A10: a wait without a timeout does not compile', () => {
    // @ts-expect-error -- timeout is required
    unrun(() => wait(instance, () => true, {}))
    // @ts-expect-error -- options are required
    unrun(() => wait(instance, () => true))
    // @ts-expect-error -- timeout is required
    unrun(() => rollcall.wait('projects/p/configs/c/waiters/w', {}))
    const target = scripted([present('done')])
    expect(() => wait(target, () => true, {} as never)).toThrow(/timeout/)
  })

  it('B4: the label of the outcome is one of those that were given', () => {
    unrun(() => {
      const waiting = wait(instance, { success: { up: () => true, gone: () => false } }, { timeout: 5 })
      expectTypeOf(waiting).toExtend<PromiseLike<WaitSuccess<Instance, 'up' | 'gone'>>>()
      expectTypeOf<Awaited<typeof waiting>['label']>().toEqualTypeOf<'up' | 'gone'>()
      expectTypeOf<Awaited<typeof waiting>['value']>().toEqualTypeOf<Instance | undefined>()
    })
    unrun(() => {
      const waiting = wait(instance, { success: () => true, failure: () => false }, { timeout: 5 })
      expectTypeOf<Awaited<typeof waiting>['label']>().toEqualTypeOf<'success'>()
    })
    unrun(() => expectTypeOf(rollcall.wait('w', { timeout: 5 })).toEqualTypeOf<Wait<Waiter, 'SUCCEEDED'>>())
    expect(typeof wait).toBe('function')
  })

  it('B6: a function judges values of the target', () => {
    unrun(() => wait(instance, ({ state }) => state === 'ACTIVE', { timeout: 5 }))
    // @ts-expect-error -- no such property
    unrun(() => wait(instance, ({ phase }) => phase === 'ACTIVE', { timeout: 5 }))
    // @ts-expect-error -- no such state
    unrun(() => wait(instance, ({ state }) => state === 'GONE', { timeout: 5 }))
    expect(typeof wait).toBe('function')
  })

  it('A16: what is no matcher or acceptor does not compile', () => {
    // @ts-expect-error -- no such comparison
    unrun(() => wait(instance, { success: { path: 'state', eq: 'ACTIVE' } }, { timeout: 5 }))
    // @ts-expect-error -- no such state of an acceptor
    unrun(() => wait(instance, [{ state: 'ok', matcher: () => true }], { timeout: 5 }))
    const booleans = { path: 'a', expected: 'true', comparator: 'booleanEquals' } as const
    unrun(() => wait(instance, [{ state: 'success', matcher: { output: booleans } }], { timeout: 5 }))
    expect(typeof wait).toBe('function')
  })

  it('D2: what stands for a resource that is gone has to be dealt with where it can come', () => {
    unrun(async () => {
      const always = await waitUntil(service, response, 'state', 'ACTIVE')
      expectTypeOf(always).toEqualTypeOf<InstanceResponse>()
      const perhaps = await waitUntil(service, response, 'state', 'DELETED', { succeedOnNotFound: true })
      expectTypeOf(perhaps).toEqualTypeOf<InstanceResponse | null>()
      const evaluated = await waitUntil(service, response, { evaluateResponse: ({ data }) => data.state === 'ACTIVE' })
      expectTypeOf(evaluated).toEqualTypeOf<InstanceResponse>()
    })
    expect(typeof waitUntil).toBe('function')
  })

  it('D2: the answers of the client itself can be waited on', () => {
    unrun(async () => {
      const first = await rollcall.variables.get('projects/p/configs/c/variables/v')
      const last = await waitUntil(rollcall, first, 'text', 'ready')
      expectTypeOf(last).toEqualTypeOf<ApiResponse<Variable>>()
    })
    expect(typeof waitUntil).toBe('function')
  })

  it('D15: an error tells the last value by its type, and its code is one of a few', () => {
    unrun(async () => {
      const outcome = await wait(instance, () => true, { timeout: 5 }).settle()
      if (outcome.status === 'success') expectTypeOf(outcome.value).toEqualTypeOf<Instance | undefined>()
      else {
        expectTypeOf(outcome.error).toEqualTypeOf<WaitError<Instance>>()
        const { code } = outcome.error
        // @ts-expect-error -- no such code
        return code === 'TIMED_OUT'
      }
      // @ts-expect-error -- no such end
      return outcome.status === 'cancelled'
    })
    expect(typeof wait).toBe('function')
  })

  it('K2: the winner of several is told with its place', () => {
    unrun(async () => {
      const winner = await waitAny([[instance, () => true]], { timeout: 5 })
      expectTypeOf(winner.index).toEqualTypeOf<number>()
      expectTypeOf(winner.value).toEqualTypeOf<Instance | undefined>()
    })
    const labelled = { success: { up: () => true, gone: () => false } }
    unrun(() => waitAny([wait(instance, labelled, { timeout: 5 }), [instance, () => true]], { timeout: 5 }))
    unrun(() => waitAll([rollcall.wait('w', { timeout: 5 })], { timeout: 5 }))
    // @ts-expect-error -- timeout is required
    unrun(() => waitAny([[instance, () => true]], {}))
    expect(typeof waitAny).toBe('function')
  })
})
