/** The bodies that the methods take, as a caller could mean them: most are taken, some ask for what cannot be. */
import * as fc from 'fast-check'

const optional = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>

/** Few, so that what is sent meets what was sent before; some lie above and beneath others. */
export const path = fc.constantFrom(
  'a',
  'a/b',
  'a/b/c',
  'ready/n-1',
  'ready/n-2',
  'ready',
  'x.y_z',
  'deep/'.repeat(20) + 'e',
)
const text = fc.oneof(fc.constantFrom('', 'here', 'ready', '7', '-1.5', 'ä😀'), fc.string({ maxLength: 4200 }))
const bytes = fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value).toString('base64'))
const span = fc.constantFrom('1s', '0.5s', '3.5s', '600s', '3155759999s')
const number = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom('3', 2147483647))
const contents = fc.oneof({ weight: 3, arbitrary: fc.record({ text }) }, fc.record({ value: bytes }))
const etag = fc.constantFrom('MTc5NTM0', 'AAAA', '')

/** Fields that only the server writes, and that are ignored. */
const ignored = optional({ updateTime: fc.constant('x'), state: fc.constant('UPDATED'), expireTime: fc.constant(1) })

const match = optional({
  equals: text,
  notEquals: text,
  oneOf: fc.array(text, { maxLength: 3 }),
  prefix: text,
  atLeast: number,
  atMost: fc.double({ noNaN: true, noDefaultInfinity: true }),
})

const root = fc.oneof(
  fc.constant('/'),
  path.map((under) => `/${under}`),
)

const { condition } = fc.letrec<{ condition: object }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.record({ cardinality: fc.record({ path: root, number, match }, { requiredKeys: ['path'] }) }),
    fc.record({ cardinality: fc.record({ path: root, members: fc.array(path, { maxLength: 4 }), match }) }),
    fc.record({
      cardinality: fc.record({ path: root, members: fc.array(path), percent: fc.integer({ min: 1, max: 100 }) }),
    }),
    fc.record({ variable: fc.record({ name: path, match }, { requiredKeys: ['name'] }) }),
    fc.record({ all: fc.array(tie('condition'), { maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('condition'), { maxLength: 3 }) }),
    fc.record({ not: tie('condition') }),
  ),
}))

const expression = fc.constantFrom(
  'resource.name == "x"',
  '!(resource.name.startsWith("a") || resource.name == "b")',
  '1',
)
const binding = fc.record(
  {
    role: fc.constantFrom('roles/runtimeconfig.viewer', 'roles/owner', 'roles/bogus'),
    members: fc.array(fc.constantFrom('allUsers', 'user:a@example.com', 'principal://n/1', 'domain:example.com', 'x'), {
      maxLength: 4,
    }),
    condition: fc.record({ expression }),
  },
  { requiredKeys: ['role', 'members'] },
)

/** The bodies, by the methods' ids, of resources in a config. */
export function inputsOf(config: string): Readonly<Record<string, fc.Arbitrary<object>>> {
  const name = path.map((under) => `${config}/variables/${under}`)
  const variable = fc.tuple(fc.record({ name }), contents, optional({ ttl: span, etag }), ignored).map(merged)
  const removal = fc.record({ name, recursive: fc.boolean(), etag }, { requiredKeys: ['name'] })
  const write = fc.oneof(
    ...['create', 'update', 'set', 'set'].map((kind) => variable.map((one) => ({ [kind]: one }))),
    removal.map((one) => ({ delete: one })),
  )
  const waiter = fc.tuple(
    fc.record({
      name: fc.integer({ min: 1, max: 30 }).map((id) => `${config}/waiters/w-${id}`),
      timeout: span,
      success: condition,
    }),
    optional({
      failure: condition,
      sticky: fc.boolean(),
      callback: fc.record({ uri: fc.constant('https://a.example/') }),
    }),
  )
  const parent = config.replace(/-new$/, '')
  return {
    'projects.configs.create': fc.record({ name: fc.constant(`${parent}-new`), description: text }),
    'projects.configs.update': fc.record({ description: text }),
    'projects.configs.setIamPolicy': fc.record({
      policy: fc.record(
        { version: fc.constantFrom(0, 1, 3), bindings: fc.array(binding, { maxLength: 3 }), etag },
        { requiredKeys: ['bindings'] },
      ),
    }),
    'projects.configs.commit': fc.record({ writes: fc.array(write, { minLength: 1, maxLength: 6 }) }),
    'projects.configs.renew': fc.record({ names: fc.array(name, { minLength: 1, maxLength: 5 }) }),
    'projects.configs.variables.create': variable,
    'projects.configs.variables.update': fc.tuple(contents, optional({ ttl: span, etag }), ignored).map(merged),
    'projects.configs.variables.delete': optional({ recursive: fc.boolean() }),
    'projects.configs.variables.watch': optional({
      newerThan: fc.constantFrom('2016-04-05T12:00:00.000Z', '2290-01-01T00:00:00Z'),
    }),
    'projects.configs.waiters.create': waiter.map(merged),
    'projects.configs.testIamPermissions': fc.record({
      permissions: fc.array(fc.constantFrom('runtimeconfig.configs.get', 'runtimeconfig.*', 'x'), { maxLength: 3 }),
    }),
  }
}

const merged = (parts: readonly object[]): object => Object.assign({}, ...parts)
