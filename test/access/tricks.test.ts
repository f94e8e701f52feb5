/** What an attacker would try at the doors: credentials that contradict each other, and names that look like others. */
import { describe, expect, it } from 'vitest'
import { newId, succeeded, type RawRequest } from '../conformance/client.ts'
import { expectRefusal, NOT_FOUND } from '../conformance/expectations.ts'
import { editorIf, EDITOR, sha256, tokenOf, useGuarded, VIEWER } from './guarded.ts'
import { denied, FORBIDDEN, UNAUTHENTICATED } from './refusals.ts'

const NODE = 'serviceAccount:node-7@example.com'
const READER = 'user:reader@example.com'

const server = useGuarded([NODE, READER])

const good = tokenOf(READER)
const bearer = `Bearer ${good}`

/** Sends what `fetch` would mend, with nothing beside what is said. */
const raw = (path: string, request: Omit<RawRequest, 'path'> = {}) =>
  server.as('').raw({ ...request, path: path.startsWith('/') ? path : `/v1beta1/${path}` })

const newConfig = () => server.newConfig([{ role: VIEWER, members: [READER] }])

describe('a credential', () => {
  it.each<[string, Record<string, string | string[]>, string]>([
    ['in Authorization', { authorization: bearer }, ''],
    ['in lower case', { authorization: `bearer ${good}` }, ''],
    ['in upper case', { authorization: `BEARER ${good}` }, ''],
    ['with more spaces', { authorization: `  Bearer   ${good}  ` }, ''],
    ['in X-Goog-Api-Key', { 'x-goog-api-key': good }, ''],
    ['in ?key=', {}, `?key=${good}`],
    ['in ?access_token=', {}, `?access_token=${good}`],
    ['in a query that is percent-encoded', {}, `?%6Bey=%73${good.slice(1)}`],
    ['beside an empty Authorization', { authorization: '', 'x-goog-api-key': good }, ''],
    ['before wrong ones in lesser places', { authorization: bearer, 'x-goog-api-key': 'wrong' }, '?key=wrong'],
  ])('%s is taken', async (_, headers, query) => {
    const config = await newConfig()
    expect(await raw(`${config}${query}`, { headers })).toMatchObject({ status: 200, body: { name: config } })
  })

  it.each<[string, Record<string, string | string[]>, string]>([
    ['that stands there twice', { authorization: [bearer, bearer] }, ''],
    ['in front of a wrong one', { authorization: [bearer, 'Bearer wrong'] }, ''],
    ['behind a wrong one', { authorization: ['Bearer wrong', bearer] }, ''],
    ['in front of a wrong one in one header', { authorization: `${bearer}, Bearer wrong` }, ''],
    ['with something behind it', { authorization: `${bearer} and more` }, ''],
    ['with a comma behind it', { authorization: `${bearer},` }, ''],
    ['without its kind', { authorization: good }, ''],
    ['of another kind', { authorization: `Basic ${Buffer.from(`:${good}`).toString('base64')}` }, ''],
    ['of another kind with its text', { authorization: `Token ${good}` }, ''],
    ['with its end missing', { authorization: bearer.slice(0, -1) }, ''],
    ['with its case changed', { authorization: bearer.toUpperCase() }, ''],
    ['as the digest that the document holds', { authorization: `Bearer ${sha256(good)}` }, ''],
    ['in a lesser place than a wrong one', { authorization: 'Bearer wrong', 'x-goog-api-key': good }, ''],
    ['in a lesser place than one of another kind', { authorization: 'Basic x', 'x-goog-api-key': good }, ''],
    ['in the query beside a wrong header', { 'x-goog-api-key': 'wrong' }, `?key=${good}`],
    ['in two X-Goog-Api-Key', { 'x-goog-api-key': [good, good] }, ''],
    ['behind a wrong one in the query', {}, `?key=wrong&key=${good}`],
    ['in ?access_token= beside a wrong ?key=', {}, `?key=wrong&access_token=${good}`],
    ['with a blank', {}, `?key=${good}+`],
    ['in a cookie', { cookie: `access_token=${good}; key=${good}` }, ''],
    ['in Proxy-Authorization', { 'proxy-authorization': bearer }, ''],
    ['in X-Forwarded-Authorization', { 'x-forwarded-authorization': bearer }, ''],
    ['in a name of the query that is not known for it', {}, `?$key=${good}&oauth_token=${good}`],
    ['that claims to be from a proxy', { 'x-goog-authenticated-user-email': READER, 'x-forwarded-user': READER }, ''],
    ['of more than 16,384 characters', { 'x-goog-api-key': good.padEnd(16_385, 'x') }, ''],
  ])('%s is refused', async (_, headers, query) => {
    const answer = await raw(`${await newConfig()}${query}`, { headers })
    expect(answer).toMatchObject(UNAUTHENTICATED)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expectRefusal(answer)
    expect(answer.text).not.toContain(good)
  })

  it('of more than 16,384 characters is refused for that, and one of so many for what it is', async () => {
    const reasonOf = async (length: number) => {
      const headers = { 'x-goog-api-key': good.padEnd(length, 'x') }
      return (await raw('/v1/operations', { headers })).body.error.message
    }
    expect(await reasonOf(16_385)).toContain('longer than 16384')
    expect(await reasonOf(16_384)).toContain('not known')
  })

  it('is not needed to hear that the server lives, and of no use for it', async () => {
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: bearer }]) {
      expect(await raw('/healthz', { headers })).toMatchObject({ status: 200, body: { status: 'ok' } })
    }
  })

  it('is needed for v1 too, where whoever is known may ask', async () => {
    expect(await raw('/v1/operations')).toMatchObject(UNAUTHENTICATED)
    expect(await raw('/v1/operations', { headers: { authorization: 'Bearer wrong' } })).toMatchObject(UNAUTHENTICATED)
    expect(await raw('/v1/operations', { headers: { authorization: bearer } })).toMatchObject({ status: 200 })
  })
})

describe('HEAD', () => {
  const head = (path: string, token?: string) =>
    fetch(server.owner.url(path), { method: 'HEAD', headers: token ? { authorization: `Bearer ${token}` } : {} })

  it.each(['', '/variables', '/variables/a', '/waiters', '/waiters/w', '/operations/waiters/w', ':getIamPolicy'])(
    'takes the permission that GET takes of projects/P/configs/C%s, and tells no more',
    async (rest) => {
      const config = await newConfig()
      await server.owner.newVariable(config, 'a')
      await server.owner.newWaiter(config, { success: { cardinality: { path: '/z' } } }, 'w')
      const missing = await server.newConfig()
      await server.owner.delete(missing)
      const allowed = rest === ':getIamPolicy' ? 403 : 200
      const seen = async (response: Promise<Response>) => {
        const { status, headers } = await response
        return { status, type: headers.get('content-type'), length: headers.get('content-length') }
      }
      expect((await seen(head(`${config}${rest}`))).status).toBe(401)
      expect((await seen(head(`${config}${rest}`, good))).status).toBe(allowed)
      const hidden = await seen(head(`${config}${rest}`, tokenOf(NODE)))
      expect(hidden.status).toBe(403)
      // The names are as long as each other, so that the length of what is not sent would be the same.
      expect(await seen(head(`${missing}${rest}`, tokenOf(NODE)))).toEqual(hidden)
    },
  )

  it('does nothing that is a POST, and opens no subscription without a credential', async () => {
    const config = await newConfig()
    expect((await head(`${config}:setIamPolicy`, tokenOf('user:owner@example.com'))).status).toBe(404)
    const key = Buffer.from('sixteen bytes...').toString('base64')
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
    const headers = { ...upgrade, 'sec-websocket-key': key }
    const { status } = await fetchHead(`${config}:subscribe?path=/`, headers)
    expect(status).toBe(401)
  })

  /** As `fetch` sends no upgrade, and an answer to HEAD has no JSON. */
  async function fetchHead(path: string, headers: Record<string, string>): Promise<{ status: number | undefined }> {
    const { request } = await import('node:http')
    return new Promise((resolve, reject) => {
      const sent = request(server.owner.url(path), { method: 'HEAD', headers })
      sent.on('upgrade', (response, socket) => {
        socket.destroy()
        resolve({ status: response.statusCode })
      })
      sent.on('response', (response) => resolve({ status: response.resume().statusCode }))
      sent.on('error', reject)
      sent.end()
    })
  }

  it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])(
    'and other methods are not what %s says',
    async (name) => {
      const config = await newConfig()
      const headers = { authorization: bearer, [name]: 'DELETE' }
      expect(await raw(config, { headers })).toMatchObject({ status: 200, body: { name: config } })
      expect(
        await raw(config, { method: 'POST', headers: { ...headers, authorization: `Bearer ${tokenOf(NODE)}` } }),
      ).toMatchObject({ status: 404 })
      expect(await server.owner.get(config)).toMatchObject({ status: 200 })
    },
  )
})

describe('a name in the URL', () => {
  /** The node may write /ready/node-7 and nothing else. */
  const newFleet = async () => {
    const config = await server.owner.newConfig()
    await server.setPolicy(config, [editorIf(NODE, `resource.name == "${config}/variables/ready/node-7"`)])
    for (const id of [7, 8]) await server.owner.newVariable(config, `ready/node-${id}`, `from ${id}`)
    return config
  }
  const headers = { authorization: `Bearer ${tokenOf(NODE)}` }

  it.each([
    'variables/ready/node-7',
    'variables//ready///node-7/',
    'variables/ready%2Fnode-7',
    'variables%2Fready%2Fnode%2D7',
    '%76ariables/ready/node%2d7',
    'variables/%2Fready/node-7%2f',
  ])('is the same for the permission and for what is done, as %s', async (written) => {
    const config = await newFleet()
    const allowed = await raw(`${config}/${written}`, { headers })
    expect(allowed).toMatchObject({ status: 200, body: { text: 'from 7' } })
    const other = written.replace(/7(\/|%2f)?$/, '8$1')
    const name = `${config}/variables/ready/node-8`
    expect(await raw(`${config}/${other}`, { headers })).toMatchObject(denied('runtimeconfig.variables.get', name))
    const removed = await raw(`${config}/${other}`, { method: 'DELETE', headers })
    expect(removed).toMatchObject(denied('runtimeconfig.variables.delete', name))
  })

  it.each([
    'variables/ready/node-7/../node-8',
    'variables/ready/node-7/%2e%2e/node-8',
    'variables/ready/node-7%2f..%2fnode-8',
    'variables/ready/node-7/./../node-8',
    'variables/ready/node-8%00',
    'variables/ready/node-8%20',
    'variables/ready%5Cnode-8',
    'variables/ready%252Fnode-8',
    'variables/ready/node-8;node-7',
    'variables/ready/node-8%3Fnode-7',
    'variables/ready/node-8%23',
    'variables/ready/n%C0%AFode-8',
    'variables/ready/node-\uFF18',
  ])('with tricks in it is no way to another variable: %s', async (written) => {
    const config = await newFleet()
    for (const method of ['GET', 'DELETE']) {
      const answer = await raw(`${config}/${encodeURI(written).replaceAll('%25', '%')}`, { method, headers })
      expectRefusal(answer)
      expect(answer.text).not.toContain('from 8')
    }
    expect(await server.owner.get(`${config}/variables/ready/node-8`)).toMatchObject({ status: 200 })
  })

  it.each<[string, (path: string) => string]>([
    ['two slashes in front', (path) => `//v1beta1/${path}`],
    ['two slashes behind the version', (path) => `/v1beta1//${path}`],
    ['a dot', (path) => `/v1beta1/./${path}`],
    ['two dots behind /healthz', (path) => `/healthz/../v1beta1/${path}`],
    ['two dots that are encoded', (path) => `/healthz/%2e%2e/v1beta1/${path}`],
    ['two dots behind v1', (path) => `/v1/operations/../../v1beta1/${path}`],
    ['capitals', (path) => `/V1BETA1/${path}`],
    ['a version that is encoded', (path) => `/v1beta%31/${path}`],
    ['slashes that are encoded', (path) => `/v1beta1/${path.replaceAll('/', '%2f')}`],
    ['/healthz in the query', (path) => `/v1beta1/${path}?/healthz`],
    ['a host in front', (path) => `http://127.0.0.1/v1beta1/${path}`],
    ['a host and /healthz in front', (path) => `http://127.0.0.1/healthz/../v1beta1/${path}`],
  ])('does not lead around the door with %s', async (_, written) => {
    const config = await newFleet()
    const answer = await raw(written(config))
    expectRefusal(answer)
    expect([400, 401, 404]).toContain(answer.status)
    expect(answer.text).not.toContain('"name"')
  })

  it.each([':setIamPolicy', '%3AsetIamPolicy', ':set%49amPolicy'])(
    'takes the permission of its verb however that is written: %s',
    async (verb) => {
      const config = await server.newConfig([{ role: EDITOR, members: [READER] }])
      const body = JSON.stringify({ policy: { bindings: [] } })
      const answer = await raw(`${config}${verb}`, { method: 'POST', headers: { authorization: bearer }, body })
      expect(answer).toMatchObject(denied('runtimeconfig.configs.setIamPolicy', config))
    },
  )
})

describe('a name in the body', () => {
  const create = (parent: string, body: string) => server.as(NODE).post(parent, body)

  it('that is under another config than the URL makes nothing in either', async () => {
    const mine = await server.newConfig([{ role: EDITOR, members: [NODE] }])
    const other = await server.owner.newConfig()
    const before = await server.owner.snapshot(other)
    for (const name of [`${other}/variables/a`, `/${other}/variables/a`, `${mine}/../${other}/variables/a`, other]) {
      expect(await create(`${mine}/variables`, `{name: '${name}', text: 'x'}`)).toMatchObject({ status: 400 })
    }
    const waiter = `{name: '${other}/waiters/w', timeout: '9s', success: {cardinality: {path: '/'}}}`
    expect(await create(`${mine}/waiters`, waiter)).toMatchObject({ status: 400 })
    expect(await server.as(NODE).put(`${mine}/variables/a`, { name: `${other}/variables/a`, text: 'x' })).toMatchObject(
      { status: 400 },
    )
    expect(await server.as(NODE).put(mine, { name: other, description: 'x' })).toMatchObject({ status: 400 })
    expect(await server.owner.snapshot(other)).toEqual(before)
    expect(succeeded(await server.owner.get(`${mine}/variables`))).toEqual({})
  })

  it('that is under another project than the URL makes nothing in either', async () => {
    const [mine, other] = [`projects/${newId()}`, `projects/${newId()}`]
    const answer = await server.owner.post(`${mine}/configs`, `{'name': '${other}/configs/c'}`)
    expect(answer).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining('config.name') } } })
    expect(await server.owner.get(`${mine}/configs/c`)).toMatchObject(NOT_FOUND)
    expect(await server.owner.get(`${other}/configs/c`)).toMatchObject(NOT_FOUND)
  })

  it('is the one that the permission is asked for, however it is written, and the last if there are several', async () => {
    const config = await server.owner.newConfig()
    const variables = `${config}/variables`
    await server.setPolicy(config, [editorIf(NODE, `resource.name == "${variables}/ready/node-7"`)])
    const [own, other] = [`${variables}/ready/node-7`, `${variables}/ready/node-8`]
    for (const body of [
      `{name: '${other}', text: 'x'}`,
      `{"name": "/${variables}//ready//node-8/", "text": "x"}`,
      `{"name": "${own}", "name": "${other}", "text": "x"}`,
      `{name: '${own}', 'n\\u0061me': '${other}', text: 'x'}`,
      `{"name": "${other.replace('8', '\\u0038')}", "text": "x"}`,
    ]) {
      expect(await create(variables, body)).toMatchObject(denied('runtimeconfig.variables.create', other))
    }
    expect(await create(variables, `{name: "/${variables}//ready//node-7/", text: 'x'}`)).toMatchObject({ status: 200 })
    const { variables: made } = succeeded(await server.owner.get(variables))
    expect(made.map(({ name }) => name)).toEqual([own])
  })

  it('of a policy cannot bring in what the service does not know', async () => {
    const config = await server.newConfig()
    for (const policy of [
      `{bindings: [{role: 'roles/owner', members: ['${NODE}'], __proto__: {condition: null}}]}`,
      `{bindings: [{role: 'roles/owner', members: ['${NODE}'], conditions: {expression: 'x'}}]}`,
      `{bindings: [{role: 'roles/owner', members: ['${NODE}']}], auditConfigs: []}`,
      `{bindings: {0: {role: 'roles/owner', members: ['${NODE}']}}}`,
      `{bindings: [{role: ['roles/owner'], members: ['${NODE}']}]}`,
    ]) {
      expect(await server.owner.post(`${config}:setIamPolicy`, `{policy: ${policy}}`)).toMatchObject({ status: 400 })
    }
    expect(await server.as(NODE).get(config)).toMatchObject(FORBIDDEN)
  })
})
