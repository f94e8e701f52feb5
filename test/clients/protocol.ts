import { google } from 'googleapis'
import { describe, expect, it } from 'vitest'
import { configs, connect, connectV1, makeConfig, makeVariables, NOT_FOUND, refusal, variables } from './client.ts'

/** Answers are to be seen as they came, not as the objects that the client makes of them. */
const RAW = { responseType: 'text' } as const

export function testProtocol(): void {
  describe('a caller', () => {
    it('is let in without credentials', async () => {
      const name = await makeConfig()
      const { config, data } = await connect().projects.configs.get({ name })
      expect(new Headers(config.headers).has('authorization')).toBe(false)
      expect(data).toMatchObject({ name })
    })

    it('is let in with an API key', async () => {
      const name = await makeConfig()
      const { config, data } = await connect('any-key').projects.configs.get({ name })
      expect(new URL(config.url).searchParams.get('key')).toBe('any-key')
      expect(data).toMatchObject({ name })
    })

    it('is let in with an access token, in the header or as a parameter', async () => {
      const name = await makeConfig()
      const auth = new google.auth.OAuth2()
      auth.setCredentials({ access_token: 'any-token' })
      const { config, data } = await connect(auth).projects.configs.get({ name })
      expect(new Headers(config.headers).get('authorization')).toBe('Bearer any-token')
      expect(data).toMatchObject({ name })
      expect((await configs.get({ name, access_token: 'any-token' })).data).toMatchObject({ name })
      expect((await configs.get({ name, oauth_token: 'any-token' })).data).toMatchObject({ name })
    })

    it('sees the same error with an access token as without one', async () => {
      const auth = new google.auth.OAuth2()
      auth.setCredentials({ access_token: 'any-token' })
      const missing = { name: `${await makeConfig()}/variables/missing` }
      expect(await refusal(connect(auth).projects.configs.variables.get(missing))).toEqual(NOT_FOUND)
    })
  })

  describe('the parameters that every method has', () => {
    it('show the fields that are asked for and no others', async () => {
      const parent = await makeConfig()
      await makeVariables(parent, 'a/b', 'c')
      const name = `${parent}/variables/c`
      expect((await variables.get({ name, fields: 'name' })).data).toEqual({ name })
      const fields = 'variables(name,text),nextPageToken'
      const { data } = await variables.list({ parent, returnValues: true, pageSize: 1, fields })
      expect(data).toEqual({
        variables: [{ name: `${parent}/variables/a/b`, text: 'a/b' }],
        nextPageToken: expect.stringMatching(/./),
      })
    })

    it('indent the answer, or not, as prettyPrint says', async () => {
      const name = await makeConfig()
      const { data } = await configs.get({ name })
      const indented = `${JSON.stringify(data, null, 2)}\n`
      expect((await configs.get({ name }, RAW)).data).toBe(indented)
      expect((await configs.get({ name, prettyPrint: true }, RAW)).data).toBe(indented)
      expect((await configs.get({ name, prettyPrint: false }, RAW)).data).toBe(JSON.stringify(data))
    })

    it('are let pass where they mean nothing here', async () => {
      const name = await makeConfig()
      const common = { '$.xgafv': '2', alt: 'json', quotaUser: 'someone', uploadType: 'media', upload_protocol: 'raw' }
      expect((await configs.get({ name, ...common })).data).toMatchObject({ name })
    })
  })

  describe('v1, which knows nothing but generic operations', () => {
    const { operations } = connectV1()
    // The client would repeat a deletion that fails with 501 three times, at growing intervals.
    const once = { retry: false }
    const unimplemented = { http: 501, code: 501, status: 'UNIMPLEMENTED' }

    it('lists none', async () => {
      expect((await operations.list({ name: 'operations', pageSize: 10 })).data).toEqual({})
    })

    it('cancels none', async () => {
      const cancelled = operations.cancel({ name: 'operations/some/one', requestBody: {} })
      expect(await refusal(cancelled)).toMatchObject(unimplemented)
    })

    it('deletes none', async () => {
      expect(await refusal(operations.delete({ name: 'operations/some/one' }, once))).toMatchObject(unimplemented)
    })
  })
}
