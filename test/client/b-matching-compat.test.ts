/** What waitUntil takes for what is waited for. */
import { describe, expect, it, vi } from 'vitest'
import { WAIT_RESOURCE_NOT_FOUND, waitUntil, type WaitUntilOptions } from '../../src/client/wait-until.ts'
import { compositeOperations } from '../../src/client/composite.ts'
import { client, ended, expectQuiet, httpError, refuses, resp, says, useFakeClock } from './fake.ts'
import type { ThingResponse } from './fake.ts'
import { gives, scriptedClient } from './scripted-fetch.ts'

useFakeClock()

type Options = WaitUntilOptions<ThingResponse>

describe('waitUntil', () => {
  it('B1: a first response in the wanted state is answered as it is, at once, with nothing sent', async () => {
    const service = client(['OTHER'])
    const first = resp('DONE')
    const tracked = await ended(waitUntil(service, first, 'lifecycleState', 'DONE'))
    expect(tracked).toMatchObject({ state: 'fulfilled', at: 0 })
    expect(tracked.value).toBe(first)
    await expectQuiet(service.script)
    expect(service.sent).toEqual([])
  })

  it('B2: a first response in the wanted state succeeds though no time is given', async () => {
    const service = client(['OTHER'])
    const first = resp('DONE')
    const tracked = await ended(waitUntil(service, first, 'lifecycleState', 'DONE', { maxWaitSeconds: 0 }))
    expect(tracked.value).toBe(first)
    expect(service.sent).toEqual([])
  })

  it('B3: where no time is given, the first response is looked at, and nothing else', async () => {
    const service = client(['DONE'])
    const first = resp('A')
    const tracked = await ended(waitUntil(service, first, 'lifecycleState', 'DONE', { maxWaitSeconds: 0 }))
    expect(tracked).toMatchObject({ state: 'rejected', at: 0, error: { name: 'MaximumWaitTimeExceeded' } })
    expect(tracked.error).toMatchObject({ code: 'TIMEOUT', lastResponse: first, timesChecked: 0 })
    expect(service.sent).toEqual([])
    await expectQuiet(service.script)
  })

  it('B4: any of several states will do', async () => {
    for (const states of [['A', 'B'], ['B'], Object.freeze(['A', 'B', 'C'])]) {
      const service = client(['X', 'B', 'Y'])
      const { value } = await ended(waitUntil(service, resp('X'), 'lifecycleState', states))
      expect(value).toEqual(resp('B'))
      expect(service.sent).toHaveLength(2)
    }
  })

  it('B5: texts are compared as they are', async () => {
    const service = client(['active', 'Active', 'ACTIVE'])
    const { value } = await ended(waitUntil(service, resp('aCTIVE'), 'lifecycleState', 'ACTIVE'))
    expect(value).toEqual(resp('ACTIVE'))
    expect(service.sent).toHaveLength(3)
  })

  it('B5: composite operations compare without regard to case', async () => {
    const name = 'projects/p/configs/c/variables/v'
    const rollcall = scriptedClient([gives({ name, text: 'Ready', updateTime: '2026-01-01T00:00:00.000000001Z' })])
    const composites = compositeOperations(rollcall)
    const tracked = await ended(composites.createVariableAndWaitForState({ name, text: 'Ready' }, ['rEADY']))
    expect(tracked).toMatchObject({ state: 'fulfilled', value: { data: { text: 'Ready' } } })
  })

  it('B6: whatever is truthy ends the wait, whatever is falsy does not', async () => {
    for (const truthy of [1, 'x', {}, [], true, Number.NaN || -1, 'pending', new Date(0)]) {
      const service = client(['A'])
      const first = resp('A')
      const { value } = await ended(waitUntil(service, first, { evaluateResponse: () => truthy }))
      expect(value).toBe(first)
    }
    for (const falsy of [0, '', null, undefined, false, Number.NaN, 0n]) {
      const service = client(['A'])
      const options = { evaluateResponse: () => falsy, maxWaitSeconds: 3 }
      const tracked = await ended(waitUntil(service, resp('A'), options))
      expect(tracked).toMatchObject({ state: 'rejected', error: { code: 'TIMEOUT' } })
      expect(service.sent).toHaveLength(2)
    }
  })

  it('B7: what evaluateResponse throws at the first response is what the wait throws, with nothing sent', async () => {
    const service = client(['A'])
    const error = new Error('broken')
    const evaluateResponse = () => {
      throw error
    }
    const tracked = await ended(waitUntil(service, resp('A'), { evaluateResponse }))
    expect(tracked.error).toBe(error)
    expect(service.sent).toEqual([])
    await expectQuiet(service.script)
  })

  it('B8: what it throws at a later response ends the wait too, though it looks like a passing error', async () => {
    for (const error of [new Error('broken'), httpError(503), httpError(404), new TypeError('fetch failed')]) {
      const service = client(['A'])
      const evaluateResponse = vi.fn(() => {
        if (evaluateResponse.mock.calls.length > 2) throw error
        return false
      })
      const options: Options = { evaluateResponse, succeedOnNotFound: true }
      const tracked = await ended(waitUntil(service, resp('A'), options))
      expect(tracked).toMatchObject({ state: 'rejected', at: 3000 })
      expect(tracked.error).toBe(error)
      expect(service.sent).toHaveLength(2)
      await expectQuiet(service.script)
    }
  })

  it('B9: a promised judgement is waited for', async () => {
    const service = client(['A', 'B'])
    const evaluateResponse = ({ data }: ThingResponse) =>
      new Promise<boolean>((resolve) => setTimeout(() => resolve(data.lifecycleState === 'B'), 100))
    const tracked = await ended(waitUntil(service, resp('A'), { evaluateResponse }))
    expect(tracked.value).toEqual(resp('B'))
    expect(service.sent).toHaveLength(2)
    await expectQuiet(service.script)
  })

  it('B9: a judgement that is refused ends the wait', async () => {
    const service = client(['A'])
    const error = new Error('broken')
    const tracked = await ended(waitUntil(service, resp('A'), { evaluateResponse: () => Promise.reject(error) }))
    expect(tracked.error).toBe(error)
    expect(service.sent).toEqual([])
  })

  it('B13: an error that is not a passing one ends the wait after one look', async () => {
    const error = httpError(403)
    const service = client([refuses(error), 'DONE'])
    const tracked = await ended(waitUntil(service, resp('A'), 'lifecycleState', 'DONE'))
    expect(tracked).toMatchObject({ state: 'rejected', at: 1000 })
    expect(tracked.error).toBe(error)
    expect(service.sent).toHaveLength(1)
    await expectQuiet(service.script)
  })

  it('B20: an answer that tells of an error in its data is an answer', async () => {
    const service = client(['DONE'])
    const first = { ...resp('A'), data: { lifecycleState: 'A', Error: { Code: 'NoSuchThing' }, error: 'x' } }
    const { value } = await ended(waitUntil(service, first, 'lifecycleState', 'DONE'))
    expect(value).toEqual(resp('DONE'))
  })

  it('B21: a property that an answer lacks is not in the wanted state', async () => {
    const bare = { ...resp('A'), data: {} as { lifecycleState: string } }
    const service = client([says(bare), says({ ...bare, data: null as never }), says(bare), 'DONE'])
    const { value } = await ended(waitUntil(service, resp('A'), 'lifecycleState', 'DONE'))
    expect(value).toEqual(resp('DONE'))
  })

  it('B33: a resource that is gone is answered as such, not as the last response', async () => {
    const service = client(['A', refuses(httpError(404))])
    const options = { succeedOnNotFound: true } as const
    const tracked = await ended(waitUntil(service, resp('A'), 'lifecycleState', 'DELETED', options))
    expect(tracked.state).toBe('fulfilled')
    expect(tracked.value).toBe(WAIT_RESOURCE_NOT_FOUND)
    expect(service.sent).toHaveLength(2)
  })
})
