/** Which callers a policy means, and what each caller has for itself alone. */
import { describe, expect, it } from 'vitest'
import { atLeast, newId, newProject, succeeded, type Answer } from '../conformance/client.ts'
import { ALREADY_EXISTS, NOT_FOUND } from '../conformance/expectations.ts'
import { ADMIN, EDITOR, OWNER, useGuarded, VIEWER } from './guarded.ts'
import { PERMISSIONS, ROLES } from './methods.ts'
import { denied, FORBIDDEN, UNAUTHENTICATED } from './refusals.ts'

const ANYBODY = ''
const USER = 'user:a@example.com'
const SHOUTING = 'user:B@EXAMPLE.com'
const OF_SUBDOMAIN = 'user:a@sub.example.com'
const OF_LOOKALIKE = 'user:a@notexample.com'
const OF_SUFFIX = 'user:a@example.com.evil.test'
const ACCOUNT = 'serviceAccount:a@example.com'
const PRINCIPAL = 'principal://github/repo:a@example.com'
const OTHER_CASE = 'principal://github/Repo:a@example.com'

const CALLERS = [USER, SHOUTING, OF_SUBDOMAIN, OF_LOOKALIKE, OF_SUFFIX, ACCOUNT, PRINCIPAL, OTHER_CASE]

const server = useGuarded(CALLERS, [
  { project: 'shared', role: EDITOR, members: [USER, OF_SUBDOMAIN] },
  { project: 'public', role: VIEWER, members: ['allUsers'] },
  {
    project: 'conditional',
    role: VIEWER,
    members: [USER],
    condition: { expression: 'resource.name == "projects/conditional/configs/one"' },
  },
  { project: 'members-only', role: VIEWER, members: ['allAuthenticatedUsers'] },
])

describe('a binding', () => {
  it.each<[string, readonly string[]]>([
    ['allUsers', [ANYBODY, ...CALLERS]],
    ['allAuthenticatedUsers', CALLERS],
    ['domain:example.com', [USER, SHOUTING]],
    ['domain:EXAMPLE.COM', [USER, SHOUTING]],
    ['domain:sub.example.com', [OF_SUBDOMAIN]],
    ['domain:com', []],
    ['user:a@example.com', [USER]],
    ['user:A@Example.com', [USER]],
    ['user:b@example.com', [SHOUTING]],
    ['serviceAccount:a@example.com', [ACCOUNT]],
    ['serviceAccount:A@example.COM', [ACCOUNT]],
    ['principal://github/repo:a@example.com', [PRINCIPAL]],
    ['principal://github/repo', []],
    ['principal://github/', []],
  ])('to %s is for those alone whom that names', async (member, expected) => {
    const config = await server.newConfig([{ role: VIEWER, members: ['user:nobody@nowhere.test', member] }])
    const admitted: string[] = []
    for (const caller of [ANYBODY, ...CALLERS]) {
      const { status } = await server.as(caller).get(config)
      if (status === 200) admitted.push(caller)
      else expect([caller, status]).toEqual([caller, caller === ANYBODY ? 401 : 403])
    }
    expect(admitted).toEqual(expected)
  })

  it.each([
    'example.com',
    'group:all@example.com',
    'allusers',
    'user:',
    'user:a',
    'user:*@example.com ',
    'user:a@example.com,user:b@example.com',
    'domain:*',
    'domain:',
    'principal:github',
    'principalSet://github/*',
    'deleted:user:a@example.com',
    ' allUsers',
    '',
  ])('to %j is refused by its field, and the policy stays as it was', async (member) => {
    const config = await server.owner.newConfig()
    const before = await server.owner.snapshot(config)
    const policy = { bindings: [{ role: VIEWER, members: [USER, member] }] }
    const { status, body } = await server.owner.post(`${config}:setIamPolicy`, { policy })
    expect([status, body.error.message]).toEqual([400, expect.stringContaining('policy.bindings[0].members[1]')])
    expect(await server.owner.snapshot(config)).toEqual(before)
  })

  it.each(['roles/runtimeconfig.none', 'roles/Owner', 'owner', 'roles/storage.admin', ''])(
    'of the role %j is refused by its field, and the policy stays as it was',
    async (role) => {
      const config = await server.owner.newConfig()
      const before = await server.owner.snapshot(config)
      const policy = {
        bindings: [
          { role: VIEWER, members: [USER] },
          { role, members: [USER] },
        ],
      }
      const { status, body } = await server.owner.post(`${config}:setIamPolicy`, { policy })
      expect([status, body.error.message]).toEqual([400, expect.stringContaining('policy.bindings[1].role')])
      expect(await server.owner.snapshot(config)).toEqual(before)
    },
  )
})

describe('a grant for a project', () => {
  it('to allUsers is for whoever comes, and permits no more than its role', async () => {
    const config = await server.owner.newConfig(`projects/public/configs/${newId()}`)
    expect(await server.as(ANYBODY).get(config)).toMatchObject({ status: 200, body: { name: config } })
    expect(await server.as(ANYBODY).put(config, { description: 'x' })).toMatchObject(UNAUTHENTICATED)
    expect(await server.as(OTHER_CASE).put(config, { description: 'x' })).toMatchObject(FORBIDDEN)
  })

  it('to allAuthenticatedUsers is for whoever shows a token', async () => {
    const config = await server.owner.newConfig(`projects/members-only/configs/${newId()}`)
    expect(await server.as(OTHER_CASE).get(config)).toMatchObject({ status: 200 })
    expect(await server.as(ANYBODY).get(config)).toMatchObject(UNAUTHENTICATED)
  })

  it('is not lost by a policy that names somebody else', async () => {
    const config = await server.owner.newConfig(`projects/shared/configs/${newId()}`)
    await server.setPolicy(config, [{ role: 'roles/owner', members: [PRINCIPAL] }])
    expect(await server.as(USER).put(config, { description: 'x' })).toMatchObject({ status: 200 })
  })
})

describe('a requestId', () => {
  const KINDS = [
    { collection: 'configs', body: {}, parent: async () => 'projects/shared' },
    {
      collection: 'variables',
      body: { text: 'secret contents' },
      parent: () => server.owner.newConfig(`projects/shared/configs/${newId()}`),
    },
    {
      collection: 'waiters',
      body: { timeout: '600s', success: atLeast(5, '/secret') },
      parent: () => server.owner.newConfig(`projects/shared/configs/${newId()}`),
    },
  ]

  describe.each(KINDS)('of a create in $collection', ({ collection, body, parent: newParent }) => {
    const create = (caller: string, parent: string, id: string, requestId: string) =>
      server.as(caller).post(`${parent}/${collection}?requestId=${encodeURIComponent(requestId)}`, {
        name: `${parent}/${collection}/${id}`,
        ...body,
      })
    const operation = (answer: Answer) => succeeded(answer).name.replace('/operations/waiters/', '/waiters/')

    it('never answers one caller what another was answered', async () => {
      const [parent, requestId, first, second] = [await newParent(), newId(), newId(), newId()]
      expect(operation(await create(USER, parent, first, requestId))).toBe(`${parent}/${collection}/${first}`)
      expect(operation(await create(OF_SUBDOMAIN, parent, second, requestId))).toBe(`${parent}/${collection}/${second}`)
      expect(await create(OF_SUBDOMAIN, parent, first, newId())).toMatchObject(ALREADY_EXISTS)
      expect(operation(await create(USER, parent, second, requestId))).toBe(`${parent}/${collection}/${first}`)
    })

    it('cannot be made to look like that of another caller', async () => {
      const [parent, requestId, first, second] = [await newParent(), newId(), newId(), newId()]
      succeeded(await create(USER, parent, first, requestId))
      const guesses = [` ${requestId}`, `${USER} ${requestId}`, `a@example.com ${requestId}`, `${requestId}\u0000`]
      for (const [index, guess] of guesses.entries()) {
        const name = `${second}-${index}`
        expect(operation(await create(OF_SUBDOMAIN, parent, name, guess))).toBe(`${parent}/${collection}/${name}`)
      }
    })

    it('is of no use to a caller who may not create', async () => {
      const [parent, requestId, id] = [await newParent(), newId(), newId()]
      succeeded(await create(USER, parent, id, requestId))
      const name = `${parent}/${collection}/${id}`
      const permission = `runtimeconfig.${collection}.create`
      expect(await create(OTHER_CASE, parent, id, requestId)).toMatchObject(denied(permission, name))
      expect(await create(ANYBODY, parent, id, requestId)).toMatchObject(UNAUTHENTICATED)
    })
  })

  it('answers nothing any more to the caller itself who may not create any more', async () => {
    const config = await server.newConfig([{ role: EDITOR, members: [PRINCIPAL] }])
    const create = () =>
      server.as(PRINCIPAL).post(`${config}/variables?requestId=r`, { name: `${config}/variables/a`, text: 'x' })
    succeeded(await create())
    await server.setPolicy(config, [])
    expect(await create()).toMatchObject(denied('runtimeconfig.variables.create', `${config}/variables/a`))
  })
})

describe('testIamPermissions', () => {
  it('tells each caller of itself', async () => {
    const config = await server.newConfig([
      { role: VIEWER, members: [PRINCIPAL, 'domain:example.com'] },
      { role: EDITOR, members: [USER] },
      { role: ADMIN, members: [ACCOUNT] },
    ])
    const held = async (caller: string) => {
      const answer = await server.as(caller).post(`${config}:testIamPermissions`, { permissions: PERMISSIONS })
      return (succeeded(answer) as { permissions?: string[] }).permissions ?? []
    }
    const of = (role: string) => PERMISSIONS.filter((permission) => ROLES[role]?.includes(permission))
    expect(await held(PRINCIPAL)).toEqual(of(VIEWER))
    expect(await held(SHOUTING)).toEqual(of(VIEWER))
    expect(await held(USER)).toEqual(of(EDITOR))
    expect(await held(ACCOUNT)).toEqual(PERMISSIONS)
    expect(await held(OWNER)).toEqual(PERMISSIONS)
    expect(await held(OTHER_CASE)).toEqual([])
  })

  it('tells of a variable what the conditions come to there', async () => {
    const config = await server.owner.newConfig()
    for (const path of ['ready/7', 'ready/8']) await server.owner.newVariable(config, path)
    const condition = { expression: `resource.name == "${config}/variables/ready/7"` }
    await server.setPolicy(config, [
      { role: VIEWER, members: [USER] },
      { role: EDITOR, members: [USER], condition },
    ])
    const permissions = ['runtimeconfig.variables.update', 'runtimeconfig.variables.get']
    const asked = (path: string) =>
      server.as(USER).post(`${config}/variables/${path}:testIamPermissions`, { permissions })
    expect((await asked('ready/7')).body).toEqual({ permissions })
    expect((await asked('ready/8')).body).toEqual({ permissions: permissions.slice(1) })
  })

  it('tells of the configs of a project what one may do with any that is or could be there', async () => {
    const asked = { permissions: ['runtimeconfig.configs.create', 'runtimeconfig.configs.get'] }
    const held = async (caller: string, project: string) => {
      const answer = await server.as(caller).post(`projects/${project}/configs:testIamPermissions`, asked)
      return (succeeded(answer) as { permissions?: string[] }).permissions
    }
    expect(await held(OWNER, newId())).toEqual(asked.permissions)
    expect(await held(USER, 'shared')).toEqual(asked.permissions)
    expect(await held(USER, 'conditional')).toEqual(asked.permissions.slice(1))
    expect(await held(USER, newId())).toBeUndefined()
    expect(await held(ANYBODY, 'public')).toEqual(asked.permissions.slice(1))
    expect(await server.as(ANYBODY).post('projects/shared/configs:testIamPermissions', asked)).toMatchObject(
      UNAUTHENTICATED,
    )
  })

  it('tells whoever may do everything of nothing where nothing is', async () => {
    const config = await server.owner.newConfig()
    for (const rest of ['', '/variables/a', '/waiters/w', '/operations/waiters/w', '/operations/x']) {
      const resource = rest === '' ? `${config}-missing` : `${config}${rest}`
      const { status, body } = await server.owner.post(`${resource}:testIamPermissions`, { permissions: PERMISSIONS })
      expect([status, body]).toEqual([200, {}])
    }
  })

  it('answers anybody who has a permission without a credential, and asks for one where nobody has', async () => {
    const config = await server.newConfig([{ role: VIEWER, members: ['allUsers'] }])
    const ask = (permission: string) =>
      server.as(ANYBODY).post(`${config}:testIamPermissions`, { permissions: [permission] })
    expect((await ask('runtimeconfig.configs.get')).body).toEqual({ permissions: ['runtimeconfig.configs.get'] })
    expect(await ask('runtimeconfig.configs.update')).toMatchObject(UNAUTHENTICATED)
  })
})

describe('setIamPolicy', () => {
  it('with an etag from before is refused with 409, and what was set meanwhile holds', async () => {
    const config = await server.newConfig([{ role: ADMIN, members: [USER] }])
    const { etag } = succeeded(await server.as(USER).get(`${config}:getIamPolicy`))
    await server.setPolicy(config, [{ role: ADMIN, members: [USER] }])
    const policy = { etag, bindings: [{ role: 'roles/owner', members: [PRINCIPAL] }] }
    const answer = await server.as(USER).post(`${config}:setIamPolicy`, { policy })
    expect(answer).toMatchObject({ status: 409, body: { error: { status: 'ABORTED' } } })
    expect(await server.as(PRINCIPAL).get(config)).toMatchObject(FORBIDDEN)
  })

  it('tells no etag, stale or not, apart to whoever may not set it', async () => {
    const config = await server.newConfig([{ role: EDITOR, members: [USER] }])
    const { etag } = succeeded(await server.owner.get(`${config}:getIamPolicy`))
    const set = (guess: string) => server.as(USER).post(`${config}:setIamPolicy`, { policy: { etag: guess } })
    const answers = [await set(etag), await set('c3RhbGU='), await set('')]
    for (const { status, text } of answers) expect([status, text]).toEqual([403, answers[0]?.text])
    expect(succeeded(await server.owner.get(`${config}:getIamPolicy`)).etag).toBe(etag)
  })

  it('by one who loses by it what it could do works once, and the owner of the project can mend it', async () => {
    const config = await server.newConfig([{ role: ADMIN, members: [USER] }])
    const empty = { policy: { bindings: [] } }
    expect(await server.as(USER).post(`${config}:setIamPolicy`, empty)).toMatchObject({ status: 200 })
    expect(await server.as(USER).post(`${config}:setIamPolicy`, empty)).toMatchObject(FORBIDDEN)
    expect(await server.owner.post(`${config}:setIamPolicy`, empty)).toMatchObject({ status: 200 })
  })

  it('is answered with 404 to those alone who may, where there is no config', async () => {
    const config = `${newProject()}/configs/missing`
    const policy = { bindings: [{ role: 'roles/owner', members: [USER] }] }
    expect(await server.owner.post(`${config}:setIamPolicy`, { policy })).toMatchObject(NOT_FOUND)
    expect(await server.as(USER).post(`${config}:setIamPolicy`, { policy })).toMatchObject(FORBIDDEN)
  })
})
