/** Every method of the client: what it sends, and what it refuses to send. */
import { describe, expect, it } from 'vitest'
import { changes } from '../../src/client/changes.ts'
import { InvalidArgumentError, type Client, type WriteInput } from '../../src/client/index.ts'
import { BASE, faults, gives, scriptedClient, type Sent } from './scripted-fetch.ts'

const PROJECT = 'projects/p'
const CONFIG = `${PROJECT}/configs/c`
const VARIABLE = `${CONFIG}/variables/a/b`
const WAITER = `${CONFIG}/waiters/w`
const OPERATION = `${CONFIG}/operations/waiters/w`
const WAITER_INPUT = {
  name: WAITER,
  timeout: '3.5s',
  success: { cardinality: { path: '/ready', number: 2 } },
  failure: { cardinality: { path: '/failed' } },
}
const WRITES: WriteInput[] = [
  { create: { name: VARIABLE, text: 'a', ttl: '30s' } },
  { delete: { name: VARIABLE, etag: 'e', recursive: true } },
]
/** Long enough that no two are ever the same, and no longer than the service lets them be. */
const REQUEST_ID = /^[0-9a-f-]{32,64}$/

type Call = (client: Client) => Promise<unknown>

/** What a call sends, as `METHOD path` with the query, and the body. */
async function sentBy(call: Call): Promise<Sent> {
  const client = scriptedClient([gives({ answered: true })])
  expect(await call(client)).toMatchObject({ data: { answered: true }, status: 200 })
  expect(client.sent).toHaveLength(1)
  return client.sent[0] as Sent
}

describe('what is sent', () => {
  it.each<[string, unknown, Call]>([
    [`GET ${PROJECT}/configs`, undefined, ({ configs }) => configs.list(PROJECT)],
    [
      `GET ${PROJECT}/configs?pageSize=5&pageToken=a%2Fb%3D`,
      undefined,
      ({ configs }) => configs.list(PROJECT, { pageSize: 5, pageToken: 'a/b=' }),
    ],
    [`GET ${CONFIG}`, undefined, ({ configs }) => configs.get(CONFIG)],
    [
      `PUT ${CONFIG}`,
      { name: CONFIG, description: 'd' },
      ({ configs }) => configs.update({ name: CONFIG, description: 'd' }),
    ],
    [`DELETE ${CONFIG}`, undefined, ({ configs }) => configs.delete(CONFIG)],
    [`GET ${CONFIG}:getIamPolicy`, undefined, ({ configs }) => configs.getIamPolicy(CONFIG)],
    [
      `GET ${CONFIG}:getIamPolicy?options.requestedPolicyVersion=3`,
      undefined,
      ({ configs }) => configs.getIamPolicy(CONFIG, { requestedPolicyVersion: 3 }),
    ],
    [
      `POST ${CONFIG}:setIamPolicy`,
      { policy: { etag: 'e' } },
      ({ configs }) => configs.setIamPolicy(CONFIG, { etag: 'e' }),
    ],
    [
      `POST ${CONFIG}:testIamPermissions`,
      { permissions: ['a', 'b'] },
      ({ configs }) => configs.testIamPermissions(CONFIG, ['a', 'b']),
    ],
    [`POST ${CONFIG}:renew`, { names: [VARIABLE] }, ({ configs }) => configs.renew(CONFIG, [VARIABLE])],
    [`GET ${CONFIG}/variables`, undefined, ({ variables }) => variables.list(CONFIG)],
    [
      `GET ${CONFIG}/variables?filter=ready%2F*&returnValues=true&pageSize=1&pageToken=t`,
      undefined,
      ({ variables }) => variables.list(CONFIG, { filter: 'ready/*', returnValues: true, pageSize: 1, pageToken: 't' }),
    ],
    [
      `GET ${CONFIG}/variables?returnValues=false`,
      undefined,
      ({ variables }) => variables.list(CONFIG, { returnValues: false }),
    ],
    [`GET ${VARIABLE}`, undefined, ({ variables }) => variables.get(VARIABLE)],
    [
      `PUT ${VARIABLE}`,
      { name: VARIABLE, text: '' },
      ({ variables }) => variables.update({ name: VARIABLE, text: '' }),
    ],
    [`DELETE ${VARIABLE}`, undefined, ({ variables }) => variables.delete(VARIABLE)],
    [
      `DELETE ${VARIABLE}?recursive=true`,
      undefined,
      ({ variables }) => variables.delete(VARIABLE, { recursive: true }),
    ],
    [`POST ${VARIABLE}:watch`, {}, ({ variables }) => variables.watch(VARIABLE)],
    [
      `POST ${VARIABLE}:watch`,
      { newerThan: '2026-01-01T00:00:00Z' },
      ({ variables }) => variables.watch(VARIABLE, { newerThan: '2026-01-01T00:00:00Z' }),
    ],
    [
      `POST ${VARIABLE}:testIamPermissions`,
      { permissions: [] },
      ({ variables }) => variables.testIamPermissions(VARIABLE, []),
    ],
    [`GET ${CONFIG}/waiters`, undefined, ({ waiters }) => waiters.list(CONFIG)],
    [
      `GET ${CONFIG}/waiters?pageSize=2&pageToken=t`,
      undefined,
      ({ waiters }) => waiters.list(CONFIG, { pageSize: 2, pageToken: 't' }),
    ],
    [`GET ${WAITER}`, undefined, ({ waiters }) => waiters.get(WAITER)],
    [`DELETE ${WAITER}`, undefined, ({ waiters }) => waiters.delete(WAITER)],
    [`POST ${WAITER}:wait`, undefined, ({ waiters }) => waiters.wait(WAITER)],
    [
      `POST ${WAITER}:testIamPermissions`,
      { permissions: ['a'] },
      ({ waiters }) => waiters.testIamPermissions(WAITER, ['a']),
    ],
    [`GET ${OPERATION}`, undefined, ({ operations }) => operations.get(OPERATION)],
    [
      `POST ${OPERATION}:testIamPermissions`,
      { permissions: ['a'] },
      ({ operations }) => operations.testIamPermissions(OPERATION, ['a']),
    ],
  ])('%s, with the body %j', async (line, body, call) => {
    const sent = await sentBy(call)
    expect(`${sent.method} ${sent.path}`).toBe(line)
    expect(sent.url).toBe(`${BASE}/v1beta1/${sent.path}`)
    expect(sent.body).toEqual(body)
    expect(sent.headers.get('Content-Type')).toBe(body === undefined ? null : 'application/json')
  })

  it.each<[string, object, (client: Client, requestId?: string) => Promise<unknown>]>([
    [
      `${PROJECT}/configs`,
      { name: CONFIG, description: 'd' },
      ({ configs }, requestId) => configs.create({ name: CONFIG, description: 'd' }, { requestId }),
    ],
    [
      `${CONFIG}/variables`,
      { name: VARIABLE, value: 'YQ==' },
      ({ variables }, requestId) => variables.create({ name: VARIABLE, value: 'YQ==' }, { requestId }),
    ],
    [`${CONFIG}/waiters`, WAITER_INPUT, ({ waiters }, requestId) => waiters.create(WAITER_INPUT, { requestId })],
    [`${CONFIG}:commit`, { writes: WRITES }, ({ configs }, requestId) => configs.commit(CONFIG, WRITES, { requestId })],
  ])('POST %s has a request id: a new one each time, unless one is given', async (path, body, create) => {
    const ids = new Set<string | null>()
    for (let round = 0; round < 3; round += 1) {
      const sent = await sentBy((client) => create(client))
      const { searchParams, pathname } = new URL(sent.url)
      expect(`${sent.method} ${pathname}`).toBe(`POST /v1beta1/${path}`)
      expect(sent.body).toEqual(body)
      expect([...searchParams.keys()]).toEqual(['requestId'])
      expect(searchParams.get('requestId')).toMatch(REQUEST_ID)
      ids.add(searchParams.get('requestId'))
    }
    expect(ids.size).toBe(3)
    expect((await sentBy((client) => create(client, 'my id'))).path).toBe(`${path}?requestId=my+id`)
  })

  it('keeps the request id of a creation over its attempts', async () => {
    const retry = { minDelay: 1, maxDelay: 1 }
    const client = scriptedClient([faults(503), faults(503), gives()], { retry })
    await client.variables.create({ name: VARIABLE, text: 'a' })
    expect(new Set(client.sent.map(({ url }) => url)).size).toBe(1)
    expect(client.sent).toHaveLength(3)
  })

  it.each<[string, Call]>([
    [`GET ${CONFIG}`, ({ configs }) => configs.get(`/${CONFIG}`)],
    [`GET ${PROJECT}/configs`, ({ configs }) => configs.list(`/${PROJECT}`)],
    [`GET ${CONFIG}/variables`, ({ variables }) => variables.list(`/${CONFIG}`)],
    [`GET ${CONFIG}/waiters`, ({ waiters }) => waiters.list(`/${CONFIG}`)],
    [`POST ${WAITER}:wait`, ({ waiters }) => waiters.wait(`/${WAITER}`)],
    [
      `GET ${CONFIG}/variables`,
      async ({ variables }) => ({
        status: 200,
        data: { answered: (await variables.listAll(`/${CONFIG}`).next()).done },
      }),
    ],
  ])('%s also when the name begins with a slash', async (line, call) => {
    const { method, path } = await sentBy(call)
    expect(`${method} ${path}`).toBe(line)
  })

  it('is answered with the request, so that it can be sent again', async () => {
    const client = scriptedClient([gives({ name: CONFIG }, { 'X-Request-Id': 'r' })])
    const first = await client.configs.update({ name: CONFIG, description: 'd' })
    expect(first.request).toEqual({
      method: 'PUT',
      url: `${BASE}/v1beta1/${CONFIG}`,
      body: { name: CONFIG, description: 'd' },
    })
    expect(first.headers.get('x-request-id')).toBe('r')
    const second = await client.send(first.request)
    expect(second).toEqual(first)
    const [one, two] = client.sent.map(({ method, url, body }) => ({ method, url, body }))
    expect(two).toEqual(one)
  })

  it('has the headers of a request that brings its own', async () => {
    const client = scriptedClient([gives()])
    await client.send({ method: 'GET', url: `${BASE}/v1beta1/${CONFIG}`, headers: { 'X-Server-Timeout': '5' } })
    expect(client.sent[0]?.headers.get('x-server-timeout')).toBe('5')
  })
})

describe('what is not sent', () => {
  const wrong = [
    undefined,
    null,
    5,
    {},
    '',
    'c',
    'projects',
    'projects/',
    'projects/p/configs',
    'projects/p/configs/',
    'projects/p/configs/c/variables',
    'projects/p/configs/c/variables/',
    'projects/p/configs/c d',
    'projects/p/configs/c?x=y',
    'projects/p/configs/c#x',
    'projects/p/configs/..',
    'projects/p/configs/c/variables/../../d',
    'projects/p/configs/c/variables/%2e%2e',
    'http://elsewhere.test/projects/p/configs/c',
    'projects/p/configs/c:setIamPolicy',
    'projects/p/configs/c/variables/v:watch',
    'projects/p/variables/v',
  ]
  const calls: Record<string, [right: string, argument: string, call: (client: Client, name: never) => unknown]> = {
    'configs.create': [CONFIG, 'config.name', ({ configs }, name) => configs.create({ name })],
    'configs.list': [PROJECT, 'project', ({ configs }, name) => configs.list(name)],
    'configs.listAll': [PROJECT, 'project', ({ configs }, name) => configs.listAll(name).next()],
    'configs.get': [CONFIG, 'name', ({ configs }, name) => configs.get(name)],
    'configs.update': [CONFIG, 'name', ({ configs }, name) => configs.update({ name })],
    'configs.delete': [CONFIG, 'name', ({ configs }, name) => configs.delete(name)],
    'configs.commit': [CONFIG, 'name', ({ configs }, name) => configs.commit(name, WRITES)],
    'configs.renew': [CONFIG, 'name', ({ configs }, name) => configs.renew(name, [VARIABLE])],
    'configs.getIamPolicy': [CONFIG, 'name', ({ configs }, name) => configs.getIamPolicy(name)],
    'configs.setIamPolicy': [CONFIG, 'name', ({ configs }, name) => configs.setIamPolicy(name, {})],
    'configs.testIamPermissions': [CONFIG, 'name', ({ configs }, name) => configs.testIamPermissions(name, [])],
    'variables.create': [VARIABLE, 'variable.name', ({ variables }, name) => variables.create({ name, text: '' })],
    'variables.list': [CONFIG, 'config', ({ variables }, name) => variables.list(name)],
    'variables.listAll': [CONFIG, 'config', ({ variables }, name) => variables.listAll(name).next()],
    'variables.get': [VARIABLE, 'name', ({ variables }, name) => variables.get(name)],
    'variables.update': [VARIABLE, 'name', ({ variables }, name) => variables.update({ name, text: '' })],
    'variables.delete': [VARIABLE, 'name', ({ variables }, name) => variables.delete(name)],
    'variables.watch': [VARIABLE, 'name', ({ variables }, name) => variables.watch(name)],
    'waiters.create': [WAITER, 'waiter.name', ({ waiters }, name) => waiters.create({ ...WAITER_INPUT, name })],
    'waiters.list': [CONFIG, 'config', ({ waiters }, name) => waiters.list(name)],
    'waiters.listAll': [CONFIG, 'config', ({ waiters }, name) => waiters.listAll(name).next()],
    'waiters.get': [WAITER, 'name', ({ waiters }, name) => waiters.get(name)],
    'waiters.delete': [WAITER, 'name', ({ waiters }, name) => waiters.delete(name)],
    'waiters.wait': [WAITER, 'name', ({ waiters }, name) => waiters.wait(name)],
    'operations.get': [OPERATION, 'name', ({ operations }, name) => operations.get(name)],
    'client.variable': [VARIABLE, 'name', (client, name) => client.variable(name)],
    'client.waiter': [WAITER, 'name', (client, name) => client.waiter(name)],
    'client.operation': [OPERATION, 'name', (client, name) => client.operation(name)],
    'client.config': [CONFIG, 'name', (client, name) => client.config(name)],
    'client.wait': [WAITER, 'name', (client, name) => client.wait(name, { timeout: 1000 })],
    changes: [CONFIG, 'config', (client, name) => changes(client, name).next()],
  }

  it.each(Object.entries(calls))('%s with a name of another kind, or of none', async (_, [right, argument, call]) => {
    const client = scriptedClient([gives()])
    const names = [...wrong, PROJECT, CONFIG, VARIABLE, WAITER, OPERATION].filter((name) => name !== right)
    for (const name of names) {
      const attempt = async () => call(client, name as never)
      await expect(attempt(), `of ${JSON.stringify(name)}`).rejects.toBeInstanceOf(InvalidArgumentError)
      await expect(attempt()).rejects.toMatchObject({
        argument,
        code: 'INVALID_ARGUMENT',
        name: 'InvalidArgumentError',
      })
    }
    expect(client.sent).toHaveLength(0)
  })
})

describe('page by page', () => {
  /** Three pages of two items each, the last of one. */
  const paged = (collection: string) =>
    scriptedClient(({ url }) => {
      const at = Number(new URL(url).searchParams.get('pageToken') ?? 0)
      const items = ['a', 'b', 'c', 'd', 'e'].slice(at, at + 2).map((name) => ({ name }))
      return gives({ [collection]: items, ...(at + 2 < 5 && { nextPageToken: String(at + 2) }) })
    })

  const lists = [
    ['configs', (client: Client) => client.configs.listAll(PROJECT, { pageSize: 2 })],
    [
      'variables',
      (client: Client) => client.variables.listAll(CONFIG, { pageSize: 2, filter: 'f', returnValues: true }),
    ],
    ['waiters', (client: Client) => client.waiters.listAll(CONFIG, { pageSize: 2 })],
  ] as const

  it.each(lists)('all %s come, in order, with what was asked kept', async (collection, list) => {
    const client = paged(collection)
    const names: string[] = []
    for await (const { name } of list(client)) names.push(name)
    expect(names).toEqual(['a', 'b', 'c', 'd', 'e'])
    const queries = client.sent.map(({ url }) => Object.fromEntries(new URL(url).searchParams))
    const kept = collection === 'variables' ? { filter: 'f', returnValues: 'true', pageSize: '2' } : { pageSize: '2' }
    expect(queries).toEqual([kept, { ...kept, pageToken: '2' }, { ...kept, pageToken: '4' }])
  })

  it.each(lists)('the next page of %s is asked for only when it is needed', async (collection, list) => {
    const client = paged(collection)
    const items = list(client)
    expect(client.sent).toHaveLength(0)
    await items.next()
    await items.next()
    expect(client.sent).toHaveLength(1)
    expect((await items.next()).value).toEqual({ name: 'c' })
    expect(client.sent).toHaveLength(2)
    await items.return()
    expect(await items.next()).toEqual({ done: true, value: undefined })
    expect(client.sent).toHaveLength(2)
  })

  it('begins at the page that is asked for', async () => {
    const client = paged('configs')
    const names: string[] = []
    for await (const { name } of client.configs.listAll(PROJECT, { pageToken: '4' })) names.push(name)
    expect(names).toEqual(['e'])
  })

  it.each(['configs', 'variables', 'waiters'] as const)('no %s at all are an empty list', async (collection) => {
    const client = scriptedClient([gives({})])
    const all = collection === 'configs' ? client.configs.listAll(PROJECT) : client[collection].listAll(CONFIG)
    expect((await all.next()).done).toBe(true)
    expect(client.sent).toHaveLength(1)
  })

  it('an empty page with a token is not the end', async () => {
    const client = scriptedClient([gives({ nextPageToken: 't' }), gives({ configs: [{ name: 'a' }] })])
    const names: string[] = []
    for await (const { name } of client.configs.listAll(PROJECT)) names.push(name)
    expect(names).toEqual(['a'])
  })

  it('a page that is refused ends it with that refusal', async () => {
    const client = scriptedClient([gives({ configs: [{ name: 'a' }], nextPageToken: 't' }), faults(403)])
    const items = client.configs.listAll(PROJECT)
    await items.next()
    await expect(items.next()).rejects.toMatchObject({ status: 403 })
  })

  it('a signal that is aborted between two pages ends it', async () => {
    const controller = new AbortController()
    const client = paged('configs')
    const items = client.configs.listAll(PROJECT, { signal: controller.signal })
    await items.next()
    await items.next()
    controller.abort(new Error('enough'))
    await expect(items.next()).rejects.toThrow('enough')
    expect(client.sent).toHaveLength(1)
  })
})
