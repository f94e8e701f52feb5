import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { Access, Grant, Need } from '../../src/core/access.ts'
import type { Command, Outcome } from '../../src/core/command.ts'
import { MAX_SOCKETS } from '../../src/core/quota.ts'
import type { CheckingIn } from '../../src/object/check-ins.ts'
import type * as wire from '../../src/core/wire.ts'
import type { RuntimeConfig } from '../../src/object/runtime-config.ts'
import { FAULT, LISTENING, type Subscription } from '../../src/object/sockets.ts'
import {
  attached,
  expectOk,
  fresh,
  freshConfig,
  listen,
  subscribe,
  tablesOf,
  wait,
  write,
  type ConfigObject,
  type Listener,
} from './support.ts'

const VIEWER = 'roles/runtimeconfig.viewer'
const EDITOR = 'roles/runtimeconfig.editor'
const ANN = 'user:ann@example.com'
const BEN = 'user:ben@example.com'

const DENIED = { ok: false, fault: { kind: 'permissionDenied' } }

const WHOLE: Subscription = { kind: 'config', root: '', from: 'now' }

/** What someone needs, who has these grants and what policies say. */
const access = (identity: string, need: Need, ...grants: Grant[]): Access => ({
  caller: { identity, grants },
  needs: [need],
})

/** The same for someone who would listen to a whole config. */
const watching = (config: string, identity: string, ...grants: Grant[]): Access => {
  const need: Need = { permission: 'runtimeconfig.variables.watch', name: `${config}/variables/`, beneath: 'any' }
  return access(identity, need, ...grants)
}

/** The same for someone who would write a variable. */
const creating = (config: string, path: string, identity: string, ...grants: Grant[]): Access =>
  access(identity, { permission: 'runtimeconfig.variables.create', name: `${config}/variables/${path}` }, ...grants)

const create = (path: string, contents = 'x'): Command => ({
  type: 'createVariable',
  path,
  input: { kind: 'text', contents },
  requestId: '',
})
const remove = (path: string): Command => ({ type: 'deleteVariable', path, recursive: false })
const setPolicy = (...bindings: wire.Binding[]): Command => ({
  type: 'setIamPolicy',
  policy: { version: 3, bindings, etag: '' },
})

/** A binding for one member; with `names`, for the resources of exactly these names. */
const binding = (role: string, member: string, ...names: string[]): wire.Binding => ({
  role,
  members: [member],
  ...(names.length && { condition: { expression: names.map((name) => `resource.name == "${name}"`).join(' || ') } }),
})

/** A message in short, such as `ready/a UPDATED contents`. */
function short(message: wire.Message): string {
  if ('error' in message) return message.error.status
  if ('waiter' in message) return `waiter ${message.waiter.name.replace(/.*\//, '')}`
  if ('changes' in message) throw new Error('a change is to come by itself')
  const { name, state, text } = message.variable
  return [name.replace(/.*\/variables\//, ''), state, text].join(' ')
}

/** All that a listener hears until the connection is closed, the code of that included. */
async function heardBy(listener: Listener): Promise<(string | number)[]> {
  const heard: string[] = []
  for (let more = true; more;) {
    const message = await listener.next()
    heard.push(short(message))
    more = !('error' in message)
  }
  return [...heard, await listener.closed()]
}

/** Submits commands that are committed together. */
function together(object: ConfigObject, ...commands: [Command, Access?][]): Promise<Outcome[]> {
  return runInDurableObject<RuntimeConfig, Outcome[]>(object, async (instance, { storage }) => {
    const commits = vi.spyOn(storage, 'transactionSync')
    const outcomes = commands.map(([command, needed]) => instance.submit(command, needed))
    await outcomes.at(-1)
    expect(commits).toHaveBeenCalledTimes(1)
    commits.mockRestore()
    return Promise.all(outcomes)
  })
}

type Made = Awaited<ReturnType<typeof freshConfig>>

/** What can befall an object whose sockets stay. */
const lives: [string, (made: Made) => Promise<ConfigObject>][] = [
  ['at once', async ({ object }) => object],
  [
    'after an eviction',
    ({ object, name }) => evictDurableObject(object).then(() => env.RUNTIME_CONFIG.getByName(name)),
  ],
]

describe.each(lives)('%s', (_, befall) => {
  it('tells each subscriber of what its owner may see, and of nothing else', async () => {
    const made = await freshConfig()
    const { name } = made
    await expectOk(
      made.object.submit(
        setPolicy(binding(VIEWER, BEN, `${name}/variables/note`, `${name}/variables/secret`, `${name}/waiters/w`)),
      ),
    )
    await expectOk(wait(made.object, 'w', '/ready', 1))
    await expectOk(wait(made.object, 'v', '/ready', 1))
    const ready: Grant = { role: VIEWER, condition: { startsWith: `${name}/variables/ready/` } }
    const everyone = await listen(made.object, WHOLE)
    const ann = await listen(made.object, WHOLE, watching(name, ANN, ready))
    const ben = await listen(made.object, WHOLE, watching(name, BEN))
    const object = await befall(made)
    for (const path of ['ready/a', 'secret', 'note', 'readyish']) await expectOk(write(object, path, `of ${path}`))
    await expectOk(object.submit(remove('note')))
    await expectOk(object.submit({ type: 'deleteConfig' }))
    const end = ['NOT_FOUND', 4404]
    expect(await heardBy(ann)).toEqual(['ready/a UPDATED of ready/a', 'ready/a DELETED of ready/a', ...end])
    expect(await heardBy(ben)).toEqual([
      'waiter w',
      'secret UPDATED of secret',
      'note UPDATED of note',
      'note DELETED of note',
      'secret DELETED of secret',
      ...end,
    ])
    expect(await heardBy(everyone)).toEqual([
      'ready/a UPDATED of ready/a',
      'waiter v',
      'waiter w',
      ...['secret', 'note', 'readyish'].map((path) => `${path} UPDATED of ${path}`),
      ...['note', 'ready/a', 'readyish', 'secret'].map((path) => `${path} DELETED of ${path}`),
      ...end,
    ])
  })

  it('lets go of those who may not listen any more, says why, and keeps the others', async () => {
    const made = await freshConfig()
    const { name } = made
    await expectOk(write(made.object, 'v'))
    await expectOk(wait(made.object, 'w', '/never', 1))
    await expectOk(made.object.submit(setPolicy(binding(VIEWER, ANN), binding(VIEWER, BEN))))
    const watch: Need = { permission: 'runtimeconfig.variables.watch', name: `${name}/variables/v` }
    const get: Need = { permission: 'runtimeconfig.waiters.get', name: `${name}/waiters/w` }
    const gone = await Promise.all([
      listen(made.object, WHOLE, watching(name, ANN)),
      listen(made.object, { kind: 'watch', path: 'v' }, access(ANN, watch)),
      listen(made.object, { kind: 'waiter', id: 'w' }, access(ANN, get)),
    ])
    for (const listener of gone.slice(1)) await listener.next()
    const byGrant: Grant = { role: VIEWER, condition: { startsWith: name } }
    const kept = await Promise.all([
      listen(made.object, WHOLE),
      listen(made.object, WHOLE, watching(name, BEN)),
      listen(made.object, WHOLE, watching(name, ANN, byGrant)),
    ])
    const object = await befall(made)
    await expectOk(object.submit(setPolicy(binding(VIEWER, BEN))))
    for (const listener of gone) expect(await heardBy(listener)).toEqual(['PERMISSION_DENIED', 4403])
    await expectOk(write(object, 'after'))
    for (const listener of kept) expect(short(await listener.next())).toBe('after UPDATED x')
  })

  it('tells a subscriber whose permission shrinks or grows of what it may see from then on', async () => {
    const made = await freshConfig()
    const { name } = made
    const may = (...paths: string[]) =>
      setPolicy(binding(VIEWER, ANN, ...paths.map((path) => `${name}/variables/${path}`)))
    await expectOk(made.object.submit(may('a', 'b')))
    const ann = await listen(made.object, WHOLE, watching(name, ANN))
    const object = await befall(made)
    for (const path of ['a', 'b', 'c']) await expectOk(write(object, path))
    await expectOk(object.submit(may('b', 'c')))
    for (const path of ['a', 'b', 'c']) await expectOk(object.submit(remove(path)))
    const heard = [await ann.next(), await ann.next(), await ann.next(), await ann.next()]
    expect(heard.map(short)).toEqual(['a UPDATED x', 'b UPDATED x', 'b DELETED x', 'c DELETED x'])
  })
})

it('decides by the policy that is on disk after a restart', async () => {
  const { object: before, name } = await freshConfig()
  await expectOk(before.submit(setPolicy(binding(EDITOR, ANN, `${name}/variables/a`))))
  await abortAllDurableObjects()
  const object = env.RUNTIME_CONFIG.getByName(name)
  expect(await object.submit(create('b'), creating(name, 'b', ANN))).toMatchObject(DENIED)
  expect((await subscribe(object, WHOLE, watching(name, BEN))).webSocket).toBeNull()
  const ann = await listen(object, WHOLE, watching(name, ANN))
  await expectOk(object.submit(create('a'), creating(name, 'a', ANN)))
  await expectOk(object.submit(create('b')))
  await expectOk(object.submit(remove('a')))
  expect([await ann.next(), await ann.next()].map(short)).toEqual(['a UPDATED x', 'a DELETED x'])
})

describe('in one commit', () => {
  it('decides each write by the policy that stands when its turn comes', async () => {
    const { object, name } = await freshConfig()
    await expectOk(object.submit(setPolicy(binding(EDITOR, ANN))))
    const write1 = (path: string): [Command, Access] => [create(path), creating(name, path, ANN)]
    const outcomes = await together(
      object,
      write1('first'),
      write1('before'),
      [setPolicy()],
      write1('forbidden'),
      [setPolicy(binding(EDITOR, ANN, `${name}/variables/allowed`))],
      write1('allowed'),
      write1('other'),
    )
    const refused = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.fault]))
    const permission = 'runtimeconfig.variables.create'
    expect(refused).toEqual(
      ['forbidden', 'other'].map((path) => ({
        kind: 'permissionDenied',
        permission,
        resource: `${name}/variables/${path}`,
      })),
    )
    const { variables } = await expectOk<wire.ListVariablesResponse>(
      object.query({ type: 'listVariables', filter: '', returnValues: false, page: {} }),
    )
    expect(variables?.map((variable) => variable.name.replace(/.*\//, ''))).toEqual(['allowed', 'before', 'first'])
  })

  it('takes the first of two policies that were made from the same one', async () => {
    const { object } = await freshConfig()
    const { etag } = await expectOk<wire.Policy>(object.query({ type: 'getIamPolicy' }))
    const change = (member: string): [Command] => [
      { type: 'setIamPolicy', policy: { version: 1, bindings: [binding(VIEWER, member)], etag: etag as string } },
    ]
    const outcomes = await together(object, [create('a')], change(ANN), change(BEN))
    expect(outcomes.map((outcome) => outcome.ok || outcome.fault.kind)).toEqual([true, true, 'policyChanged'])
    const policy = await expectOk<wire.Policy>(object.query({ type: 'getIamPolicy' }))
    expect(policy.bindings).toEqual([binding(VIEWER, ANN)])
  })

  it('lets nobody hear of what was gone before a policy let them', async () => {
    const { object, name } = await freshConfig()
    const may: Grant = { role: VIEWER, condition: { equals: `${name}/variables/mine` } }
    const ann = await listen(object, WHOLE, watching(name, ANN, may))
    await together(object, [create('mine')], [create('secret')], [remove('secret')], [setPolicy(binding(VIEWER, ANN))])
    await expectOk(write(object, 'later'))
    expect([await ann.next(), await ann.next()].map(short)).toEqual(['mine UPDATED x', 'later UPDATED x'])
  })

  it('tells of the end of a config by the policy that it had, though it is made anew', async () => {
    const { object, name } = await freshConfig()
    await expectOk(write(object, 'secret'))
    await expectOk(object.submit(setPolicy(binding(VIEWER, ANN, `${name}/variables/mine`))))
    const ann = await listen(object, WHOLE, watching(name, ANN))
    const anew: Command = { type: 'createConfig', name, description: '', requestId: '' }
    await together(object, [create('mine')], [{ type: 'deleteConfig' }], [anew], [setPolicy(binding(VIEWER, BEN))])
    expect(await heardBy(ann)).toEqual(['mine UPDATED x', 'mine DELETED x', 'NOT_FOUND', 4404])
  })
})

/** Conditions that hold nowhere but at `name`, and take so many characters of JSON together with all around them. */
function accessOfLength(length: number, name: string): Access {
  const filled = (text: string) => {
    const conditions: Grant[] = [{ role: VIEWER, condition: { equals: name } }]
    return watching(name.replace(/\/variables.*/, ''), ANN, ...conditions, {
      role: VIEWER,
      condition: { equals: text },
    })
  }
  // Of these each takes two bytes, which is the most that a character can.
  return filled('\u30ed'.repeat(length - JSON.stringify(filled('')).length))
}

it('keeps conditions of 8000 characters beside a subscription, and refuses one with more', async () => {
  const { object, name } = await freshConfig()
  const mine = `${name}/variables/mine`
  const { webSocket, headers } = await subscribe(object, WHOLE, accessOfLength(8001, mine))
  expect(webSocket).toBeNull()
  expect(JSON.parse(headers.get(FAULT) ?? '')).toMatchObject({ kind: 'resourceExhausted' })
  const listener = await listen(object, WHOLE, accessOfLength(8000, mine))
  await evictDurableObject(object)
  for (const path of ['other', 'mine']) await expectOk(write(env.RUNTIME_CONFIG.getByName(name), path))
  expect(short(await listener.next())).toBe('mine UPDATED x')
})

/** Lets so many listen to a config that there is no room for another; answers their ends of the connections. */
function crowd(object: ConfigObject): Promise<WebSocket[]> {
  const listening = encodeURIComponent(
    JSON.stringify({ subscription: { kind: 'config', root: 'nothing', from: 'now' } }),
  )
  const headers = { Upgrade: 'websocket', [LISTENING]: listening }
  // Inside the object, since from outside it would take many times as long.
  return runInDurableObject<RuntimeConfig, WebSocket[]>(object, async (instance, ctx) => {
    const missing = MAX_SOCKETS - ctx.getWebSockets().length
    const requests = Array.from({ length: missing }, () => new Request('https://object/', { headers }))
    const responses = await Promise.all(requests.map((request) => instance.fetch(request)))
    return responses.map(({ webSocket }) => webSocket as WebSocket)
  })
}

/** Asks for a socket of the object's own that checks in. */
function checkIn(object: ConfigObject, name: string): Promise<Response> {
  const [, project, , config] = name.split('/') as [string, string, string, string]
  const opening: CheckingIn = { party: { name: { kind: 'config', project, config } }, rateKey: 'a' }
  const headers = { Upgrade: 'websocket', [LISTENING]: encodeURIComponent(JSON.stringify(opening)) }
  return object.fetch('https://object/', { headers })
}

it('refuses a subscription, a watch or a line when there are as many as there may be, until one ends', async () => {
  const { object, name } = await freshConfig()
  await expectOk(write(object, 'v'))
  const before = await listen(object, WHOLE)
  const others = await crowd(object)
  for (const subscription of [WHOLE, { kind: 'watch', path: 'v' } as const]) {
    const { webSocket, headers } = await subscribe(object, subscription)
    expect(webSocket).toBeNull()
    expect(JSON.parse(headers.get(FAULT) ?? '')).toMatchObject({ kind: 'resourceExhausted' })
  }
  await attached(name, MAX_SOCKETS)
  before.close()
  await attached(name, MAX_SOCKETS - 1)
  const after = await listen(object, WHOLE)
  expect((await subscribe(object, WHOLE)).webSocket).toBeNull()
  await expectOk(write(object, 'w'))
  expect(short(await after.next())).toBe('w UPDATED x')
  after.close()
  await attached(name, MAX_SOCKETS - 1)
  const line = await checkIn(object, name)
  expect((await subscribe(object, WHOLE)).webSocket).toBeNull()
  expect((await checkIn(object, name)).webSocket).toBeNull()
  line.webSocket?.accept()
  line.webSocket?.close(1000)
  await vi.waitFor(async () => expect((await checkIn(object, name)).webSocket).not.toBeNull())
  // They are looked at once more so that they are there until now: what nothing refers to may be let go of.
  expect(others).toHaveLength(MAX_SOCKETS - 1)
})

describe('what is refused', () => {
  const refusals: [string, (object: ConfigObject, name: string) => Promise<unknown>][] = [
    ['a command', (object, name) => object.submit(create('v'), creating(name, 'v', ANN))],
    ['a deletion', (object, name) => object.submit({ type: 'deleteConfig' }, creating(name, 'v', ANN))],
    ['a policy', (object, name) => object.submit(setPolicy(binding(EDITOR, ANN)), creating(name, 'v', ANN))],
    ['a query', (object, name) => object.query({ type: 'getConfig' }, creating(name, 'v', ANN))],
  ]

  it.each(refusals)('is refused the same whether there is a config or not, and leaves no trace: %s', async (_, ask) => {
    const [there, nowhere] = [await freshConfig(), fresh()]
    const state = () =>
      runInDurableObject(there.object, (__, { storage }) =>
        ['meta', 'config', 'variables', 'outbox'].map((table) => storage.sql.exec(`SELECT * FROM ${table}`).toArray()),
      )
    const before = await state()
    const refused = await ask(there.object, there.name)
    expect(refused).toMatchObject(DENIED)
    expect(await state()).toEqual(before)
    const known = JSON.stringify(refused).replaceAll(there.name, nowhere.name)
    expect(JSON.stringify(await ask(nowhere.object, nowhere.name))).toBe(known)
    expect(await tablesOf(nowhere.object)).toEqual([])
  })

  it('is refused the same whether there is a config or not, and leaves no trace: a subscription', async () => {
    const subscriptions: Subscription[] = [WHOLE, { kind: 'watch', path: 'v' }, { kind: 'waiter', id: 'w' }]
    const [there, nowhere] = [await freshConfig(), fresh()]
    await expectOk(write(there.object, 'v'))
    await expectOk(wait(there.object, 'w', '/never', 1))
    for (const subscription of subscriptions) {
      const faults = [there, nowhere].map(async ({ object, name }) => {
        const { headers, webSocket } = await subscribe(object, subscription, watching(name, ANN))
        expect(webSocket).toBeNull()
        return (headers.get(FAULT) ?? '').replace(name, '')
      })
      const [known, unknown] = await Promise.all(faults)
      expect(known).toContain('permissionDenied')
      expect(unknown).toBe(known)
    }
    expect(await tablesOf(nowhere.object)).toEqual([])
  })

  it('leaves no trace either where the caller may, but there is nothing', async () => {
    const { object, name } = fresh()
    const all: Grant = { role: EDITOR, condition: { startsWith: name } }
    const notFound = { ok: false, fault: { kind: 'notFound' } }
    expect(await object.submit(create('v'), creating(name, 'v', ANN, all))).toEqual(notFound)
    expect(await object.submit(setPolicy(), creating(name, 'v', ANN, all))).toEqual(notFound)
    expect((await subscribe(object, WHOLE, watching(name, ANN, all))).webSocket).toBeNull()
    expect(await tablesOf(object)).toEqual([])
  })
})
