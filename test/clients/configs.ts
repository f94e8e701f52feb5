import { describe, expect, it } from 'vitest'
import {
  allPages,
  ALREADY_EXISTS,
  configs,
  domainParent,
  INVALID,
  listedParent,
  makeConfig,
  makeVariables,
  NOT_FOUND,
  operations,
  parent,
  refusal,
  variables,
  waiters,
} from './client.ts'

const member = 'user:someone@example.com'
const bindings = [{ role: 'roles/runtimeconfig.viewer', members: [member] }]

export function testConfigs(): void {
  describe('configs', () => {
    it('creates a config, which then reads as it was made', async () => {
      const name = `${parent}/configs/new_config.1`
      const made = await configs.create({ parent, requestBody: { name, description: 'for a test' } })
      expect(made.data).toMatchObject({ name, description: 'for a test' })
      const { data } = await configs.get({ name })
      expect(data).toMatchObject({ name, description: 'for a test' })
    })

    it('refuses a second config of the same name', async () => {
      const name = await makeConfig()
      expect(await refusal(configs.create({ parent, requestBody: { name } }))).toEqual(ALREADY_EXISTS)
    })

    it('replaces the description on update, and clears it when none is sent', async () => {
      const name = await makeConfig()
      const described = await configs.update({ name, requestBody: { name, description: 'second' } })
      expect(described.data).toMatchObject({ name, description: 'second' })
      expect((await configs.get({ name })).data.description).toBe('second')
      await configs.update({ name, requestBody: {} })
      expect((await configs.get({ name })).data).toMatchObject({ name })
    })

    it('lists the configs of a project by name, in pages of the size that was asked for', async () => {
      const names = ['a', 'b', 'c', 'd', 'e'].map((id) => `${listedParent}/configs/${id}`)
      for (const name of names.toReversed()) await configs.create({ parent: listedParent, requestBody: { name } })
      const whole = await configs.list({ parent: listedParent })
      expect(whole.data).toMatchObject({ configs: names.map((name) => ({ name })) })

      const pages = await allPages((pageToken) => configs.list({ parent: listedParent, pageSize: 2, pageToken }))
      expect(pages.map((page) => page.configs?.map(({ name }) => name))).toEqual([
        names.slice(0, 2),
        names.slice(2, 4),
        names.slice(4),
      ])
    })

    it('lists nothing for a project without configs', async () => {
      expect((await configs.list({ parent: `${parent}-empty` })).data).toEqual({})
    })

    it('deletes a config with its variables and waiters, and the name is free again', async () => {
      const name = await makeConfig()
      await makeVariables(name, 'kept/no/longer')
      const end = { cardinality: { path: '/never' } }
      const waiter = `${name}/waiters/w`
      await waiters.create({ parent: name, requestBody: { name: waiter, timeout: '600s', success: end } })

      expect((await configs.delete({ name })).data).toEqual({})
      expect(await refusal(configs.get({ name }))).toEqual(NOT_FOUND)
      expect(await refusal(operations.get({ name: `${name}/operations/waiters/w` }))).toEqual(NOT_FOUND)

      await configs.create({ parent, requestBody: { name } })
      expect((await variables.list({ parent: name })).data).toEqual({})
      expect((await waiters.list({ parent: name })).data).toEqual({})
    })

    it('says of a config that is not there that it was not found, whatever is asked of it', async () => {
      const name = `${parent}/configs/missing`
      expect(await refusal(configs.get({ name }))).toEqual(NOT_FOUND)
      expect(await refusal(configs.update({ name, requestBody: {} }))).toEqual(NOT_FOUND)
      expect(await refusal(configs.delete({ name }))).toEqual(NOT_FOUND)
      expect(await refusal(configs.getIamPolicy({ resource: name }))).toEqual(NOT_FOUND)
      const change = { resource: name, requestBody: { policy: { bindings } } }
      expect(await refusal(configs.setIamPolicy(change))).toEqual(NOT_FOUND)
      expect(await refusal(variables.list({ parent: name }))).toEqual(NOT_FOUND)
      expect(await refusal(waiters.list({ parent: name }))).toEqual(NOT_FOUND)
    })

    it('answers a repeated requestId with the config as it was first created', async () => {
      const name = `${parent}/configs/repeated`
      const request = { parent, requestId: 'the-same-config', requestBody: { name, description: 'first' } }
      const first = await configs.create(request)
      await configs.update({ name, requestBody: { description: 'changed since' } })
      const again = await configs.create(request)
      expect(again.data).toEqual(first.data)
      expect(again.data.description).toBe('first')
      const other = configs.create({ ...request, requestId: 'another-config' })
      expect(await refusal(other)).toEqual(ALREADY_EXISTS)
    })

    it('finds a config of a project with a domain, whose colon the client encodes', async () => {
      const name = `${domainParent}/configs/c`
      await configs.create({ parent: domainParent, requestBody: { name } })
      const found = await configs.get({ name })
      expect(new URL(found.config.url).pathname).toContain('example.com%3A')
      expect(found.data).toMatchObject({ name })
      const asked = { resource: name, requestBody: { permissions: ['runtimeconfig.configs.get'] } }
      expect((await configs.testIamPermissions(asked)).data).toEqual(asked.requestBody)
    })

    it('refuses a name that does not fit, and says which field it is', async () => {
      const refused = await refusal(configs.create({ parent, requestBody: { name: `${parent}/configs/-` } }))
      expect(refused).toMatchObject({ ...INVALID, details: [{ fieldViolations: [{ field: 'config.name' }] }] })
    })
  })

  describe('the policy of a config', () => {
    it('is empty at first, but has an etag', async () => {
      const { data } = await configs.getIamPolicy({ resource: await makeConfig() })
      expect(data).toEqual({ etag: expect.stringMatching(/./) })
    })

    it('is replaced as a whole, and each time the etag is another', async () => {
      const resource = await makeConfig()
      const before = (await configs.getIamPolicy({ resource })).data.etag as string
      const first = await configs.setIamPolicy({ resource, requestBody: { policy: { etag: before, bindings } } })
      expect(first.data.bindings).toEqual(bindings)
      expect(first.data.etag).not.toBe(before)

      const condition = {
        title: 'soon over',
        expression: 'resource.name.startsWith("projects/p/configs/c/variables/a")',
      }
      const policy = { version: 3, bindings: [{ role: 'roles/runtimeconfig.editor', members: [member], condition }] }
      const second = await configs.setIamPolicy({ resource, requestBody: { policy } })
      const read = await configs.getIamPolicy({ resource, 'options.requestedPolicyVersion': 3 })
      expect(read.data).toEqual({ ...policy, etag: second.data.etag })
      expect(second.data.etag).not.toBe(first.data.etag)
    })

    it('is not replaced over an etag that is no longer its own', async () => {
      const resource = await makeConfig()
      const { etag } = (await configs.getIamPolicy({ resource })).data
      await configs.setIamPolicy({ resource, requestBody: { policy: { bindings } } })
      const late = configs.setIamPolicy({ resource, requestBody: { policy: { ...(etag && { etag }), bindings: [] } } })
      expect(await refusal(late)).toMatchObject({ http: 409, code: 409, status: 'ABORTED' })
      expect((await configs.getIamPolicy({ resource })).data.bindings).toEqual(bindings)
    })

    it('is not told in a version that does not exist', async () => {
      const resource = await makeConfig()
      const asked = configs.getIamPolicy({ resource, 'options.requestedPolicyVersion': 2 })
      expect(await refusal(asked)).toMatchObject(INVALID)
    })
  })

  describe('the permissions on a config', () => {
    it('are those that were asked for and that the service has', async () => {
      const resource = await makeConfig()
      const held = ['runtimeconfig.configs.get', 'runtimeconfig.variables.watch']
      const permissions = [...held, 'storage.buckets.get']
      const { data } = await configs.testIamPermissions({ resource, requestBody: { permissions } })
      expect(data).toEqual({ permissions: held })
    })

    it('are none where no config is, instead of an error', async () => {
      const resource = `${parent}/configs/missing`
      const permissions = ['runtimeconfig.configs.get']
      expect((await configs.testIamPermissions({ resource, requestBody: { permissions } })).data).toEqual({})
    })

    it('cannot be asked for with a wildcard', async () => {
      const asked = { resource: await makeConfig(), requestBody: { permissions: ['runtimeconfig.*'] } }
      expect(await refusal(configs.testIamPermissions(asked))).toMatchObject(INVALID)
    })
  })
}
