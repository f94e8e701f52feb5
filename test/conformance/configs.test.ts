/** Configs (spec: sections 3 and 4.1). */
import { describe, expect, it } from 'vitest'
import { atLeast, newId, newProject } from './client.ts'
import { ETAG, ALREADY_EXISTS, EMPTY, invalid, NOT_FOUND } from './expectations.ts'
import { useServer } from './server.ts'

const api = useServer()

describe('creating a config', () => {
  it('4.1: answers the name and the description that were sent, and nothing else', async () => {
    const name = `${newProject()}/configs/fleet`
    const answer = await api.post(name.replace('/fleet', ''), { name, description: 'all the nodes' })
    expect(answer).toMatchObject({ status: 200, body: { name, description: 'all the nodes' } })
    expect(Object.keys(answer.body)).toEqual(['name', 'description', 'etag'])
  })

  it('4.1: makes the config readable at once', async () => {
    const config = await api.newConfig()
    expect(await api.get(config)).toMatchObject({ status: 200, body: { name: config } })
  })

  it('4.1: refuses a name that exists with 409 and changes nothing', async () => {
    const config = await api.newConfig()
    const before = await api.snapshot(config)
    const again = await api.post(config.replace(/\/[^/]*$/, ''), { name: config, description: 'other' })
    expect(again).toMatchObject(ALREADY_EXISTS)
    expect(await api.snapshot(config)).toEqual(before)
  })

  it('4.1: makes exactly one config of several creates of one name at the same time', async () => {
    const name = `${newProject()}/configs/raced`
    const requests = Array.from({ length: 8 }, () => api.post(name.replace('/raced', ''), { name }))
    const statuses = (await Promise.all(requests)).map(({ status }) => status)
    expect(statuses.sort()).toEqual([200, ...Array.from({ length: 7 }, () => 409)])
  })

  it.each(['a', '0', 'go_cloud_test', 'app.name_prod', 'A-b', 'x_', 'x.', 'n'.repeat(63)])(
    '3: takes the id %s',
    async (id) => {
      const name = `${newProject()}/configs/${id}`
      expect(await api.newConfig(name)).toBe(name)
      expect(await api.get(name)).toMatchObject({ status: 200, body: { name } })
    },
  )

  it.each(['', '-a', 'a-', '_a', '.a', 'a b', 'a:b', 'ä', 'a/b', 'n'.repeat(64)])(
    '3: refuses the id "%s"',
    async (id) => {
      const project = newProject()
      const answer = await api.post(`${project}/configs`, { name: `${project}/configs/${id}` })
      expect(answer).toMatchObject(invalid('config.name'))
      expect(await api.get(`${project}/configs`)).toMatchObject({ status: 200, body: {} })
    },
  )

  it('3: tells ids apart by case', async () => {
    const project = newProject()
    await api.newConfig(`${project}/configs/Fleet`)
    expect(await api.get(`${project}/configs/fleet`)).toMatchObject(NOT_FOUND)
  })

  it('3: keeps a description of any size that a body can carry', async () => {
    const name = `${newProject()}/configs/long`
    const description = 'ä€😀"\\\n\u0000'.repeat(5000)
    await api.post(name.replace('/long', ''), { name, description })
    expect((await api.get(name)).body).toEqual({ name, description, etag: ETAG })
  })

  it('1.1: takes a project with a domain in front of it', async () => {
    const project = `projects/example.com:${newId()}`
    const config = await api.newConfig(`${project}/configs/c`)
    expect((await api.get(config)).body).toEqual({ name: config, etag: ETAG })
    expect((await api.get(`${project}/configs`)).body).toEqual({ configs: [{ name: config, etag: ETAG }] })
    expect(await api.get(`${config}:getIamPolicy`)).toMatchObject({ status: 200 })
    expect((await api.get(config.replace(':', '%3A'))).body).toEqual({ name: config, etag: ETAG })
  })

  it('3.1.10: refuses a name that does not lie under the parent', async () => {
    const [project, other] = [newProject(), newProject()]
    const answer = await api.post(`${project}/configs`, { name: `${other}/configs/c` })
    expect(answer).toMatchObject(invalid('config.name'))
    expect(await api.get(`${other}/configs/c`)).toMatchObject(NOT_FOUND)
  })

  it('3.1.10: takes a name with a leading slash', async () => {
    const project = newProject()
    const answer = await api.post(`${project}/configs`, { name: `/${project}/configs/c` })
    expect(answer).toMatchObject({ status: 200, body: { name: `${project}/configs/c` } })
  })
})

describe('updating a config', () => {
  it('4.1: replaces the description', async () => {
    const config = await api.newConfig()
    const answer = await api.put(config, { name: config, description: 'second' })
    expect(answer).toMatchObject({ status: 200, body: { name: config, description: 'second' } })
    expect((await api.get(config)).body).toEqual({ name: config, description: 'second', etag: ETAG })
  })

  it.each([
    ['empty', { description: '' }],
    ['absent', {}],
  ])('4.1: clears the description when it is %s', async (_, body) => {
    const config = await api.newConfig()
    await api.put(config, { description: 'to be cleared' })
    expect((await api.put(config, body)).body).toEqual({ name: config, etag: ETAG })
    expect((await api.get(config)).body).toEqual({ name: config, etag: ETAG })
  })

  it('4.1: answers 404 for a config that does not exist, and makes none', async () => {
    const name = `${newProject()}/configs/missing`
    expect(await api.put(name, { description: 'x' })).toMatchObject(NOT_FOUND)
    expect(await api.get(name)).toMatchObject(NOT_FOUND)
  })

  it('4.1: leaves what the config holds as it was', async () => {
    const config = await api.newConfig()
    const variable = await api.newVariable(config, 'a/b', 'kept')
    await api.put(config, { description: 'changed' })
    expect((await api.get(`${config}/variables/a/b`)).body).toEqual(variable)
  })

  it('3.1.10: refuses a body that names another config', async () => {
    const config = await api.newConfig()
    expect(await api.put(config, { name: `${config}x`, description: 'x' })).toMatchObject(invalid('config.name'))
    expect((await api.get(config)).body).toEqual({ name: config, etag: ETAG })
  })

  it('4.3: shows in the list of configs at once', async () => {
    const config = await api.newConfig()
    await api.put(config, { description: 'listed' })
    const { body } = await api.get(config.replace(/\/[^/]*$/, ''))
    expect(body).toEqual({ configs: [{ name: config, description: 'listed', etag: ETAG }] })
  })
})

describe('deleting a config', () => {
  it('4.1: answers the empty object, and the config is gone', async () => {
    const config = await api.newConfig()
    expect(await api.delete(config)).toMatchObject(EMPTY)
    expect(await api.get(config)).toMatchObject(NOT_FOUND)
    expect((await api.get(config.replace(/\/[^/]*$/, ''))).body).toEqual({})
  })

  it('4.1: answers 404 for a config that does not exist, also the second time', async () => {
    const config = await api.newConfig()
    await api.delete(config)
    expect(await api.delete(config)).toMatchObject(NOT_FOUND)
    expect(await api.delete(`${newProject()}/configs/never`)).toMatchObject(NOT_FOUND)
  })

  it('4.1: takes variables, waiters and their operations with it', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a')
    const waiter = await api.newWaiter(config, { success: atLeast(5, '/') })
    await api.delete(config)
    const names = [`${config}/variables/a`, `${config}/variables`, waiter, `${config}/waiters`]
    for (const name of [...names, waiter.replace('/waiters/', '/operations/waiters/')]) {
      expect(await api.get(name), name).toMatchObject(NOT_FOUND)
    }
  })

  it('4.1: lets the same name be made again at once, and it is empty', async () => {
    const config = await api.newConfig()
    await api.put(config, { description: 'first life' })
    await api.newVariable(config, 'a')
    const waiter = await api.newWaiter(config, { success: atLeast(5, '/') })
    await api.post(`${config}:setIamPolicy`, {
      policy: { bindings: [{ role: 'roles/viewer', members: ['allUsers'] }] },
    })
    await api.delete(config)
    await api.newConfig(config)
    expect((await api.get(config)).body).toEqual({ name: config, etag: ETAG })
    expect((await api.get(`${config}/variables`)).body).toEqual({})
    expect((await api.get(`${config}/waiters`)).body).toEqual({})
    expect(Object.keys((await api.get(`${config}:getIamPolicy`)).body)).toEqual(['etag'])
    expect(await api.get(waiter)).toMatchObject(NOT_FOUND)
  })
})

describe('a config that does not exist', () => {
  it('4.1, 4.2: answers 404 to whatever is asked of it or in it', async () => {
    const config = `${newProject()}/configs/missing`
    const name = `${config}/variables/a`
    const waiter = { name: `${config}/waiters/w`, timeout: '1s', success: atLeast(1, '/') }
    const answers = await Promise.all([
      api.get(config),
      api.get(`${config}:getIamPolicy`),
      api.post(`${config}:setIamPolicy`, { policy: {} }),
      api.get(`${config}/variables`),
      api.post(`${config}/variables`, { name, text: '' }),
      api.get(name),
      api.put(name, { text: '' }),
      api.delete(name),
      api.call('DELETE', `${name}?recursive=true`),
      api.post(`${name}:watch`),
      api.get(`${config}/waiters`),
      api.post(`${config}/waiters`, waiter),
      api.get(waiter.name),
      api.delete(waiter.name),
      api.get(`${config}/operations/waiters/w`),
    ])
    for (const answer of answers) expect(answer).toMatchObject(NOT_FOUND)
    expect(await api.get(config)).toMatchObject(NOT_FOUND)
  })
})
