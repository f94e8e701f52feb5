import { google } from 'googleapis'
import { describe, expect, inject, it } from 'vitest'
import { makeConfig, makeVariables } from './client.ts'

/** What the client makes of a document: methods, by the names in it. */
type Bound = Record<string, (parameters: object) => Promise<{ data: unknown }>>

export function testDiscovery(): void {
  describe('a client that binds to the discovery document of the service', () => {
    const bind = async () => {
      const url = `${inject('rootUrl')}$discovery/rest?version=v1beta1`
      const api = await google.discoverAPI<never>(url)
      return (api as unknown as { projects: { configs: Bound & { variables: Bound } } }).projects.configs
    }

    it('calls what Google has', async () => {
      const name = await makeConfig()
      await makeVariables(name, 'a/b')
      const configs = await bind()
      expect((await configs.get?.({ name }))?.data).toMatchObject({ name })
      const variable = `${name}/variables/a/b`
      expect((await configs.variables.get?.({ name: variable }))?.data).toMatchObject({ name: variable, text: 'a/b' })
    })

    it('calls what Google has not', async () => {
      const name = await makeConfig()
      const configs = await bind()
      const requestBody = { writes: [{ create: { name: `${name}/variables/c`, text: 'd' } }] }
      const answer = await configs.commit?.({ name, requestBody })
      expect(answer?.data).toMatchObject({ outcomes: [{ variable: { name: `${name}/variables/c` } }] })
    })
  })
}
