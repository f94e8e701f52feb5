/** Section J against the service: what composite operations come to where nothing is scripted. */
import { describe, expect, it } from 'vitest'
import { compositeOperations, type CompositeOperationError } from '../../../src/client/composite.ts'
import { WAIT_RESOURCE_NOT_FOUND } from '../../../src/client/index.ts'
import { signalled, useLive } from './servers.ts'

const live = useLive()
const waiting = { waiter: { timeout: '1m' } } as const
const atLeast = (number: number, path: string) => ({ cardinality: { path, number } })

async function setUp() {
  const client = live.client()
  const config = await live.config()
  const write = (path: string, text = '') => client.variables.create({ name: `${config}/variables/${path}`, text })
  const failure = atLeast(1, '/failed')
  const waiter = { name: `${config}/waiters/w`, timeout: '60s', success: atLeast(1, '/ready'), failure }
  return { client, config, write, waiter, run: compositeOperations(client) }
}

describe('composite operations', () => {
  it('J1: J4: J16: create, update and delete a variable, and answer it as it was when it came into the state', async () => {
    const { run, config, client } = await setUp()
    const name = `${config}/variables/state`
    const made = await run.createVariableAndWaitForState({ name, text: 'on' }, ['ON'], waiting)
    expect(made?.data).toEqual((await client.variables.get(name)).data)
    const result = await run.updateVariableAndWaitForState({ name, text: 'off' }, [])
    expect(result.data).toMatchObject({ text: 'off', state: 'UPDATED' })
    const heard = signalled()
    const options = { waiter: { timeout: '1m', onProgress: () => heard.resolve() } } as const
    const updated = run.updateVariableAndWaitForState({ name, text: 'going' }, ['gone'], options)
    await heard.promise
    await client.variables.update({ name, text: 'gone' })
    expect((await updated)?.data.text).toBe('gone')
    expect(await run.deleteVariableAndWaitForState(name, ['DELETED'], waiting)).toBe(WAIT_RESOURCE_NOT_FOUND)
    expect(await run.deleteVariableAndWaitForState(name, ['DELETED'], waiting)).toBe(WAIT_RESOURCE_NOT_FOUND)
  })

  it('J4: J6: a config is there, and gone', async () => {
    const { run, config } = await setUp()
    const name = `${config}-2`
    expect((await run.createConfigAndWaitForState({ name }, ['ACTIVE'], waiting))?.data).toMatchObject({ name })
    expect(await run.deleteConfigAndWaitForState(name, ['DELETED'], waiting)).toBe(WAIT_RESOURCE_NOT_FOUND)
    expect(await run.deleteConfigAndWaitForState(name, ['DELETED'], waiting)).toBe(WAIT_RESOURCE_NOT_FOUND)
  })

  it('J2: what is refused is refused', async () => {
    const { run, config } = await setUp()
    const again = run.createConfigAndWaitForState({ name: config }, ['ACTIVE'], waiting)
    await expect(again).rejects.toMatchObject({ name: 'ServiceError', status: 409 })
  })

  it('J12: a waiter is made and waited for by its Operation', async () => {
    const { run, waiter, write, client } = await setUp()
    const heard = signalled()
    const options = { waiter: { timeout: '1m', onProgress: () => heard.resolve() } } as const
    const made = run.createWaiterAndWaitForOperation(waiter, options)
    await heard.promise
    await write('ready/a')
    expect((await made).data).toEqual((await client.waiters.get(waiter.name)).data)
  })

  it('J11: one that fails is an error, or a result where that was asked for', async () => {
    const { run, waiter, write, client } = await setUp()
    await write('failed/a', 'disk full')
    const error = (await run
      .createWaiterAndWaitForOperation(waiter, waiting)
      .catch((thrown: unknown) => thrown)) as Error
    const { data } = await client.waiters.get(waiter.name)
    expect(error).toMatchObject({ name: 'CompositeOperationError', code: 'FAILED' })
    expect(error.message).toContain(data.error?.message)
    await client.waiters.delete(waiter.name)
    const { data: failed } = await run.createWaiterAndWaitForOperation(waiter, { ...waiting, resolveOnFailure: true })
    expect(failed).toMatchObject({ done: true, error: data.error })
  })

  it('J13: a waiter that ends in another state ends the wait at once', async () => {
    const { run, waiter, write } = await setUp()
    const heard = signalled()
    const options = { waiter: { timeout: '1m', onProgress: () => heard.resolve() } } as const
    const made = run.createWaiterAndWaitForState(waiter, ['TIMED_OUT'], options)
    const over = expect(made).rejects.toMatchObject({ code: 'FAILED', seenState: 'SUCCEEDED' })
    await heard.promise
    await write('ready/a')
    await over
  })

  it('J3: J15: a wait that ends without it tells what was done, and the waiter stays', async () => {
    const { run, waiter, client } = await setUp()
    const failing = run.createWaiterAndWaitForState(waiter, ['SUCCEEDED'], { waiter: { timeout: 300 } })
    const error = (await failing.catch((thrown: unknown) => thrown)) as CompositeOperationError
    expect(error).toMatchObject({ code: 'TIMEOUT', seenState: 'IN_PROGRESS', operation: 'createWaiter' })
    expect(error.partialResults[0]?.data).toMatchObject({ name: expect.stringContaining('/operations/') })
    expect((await client.waiters.get(waiter.name)).data.done).toBeUndefined()
    const controller = new AbortController()
    const options = {
      waiter: { timeout: '1m', signal: controller.signal, onProgress: () => controller.abort('enough') },
    } as const
    const another = run.createWaiterAndWaitForState({ ...waiter, name: `${waiter.name}-2` }, ['SUCCEEDED'], options)
    await expect(another).rejects.toMatchObject({ code: 'ABORTED', partialResults: [{ status: 200 }] })
  })

  it('J6: a waiter that has ended is deleted', async () => {
    const { run, waiter, write, client } = await setUp()
    await write('ready/a')
    await client.waiters.create(waiter)
    expect(await run.deleteWaiterAndWaitForState(waiter.name, ['DELETED'], waiting)).toBe(WAIT_RESOURCE_NOT_FOUND)
    await expect(client.waiters.get(waiter.name)).rejects.toMatchObject({ status: 404 })
  })
})
