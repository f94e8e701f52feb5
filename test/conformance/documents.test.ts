/** The documents of the API, as anybody finds them; and the API, as they say. */
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { fill, METHODS, placeIn, TESTS } from '../access/methods.ts'
import { EXTERNAL, useServer } from './server.ts'

const client = useServer()
const closed = useServer({ ROLLCALL_INSECURE_OPEN: '' })

const fetched = async (path: string) => {
  const answer = await fetch(client.url(path))
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
}

async function lint(source: string): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended-strict'] })
  const problems = await lintFromString({ source, config })
  return problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)
}

describe('the documents', () => {
  it.each(['/$discovery/rest?version=v1beta1', '/%24discovery/rest?version=v1beta1', '/$discovery/rest'])(
    '%s is the discovery document, which leads here',
    async (path) => {
      const { status, text } = await fetched(path)
      expect(status).toBe(200)
      expect(JSON.parse(text)).toMatchObject({
        id: 'runtimeconfig:v1beta1',
        rootUrl: `${new URL(client.base).origin}/`,
      })
    },
  )

  it.skipIf(EXTERNAL)('lead back through the proxy that they came by', async () => {
    const proxied = await client.raw({
      path: '/$discovery/rest',
      headers: { host: 'rollcall.example.com', 'x-forwarded-proto': 'https' },
    })
    expect(JSON.parse(proxied.text)).toMatchObject({ rootUrl: 'https://rollcall.example.com/' })
  })

  it('has a discovery document of no other version', async () => {
    expect(await client.get('/$discovery/rest?version=v2')).toMatchObject({ status: 404 })
  })

  it('has an OpenAPI document', async () => {
    const { status, type, text } = await fetched('/openapi.json')
    expect([status, type]).toEqual([200, 'application/json; charset=UTF-8'])
    expect(JSON.parse(text)).toMatchObject({ openapi: '3.1.0' })
  })

  it('of which no linter complains', async () => {
    const { text } = await fetched('/openapi.json')
    expect(await lint(text)).toEqual([])
    expect(await lint(JSON.stringify({ ...JSON.parse(text), info: {} }))).not.toEqual([])
  })

  it('in which every method has an id of its own', async () => {
    const { paths } = JSON.parse((await fetched('/openapi.json')).text)
    const ids = Object.values<Record<string, Operation>>(paths)
      .flatMap((place) => Object.values(place))
      .flatMap(({ operationId }) => operationId ?? [])
    expect(ids.toSorted()).toEqual(['projects.list', ...[...METHODS, ...TESTS].map(({ id }) => id)].toSorted())
  })

  it('has a reference for people, with its style, and neither runs anything', async () => {
    const page = await fetch(client.url('/docs'))
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8'])
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'self'")
    const text = await page.text()
    for (const { id } of METHODS) expect(text).toContain(`id="${id}"`)
    expect(text).not.toMatch(/<script|\[object|undefined/)
    expect(await fetched('/docs/style.css')).toMatchObject({ status: 200, type: 'text/css; charset=UTF-8' })
  })

  it.skipIf(EXTERNAL)('is not there where nobody is let in at all', async () => {
    for (const path of ['/$discovery/rest', '/openapi.json', '/docs']) {
      expect(await closed.get(path)).toMatchObject({ status: 401 })
    }
  })
})

describe('what methods answer', () => {
  let responses: Readonly<Record<string, string>>
  let ajv: Ajv2020
  beforeAll(async () => {
    const document = JSON.parse((await fetched('/openapi.json')).text)
    // Nothing may be answered that is not described.
    for (const schema of Object.values<Record<string, unknown>>(document.components.schemas)) {
      schema.additionalProperties = false
    }
    ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(document, 'api')
    responses = Object.fromEntries(
      Object.values<Record<string, Operation>>(document.paths).flatMap((place) =>
        Object.values(place).map(({ operationId, responses: all }) => [
          operationId,
          all?.['200']?.content['application/json']?.schema.$ref,
        ]),
      ),
    )
  })

  const calls = [
    ...METHODS.filter(({ status = 200 }) => status === 200),
    ...TESTS.map(({ id, on }) => ({
      id,
      call: (...[api, place]: Parameters<(typeof METHODS)[number]['call']>) =>
        api.post(`${on(place)}:testIamPermissions`, { permissions: ['runtimeconfig.configs.get'] }),
    })),
  ]

  it.each(calls)('$id answers as the document says', async ({ id, call }) => {
    const place = placeIn(await client.newConfig())
    await fill(client, place)
    const answer = await call(client, place)
    expect(answer.status).toBe(200)
    const validate = ajv.compile({ $ref: `api${responses[id]}` })
    expect([answer.body, validate(answer.body), validate.errors]).toEqual([answer.body, true, null])
  })

  it('are told apart: another answer is not as the document says', async () => {
    const validate = ajv.compile({ $ref: 'api#/components/schemas/Variable' })
    expect(validate({ name: 'n', text: 5 })).toBe(false)
    expect(validate({ name: 'n', unknown: 'field' })).toBe(false)
  })
})

interface Operation {
  readonly operationId?: string
  readonly responses?: Record<string, { content: Record<string, { schema: { $ref: string } }> }>
}
