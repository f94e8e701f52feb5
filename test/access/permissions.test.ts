/** Who may do what: every method, every role, and every place where a role can be granted (spec: section 4.8). */
import { describe, expect, it } from 'vitest'
import { newId, succeeded, type Answer, type Client } from '../conformance/client.ts'
import { fill, METHODS, OF_ALL, PERMISSIONS, placeIn, ROLES, TESTS, type MethodCase, type Place } from './methods.ts'
import { denied, UNAUTHENTICATED } from './refusals.ts'
import { editorIf, useGuarded, type Binding, type Grant } from './guarded.ts'

type Way = 'a grant for the project' | 'a grant for every project' | 'the policy of the config'

const WAYS: readonly Way[] = ['a grant for the project', 'a grant for every project', 'the policy of the config']
const PROJECT = 'projects/guarded'
const NOBODY = 'serviceAccount:nobody@example.com'

/** A caller for each role and each way to get it. */
const callerOf = (role: string, way: Way) =>
  `serviceAccount:${role.replaceAll('/', '.')}-${WAYS.indexOf(way)}@example.com`

const GRANTS: Grant[] = Object.keys(ROLES)
  .filter((role) => role !== 'none')
  .flatMap((role) => [
    { project: 'guarded', role, members: [callerOf(role, 'a grant for the project')] },
    { project: '*', role, members: [callerOf(role, 'a grant for every project')] },
  ])
// Who is to have no role in this project owns others, whose names are as like as can be.
const ELSEWHERE = ['elsewhere', 'Guarded', 'guarded2', 'guarde', 'example.com:guarded'].map((project) => ({
  project,
  role: 'roles/owner',
  members: [callerOf('none', 'a grant for the project')],
}))

const CALLERS = Object.keys(ROLES).flatMap((role) => WAYS.map((way) => callerOf(role, way)))

const server = useGuarded([...CALLERS, NOBODY], [...GRANTS, ...ELSEWHERE])

/** A place that holds one of each, and a policy that grants a role if that is the way. */
async function placeFor(role: string, way: Way): Promise<Place> {
  const { owner } = server
  const place = placeIn(await owner.newConfig(`${PROJECT}/configs/${newId()}`))
  await fill(owner, place)
  if (way !== 'the policy of the config') return place
  if (role !== 'none') await server.setPolicy(place.config, [{ role, members: [callerOf(role, way)] }])
  else await server.newConfig([{ role: 'roles/owner', members: [callerOf(role, way)] }])
  return place
}

/** Making and listing configs are matters of the project, to which a config's policy has nothing to say. */
function mayCall({ id, permission }: MethodCase, role: string, way: Way): boolean {
  const ofProject = id === 'projects.configs.create' || id === 'projects.configs.list'
  return ROLES[role]?.includes(permission) === true && !(ofProject && way === 'the policy of the config')
}

describe.each(WAYS)('by %s', (way) => {
  const cells = METHODS.flatMap((method) => Object.keys(ROLES).map((role) => ({ id: method.id, role, method })))
  const allowed = cells.filter(({ method, role }) => mayCall(method, role, way))
  const refused = cells.filter(({ method, role }) => !mayCall(method, role, way))

  it.each(allowed)('$role may call $id', async ({ role, method }) => {
    const place = await placeFor(role, way)
    const { status, text } = await method.call(server.as(callerOf(role, way)), place)
    expect(status, text).toBe(method.status ?? 200)
  })

  it.each(refused)('$role may not call $id', async ({ role, method }) => {
    const place = await placeFor(role, way)
    const answer = await method.call(server.as(callerOf(role, way)), place)
    expect(answer).toMatchObject(denied(method.permission, method.resource(place)))
  })

  it.each(Object.keys(ROLES))('%s changes nothing by all that it may not call', async (role) => {
    const place = await placeFor(role, way)
    const before = await server.owner.snapshot(place.config)
    for (const { method } of refused.filter((cell) => cell.role === role)) {
      await method.call(server.as(callerOf(role, way)), place)
    }
    expect(await server.owner.snapshot(place.config)).toEqual(before)
    expect((await server.owner.get(`${place.config}-new`)).status).toBe(404)
  })

  it.each(Object.entries(ROLES))('%s is told by testIamPermissions what it may', async (role, permissions) => {
    const place = await placeFor(role, way)
    const caller = server.as(callerOf(role, way))
    for (const { on, ofProject } of TESTS) {
      // Of the project the policy of one config says nothing.
      const told = !(ofProject && way === 'the policy of the config')
      const expected = told ? PERMISSIONS.filter((permission) => permissions.includes(permission)) : []
      const { status, body } = await caller.post(`${on(place)}:testIamPermissions`, { permissions: PERMISSIONS })
      expect(status).toBe(200)
      expect(body).toEqual(expected.length ? { permissions: expected } : {})
    }
  })
})

describe('the table above', () => {
  it('has every method of the API, with the permission that the API asks for', async () => {
    // By an address that the compiler does not follow: the API is compiled with other types than these tests.
    const address = new URL('../../src/http/api.ts', import.meta.url).href
    const api = (await import(address)) as { METHODS: { id: string; permission: string }[] }
    const own = [...METHODS, ...OF_ALL, ...TESTS.map(({ id }) => ({ id, permission: '' }))]
    const known = (methods: readonly { id: string; permission: string }[]) =>
      methods.map(({ id, permission }) => `${id} ${permission}`).sort()
    expect(known(own)).toEqual(known(api.METHODS))
  })
})

/** Calls of everything, testIamPermissions among it. */
const CALLS: readonly Pick<MethodCase, 'id' | 'call' | 'makes'>[] = [
  ...METHODS,
  ...TESTS.map(({ id, on }) => ({
    id,
    call: (client: Client, place: Place) =>
      client.post(`${on(place)}:testIamPermissions`, { permissions: PERMISSIONS }),
  })),
]

describe('without a credential', () => {
  it.each(CALLS)('$id is refused with 401, which says how to do better', async ({ call }) => {
    const place = await placeFor('none', 'a grant for the project')
    const answer = await call(server.as(''), place)
    expect(answer).toMatchObject(UNAUTHENTICATED)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  })

  it.each(CALLS)('$id is refused alike where nothing is', async ({ call }) => {
    const place = await placeFor('none', 'a grant for the project')
    const there = await call(server.as(''), place)
    await server.owner.delete(place.config)
    expect(seen(await call(server.as(''), place))).toEqual(seen(there))
  })
})

describe('with a token that is not known', () => {
  it.each(CALLS)('$id is refused with 401, even to one whom the policy would admit as anybody', async ({ call }) => {
    const place = await placeFor('none', 'a grant for the project')
    await server.setPolicy(place.config, [{ role: 'roles/owner', members: ['allUsers'] }])
    const answer = await call(server.withToken('wrong'), place)
    expect(answer).toMatchObject(UNAUTHENTICATED)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  })
})

/** All that a caller sees of an answer, but what tells one request from another and how long it took. */
const seen = ({ status, headers, text }: Answer) => ({
  status,
  text,
  headers: [...headers].flatMap(([name, value]) => {
    if (name === 'date' || name === 'x-request-id') return []
    return [[name, name === 'server-timing' ? value.replaceAll(/\d+/g, 'n') : value]]
  }),
})

describe('what is there and what is not', () => {
  it.each(CALLS)('are the same to whoever may not call $id', async ({ call }) => {
    const config = `${PROJECT}/configs/${newId()}`
    const place = placeIn(config)
    const nothing = await call(server.as(NOBODY), place)
    await server.owner.newConfig(config)
    const empty = await call(server.as(NOBODY), place)
    await fill(server.owner, place)
    await server.setPolicy(config, [{ role: 'roles/owner', members: ['user:somebody.else@example.com'] }])
    const full = await call(server.as(NOBODY), place)
    expect([seen(empty), seen(full)]).toEqual([seen(nothing), seen(nothing)])
  })

  it.each(METHODS.filter(({ makes }) => !makes))('are told apart by 404 to whoever may call $id', async ({ call }) => {
    const caller = server.as(callerOf('roles/owner', 'a grant for the project'))
    expect(await call(caller, placeIn(`${PROJECT}/configs/${newId()}`))).toMatchObject({ status: 404 })
  })

  it('are the same to whoever may read another part of the config', async () => {
    const config = await server.owner.newConfig(`${PROJECT}/configs/${newId()}`)
    const expression = `resource.name.startsWith("${config}/variables/open/")`
    await server.setPolicy(config, [{ role: 'roles/editor', members: [NOBODY], condition: { expression } }])
    const calls = CALLS.filter(({ id }) => !/\.(?:list|subscribe)$|configs\.(?:delete|create)/.test(id))
    const answers = async () => {
      const all = []
      for (const { call } of calls) all.push(seen(await call(server.as(NOBODY), placeIn(config))))
      return all
    }
    const empty = await answers()
    await fill(server.owner, placeIn(config))
    expect(await answers()).toEqual(empty)
    expect(new Set(empty.map(({ status }) => status))).toEqual(new Set([200, 403]))
  })

  // Only waiters have operations, so nothing can be at these names, now or ever.
  it.each(['operations/x', 'operations/waiters', 'operations/waiters/w/x'])(
    'are the same at %s, where nothing can be',
    async (rest) => {
      const config = await server.owner.newConfig(`${PROJECT}/configs/${newId()}`)
      const resource = `${config}/${rest}`
      expect(await server.owner.get(resource)).toMatchObject({ status: 404 })
      expect(await server.as(NOBODY).get(resource)).toMatchObject(denied('runtimeconfig.operations.get', resource))
      expect(await server.as('').get(resource)).toMatchObject(UNAUTHENTICATED)
      const asked = { permissions: ['runtimeconfig.operations.get'] }
      expect(await server.as('').post(`${resource}:testIamPermissions`, asked)).toMatchObject(UNAUTHENTICATED)
    },
  )
})

describe('of many changes in one call', () => {
  const commit = (client: Client, config: string, ...writes: object[]) => client.post(`${config}:commit`, { writes })

  /** A config in which nobody is an editor of what has this prefix, and the names of variables in it. */
  async function newFleet(): Promise<{ config: string; own: string; other: string }> {
    const config = await server.owner.newConfig(`${PROJECT}/configs/${newId()}`)
    const variables = `${config}/variables`
    await server.setPolicy(config, [editorIf(NOBODY, `resource.name.startsWith("${variables}/own/")`)])
    return { config, own: `${variables}/own/a`, other: `${variables}/other/a` }
  }

  it.each<[string, (name: string) => object, string]>([
    ['create', (name) => ({ create: { name, text: '' } }), 'runtimeconfig.variables.create'],
    ['update', (name) => ({ update: { name, text: '' } }), 'runtimeconfig.variables.update'],
    // It takes that to update as well, but no role permits the one without the other.
    ['set', (name) => ({ set: { name, text: '' } }), 'runtimeconfig.variables.create'],
    ['delete', (name) => ({ delete: { name } }), 'runtimeconfig.variables.delete'],
    ['delete recursively', (name) => ({ delete: { name, recursive: true } }), 'runtimeconfig.variables.delete'],
  ])('each takes its own permission on its own name: to %s', async (kind, write, permission) => {
    const { config, own, other } = await newFleet()
    const caller = server.as(NOBODY)
    for (const there of [false, true]) {
      if (there) for (const path of ['own/a', 'other/a']) await server.owner.newVariable(config, path)
      const before = await server.owner.snapshot(config)
      const allowed = { set: { name: `${own}2`, text: '' } }
      expect(await commit(caller, config, allowed, write(other))).toMatchObject(denied(permission, other))
      expect(await commit(caller, config, write(other), allowed)).toMatchObject(denied(permission, other))
      expect(await server.owner.snapshot(config)).toEqual(before)
    }
    const { status } = await commit(caller, config, write(kind === 'create' ? `${own}3` : own))
    expect(status).toBe(200)
  })

  it('a recursive deletion takes the permission on all that could be beneath', async () => {
    const config = await server.owner.newConfig(`${PROJECT}/configs/${newId()}`)
    const { name } = await server.owner.newVariable(config, 'a')
    const remove = (recursive: boolean) => commit(server.as(NOBODY), config, { delete: { name, recursive } })
    await server.setPolicy(config, [editorIf(NOBODY, `resource.name == "${name}"`)])
    expect(await remove(true)).toMatchObject(denied('runtimeconfig.variables.delete', name))
    expect(await remove(false)).toMatchObject({ status: 200 })
  })

  it('each renewal takes the permission on its name, and without it none is done', async () => {
    const { config, own, other } = await newFleet()
    const lease = { text: '', ttl: '600s' }
    for (const name of [own, other]) succeeded(await server.owner.post(`${config}/variables`, { name, ...lease }))
    const before = await server.owner.snapshot(config)
    const renew = (...names: string[]) => server.as(NOBODY).post(`${config}:renew`, { names })
    const refusal = denied('runtimeconfig.variables.update', other)
    expect(await renew(own, other)).toMatchObject(refusal)
    expect(await renew(other, own)).toMatchObject(refusal)
    expect(await server.owner.snapshot(config)).toEqual(before)
    expect(await renew(own)).toMatchObject({ status: 200, body: { outcomes: [{ variable: { name: own } }] } })
  })

  it('a PUT that makes what is not there takes the permission to create', async () => {
    const { config, own, other } = await newFleet()
    const put = (name: string) => server.as(NOBODY).call('PUT', name, { text: '' }, { 'If-None-Match': '*' })
    expect(await put(other)).toMatchObject(denied('runtimeconfig.variables.update', other))
    expect(await put(own)).toMatchObject({ status: 200 })
    // What the policy of a config grants says nothing about making one.
    await server.setPolicy(config, [{ role: 'roles/owner', members: [NOBODY] }])
    expect(await put(config)).toMatchObject({ status: 400 })
    const made = await server.as(NOBODY).call('PUT', config, {}, { 'If-None-Match': '*' })
    expect(made).toMatchObject(denied('runtimeconfig.configs.create', config))
  })
})

describe('a waiter', () => {
  /** Conditions on what a caller may not list, each of which would tell of it. */
  const conditions = (path: string): [string, object][] => [
    ['a variable', { variable: { name: path } }],
    ['a count', { cardinality: { path } }],
    ['a roster', { cardinality: { path, members: ['x'] } }],
    ['a part', { all: [{ variable: { name: 'own/a' } }, { not: { variable: { name: path } } }] }],
  ]

  it('takes the permission to list all that its conditions look at', async () => {
    const config = await server.owner.newConfig(`${PROJECT}/configs/${newId()}`)
    const [variables, waiters] = [`${config}/variables`, `${config}/waiters`]
    const parts = [`.startsWith("${variables}/own/")`, ` == "${variables}/exact"`, `.startsWith("${waiters}/")`]
    const bindings = parts.map((part) => editorIf(NOBODY, `resource.name${part}`))
    await server.setPolicy(config, bindings)
    const create = (spec: object) =>
      server.as(NOBODY).post(waiters, { name: `${waiters}/${newId()}`, timeout: '600s', ...spec })
    const refusal = denied('runtimeconfig.variables.list', `${variables}/other/a`)
    for (const [what, condition] of conditions('other/a')) {
      expect(await create({ success: condition }), what).toMatchObject(refusal)
      const hidden = { success: { variable: { name: 'own/a' } }, failure: condition }
      expect(await create(hidden), what).toMatchObject(refusal)
    }
    // Of a name that may be listed a count needs what lies beneath it too.
    expect(await create({ success: { variable: { name: 'exact' } } })).toMatchObject({ status: 200 })
    const counted = denied('runtimeconfig.variables.list', `${variables}/exact`)
    expect(await create({ success: { cardinality: { path: 'exact' } } })).toMatchObject(counted)
    for (const [what, condition] of conditions('own/b')) {
      expect(await create({ success: condition }), what).toMatchObject({ status: 200 })
    }
  })
})

describe('what a policy granted', () => {
  it('is gone with the config, and is not there again when the config is', async () => {
    const binding: Binding = { role: 'roles/owner', members: [NOBODY] }
    const config = await server.newConfig([binding])
    expect((await server.as(NOBODY).get(config)).status).toBe(200)
    await server.owner.delete(config)
    expect((await server.as(NOBODY).get(config)).status).toBe(403)
    await server.owner.newConfig(config)
    expect((await server.as(NOBODY).get(config)).status).toBe(403)
  })

  it('is granted no more as soon as the change is answered', async () => {
    const config = await server.newConfig()
    for (let round = 0; round < 5; round++) {
      await server.setPolicy(config, [{ role: 'roles/viewer', members: [NOBODY] }])
      expect((await server.as(NOBODY).get(config)).status).toBe(200)
      await server.setPolicy(config, [])
      expect((await server.as(NOBODY).get(config)).status).toBe(403)
    }
  })
})
