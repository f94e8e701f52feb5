/** Waiters (spec: sections 3 and 4.6). */
import { describe, expect, it } from 'vitest'
import { atLeast, succeeded, type WaiterSpec } from './client.ts'
import { ALREADY_EXISTS, EMPTY, EXPIRED, FAILED, invalid, NOT_FOUND, TIMESTAMP } from './expectations.ts'
import { useServer } from './server.ts'

const api = useServer()

describe('creating a waiter', () => {
  it('4.6: answers an operation that is not done, named after the waiter', async () => {
    const config = await api.newConfig()
    const body = { name: `${config}/waiters/w`, timeout: '600s', success: atLeast(1, '/ready') }
    const answer = await api.post(`${config}/waiters`, body)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ name: `${config}/operations/waiters/w` })
  })

  it('4.6: makes the waiter readable at once, as it was sent, not done', async () => {
    const config = await api.newConfig()
    const spec = { timeout: '600s', success: atLeast(2, '/ready'), failure: atLeast(1, 'failed') }
    const name = await api.newWaiter(config, spec)
    expect((await api.get(name)).body).toEqual({ name, ...spec, createTime: TIMESTAMP, progress: expect.any(Object) })
  })

  it('3: shows no failure condition where none was sent', async () => {
    const name = await api.newWaiter(await api.newConfig(), { success: atLeast(2, '/ready') })
    expect((await api.get(name)).body).not.toHaveProperty('failure')
  })

  it('3: ignores createTime, done and error in the body', async () => {
    const config = await api.newConfig()
    const body = {
      name: `${config}/waiters/w`,
      timeout: '600s',
      success: atLeast(1, '/'),
      createTime: '2001-01-01T00:00:00Z',
      done: true,
      error: { code: 4, message: 'no' },
    }
    expect(await api.post(`${config}/waiters`, body)).toMatchObject({ status: 200 })
    const { body: waiter } = await api.get(body.name)
    expect(Object.keys(waiter).toSorted()).toEqual(['createTime', 'name', 'progress', 'success', 'timeout'])
    expect(waiter.createTime).not.toMatch(/^2001/)
  })

  it('4.6: refuses a name that exists with 409, whether that waiter waits, has ended or has failed', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'there')
    const specs = [
      { timeout: '600s', success: atLeast(1, '/not-there') },
      { timeout: '600s', success: atLeast(1, '/there') },
      { timeout: '600s', success: atLeast(1, '/not-there'), failure: atLeast(1, '/there') },
    ]
    for (const [index, spec] of specs.entries()) {
      const name = await api.newWaiter(config, spec, `w${index}`)
      const before = await api.snapshot(config)
      expect(await api.post(`${config}/waiters`, { name, ...spec })).toMatchObject(ALREADY_EXISTS)
      expect(await api.snapshot(config)).toEqual(before)
    }
  })

  it.each(['w', '0', 'c2d-sql-01_waiter', 'A.b', 'w'.repeat(63)])('3: takes the id %s', async (id) => {
    const name = await api.newWaiter(await api.newConfig(), { success: atLeast(1, '/') }, id)
    expect(await api.get(name)).toMatchObject({ status: 200, body: { name } })
  })

  it.each([
    ['2.5s', '2.500s'],
    ['360s', '360s'],
    ['60.000s', '60s'],
    ['3.50s', '3.500s'],
    ['100.000001s', '100.000001s'],
    ['100.000000001s', '100.000000001s'],
    ['43200s', '43200s'],
    ['31536000.0s', '31536000s'],
  ])('3.1.5: shows the timeout %s in the canonical form %s', async (timeout, shown) => {
    const name = await api.newWaiter(await api.newConfig(), { timeout, success: atLeast(1, '/') })
    expect((await api.get(name)).body.timeout).toBe(shown)
  })

  it('3.1.10: refuses a name that lies under another config', async () => {
    const [config, other] = [await api.newConfig(), await api.newConfig()]
    const body = { name: `${other}/waiters/w`, timeout: '1s', success: atLeast(1, '/') }
    expect(await api.post(`${config}/waiters`, body)).toMatchObject(invalid('waiter.name'))
    expect(await api.get(body.name)).toMatchObject(NOT_FOUND)
  })
})

describe('a waiter', () => {
  it('4.6: ends with success when as many variables are there as it asks for, and not before', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(3, '/ready') })
    await api.newVariable(config, 'ready/1')
    await api.newVariable(config, 'ready/2')
    expect((await api.get(name)).body).not.toHaveProperty('done')
    await api.newVariable(config, 'ready/3')
    const { body } = await api.get(name)
    expect(body).toMatchObject({ name, done: true })
    expect(body).not.toHaveProperty('error')
  })

  it('4.6: fails with ABORTED when its failure condition holds', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(3, '/ready'), failure: atLeast(2, '/failed') })
    await api.newVariable(config, 'failed/1')
    expect((await api.get(name)).body).not.toHaveProperty('done')
    await api.newVariable(config, 'failed/2')
    expect((await api.get(name)).body).toMatchObject({ done: true, error: FAILED })
  })

  it('4.6: fails where the same variable makes both conditions hold', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(1, '/'), failure: atLeast(1, '/a') })
    await api.newVariable(config, 'a/b')
    expect((await api.get(name)).body).toMatchObject({ done: true, error: FAILED })
  })

  it.each<[string, WaiterSpec, object]>([
    ['success', { success: atLeast(2, '/a') }, { done: true }],
    ['failure', { success: atLeast(9, '/a'), failure: atLeast(2, '/a') }, { done: true, error: FAILED }],
    ['both, which is failure', { success: atLeast(2, '/a'), failure: atLeast(1, '/a') }, { done: true, error: FAILED }],
  ])('4.6: has ended when its create answers, where the condition holds already: %s', async (_, spec, ending) => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a/1')
    await api.newVariable(config, 'a/2')
    const id = 'w'
    const created = await api.post(`${config}/waiters`, { name: `${config}/waiters/${id}`, timeout: '600s', ...spec })
    expect(created).toMatchObject({ status: 200, body: { name: `${config}/operations/waiters/w`, ...ending } })
    const { body } = await api.get(`${config}/waiters/${id}`)
    expect(body).toMatchObject(ending)
    expect('error' in body).toBe('error' in ending)
  })

  it('4.6: counts the variables that are there, so that a deletion lowers the count', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(2, '/ready') })
    await api.newVariable(config, 'ready/1')
    await api.delete(`${config}/variables/ready/1`)
    await api.newVariable(config, 'ready/2')
    await api.delete(`${config}/variables/ready?recursive=true`)
    await api.newVariable(config, 'ready/3')
    expect((await api.get(name)).body).not.toHaveProperty('done')
    await api.newVariable(config, 'ready/4')
    expect((await api.get(name)).body).toMatchObject({ done: true })
  })

  it('4.6: does not count updates', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(2, '/ready') })
    const variable = await api.newVariable(config, 'ready/1')
    for (let round = 0; round < 3; round++) await api.put(variable.name, { text: 'again' })
    expect((await api.get(name)).body).not.toHaveProperty('done')
  })

  it('4.6: counts over all subtrees', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(3, '/ready') })
    for (const path of ['ready/a', 'ready/b/c', 'ready/d/e/f/g']) await api.newVariable(config, path)
    expect((await api.get(name)).body).toMatchObject({ done: true })
  })

  it('4.6: counts by whole segments', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(1, '/foo') })
    for (const path of ['foobar', 'foo-bar/a', 'foo.a', 'fo', 'bar/foo', 'Foo']) await api.newVariable(config, path)
    expect((await api.get(name)).body).not.toHaveProperty('done')
    await api.newVariable(config, 'foo/a')
    expect((await api.get(name)).body).toMatchObject({ done: true })
  })

  it('4.6: counts a variable that stands at the path itself', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(1, '/foo') })
    await api.newVariable(config, 'foo')
    expect((await api.get(name)).body).toMatchObject({ done: true })
  })

  it.each(['/status/success', 'status/success', '/status/success/', '//status//success'])(
    '4.6: takes the path %s for the same subtree',
    async (path) => {
      const config = await api.newConfig()
      const name = await api.newWaiter(config, { success: atLeast(1, path) })
      await api.newVariable(config, 'status/success/1768351525')
      expect((await api.get(name)).body).toMatchObject({ done: true })
    },
  )

  it('4.6: counts the whole config with the path /', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(2, '/') })
    await api.newVariable(config, 'a')
    expect((await api.get(name)).body).not.toHaveProperty('done')
    await api.newVariable(config, 'b/c')
    expect((await api.get(name)).body).toMatchObject({ done: true })
  })

  it.each([
    ['absent', undefined],
    ['0', 0],
  ])('4.6: waits for one variable where the number is %s', async (_, number) => {
    const config = await api.newConfig()
    const condition = { cardinality: { path: '/a', ...(number !== undefined && { number }) } }
    const name = await api.newWaiter(config, { success: condition })
    expect((await api.get(name)).body).not.toHaveProperty('done')
    await api.newVariable(config, 'a')
    expect((await api.get(name)).body).toMatchObject({ done: true })
  })

  it('4.6: is told of everyone who checks in at the same time', async () => {
    const config = await api.newConfig()
    const exact = await api.newWaiter(config, { success: atLeast(20, '/ready') })
    const more = await api.newWaiter(config, { success: atLeast(21, '/ready') })
    await Promise.all(Array.from({ length: 20 }, (_, index) => api.newVariable(config, `ready/${index}`)))
    expect((await api.get(exact)).body).toMatchObject({ done: true })
    expect((await api.get(more)).body).not.toHaveProperty('done')
  })

  it('4.6: ends beside others on the same path, each at its own number', async () => {
    const config = await api.newConfig()
    const names = []
    for (const number of [1, 2, 3]) names.push(await api.newWaiter(config, { success: atLeast(number, '/a') }))
    await api.newVariable(config, 'a/1')
    await api.newVariable(config, 'a/2')
    const done = await Promise.all(names.map(async (name) => (await api.get(name)).body.done ?? false))
    expect(done).toEqual([true, true, false])
  })
})

describe('the timeout of a waiter', () => {
  it('4.6: ends it with DEADLINE_EXCEEDED, and never before createTime + timeout', async () => {
    const config = await api.newConfig()
    const timeouts = [0.3, 0.5, 1, 1.25]
    const ends = timeouts.map(async (timeout) => {
      const began = performance.now()
      const name = await api.newWaiter(config, { timeout: `${timeout}s`, success: atLeast(1, '/never') })
      const waiter = await api.ended(name)
      return { waiter, took: performance.now() - began }
    })
    for (const [index, { waiter, took }] of (await Promise.all(ends)).entries()) {
      expect(waiter).toMatchObject({ done: true, error: EXPIRED })
      expect((await api.get(waiter.name)).body).toEqual(waiter)
      // The server's clock ticks in milliseconds, so createTime can be that much before the request was sent.
      expect(took).toBeGreaterThanOrEqual((timeouts[index] as number) * 1000 - 1)
    }
  })

  it('4.6: ends it though nobody asks or writes meanwhile, before the next change counts', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { timeout: '0.2s', success: atLeast(1, '/late') })
    await api.ended(name)
    await api.newVariable(config, 'late')
    expect((await api.get(name)).body).toMatchObject({ done: true, error: EXPIRED })
  })
})

describe('a waiter that has ended', () => {
  it.each<[string, WaiterSpec]>([
    ['success', { success: atLeast(1, '/a') }],
    ['failure', { success: atLeast(9, '/a'), failure: atLeast(1, '/a') }],
    ['timeout', { success: atLeast(9, '/a'), failure: atLeast(8, '/a'), timeout: '0.1s' }],
  ])('4.6: never changes, whatever happens then: %s', async (_, spec) => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a/1')
    const name = await api.newWaiter(config, spec)
    const ended = await api.ended(name)
    for (let index = 2; index < 12; index++) await api.newVariable(config, `a/${index}`)
    await api.delete(`${config}/variables/a?recursive=true`)
    expect((await api.get(name)).body).toEqual(ended)
    expect((await api.get(`${config}/waiters`)).body.waiters).toEqual([ended])
  })

  it('4.6: keeps its name, conditions and times', async () => {
    const config = await api.newConfig()
    const spec = { timeout: '600s', success: atLeast(1, '/a'), failure: atLeast(1, '/b') }
    const name = await api.newWaiter(config, spec)
    const { createTime } = succeeded(await api.get(name))
    await api.newVariable(config, 'a')
    expect((await api.get(name)).body).toEqual({ name, ...spec, createTime, progress: expect.any(Object), done: true })
  })

  it('4.6: keeps its name taken until it is deleted', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a')
    const spec = { timeout: '600s', success: atLeast(1, '/a') }
    const name = await api.newWaiter(config, spec)
    expect(await api.post(`${config}/waiters`, { name, ...spec })).toMatchObject(ALREADY_EXISTS)
    expect(await api.delete(name)).toMatchObject(EMPTY)
    expect(await api.post(`${config}/waiters`, { name, ...spec })).toMatchObject({ status: 200 })
  })
})

describe('deleting a waiter', () => {
  it('4.6: ends one that waits: neither it nor its operation is there any more', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(1, '/a') })
    expect(await api.delete(name)).toMatchObject(EMPTY)
    expect(await api.get(name)).toMatchObject(NOT_FOUND)
    expect(await api.get(name.replace('/waiters/', '/operations/waiters/'))).toMatchObject(NOT_FOUND)
    expect((await api.get(`${config}/waiters`)).body).toEqual({})
  })

  it('4.6: leaves others on the same path to wait', async () => {
    const config = await api.newConfig()
    const first = await api.newWaiter(config, { success: atLeast(2, '/a') })
    const second = await api.newWaiter(config, { success: atLeast(2, '/a') })
    await api.newVariable(config, 'a/1')
    await api.delete(first)
    await api.newVariable(config, 'a/2')
    expect((await api.get(second)).body).toMatchObject({ done: true })
  })

  it('4.6: answers 404 for one that does not exist, also the second time', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(1, '/a') })
    await api.delete(name)
    expect(await api.delete(name)).toMatchObject(NOT_FOUND)
    expect(await api.get(`${config}/waiters/never`)).toMatchObject(NOT_FOUND)
  })
})

describe('a change to a waiter', () => {
  it.each(['PUT', 'PATCH'])('2.3: is not possible: there is no %s', async (method) => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(1, '/a') })
    const before = await api.snapshot(config)
    const answer = await api.call(method, name, { timeout: '1s', success: atLeast(2, '/b') })
    expect(answer).toMatchObject({ status: 404, body: { error: { code: 404 } } })
    expect(await api.snapshot(config)).toEqual(before)
  })
})
