/** Bindings that hold for a part of a config only: what their members may do there, and what they see of the rest. */
import { describe, expect, it } from 'vitest'
import { atLeast, newId, succeeded, type Answer, type Client } from '../conformance/client.ts'
import { EMPTY, invalid, NOT_FOUND } from '../conformance/expectations.ts'
import { ADMIN, EDITOR, editorIf, useGuarded, VIEWER, type Binding } from './guarded.ts'
import { denied, FORBIDDEN } from './refusals.ts'

const NODE = 'serviceAccount:node-7@example.com'
const READER = 'user:reader@example.com'

const server = useGuarded([NODE, READER])

const equals = (name: string) => `resource.name == "${name}"`
const startsWith = (name: string) => `resource.name.startsWith("${name}")`

describe('a token that may write /ready/node-7', () => {
  const nodes = ['ready/node-7', 'ready/node-8', 'ready/node-70', 'other']

  /** A config in which the node may do what an editor may with one variable. */
  const newFleet = async (expression = (config: string) => equals(`${config}/variables/ready/node-7`)) => {
    const config = await server.owner.newConfig()
    await server.setPolicy(config, [editorIf(NODE, expression(config))])
    return config
  }

  const create = (config: string, path: string) =>
    server.as(NODE).post(`${config}/variables`, { name: `${config}/variables/${path}`, text: 'x' })

  it('may create, read, watch, update and delete it', async () => {
    const config = await newFleet()
    const name = `${config}/variables/ready/node-7`
    const node = server.as(NODE)
    const created = succeeded(await create(config, 'ready/node-7'))
    expect(await node.get(name)).toMatchObject({ status: 200, body: created })
    const waiting = node.post(`${name}:watch`, { newerThan: created.updateTime })
    const updated = succeeded(await node.put(name, { text: 'y' }))
    expect(await waiting).toMatchObject({ status: 200, body: updated })
    expect(await node.delete(name)).toMatchObject(EMPTY)
    expect(await node.get(name)).toMatchObject(NOT_FOUND)
  })

  it.each(['ready/node-8', 'ready/node-70', 'ready/node-7/x', 'ready', 'Ready/node-7', 'node-7'])(
    'may do nothing with /%s',
    async (path) => {
      const config = await newFleet()
      const name = `${config}/variables/${path}`
      const node = server.as(NODE)
      expect(await create(config, path)).toMatchObject(denied('runtimeconfig.variables.create', name))
      const variable = await server.owner.newVariable(config, path, 'before')
      expect(await node.get(name)).toMatchObject(denied('runtimeconfig.variables.get', name))
      expect(await node.put(name, { text: 'x' })).toMatchObject(denied('runtimeconfig.variables.update', name))
      expect(await node.delete(name)).toMatchObject(denied('runtimeconfig.variables.delete', name))
      expect(await node.post(`${name}:watch`)).toMatchObject(denied('runtimeconfig.variables.watch', name))
      expect((await server.owner.get(name)).body).toEqual(variable)
    },
  )

  it('may do nothing with the config, its policy, its waiters and its project', async () => {
    const config = await newFleet()
    const node = server.as(NODE)
    const before = await server.owner.snapshot(config)
    const waiter = { name: `${config}/waiters/w`, timeout: '600s', success: atLeast(1, '/ready/node-7') }
    const answers = [
      await node.get(config),
      await node.put(config, { description: 'mine' }),
      await node.delete(config),
      await node.get(`${config}:getIamPolicy`),
      await node.post(`${config}:setIamPolicy`, { policy: { bindings: [{ role: ADMIN, members: [NODE] }] } }),
      await node.post(`${config}/waiters`, waiter),
      await node.get(`${config}/waiters`),
      await node.get(config.replace(/\/[^/]*$/, '')),
      await node.post(config.replace(/\/[^/]*$/, ''), { name: `${config}-new` }),
    ]
    for (const answer of answers) expect(answer).toMatchObject(FORBIDDEN)
    expect(await server.owner.snapshot(config)).toEqual(before)
  })

  it.each(['ready', 'ready/', 'r', 'ready/node-7', 'ready/node-8'])(
    'may not delete /%s with all beneath it, though nothing but its own is there',
    async (path) => {
      const config = await newFleet()
      await create(config, 'ready/node-7')
      const refusal = await server.as(NODE).delete(`${config}/variables/${path}?recursive=true`)
      expect(refusal).toMatchObject(FORBIDDEN)
      const inBody = await server.as(NODE).delete(`${config}/variables/${path}`, { recursive: true })
      expect(inBody).toMatchObject(FORBIDDEN)
      expect((await server.owner.get(`${config}/variables/ready/node-7`)).status).toBe(200)
    },
  )

  it('may not delete what is beneath a path where something could be that is not its own', async () => {
    const config = await newFleet((name) => startsWith(`${name}/variables/ready/`))
    await server.owner.newVariable(config, 'ready')
    expect(await server.as(NODE).delete(`${config}/variables/ready?recursive=true`)).toMatchObject(FORBIDDEN)
    expect(await server.owner.get(`${config}/variables/ready`)).toMatchObject({ status: 200 })
  })

  it('may delete with all beneath it what its condition holds wholly', async () => {
    const own = (config: string) =>
      `${equals(`${config}/variables/ready/node-7`)} || ${startsWith(`${config}/variables/ready/node-7/`)}`
    const config = await newFleet(own)
    for (const path of ['a', 'b/c']) succeeded(await create(config, `ready/node-7/${path}`))
    await server.owner.newVariable(config, 'ready/node-70/a')
    expect(await server.as(NODE).delete(`${config}/variables/ready?recursive=true`)).toMatchObject(FORBIDDEN)
    expect(await server.as(NODE).delete(`${config}/variables/ready/node-7?recursive=true`)).toMatchObject(EMPTY)
    const { variables } = succeeded(await server.owner.get(`${config}/variables`))
    expect(variables.map(({ name }) => name)).toEqual([`${config}/variables/ready/node-70/a`])
  })

  it('may with startsWith do the same with every name that begins so', async () => {
    const config = await newFleet((name) => startsWith(`${name}/variables/ready/node-7`))
    const statuses = []
    for (const path of nodes) statuses.push((await create(config, path)).status)
    expect(statuses).toEqual([200, 403, 200, 403])
  })

  it.each<[string, (variables: string) => string, string[]]>([
    [
      '&&',
      (of) => `${startsWith(`${of}/ready`)} && ${startsWith(`${of}/ready/node-7`)}`,
      ['ready/node-7', 'ready/node-70'],
    ],
    ['||', (of) => `${equals(`${of}/ready/node-7`)} || ${equals(`${of}/other`)}`, ['ready/node-7', 'other']],
    ['!', (of) => `!${startsWith(`${of}/ready/`)} && ${startsWith(`${of}/`)}`, ['other']],
    ['parentheses', (of) => `!(${startsWith(`${of}/ready/node-7`)} || ${equals(`${of}/other`)})`, ['ready/node-8']],
  ])('may do what a condition with %s says', async (_, expression, allowed) => {
    const config = await newFleet((name) => expression(`${name}/variables`))
    const made: string[] = []
    for (const path of nodes) if ((await create(config, path)).status === 200) made.push(path)
    expect(made).toEqual(allowed)
  })
})

describe('who may do everything but with /secret', () => {
  /** A config with a variable that the node may not touch, nor see. */
  const newConfig = async () => {
    const config = await server.owner.newConfig()
    await server.setPolicy(config, [editorIf(NODE, `!${startsWith(`${config}/variables/secret`)}`)])
    await server.owner.newVariable(config, 'secret/a', 'kept')
    return config
  }

  it('may not delete it, nor what is above it with all beneath', async () => {
    const config = await newConfig()
    await server.owner.newVariable(config, 'b/secret')
    const node = server.as(NODE)
    for (const path of ['secret/a', 'secret', 'secret/a/b']) {
      expect(await node.delete(`${config}/variables/${path}?recursive=true`)).toMatchObject(FORBIDDEN)
    }
    expect(await node.delete(`${config}/variables/b?recursive=true`)).toMatchObject(EMPTY)
    expect(await server.owner.get(`${config}/variables/secret/a`)).toMatchObject({ status: 200 })
  })

  it('may not delete the config either, for that deletes it too', async () => {
    const config = await newConfig()
    expect(await server.as(NODE).delete(config)).toMatchObject(FORBIDDEN)
    expect(await server.owner.get(`${config}/variables/secret/a`)).toMatchObject({ status: 200 })
  })

  it('may not wait for a number of variables among which secret ones are', async () => {
    const config = await newConfig()
    const waiter = { name: `${config}/waiters/w`, timeout: '600s' }
    const wait = (body: object) => server.as(NODE).post(`${config}/waiters`, { ...waiter, ...body })
    const listing = (name: string) => denied('runtimeconfig.variables.list', name)
    const root = `${config}/variables`
    expect(await wait({ success: atLeast(1, '/') })).toMatchObject(listing(root))
    expect(await wait({ success: atLeast(1, '/secret') })).toMatchObject(listing(`${root}/secret`))
    expect(await wait({ success: atLeast(9, '/open'), failure: atLeast(1, '/') })).toMatchObject(listing(root))
    expect(await server.owner.get(waiter.name)).toMatchObject(NOT_FOUND)
    expect(await wait({ success: atLeast(1, '/open') })).toMatchObject({ status: 200 })
  })

  it('may not wait at a path where it may list what is beneath, but not what could be there itself', async () => {
    const config = await server.owner.newConfig()
    const own = [startsWith(`${config}/variables/ready/`), startsWith(`${config}/waiters/`)]
    await server.setPolicy(config, [editorIf(NODE, own.join(' || '))])
    const wait = (path: string) =>
      server
        .as(NODE)
        .post(`${config}/waiters`, { name: `${config}/waiters/w`, timeout: '600s', success: atLeast(1, path) })
    expect(await wait('/ready')).toMatchObject(denied('runtimeconfig.variables.list', `${config}/variables/ready`))
    expect(await wait('/ready/a')).toMatchObject({ status: 200 })
  })
})

describe('who may read a part', () => {
  const PATHS = ['a/1', 'open/1', 'open/2', 'opening', 'secret/1', 'secret/2', 'z']

  /** A config of which the reader may see /open, and all it is told. */
  const newConfig = async () => {
    const config = await server.owner.newConfig()
    const condition = { expression: startsWith(`${config}/variables/open/`) }
    await server.setPolicy(config, [{ role: VIEWER, members: [READER], condition }])
    for (const path of PATHS) await server.owner.newVariable(config, path, `in ${path}`)
    return config
  }
  const OPEN = ['open/1', 'open/2']

  const namesOf = ({ body }: Answer, config: string) =>
    (body.variables ?? []).map(({ name }) => name.slice(`${config}/variables/`.length))

  it.each(['', 'returnValues=true', 'filter=*', 'filter=/', 'filter=o*'])(
    'lists that part alone with "%s"',
    async (query) => {
      const config = await newConfig()
      const answer = await server.as(READER).get(`${config}/variables?${query}`)
      expect(namesOf(answer, config)).toEqual(OPEN)
    },
  )

  it.each(['filter=secret', 'filter=secret/1', 'filter=open', 'filter=opening', 'filter=*ing'])(
    'finds by "%s" the same as if the rest were not there',
    async (query) => {
      const config = await newConfig()
      const full = await server.as(READER).get(`${config}/variables?${query}`)
      for (const path of PATHS.filter((one) => !OPEN.includes(one)))
        await server.owner.delete(`${config}/variables/${path}`)
      const bare = await server.as(READER).get(`${config}/variables?${query}`)
      expect([full.status, full.text]).toEqual([200, bare.text])
    },
  )

  it('pages through that part as if the rest were not there, and finds no name of the rest in a token', async () => {
    const config = await newConfig()
    const pages = []
    for (let token = ''; ;) {
      const page = await server.as(READER).get(`${config}/variables?pageSize=1&pageToken=${token}`)
      pages.push(namesOf(page, config))
      token = succeeded(page).nextPageToken
      if (token === undefined) break
      expect(Buffer.from(token, 'base64url').toString()).not.toMatch(/secret|a\/1|opening|z/)
    }
    expect(pages).toEqual([['open/1'], ['open/2'], []])
  })

  it('cannot go on behind a hidden name with a page token of somebody else', async () => {
    const config = await newConfig()
    const { nextPageToken } = succeeded(await server.owner.get(`${config}/variables?pageSize=1`))
    const answer = await server.as(READER).get(`${config}/variables?pageSize=9&pageToken=${nextPageToken}`)
    expect(namesOf(answer, config)).toEqual(OPEN)
  })

  it('is refused where nothing that could be there may be listed', async () => {
    const config = await server.owner.newConfig()
    const condition = { expression: startsWith(`${config}/waiters/`) }
    await server.setPolicy(config, [{ role: VIEWER, members: [READER], condition }])
    const lists = await server.as(READER).get(`${config}/variables`)
    expect(lists).toMatchObject(denied('runtimeconfig.variables.list', `${config}/variables`))
  })

  it('sees of the waiters those alone that it may', async () => {
    const config = await server.owner.newConfig()
    const condition = { expression: startsWith(`${config}/waiters/mine-`) }
    await server.setPolicy(config, [{ role: VIEWER, members: [READER], condition }])
    for (const id of ['a', 'mine-1', 'other', 'mine-2'])
      await server.owner.newWaiter(config, { success: atLeast(9, '/') }, id)
    const { body } = await server.as(READER).get(`${config}/waiters`)
    expect(body.waiters.map(({ name }) => name)).toEqual([`${config}/waiters/mine-1`, `${config}/waiters/mine-2`])
    expect(await server.as(READER).get(`${config}/waiters/mine-1`)).toMatchObject({ status: 200 })
    for (const rest of ['waiters/other', 'waiters/none', 'operations/waiters/other', 'operations/waiters/mine-1']) {
      expect(await server.as(READER).get(`${config}/${rest}`)).toMatchObject(FORBIDDEN)
    }
  })
})

describe('who may see some of a project’s configs', () => {
  const project = newId()
  const LISTER = 'user:lister@example.com'
  const visible = `projects/${project}/configs/open`
  const other = useGuarded(
    [LISTER],
    [{ project, role: VIEWER, members: [LISTER], condition: { expression: startsWith(visible) } }],
  )

  it('lists those, page by page, and is not told of others', async () => {
    const ids = ['a', 'open-1', 'p', 'open-2', 'z']
    for (const id of ids) await other.owner.newConfig(`projects/${project}/configs/${id}`)
    const names = (answer: Answer) => (answer.body.configs ?? []).map(({ name }) => name)
    const list = (client: Client, query: string) => client.get(`projects/${project}/configs?${query}`)
    expect(names(await list(other.as(LISTER), ''))).toEqual([`${visible}-1`, `${visible}-2`])
    const first = await list(other.as(LISTER), 'pageSize=1')
    const second = await list(other.as(LISTER), `pageSize=2&pageToken=${first.body.nextPageToken}`)
    expect([names(first), names(second)]).toEqual([[`${visible}-1`], [`${visible}-2`]])
    expect(second.body).not.toHaveProperty('nextPageToken')
    expect(await other.as(LISTER).get(`projects/${project}/configs/z`)).toMatchObject(FORBIDDEN)
    expect(await other.as(LISTER).get(`projects/${project}2/configs`)).toMatchObject(FORBIDDEN)
  })
})

describe('a condition that is not understood', () => {
  const field = 'policy.bindings[1].condition.expression'

  it.each([
    'true',
    'resource.name != "x"',
    'resource.name == resource.name',
    'resource.name.endsWith("x")',
    'resource.name.matches(".*")',
    'resource.type == "x"',
    'request.time < timestamp("2030-01-01T00:00:00Z")',
    'resource.name == "x" || true',
    'resource.name == "x" ||',
    'resource.name == "x" resource.name == "y"',
    'resource.name == "x")',
    'resource.name.startsWith("x") == "y"',
    '(resource.name == "x"',
    'resource.name == "x" // everything',
    'resource.name == "\\u0078"',
    '"x" == resource.name',
    'resource["name"] == "x"',
    '!resource.name == "x"',
    'resource.name == "x" ? true : true',
    `${'('.repeat(40)}resource.name == "x"${')'.repeat(40)}`,
    `resource.name == "${'x'.repeat(2000)}"`,
    ' ',
    '',
  ])('is refused by its field, and the policy stays as it was: %s', async (expression) => {
    const config = await server.owner.newConfig()
    const before = await server.setPolicy(config, [{ role: VIEWER, members: [READER] }])
    const bindings: Binding[] = [{ role: VIEWER, members: [READER] }, editorIf(NODE, expression)]
    expect(await server.owner.post(`${config}:setIamPolicy`, { policy: { bindings } })).toMatchObject(invalid(field))
    expect((await server.owner.get(`${config}:getIamPolicy`)).body).toEqual(before)
    expect(await server.as(NODE).get(config)).toMatchObject(FORBIDDEN)
  })

  it.each([{}, { title: 'without an expression' }, { expression: null }])(
    'is refused if it is %j',
    async (condition) => {
      const config = await server.owner.newConfig()
      const bindings = [
        { role: VIEWER, members: [READER] },
        { role: EDITOR, members: [NODE], condition },
      ]
      expect(await server.owner.post(`${config}:setIamPolicy`, { policy: { bindings } })).toMatchObject(invalid(field))
      expect(await server.as(NODE).get(config)).toMatchObject(FORBIDDEN)
    },
  )
})
