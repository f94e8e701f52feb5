/** What can be meant by a call of waitUntil, or of a composite operation, and what cannot: refused before anything is asked. */
import { describe, expect, it } from 'vitest'
import { InvalidArgumentError } from '../../src/client/errors.ts'
import { waitUntil, WaitUntilNotSupported, type AnyClient } from '../../src/client/wait-until.ts'
import { compositeOperations } from '../../src/client/composite.ts'
import { Client } from '../../src/client/client.ts'
import { client, ended, hangs, resp, says, Script, useFakeClock } from './fake.ts'

// A19's compile-time half is in types.test.ts. A state that the data's type does not know cannot be told at run time
// where the resource may be any service's; composite operations know theirs, and refuse it.

useFakeClock()

// oxlint-disable-next-line typescript/no-explicit-any -- what plain JavaScript may pass
type Anything = any

/** What a call of the compatible form is refused with. It must not have sent anything. */
async function compatRefusal(response: unknown, ...rest: unknown[]): Promise<Error & { argument?: string }> {
  const service = client(['DONE'])
  const tracked = await ended((waitUntil as Anything)(service, response, ...rest))
  expect(tracked.state).toBe('rejected')
  expect(service.sent).toEqual([])
  return tracked.error as Error
}

const yes = () => true

describe('arguments of waitUntil', () => {
  it('A1: a property and evaluateResponse together are refused, and both are named', async () => {
    const error = await compatRefusal(resp('A'), 'lifecycleState', 'DONE', { evaluateResponse: yes })
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(error.message).toContain('evaluateResponse')
    expect(error.message).toContain('property')
  })

  it('A2: neither a property nor evaluateResponse is refused', async () => {
    for (const rest of [[], [{}], [undefined], [{ maxWaitSeconds: 1 }]]) {
      expect(await compatRefusal(resp('A'), ...rest)).toMatchObject({ argument: 'evaluateResponse' })
    }
  })

  it('A3: the answer to anything but a GET cannot be looked at again', async () => {
    for (const method of ['POST', 'DELETE', 'PUT', 'PATCH', 'HEAD']) {
      const error = await compatRefusal(resp('A', method), 'lifecycleState', 'DONE')
      expect(error).toBeInstanceOf(WaitUntilNotSupported)
      expect(error).toMatchObject({ name: 'WaitUntilNotSupported', code: 'NOT_SUPPORTED' })
      expect(error.message).toContain(method)
    }
  })

  it('A3: also where it is in the wanted state already, and by evaluateResponse', async () => {
    expect(await compatRefusal(resp('DONE', 'POST'), 'lifecycleState', 'DONE')).toBeInstanceOf(WaitUntilNotSupported)
    expect(await compatRefusal(resp('A', 'POST'), { evaluateResponse: yes })).toBeInstanceOf(WaitUntilNotSupported)
  })

  it('A3: the method is told in any case of letters', async () => {
    const service = client(['DONE'])
    const { value } = await ended(waitUntil(service, resp('A', 'get'), 'lifecycleState', 'DONE'))
    expect(value).toEqual(resp('DONE'))
  })

  it('A4: with fetchFunc the first answer may be of any request', async () => {
    const service = client([])
    const fetchFunc = () => resp('DONE')
    const { value } = await ended(waitUntil(service, resp('A', 'POST'), 'lifecycleState', 'DONE', { fetchFunc }))
    expect(value).toEqual(resp('DONE'))
    expect(service.sent).toEqual([])
  })

  it('A5: a property that the data has not is refused', async () => {
    const error = await compatRefusal(resp('A'), 'status', 'DONE')
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(error.message).toContain('does not contain the given property')
    expect(error.argument).toBe('property')
    for (const data of [undefined, null, 'text', 3]) {
      expect(await compatRefusal({ ...resp('A'), data }, 'status', 'DONE')).toMatchObject({ argument: 'property' })
    }
  })

  it('A5: a property that is there without a value is waited for', async () => {
    const service = client(['DONE'])
    const first = { ...resp('A'), data: { lifecycleState: undefined as unknown as string } }
    expect((await ended(waitUntil(service, first, 'lifecycleState', 'DONE'))).value).toEqual(resp('DONE'))
  })

  it('A5: a property that is to become true may be left out while it is false', async () => {
    interface Flag {
      readonly data: { readonly done?: boolean }
      readonly request: { readonly method: string }
    }
    const request = { method: 'GET' }
    const script = new Script<Flag>([says({ data: {}, request }), says({ data: { done: true }, request })])
    const service: AnyClient<Flag> = { send: (_, { signal }) => script.next(signal) }
    const tracked = await ended(waitUntil(service, { data: {}, request } as Flag, 'done', true))
    expect(tracked).toMatchObject({ state: 'fulfilled', value: { data: { done: true } } })
    expect(script.looks).toHaveLength(2)
    const other = await ended(waitUntil(service, { data: {}, request } as Flag, 'done', false))
    expect(other.error).toMatchObject({ argument: 'property' })
  })

  it('A6: of an answer that cannot be asked for again, that is told before its missing property', async () => {
    expect(await compatRefusal(resp('A', 'POST'), 'status', 'DONE')).toBeInstanceOf(WaitUntilNotSupported)
  })

  it('A7: an option that nobody knows is refused by its name', async () => {
    for (const options of [{ max_wait: 5 }, { maxWait: 5 }, { maxIntervalSecond: 5 }, { timeout: 5 }]) {
      const [name] = Object.keys(options)
      expect(await compatRefusal(resp('A'), 'lifecycleState', 'DONE', options)).toMatchObject({ argument: name })
      expect(await compatRefusal(resp('A'), { evaluateResponse: yes, ...options })).toMatchObject({ argument: name })
    }
    expect(await compatRefusal(resp('A'), 'lifecycleState', 'DONE', 5)).toBeInstanceOf(InvalidArgumentError)
  })

  it('A8: times that cannot be meant are refused by the name of their option', async () => {
    const never = [-1, Number.NaN, Infinity, -Infinity, '5', '5s', null, {}, 5n]
    for (const value of [...never, 0]) {
      const error = await compatRefusal(resp('A'), 'lifecycleState', 'DONE', { maxIntervalSeconds: value })
      expect(error).toMatchObject({ name: 'InvalidArgumentError', argument: 'maxIntervalSeconds' })
    }
    for (const value of never) {
      const error = await compatRefusal(resp('A'), 'lifecycleState', 'DONE', { maxWaitSeconds: value })
      expect(error).toMatchObject({ name: 'InvalidArgumentError', argument: 'maxWaitSeconds' })
    }
  })

  it('A8: what is no signal is refused', async () => {
    const error = await compatRefusal(resp('A'), 'lifecycleState', 'DONE', { signal: {} })
    expect(error).toMatchObject({ name: 'InvalidArgumentError', argument: 'signal' })
  })

  it('A11: an empty list of states is refused', async () => {
    expect(await compatRefusal(resp('A'), 'lifecycleState', [])).toMatchObject({ argument: 'state' })
  })

  it('A12: no state, and none among the states, is refused', async () => {
    for (const state of [undefined, null, ['DONE', null], [undefined, 'DONE']]) {
      expect(await compatRefusal(resp('A'), 'lifecycleState', state)).toMatchObject({ argument: 'state' })
    }
  })

  it('A18: the options, the states and the response stay what they were, however the wait ends', async () => {
    const ways: [Parameters<typeof client>[0], object][] = [
      [['DONE'], {}],
      [['A'], { maxWaitSeconds: 3 }],
      [[{ error: Object.assign(new Error('gone'), { status: 404 }) }], { succeedOnNotFound: true }],
      [[{ error: new Error('refused') }], {}],
      [[hangs], { maxWaitSeconds: 2, signal: new AbortController().signal }],
    ]
    for (const [steps, given] of ways) {
      const states = Object.freeze(['DONE', 'READY']) as readonly string[]
      const options = Object.freeze({ maxIntervalSeconds: 1, ...given })
      const copy = { ...options }
      const first = resp('A')
      const frozen = Object.freeze({ data: Object.freeze(first.data), request: Object.freeze(first.request) })
      const tracked = await ended(waitUntil(client(steps), frozen, 'lifecycleState', states, options))
      expect(tracked.state).not.toBe('pending')
      expect(tracked.error).not.toBeInstanceOf(TypeError)
      expect(options).toEqual(copy)
      expect(frozen).toEqual(resp('A'))
    }
  })
})

describe('arguments of composite operations', () => {
  it('A19: a state that the resource never has is refused before anything is sent', async () => {
    const sent: string[] = []
    const fetch = async (url: unknown) => {
      sent.push(String(url))
      return Response.json({})
    }
    const composites = compositeOperations(new Client({ url: 'http://example.test', fetch, WebSocket: false }))
    const config = 'projects/p/configs/c'
    const success = { cardinality: { path: '/ready' } }
    const waiter = { name: `${config}/waiters/w`, timeout: '5s', success }
    const tracked = [
      await ended(composites.createWaiterAndWaitForState(waiter, ['SUCEEDED' as never])),
      await ended(composites.createWaiterAndWaitForState(waiter, [null as never])),
      await ended(composites.updateConfigAndWaitForState({ name: config }, ['READY' as never])),
    ]
    for (const { error } of tracked) {
      expect(error).toBeInstanceOf(InvalidArgumentError)
      expect(error).toMatchObject({ argument: 'states' })
    }
    expect(sent).toEqual([])
  })
})
