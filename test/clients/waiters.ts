import type { runtimeconfig_v1beta1 } from 'googleapis'
import { describe, expect, it, vi } from 'vitest'
import {
  allPages,
  ALREADY_EXISTS,
  INVALID,
  makeConfig,
  makeVariables,
  NOT_FOUND,
  operations,
  parent as project,
  refusal,
  TIMESTAMP,
  variables,
  waiters,
} from './client.ts'

type Waiter = runtimeconfig_v1beta1.Schema$Waiter

const WAITER_TYPE = 'type.googleapis.com/google.cloud.runtimeconfig.v1beta1.Waiter'

/** The condition that holds from so many variables on. */
const when = (path: string, number = 1) => ({ cardinality: { path, number } })
/** One that no test here fulfils. */
const never = when('/never')

export function testWaiters(): void {
  describe('waiters', () => {
    it('answers the creation with an operation at once, while the waiter can be read and waits', async () => {
      const parent = await makeConfig()
      const name = `${parent}/waiters/w_1`
      const spec = { name, success: when('/ready', 2), failure: when('failed') }
      const created = await waiters.create({ parent, requestBody: { ...spec, timeout: '602.5s' } })
      const operation = { name: `${parent}/operations/waiters/w_1` }
      expect(created.data).toEqual(operation)
      expect((await operations.get(operation)).data).toEqual(operation)
      const { data } = await waiters.get({ name })
      expect(data).toMatchObject({ ...spec, timeout: '602.500s', createTime: expect.stringMatching(TIMESTAMP) })
    })

    it('ends with success when as many variables are there as it waits for, and not before', async () => {
      const parent = await makeConfig()
      const name = await makeWaiter(parent, { success: when('/ready', 2) })
      await makeVariables(parent, 'ready/a', 'ready2')
      expect((await waiters.get({ name })).data).not.toHaveProperty('done')
      await makeVariables(parent, 'ready/deep/b')
      const waiter = await ended(name)
      expect(waiter).toMatchObject({ name, done: true })
      expect(waiter).not.toHaveProperty('error')
      expect((await operations.get({ name: `${parent}/operations/waiters/w` })).data).toEqual({
        name: `${parent}/operations/waiters/w`,
        done: true,
        response: { '@type': WAITER_TYPE, ...waiter },
      })
    })

    it('ends with code 10 when its failure condition holds, even if the success condition does too', async () => {
      const parent = await makeConfig()
      const name = await makeWaiter(parent, { success: when('/status'), failure: when('/status/failure') })
      await makeVariables(parent, 'status/failure/node-1')
      const error = { code: 10, message: 'Failure condition satisfied.' }
      expect(await ended(name)).toMatchObject({ done: true, error })
      const operation = { name: `${parent}/operations/waiters/w`, done: true, error }
      expect((await operations.get({ name: operation.name })).data).toMatchObject(operation)
    })

    it('ends with code 4 when its time runs out, and stays so', async () => {
      const parent = await makeConfig()
      const name = await makeWaiter(parent, { success: when('/ready'), timeout: '0.3s' })
      const error = { code: 4, message: 'Timeout expired.' }
      const waiter = await ended(name)
      expect(waiter).toMatchObject({ timeout: '0.300s', done: true, error })
      await makeVariables(parent, 'ready/late')
      expect((await waiters.get({ name })).data).toEqual(waiter)
    })

    it('has ended when it is created if its condition holds already, and does not wait again when that changes', async () => {
      const parent = await makeConfig()
      await makeVariables(parent, 'ready')
      const name = `${parent}/waiters/w`
      const made = { parent, requestBody: { name, timeout: '600s', success: when('/ready') } }
      expect((await waiters.create(made)).data).toMatchObject({ done: true, response: { name } })
      await variables.delete({ name: `${parent}/variables/ready` })
      expect((await waiters.get({ name })).data.done).toBe(true)
    })

    it('lists waiters by name, those that have ended too, in pages of the size that was asked for', async () => {
      const parent = await makeConfig()
      await makeVariables(parent, 'ready')
      for (const id of ['c', 'b', 'a']) await makeWaiter(parent, { id, success: id === 'b' ? when('/ready') : never })
      const { data } = await waiters.list({ parent })
      expect(data.waiters?.map(({ name, done }) => [name, done])).toEqual([
        [`${parent}/waiters/a`, undefined],
        [`${parent}/waiters/b`, true],
        [`${parent}/waiters/c`, undefined],
      ])
      const pages = await allPages((pageToken) => waiters.list({ parent, pageSize: 2, pageToken }))
      expect(pages.map((page) => page.waiters)).toEqual([data.waiters?.slice(0, 2), data.waiters?.slice(2)])
    })

    it('refuses a second waiter of the same name, even if the first has ended', async () => {
      const parent = await makeConfig()
      await makeVariables(parent, 'ready')
      const name = await makeWaiter(parent, { success: when('/ready') })
      const again = { parent, requestBody: { name, timeout: '600s', success: never } }
      expect(await refusal(waiters.create(again))).toEqual(ALREADY_EXISTS)
      await waiters.delete({ name })
      expect((await waiters.create(again)).data).not.toHaveProperty('done')
    })

    it('answers a repeated requestId with the operation of the first creation', async () => {
      const parent = await makeConfig()
      const body = { name: `${parent}/waiters/w`, timeout: '600s', success: never }
      const request = { parent, requestId: 'the-same', requestBody: body }
      const first = await waiters.create(request)
      expect((await waiters.create(request)).data).toEqual(first.data)
      expect(await refusal(waiters.create({ ...request, requestId: 'another' }))).toEqual(ALREADY_EXISTS)
    })

    it('forgets a deleted waiter and its operation', async () => {
      const parent = await makeConfig()
      const name = await makeWaiter(parent, { success: never })
      expect((await waiters.delete({ name })).data).toEqual({})
      expect(await refusal(waiters.get({ name }))).toEqual(NOT_FOUND)
      expect(await refusal(waiters.delete({ name }))).toEqual(NOT_FOUND)
      expect(await refusal(operations.get({ name: `${parent}/operations/waiters/w` }))).toEqual(NOT_FOUND)
    })

    it('creates no waiter where no config is', async () => {
      const parent = `${project}/configs/missing`
      const requestBody = { name: `${parent}/waiters/w`, timeout: '600s', success: never }
      expect(await refusal(waiters.create({ parent, requestBody }))).toEqual(NOT_FOUND)
    })

    it.for<[string, Partial<Waiter>]>([
      ['without a timeout', { success: never }],
      ['with no time at all', { timeout: '0s', success: never }],
      ['without a success condition', { timeout: '600s' }],
      ['for fewer than no variables', { timeout: '600s', success: when('/a', -1) }],
    ])('refuses a waiter %s', async ([, spec]) => {
      const parent = await makeConfig()
      const created = waiters.create({ parent, requestBody: { name: `${parent}/waiters/w`, ...spec } })
      expect(await refusal(created)).toMatchObject(INVALID)
      expect((await waiters.list({ parent })).data).toEqual({})
    })
  })

  describe('the permissions on a waiter and on its operation', () => {
    it('are told while the waiter is there', async () => {
      const parent = await makeConfig()
      const name = await makeWaiter(parent, { success: never })
      const ofWaiter = { resource: name, requestBody: { permissions: ['runtimeconfig.waiters.get'] } }
      const ofOperation = {
        resource: `${parent}/operations/waiters/w`,
        requestBody: { permissions: ['runtimeconfig.operations.get'] },
      }
      expect((await waiters.testIamPermissions(ofWaiter)).data).toEqual(ofWaiter.requestBody)
      expect((await operations.testIamPermissions(ofOperation)).data).toEqual(ofOperation.requestBody)
      await waiters.delete({ name })
      expect((await waiters.testIamPermissions(ofWaiter)).data).toEqual({})
      expect((await operations.testIamPermissions(ofOperation)).data).toEqual({})
    })
  })
}

/** Makes a waiter that waits for long, unless it is told otherwise; answers its name. */
async function makeWaiter(parent: string, { id = 'w', ...spec }: Waiter & { id?: string }): Promise<string> {
  const name = `${parent}/waiters/${id}`
  await waiters.create({ parent, requestBody: { name, timeout: '600s', ...spec } })
  return name
}

/** Asks for a waiter again and again until it has ended: the API has no other way. */
function ended(name: string): Promise<Waiter> {
  return vi.waitFor(
    async () => {
      const { data } = await waiters.get({ name })
      expect(data.done, `${name} still waits`).toBe(true)
      return data
    },
    { timeout: 20_000, interval: 50 },
  )
}
