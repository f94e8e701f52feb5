/** Policies and permissions (spec: section 4.8). */
import { describe, expect, it } from 'vitest'
import { atLeast, newProject, succeeded } from './client.ts'
import { invalid, NOT_FOUND } from './expectations.ts'
import { useServer } from './server.ts'

const api = useServer()

const BINDINGS = [
  { role: 'roles/runtimeconfig.viewer', members: ['user:a@example.com', 'domain:example.com'] },
  { role: 'roles/runtimeconfig.admin', members: ['serviceAccount:s@p.iam.gserviceaccount.com'] },
]

const PERMISSIONS = Object.entries({
  configs: ['create', 'delete', 'get', 'getIamPolicy', 'list', 'setIamPolicy', 'update'],
  operations: ['get', 'list'],
  variables: ['create', 'delete', 'get', 'getIamPolicy', 'list', 'setIamPolicy', 'update', 'watch'],
  waiters: ['create', 'delete', 'get', 'getIamPolicy', 'list', 'setIamPolicy', 'update'],
}).flatMap(([collection, verbs]) => verbs.map((verb) => `runtimeconfig.${collection}.${verb}`))

describe('the policy of a config', () => {
  it('4.8: is an etag alone at first', async () => {
    const config = await api.newConfig()
    const { status, body } = await api.get(`${config}:getIamPolicy`)
    expect(status).toBe(200)
    expect(body).toEqual({ etag: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/) })
  })

  it('4.8: is what was set last, as a whole', async () => {
    const config = await api.newConfig()
    const first = succeeded(await api.post(`${config}:setIamPolicy`, { policy: { bindings: BINDINGS } }))
    expect(first).toEqual({ bindings: BINDINGS, etag: expect.any(String) })
    expect((await api.get(`${config}:getIamPolicy`)).body).toEqual(first)
    const second = succeeded(await api.post(`${config}:setIamPolicy`, { policy: { bindings: BINDINGS.slice(1) } }))
    expect(second).toEqual({ bindings: BINDINGS.slice(1), etag: expect.any(String) })
    expect((await api.get(`${config}:getIamPolicy`)).body).toEqual(second)
  })

  it('4.8: keeps version and conditions', async () => {
    const config = await api.newConfig()
    const condition = { expression: 'resource.name.startsWith("projects/p/configs/c/variables/a")', title: 'a only' }
    const policy = { version: 3, bindings: [{ ...BINDINGS[0], condition }] }
    succeeded(await api.post(`${config}:setIamPolicy`, { policy }))
    expect((await api.get(`${config}:getIamPolicy`)).body).toEqual({ ...policy, etag: expect.any(String) })
  })

  it('4.8: has a new etag after each change', async () => {
    const config = await api.newConfig()
    const etags = [(await api.get(`${config}:getIamPolicy`)).body.etag]
    for (let round = 0; round < 4; round++) {
      etags.push(succeeded(await api.post(`${config}:setIamPolicy`, { policy: { bindings: BINDINGS } })).etag)
    }
    expect(new Set(etags).size).toBe(etags.length)
  })

  it('4.8: keeps its etag while it does not change', async () => {
    const config = await api.newConfig()
    const { etag } = (await api.get(`${config}:getIamPolicy`)).body
    await api.newVariable(config, 'a')
    await api.put(config, { description: 'changed' })
    expect((await api.get(`${config}:getIamPolicy`)).body.etag).toBe(etag)
  })

  it('4.8: is changed by a policy with its etag', async () => {
    const config = await api.newConfig()
    const { etag } = (await api.get(`${config}:getIamPolicy`)).body
    const answer = await api.post(`${config}:setIamPolicy`, { policy: { bindings: BINDINGS, etag } })
    expect(answer).toMatchObject({ status: 200, body: { bindings: BINDINGS } })
  })

  it('4.8: is not changed by a policy with an etag from before', async () => {
    const config = await api.newConfig()
    const { etag } = (await api.get(`${config}:getIamPolicy`)).body
    const present = succeeded(await api.post(`${config}:setIamPolicy`, { policy: { bindings: BINDINGS, etag } }))
    const answer = await api.post(`${config}:setIamPolicy`, { policy: { bindings: [], etag } })
    const message = expect.stringMatching(/^There were concurrent policy changes/)
    expect(answer).toMatchObject({ status: 409, body: { error: { code: 409, status: 'ABORTED', message } } })
    expect((await api.get(`${config}:getIamPolicy`)).body).toEqual(present)
  })

  it('4.8: takes exactly one of several changes with the same etag at the same time', async () => {
    const config = await api.newConfig()
    const { etag } = (await api.get(`${config}:getIamPolicy`)).body
    const change = () => api.post(`${config}:setIamPolicy`, { policy: { bindings: BINDINGS, etag } })
    const statuses = (await Promise.all(Array.from({ length: 6 }, change))).map(({ status }) => status)
    expect(statuses.sort()).toEqual([200, 409, 409, 409, 409, 409])
  })

  it('4.8: is not guarded by an empty etag', async () => {
    const config = await api.newConfig()
    succeeded(await api.post(`${config}:setIamPolicy`, { policy: { bindings: BINDINGS } }))
    expect(await api.post(`${config}:setIamPolicy`, { policy: { etag: '' } })).toMatchObject({ status: 200 })
    expect(Object.keys((await api.get(`${config}:getIamPolicy`)).body)).toEqual(['etag'])
  })

  it.each(['0', '1', '3'])('4.8: can be asked for in version %s', async (version) => {
    const config = await api.newConfig()
    const answer = await api.get(`${config}:getIamPolicy?options.requestedPolicyVersion=${version}`)
    expect(answer).toMatchObject({ status: 200, body: { etag: expect.any(String) } })
  })

  it.each(['2', '4', '-1', 'x'])('4.8: cannot be asked for in version %s', async (version) => {
    const config = await api.newConfig()
    const answer = await api.get(`${config}:getIamPolicy?options.requestedPolicyVersion=${version}`)
    expect(answer).toMatchObject(invalid('requestedPolicyVersion'))
  })

  it('4.8: of a missing config is 404, and none is made', async () => {
    const config = `${newProject()}/configs/missing`
    expect(await api.get(`${config}:getIamPolicy`)).toMatchObject(NOT_FOUND)
    expect(await api.post(`${config}:setIamPolicy`, { policy: { bindings: BINDINGS } })).toMatchObject(NOT_FOUND)
    expect(await api.get(config)).toMatchObject(NOT_FOUND)
  })

  it.each(['variables/a', 'waiters/w', 'operations/waiters/w'])(
    '4.8: stands on configs only, not on %s',
    async (rest) => {
      const config = await api.newConfig()
      expect(await api.get(`${config}/${rest}:getIamPolicy`)).toMatchObject({ status: 404 })
      expect(await api.post(`${config}/${rest}:setIamPolicy`, { policy: {} })).toMatchObject({ status: 404 })
    },
  )
})

describe('testIamPermissions', () => {
  it('4.8: answers the permissions that it knows, in the order they were asked', async () => {
    const config = await api.newConfig()
    const permissions = ['runtimeconfig.waiters.get', 'runtimeconfig.unknown.get', 'runtimeconfig.configs.get', 'x']
    const answer = await api.post(`${config}:testIamPermissions`, { permissions })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ permissions: ['runtimeconfig.waiters.get', 'runtimeconfig.configs.get'] })
  })

  it('4.8: knows every permission of the service', async () => {
    const config = await api.newConfig()
    const answer = await api.post(`${config}:testIamPermissions`, { permissions: PERMISSIONS })
    expect(answer.body).toEqual({ permissions: PERMISSIONS })
  })

  it.each(['', '/variables/a/b', '/waiters/w', '/operations/waiters/w'])(
    '2: can be asked of projects/P/configs/C%s',
    async (rest) => {
      const config = await api.newConfig()
      await api.newVariable(config, 'a/b')
      await api.newWaiter(config, { success: atLeast(9, '/') }, 'w')
      const permissions = ['runtimeconfig.configs.get']
      const { status, body } = await api.post(`${config}${rest}:testIamPermissions`, { permissions })
      expect(status).toBe(200)
      expect(body).toEqual({ permissions })
    },
  )

  it.each(['', '/variables/a/b', '/waiters/w', '/operations/waiters/w'])(
    '4.8: answers {} where projects/P/configs/C%s does not exist',
    async (rest) => {
      const config = rest === '' ? `${newProject()}/configs/missing` : await api.newConfig()
      const permissions = ['runtimeconfig.configs.get']
      const { status, body } = await api.post(`${config}${rest}:testIamPermissions`, { permissions })
      expect(status).toBe(200)
      expect(body).toEqual({})
    },
  )

  it('3.1.1: answers {} when none is asked or none is known', async () => {
    const config = await api.newConfig()
    for (const body of [{}, { permissions: [] }, { permissions: ['storage.buckets.get'] }]) {
      expect((await api.post(`${config}:testIamPermissions`, body)).body).toEqual({})
    }
  })

  it.each(['runtimeconfig.*', '*', 'runtimeconfig.configs.*'])('4.8: refuses the wildcard %s', async (permission) => {
    const config = await api.newConfig()
    const permissions = ['runtimeconfig.configs.get', permission]
    expect(await api.post(`${config}:testIamPermissions`, { permissions })).toMatchObject(invalid('permissions'))
  })
})
