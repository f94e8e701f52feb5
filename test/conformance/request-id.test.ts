/** Creating with a requestId (spec: section 4.4). */
import { describe, expect, it } from 'vitest'
import { atLeast, newId, newProject, succeeded, type Answer } from './client.ts'
import { ALREADY_EXISTS, invalid, NOT_FOUND } from './expectations.ts'
import { useServer } from './server.ts'

const api = useServer()

interface Kind {
  readonly collection: 'configs' | 'variables' | 'waiters'
  /** A parent for resources of this kind. */
  parent(): Promise<string>
  /** Two bodies that differ in more than the name. */
  readonly bodies: [object, object]
}

const KINDS: Kind[] = [
  {
    collection: 'configs',
    parent: async () => newProject(),
    bodies: [{ description: 'first' }, { description: 'second' }],
  },
  { collection: 'variables', parent: () => api.newConfig(), bodies: [{ text: 'first' }, { text: 'second' }] },
  {
    collection: 'waiters',
    parent: () => api.newConfig(),
    bodies: [
      { timeout: '600s', success: atLeast(5, '/a') },
      { timeout: '700s', success: atLeast(6, '/b') },
    ],
  },
]

describe.each(KINDS)('a create in $collection', ({ collection, parent: newParent, bodies }) => {
  const create = (parent: string, id: string, requestId: string, body: object = bodies[0]): Promise<Answer> =>
    api.post(`${parent}/${collection}?requestId=${requestId}`, { name: `${parent}/${collection}/${id}`, ...body })

  it('4.4: that is sent again answers the resource as it was first created', async () => {
    const [parent, requestId] = [await newParent(), newId()]
    const first = succeeded(await create(parent, 'a', requestId))
    const again = await create(parent, 'a', requestId)
    expect(again.status).toBe(200)
    expect(again.body).toEqual(first)
  })

  it('4.4: that is sent again with another body changes nothing', async () => {
    const [parent, requestId] = [await newParent(), newId()]
    const first = succeeded(await create(parent, 'a', requestId))
    const stored = succeeded(await api.get(`${parent}/${collection}/a`))
    const again = await create(parent, 'a', requestId, bodies[1])
    expect(again).toMatchObject({ status: 200, body: first })
    expect((await api.get(`${parent}/${collection}/a`)).body).toEqual(stored)
  })

  it('4.4: that is sent again for another name answers the first resource and creates none', async () => {
    const [parent, requestId] = [await newParent(), newId()]
    const first = succeeded(await create(parent, 'a', requestId))
    const again = await create(parent, 'b', requestId)
    expect(again).toMatchObject({ status: 200, body: first })
    expect(await api.get(`${parent}/${collection}/b`)).toMatchObject(NOT_FOUND)
  })

  it('4.4: that is sent several times at once creates one resource, which all of them answer', async () => {
    const [parent, requestId] = [await newParent(), newId()]
    const answers = await Promise.all(Array.from({ length: 6 }, () => create(parent, 'a', requestId)))
    const [first, ...others] = answers.map((answer) => succeeded(answer))
    for (const other of others) expect(other).toEqual(first)
  })

  it('4.4: with another requestId finds that the name is taken', async () => {
    const parent = await newParent()
    await create(parent, 'a', newId())
    expect(await create(parent, 'a', newId())).toMatchObject(ALREADY_EXISTS)
  })

  it('4.4: with an empty requestId has none', async () => {
    const parent = await newParent()
    succeeded(await create(parent, 'a', ''))
    expect(await create(parent, 'a', '')).toMatchObject(ALREADY_EXISTS)
    expect(await create(parent, 'b', '')).toMatchObject({ status: 200 })
  })

  it('4.4: that was refused is not remembered', async () => {
    const [parent, requestId] = [await newParent(), newId()]
    await create(parent, 'a', newId())
    expect(await create(parent, 'a', requestId)).toMatchObject(ALREADY_EXISTS)
    expect(await create(parent, 'b', requestId)).toMatchObject({ status: 200 })
    expect(await api.get(`${parent}/${collection}/b`)).toMatchObject({ status: 200 })
  })

  it('4.4: creates anew after the first resource was deleted', async () => {
    const [parent, requestId] = [await newParent(), newId()]
    await create(parent, 'a', requestId)
    succeeded(await api.delete(`${parent}/${collection}/a`))
    expect(await create(parent, 'a', requestId, bodies[1])).toMatchObject({ status: 200 })
    expect(await api.get(`${parent}/${collection}/a`)).toMatchObject({ status: 200, body: bodies[1] })
  })

  it('4.4: creates another name after the first resource was deleted', async () => {
    const [parent, requestId] = [await newParent(), newId()]
    await create(parent, 'a', requestId)
    succeeded(await api.delete(`${parent}/${collection}/a`))
    const second = succeeded(await create(parent, 'b', requestId))
    expect(await create(parent, 'c', requestId)).toMatchObject({ status: 200, body: second })
    expect(await api.get(`${parent}/${collection}/c`)).toMatchObject(NOT_FOUND)
  })

  it('4.4: has a requestId of its own under each parent', async () => {
    const [mine, other, requestId] = [await newParent(), await newParent(), newId()]
    await create(mine, 'a', requestId)
    succeeded(await create(other, 'a', requestId))
    expect(await api.get(`${other}/${collection}/a`)).toMatchObject({ status: 200 })
  })

  it('4.4: takes a requestId of 64 characters and refuses one of 65', async () => {
    const parent = await newParent()
    expect(await create(parent, 'a', 'r'.repeat(64))).toMatchObject({ status: 200 })
    expect(await create(parent, 'b', 'r'.repeat(65))).toMatchObject(invalid('requestId'))
    expect(await api.get(`${parent}/${collection}/b`)).toMatchObject(NOT_FOUND)
  })

  it('4.4: without a requestId is refused when it is sent again', async () => {
    const parent = await newParent()
    const body = { name: `${parent}/${collection}/a`, ...bodies[0] }
    expect(await api.post(`${parent}/${collection}`, body)).toMatchObject({ status: 200 })
    expect(await api.post(`${parent}/${collection}`, body)).toMatchObject(ALREADY_EXISTS)
  })
})

describe('a requestId', () => {
  it('4.4: is remembered for each method by itself', async () => {
    const [config, requestId] = [await api.newConfig(), newId()]
    const variable = { name: `${config}/variables/a`, text: '' }
    const waiter = { name: `${config}/waiters/a`, timeout: '600s', success: atLeast(5, '/') }
    succeeded(await api.post(`${config}/variables?requestId=${requestId}`, variable))
    succeeded(await api.post(`${config}/waiters?requestId=${requestId}`, waiter))
    expect(await api.get(variable.name)).toMatchObject({ status: 200 })
    expect(await api.get(waiter.name)).toMatchObject({ status: 200 })
  })

  it('4.4: answers a variable as it was created, though it was updated since', async () => {
    const [config, requestId] = [await api.newConfig(), newId()]
    const body = { name: `${config}/variables/a`, text: 'first' }
    const first = succeeded(await api.post(`${config}/variables?requestId=${requestId}`, body))
    await api.put(body.name, { text: 'second' })
    expect((await api.post(`${config}/variables?requestId=${requestId}`, body)).body).toEqual(first)
    expect((await api.get(body.name)).body.text).toBe('second')
  })

  it('4.4: that created a variable is free again when a recursive delete took the variable', async () => {
    const [config, requestId] = [await api.newConfig(), newId()]
    const path = `${config}/variables?requestId=${requestId}`
    succeeded(await api.post(path, { name: `${config}/variables/a/b`, text: 'first' }))
    await api.delete(`${config}/variables/a?recursive=true`)
    succeeded(await api.post(path, { name: `${config}/variables/c`, text: 'second' }))
    expect(await api.get(`${config}/variables/c`)).toMatchObject({ status: 200, body: { text: 'second' } })
  })

  it('4.4: is forgotten with the config it was used in', async () => {
    const [config, requestId] = [await api.newConfig(), newId()]
    const path = `${config}/variables?requestId=${requestId}`
    succeeded(await api.post(path, { name: `${config}/variables/a`, text: 'first' }))
    await api.delete(config)
    await api.newConfig(config)
    succeeded(await api.post(path, { name: `${config}/variables/b`, text: 'second' }))
    expect(await api.get(`${config}/variables/b`)).toMatchObject({ status: 200, body: { text: 'second' } })
  })
})
