/** Operations: those of waiters (spec: section 4.7), and the generic ones of v1 (section 2.4). */
import { describe, expect, it } from 'vitest'
import { atLeast, succeeded } from './client.ts'
import { EXPIRED, FAILED, NOT_FOUND } from './expectations.ts'
import { useServer } from './server.ts'

const api = useServer()

const operationOf = (waiter: string) => waiter.replace('/waiters/', '/operations/waiters/')

describe('the operation of a waiter', () => {
  it('4.7: is its name alone while the waiter waits', async () => {
    const waiter = await api.newWaiter(await api.newConfig(), { success: atLeast(1, '/a') })
    const { status, body } = await api.get(operationOf(waiter))
    expect(status).toBe(200)
    expect(body).toEqual({ name: operationOf(waiter) })
  })

  it('4.7: carries the waiter as its response after success', async () => {
    const config = await api.newConfig()
    const waiter = await api.newWaiter(config, { success: atLeast(1, '/a') })
    await api.newVariable(config, 'a')
    const resource = succeeded(await api.get(waiter))
    expect((await api.get(operationOf(waiter))).body).toEqual({
      name: operationOf(waiter),
      done: true,
      response: { '@type': 'type.googleapis.com/google.cloud.runtimeconfig.v1beta1.Waiter', ...resource },
    })
  })

  it('4.7: carries the error of the waiter after failure', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'b')
    const waiter = await api.newWaiter(config, { success: atLeast(1, '/a'), failure: atLeast(1, '/b') })
    expect((await api.get(operationOf(waiter))).body).toMatchObject({
      name: operationOf(waiter),
      done: true,
      error: FAILED,
    })
  })

  it('4.7: carries the error of the waiter after its timeout', async () => {
    const waiter = await api.newWaiter(await api.newConfig(), { timeout: '0.1s', success: atLeast(1, '/a') })
    await api.ended(waiter)
    expect((await api.get(operationOf(waiter))).body).toMatchObject({
      name: operationOf(waiter),
      done: true,
      error: EXPIRED,
    })
  })

  it('4.6: is what creating a waiter answers when the waiter ends at its creation', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a')
    const body = { name: `${config}/waiters/w`, timeout: '600s', success: atLeast(1, '/a') }
    const created = succeeded(await api.post(`${config}/waiters`, body))
    expect(created).toMatchObject({ done: true, response: { name: body.name, done: true } })
    expect((await api.get(created.name)).body).toEqual(created)
  })

  it.each(['waiters/missing', 'waiters', 'waiters/w/x', 'variables/w', 'w'])(
    '4.7: is not found by the name %s',
    async (id) => {
      const config = await api.newConfig()
      await api.newWaiter(config, { success: atLeast(1, '/a') }, 'w')
      expect(await api.get(`${config}/operations/${id}`)).toMatchObject(NOT_FOUND)
    },
  )

  it.each([
    ['GET', ''],
    ['DELETE', '/waiters/w'],
    ['POST', '/waiters/w:cancel'],
    ['POST', '/waiters/w:wait'],
  ])('2.3: has no method %s operations%s', async (method, rest) => {
    const config = await api.newConfig()
    const waiter = await api.newWaiter(config, { success: atLeast(1, '/a') }, 'w')
    const { status, body } = await api.call(method, `${config}/operations${rest}`)
    expect(status).toBe(404)
    expect(body.error).toMatchObject({ code: 404, status: 'NOT_FOUND' })
    expect(await api.get(waiter)).toMatchObject({ status: 200 })
  })
})

describe('operations in v1', () => {
  it.each(['', '?pageSize=10', '?pageSize=10&pageToken=x&filter=done&returnPartialSuccess=true'])(
    '2.4: are an empty list, with "%s"',
    async (query) => {
      const { status, body } = await api.get(`/v1/operations${query}`)
      expect(status).toBe(200)
      expect(body).toEqual({})
    },
  )

  it.each([
    ['POST', '/v1/operations/a:cancel'],
    ['POST', '/v1/operations/a/b/c:cancel'],
    ['DELETE', '/v1/operations/a'],
    ['DELETE', '/v1/operations/a/b/c'],
  ])('2.4: are not to be cancelled or deleted: %s %s', async (method, path) => {
    const answer = await api.call(method, path, {})
    expect(answer).toMatchObject({ status: 501, body: { error: { code: 501, status: 'UNIMPLEMENTED' } } })
  })

  it.each([
    ['GET', '/v1/operations/a'],
    ['POST', '/v1/operations/a'],
    ['POST', '/v1/operations/a:wait'],
    ['POST', '/v1/operations'],
    ['DELETE', '/v1/operations'],
    ['GET', '/v1/'],
    ['GET', '/v1'],
    ['GET', '/v1/projects/p/configs'],
  ])('1: have no other method in v1: %s %s', async (method, path) => {
    const { status, body } = await api.call(method, path)
    expect(status).toBe(404)
    expect(body.error).toMatchObject({ code: 404, status: 'NOT_FOUND' })
  })
})
