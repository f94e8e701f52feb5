/** Every method of the API as a call that can be tried by anyone, and what it takes. Written from the rules. */
import { atLeast, type Answer, type Client } from '../conformance/client.ts'

/** The names that the calls of a test are about. */
export interface Place {
  readonly project: string
  readonly config: string
  readonly variable: string
  readonly waiter: string
  readonly operation: string
}

export function placeIn(config: string): Place {
  const waiter = `${config}/waiters/w`
  const project = config.replace(/\/configs\/.*/, '')
  return { project, config, variable: `${config}/variables/a/b`, waiter, operation: operationOf(waiter) }
}

const operationOf = (waiter: string) => waiter.replace('/waiters/', '/operations/waiters/')

/** One of each kind at their names, in a config that is there already. */
export async function fill(client: Client, { config }: Place): Promise<void> {
  await client.newVariable(config, 'a/b', 'here')
  await client.newWaiter(config, { success: atLeast(1_000_000, '/') }, 'w')
}

export interface MethodCase {
  readonly id: string
  readonly permission: string
  /** What the refusal says that the permission is wanted on. */
  resource(place: Place): string
  call(client: Client, place: Place): Promise<Answer>
  /** What a caller is answered who may: 200 if nothing is said. */
  readonly status?: number
  /** Whether it makes something new: then it can be called though nothing is there. */
  readonly makes?: true
}

const PAST = '2016-04-05T12:00:00.000Z'

const config: Pick<MethodCase, 'resource'> = { resource: (place) => place.config }
const variable: Pick<MethodCase, 'resource'> = { resource: (place) => place.variable }
const waiter: Pick<MethodCase, 'resource'> = { resource: (place) => place.waiter }

/** All methods but testIamPermissions, which takes no permission, and {@link OF_ALL}. */
export const METHODS: readonly MethodCase[] = [
  {
    id: 'projects.configs.create',
    permission: 'runtimeconfig.configs.create',
    resource: (place) => `${place.config}-new`,
    call: (client, place) => client.post(`${place.project}/configs`, { name: `${place.config}-new` }),
    makes: true,
  },
  {
    id: 'projects.configs.list',
    permission: 'runtimeconfig.configs.list',
    resource: (place) => `${place.project}/configs`,
    call: (client, place) => client.get(`${place.project}/configs?pageSize=1`),
    makes: true,
  },
  {
    id: 'projects.configs.get',
    permission: 'runtimeconfig.configs.get',
    ...config,
    call: (client, place) => client.get(place.config),
  },
  {
    id: 'projects.configs.update',
    permission: 'runtimeconfig.configs.update',
    ...config,
    call: (client, place) => client.put(place.config, { description: 'changed' }),
  },
  {
    id: 'projects.configs.delete',
    permission: 'runtimeconfig.configs.delete',
    ...config,
    call: (client, place) => client.delete(place.config),
  },
  {
    id: 'projects.configs.getIamPolicy',
    permission: 'runtimeconfig.configs.getIamPolicy',
    ...config,
    call: (client, place) => client.get(`${place.config}:getIamPolicy`),
  },
  {
    id: 'projects.configs.setIamPolicy',
    permission: 'runtimeconfig.configs.setIamPolicy',
    ...config,
    call: (client, place) => client.post(`${place.config}:setIamPolicy`, { policy: { bindings: [] } }),
  },
  {
    id: 'projects.configs.subscribe',
    permission: 'runtimeconfig.variables.watch',
    resource: (place) => `${place.config}/variables`,
    call: (client, place) => client.upgrade(`${place.config}:subscribe?path=/`),
    status: 101,
  },
  {
    id: 'projects.configs.restore',
    permission: 'runtimeconfig.configs.setIamPolicy',
    ...config,
    call: (client, place) => client.post(`${place.config}:restore`, { time: PAST }),
    // Allowed, but on workerd there is nothing to go back to.
    status: 501,
    makes: true,
  },
  {
    id: 'projects.configs.commit',
    permission: 'runtimeconfig.variables.update',
    ...variable,
    call: (client, place) =>
      client.post(`${place.config}:commit`, { writes: [{ update: { name: place.variable, text: 'changed' } }] }),
  },
  {
    id: 'projects.configs.renew',
    permission: 'runtimeconfig.variables.update',
    ...variable,
    call: (client, place) => client.post(`${place.config}:renew`, { names: [place.variable] }),
  },
  {
    id: 'projects.configs.variables.create',
    permission: 'runtimeconfig.variables.create',
    resource: (place) => `${place.config}/variables/new`,
    call: (client, place) =>
      client.post(`${place.config}/variables`, { name: `${place.config}/variables/new`, text: 'new' }),
  },
  {
    id: 'projects.configs.variables.list',
    permission: 'runtimeconfig.variables.list',
    resource: (place) => `${place.config}/variables`,
    call: (client, place) => client.get(`${place.config}/variables?returnValues=true`),
  },
  {
    id: 'projects.configs.variables.get',
    permission: 'runtimeconfig.variables.get',
    ...variable,
    call: (client, place) => client.get(place.variable),
  },
  {
    id: 'projects.configs.variables.update',
    permission: 'runtimeconfig.variables.update',
    ...variable,
    call: (client, place) => client.put(place.variable, { text: 'changed' }),
  },
  {
    id: 'projects.configs.variables.delete',
    permission: 'runtimeconfig.variables.delete',
    ...variable,
    call: (client, place) => client.delete(place.variable),
  },
  {
    id: 'projects.configs.variables.watch',
    permission: 'runtimeconfig.variables.watch',
    ...variable,
    call: (client, place) => client.post(`${place.variable}:watch`, { newerThan: PAST }),
  },
  {
    id: 'projects.configs.waiters.create',
    permission: 'runtimeconfig.waiters.create',
    resource: (place) => `${place.config}/waiters/new`,
    call: (client, place) =>
      client.post(`${place.config}/waiters`, {
        name: `${place.config}/waiters/new`,
        timeout: '600s',
        success: atLeast(1_000_000, '/'),
      }),
  },
  {
    id: 'projects.configs.waiters.list',
    permission: 'runtimeconfig.waiters.list',
    resource: (place) => `${place.config}/waiters`,
    call: (client, place) => client.get(`${place.config}/waiters`),
  },
  {
    id: 'projects.configs.waiters.get',
    permission: 'runtimeconfig.waiters.get',
    ...waiter,
    call: (client, place) => client.get(place.waiter),
  },
  {
    id: 'projects.configs.waiters.delete',
    permission: 'runtimeconfig.waiters.delete',
    ...waiter,
    call: (client, place) => client.delete(place.waiter),
  },
  {
    id: 'projects.configs.waiters.wait',
    permission: 'runtimeconfig.waiters.get',
    ...waiter,
    // It is allowed, and nothing happens for as long as the caller cares.
    call: (client, place) => client.post(`${place.waiter}:wait`, undefined, { 'X-Server-Timeout': '0.05' }),
    status: 504,
  },
  {
    id: 'projects.configs.waiters.subscribe',
    permission: 'runtimeconfig.waiters.get',
    ...waiter,
    call: (client, place) => client.upgrade(`${place.waiter}:subscribe`),
    status: 101,
  },
  {
    id: 'projects.configs.operations.get',
    permission: 'runtimeconfig.operations.get',
    resource: (place) => place.operation,
    call: (client, place) => client.get(place.operation),
  },
]

/** What is refused to nobody with a credential: it shows those projects in which the caller has the permission. */
export const OF_ALL: readonly Pick<MethodCase, 'id' | 'permission' | 'call'>[] = [
  { id: 'projects.list', permission: 'runtimeconfig.configs.list', call: (client) => client.get('projects') },
]

const permissions = (verbs: Readonly<Record<string, string>>): string[] =>
  Object.entries(verbs).flatMap(([kind, names]) => names.split(' ').map((verb) => `runtimeconfig.${kind}.${verb}`))

const VIEWING = permissions({
  configs: 'get list',
  operations: 'get list',
  variables: 'get list watch',
  waiters: 'get list',
})
const EDITING = permissions({
  configs: 'create delete get list update',
  operations: 'get list',
  variables: 'create delete get list update watch',
  waiters: 'create delete get list update',
})

/** Every permission of the service (spec: section 4.8). */
export const PERMISSIONS = permissions({
  configs: 'create delete get getIamPolicy list setIamPolicy update',
  operations: 'get list',
  variables: 'create delete get getIamPolicy list setIamPolicy update watch',
  waiters: 'create delete get getIamPolicy list setIamPolicy update',
})

/** What each role permits; `none` is that of somebody who has none here. */
export const ROLES: Readonly<Record<string, readonly string[]>> = {
  'roles/runtimeconfig.viewer': VIEWING,
  'roles/runtimeconfig.editor': EDITING,
  'roles/runtimeconfig.admin': PERMISSIONS,
  'roles/viewer': VIEWING,
  'roles/editor': EDITING,
  'roles/owner': PERMISSIONS,
  none: [],
}

/** testIamPermissions on each kind of resource, by the ids of the methods. */
export const TESTS: readonly { readonly id: string; readonly ofProject?: true; on(place: Place): string }[] = [
  { id: 'projects.configs.testIamPermissions', on: (place) => place.config },
  { id: 'projects.configs.variables.testIamPermissions', on: (place) => place.variable },
  { id: 'projects.configs.waiters.testIamPermissions', on: (place) => place.waiter },
  { id: 'projects.configs.operations.testIamPermissions', on: (place) => place.operation },
  {
    id: 'projects.configs.testIamPermissionsInProject',
    ofProject: true,
    on: (place) => `${place.project}/configs`,
  },
]
