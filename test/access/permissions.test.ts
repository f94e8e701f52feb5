/** Who may do what: every method, every role, and every place where a role can be granted (spec: section 4.8). */
import { describe, expect, it } from 'vitest'
import { newId, type Answer, type Client } from '../conformance/client.ts'
import { fill, METHODS, PERMISSIONS, placeIn, ROLES, TESTS, type MethodCase, type Place } from './methods.ts'
import { denied, UNAUTHENTICATED } from './refusals.ts'
import { useGuarded, type Binding, type Grant } from './guarded.ts'

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
    const expected = PERMISSIONS.filter((permission) => permissions.includes(permission))
    for (const { on } of TESTS) {
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
    const own = [...METHODS, ...TESTS.map(({ id }) => ({ id, permission: '' }))]
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

/** All that a caller sees of an answer. */
const seen = ({ status, headers, text }: Answer) => ({ status, text, headers: [...headers].filter(notDate) })
const notDate = ([name]: [string, string]) => name !== 'date'

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
