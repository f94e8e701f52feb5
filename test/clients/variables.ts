import { describe, expect, it } from 'vitest'
import {
  allPages,
  ALREADY_EXISTS,
  INVALID,
  makeConfig,
  makeVariables,
  NOT_FOUND,
  parent as project,
  PRECONDITION,
  refusal,
  TIMESTAMP,
  variables,
} from './client.ts'

export function testVariables(): void {
  describe('variables', () => {
    it('creates a variable, which then reads as it was made, without a state', async () => {
      const parent = await makeConfig()
      const name = `${parent}/variables/greeting`
      const made = await variables.create({ parent, requestBody: { name, text: 'Grüße, 世界 ☺' } })
      expect(made.data).toMatchObject({ name, text: 'Grüße, 世界 ☺', updateTime: expect.stringMatching(TIMESTAMP) })
      expect((await variables.get({ name })).data).toEqual(made.data)
    })

    it('keeps an empty text apart from none', async () => {
      const parent = await makeConfig()
      const name = `${parent}/variables/empty`
      await variables.create({ parent, requestBody: { name, text: '' } })
      expect((await variables.get({ name })).data.text).toBe('')
      expect(await refusal(variables.update({ name, requestBody: {} }))).toMatchObject(INVALID)
    })

    it('keeps every byte of a base64 value', async () => {
      const parent = await makeConfig()
      const name = `${parent}/variables/bytes`
      const value = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('base64')
      await variables.create({ parent, requestBody: { name, value } })
      const { data } = await variables.get({ name })
      expect(data.value).toBe(value)
      expect(data).not.toHaveProperty('text')
    })

    it('answers a value that came in the URL-safe alphabet in the standard one, padded', async () => {
      const parent = await makeConfig()
      const name = `${parent}/variables/safe`
      const { data } = await variables.create({ parent, requestBody: { name, value: 'Pz8_Pj4-Pw' } })
      expect(data.value).toBe('Pz8/Pj4+Pw==')
    })

    it('refuses text and value together, and a text that is no string', async () => {
      const parent = await makeConfig()
      const name = `${parent}/variables/v`
      const both = variables.create({ parent, requestBody: { name, text: 'a', value: 'YQ==' } })
      expect(await refusal(both)).toMatchObject(INVALID)
      const text = 3_600_000 as unknown as string
      expect(await refusal(variables.create({ parent, requestBody: { name, text } }))).toMatchObject({
        ...INVALID,
        message: "Invalid value at 'variable.text' (TYPE_STRING), 3600000",
      })
    })

    it('finds a name with slashes, which the client sends as they are', async () => {
      const parent = await makeConfig()
      const name = `${parent}/variables/status/success/my_node.1-a`
      await variables.create({ parent, requestBody: { name, text: 'up' } })
      const found = await variables.get({ name })
      expect(new URL(found.config.url).pathname).toMatch(/\/variables\/status\/success\/my_node\.1-a$/)
      expect(found.data).toMatchObject({ name, text: 'up' })
      expect((await variables.update({ name, requestBody: { text: 'down' } })).data.text).toBe('down')
      await variables.delete({ name })
      expect(await refusal(variables.get({ name }))).toEqual(NOT_FOUND)
    })

    it('takes several slashes for one', async () => {
      const parent = await makeConfig()
      const doubled = `${parent}/variables//leading//slash`
      const made = await variables.create({ parent, requestBody: { name: doubled, text: 'x' } })
      expect(made.data.name).toBe(`${parent}/variables/leading/slash`)
      const found = await variables.get({ name: doubled })
      expect(new URL(found.config.url).pathname).toContain('/variables//leading//slash')
      expect(found.data).toEqual(made.data)
    })

    it('refuses a second variable of the same name', async () => {
      const parent = await makeConfig()
      await makeVariables(parent, 'a/b')
      const again = variables.create({ parent, requestBody: { name: `${parent}/variables/a/b`, text: 'again' } })
      expect(await refusal(again)).toEqual(ALREADY_EXISTS)
    })

    it('refuses a variable above or beneath another', async () => {
      const parent = await makeConfig()
      await makeVariables(parent, 'ports/serving', 'leaf')
      for (const path of ['ports', 'leaf/twig']) {
        const conflict = variables.create({ parent, requestBody: { name: `${parent}/variables/${path}`, text: '' } })
        expect(await refusal(conflict)).toEqual(PRECONDITION)
      }
      await makeVariables(parent, 'ports2')
    })

    it('says of what is not there that it was not found, whatever is asked of it', async () => {
      const parent = await makeConfig()
      await makeVariables(parent, 'inner/leaf')
      // Only leaves are variables.
      for (const path of ['missing', 'inner']) {
        const name = `${parent}/variables/${path}`
        expect(await refusal(variables.get({ name }))).toEqual(NOT_FOUND)
        expect(await refusal(variables.update({ name, requestBody: { text: '' } }))).toEqual(NOT_FOUND)
        expect(await refusal(variables.delete({ name }))).toEqual(NOT_FOUND)
        expect(await refusal(variables.watch({ name, requestBody: {} }))).toEqual(NOT_FOUND)
      }
      const gone = `${project}/configs/missing`
      const made = variables.create({ parent: gone, requestBody: { name: `${gone}/variables/v`, text: '' } })
      expect(await refusal(made)).toEqual(NOT_FOUND)
    })

    it('answers an update with the state UPDATED and a later time, and get without the state', async () => {
      const parent = await makeConfig()
      const name = `${parent}/variables/v`
      const made = await variables.create({ parent, requestBody: { name, text: 'first' } })
      const updated = await variables.update({ name, requestBody: { name, value: 'c2Vjb25k' } })
      expect(updated.data).toMatchObject({ name, value: 'c2Vjb25k', state: 'UPDATED' })
      const [before, after] = [made, updated].map(({ data }) => data.updateTime as string) as [string, string]
      // All have the same number of digits, so that text sorts as time does.
      expect([after, before].sort()).toEqual([before, after])
      expect(after).not.toBe(before)
      expect((await variables.get({ name })).data).toMatchObject({ name, value: 'c2Vjb25k', updateTime: after })
    })

    it('answers a repeated requestId with the variable as it was first created', async () => {
      const parent = await makeConfig()
      const name = `${parent}/variables/once`
      const request = { parent, requestId: 'the-same', requestBody: { name, text: 'first' } }
      const first = await variables.create(request)
      const again = await variables.create({ ...request, requestBody: { name, text: 'second' } })
      expect(again.data).toEqual(first.data)
      expect((await variables.get({ name })).data.text).toBe('first')
      expect(await refusal(variables.create({ ...request, requestId: 'another' }))).toEqual(ALREADY_EXISTS)
      // Empty is no requestId.
      expect(await refusal(variables.create({ ...request, requestId: '' }))).toEqual(ALREADY_EXISTS)
    })

    it('deletes one variable alone, or with recursive all beneath a path', async () => {
      const parent = await makeConfig()
      await makeVariables(parent, 'ports/a', 'ports/b', 'ports/deep/c', 'ports2')
      expect((await variables.delete({ name: `${parent}/variables/ports/a` })).data).toEqual({})
      expect(await pathsOf(parent)).toEqual(['ports/b', 'ports/deep/c', 'ports2'])
      const name = `${parent}/variables/ports`
      expect(await refusal(variables.delete({ name, recursive: false }))).toEqual(NOT_FOUND)
      expect((await variables.delete({ name, recursive: true })).data).toEqual({})
      expect(await pathsOf(parent)).toEqual(['ports2'])
      await variables.delete({ name: `${parent}/variables/ports2`, recursive: true })
      expect(await pathsOf(parent)).toEqual([])
    })
  })

  describe('the list of variables', () => {
    it('holds names and times, and contents when they are asked for', async () => {
      const parent = await makeConfig()
      await makeVariables(parent, 'b', 'a/x')
      const head = (path: string) => ({
        name: `${parent}/variables/${path}`,
        updateTime: expect.stringMatching(TIMESTAMP),
      })
      expect((await variables.list({ parent })).data).toEqual({ variables: [head('a/x'), head('b')] })
      expect((await variables.list({ parent, returnValues: false })).data.variables).toEqual([head('a/x'), head('b')])
      const { data } = await variables.list({ parent, returnValues: true })
      expect(data.variables).toMatchObject([
        { ...head('a/x'), text: 'a/x' },
        { ...head('b'), text: 'b' },
      ])
    })

    it.for([
      ['a full name', (config: string) => `${config}/variables/ports`],
      ['a path', () => '/ports'],
      ['a pattern', () => 'ports/*'],
    ] as const)('is filtered by %s', async ([, filter]) => {
      const parent = await makeConfig()
      await makeVariables(parent, 'other', 'ports/a', 'ports/b', 'ports2')
      expect(await pathsOf(parent, { filter: filter(parent) })).toEqual(['ports/a', 'ports/b'])
    })

    it('comes in pages of the size that was asked for, each variable once', async () => {
      const parent = await makeConfig()
      await makeVariables(parent, 'a', 'b', 'c/d', 'c/e', 'f')
      const ask = (pageToken: string) => variables.list({ parent, pageSize: 2, pageToken, returnValues: true })
      const pages = await allPages(ask)
      expect(pages.map((page) => page.variables?.map(({ text }) => text))).toEqual([['a', 'b'], ['c/d', 'c/e'], ['f']])
    })

    it('refuses a page token that it never gave out', async () => {
      const parent = await makeConfig()
      expect(await refusal(variables.list({ parent, pageToken: 'made-up' }))).toMatchObject(INVALID)
    })
  })

  describe('the permissions on a variable', () => {
    it('are told for a variable with slashes in its name, and are none where no variable is', async () => {
      const parent = await makeConfig()
      await makeVariables(parent, 'a/b')
      const asked = { permissions: ['runtimeconfig.variables.get', 'runtimeconfig.variables.update'] }
      const there = { resource: `${parent}/variables/a/b`, requestBody: asked }
      expect((await variables.testIamPermissions(there)).data).toEqual(asked)
      const missing = { resource: `${parent}/variables/c`, requestBody: asked }
      expect((await variables.testIamPermissions(missing)).data).toEqual({})
    })
  })
}

/** The paths of a config's variables, as the list has them. */
async function pathsOf(parent: string, options: { filter?: string } = {}): Promise<(string | undefined)[]> {
  const { data } = await variables.list({ parent, ...options })
  return (data.variables ?? []).map(({ name }) => name?.slice(`${parent}/variables/`.length))
}
