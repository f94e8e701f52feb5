/** Subscriptions and held watches: who may begin one, what it is told, and how it ends when it may not go on. */
import { describe, expect, it } from 'vitest'
import { atLeast, newId, repeatUntil, succeeded, type Answer } from '../conformance/client.ts'
import { EMPTY } from '../conformance/expectations.ts'
import { Listener, type Message } from '../conformance/listener.ts'
import { editorIf, OWNER, tokenOf, useGuarded, VIEWER, type Binding } from './guarded.ts'
import { denied, FORBIDDEN, UNAUTHENTICATED } from './refusals.ts'

const READER = 'user:reader@example.com'
const OTHER = 'user:other@example.com'
const NOBODY = 'user:nobody@example.com'

const server = useGuarded([READER, OTHER, NOBODY])

const viewers = (...members: string[]): Binding => ({ role: VIEWER, members })

/** A viewer of what lies beneath a path. */
const viewerOf = (config: string, path: string): Binding => ({
  ...viewers(READER),
  condition: { expression: `resource.name.startsWith("${config}/variables/${path}/")` },
})

const address = (path: string) => server.owner.url(path).replace(/^http/, 'ws')

/** What a socket is told before it is closed for want of a permission. */
const dismissal = (permission: string, resource: string) => ({ error: denied(permission, resource).body.error })

describe('a subscription with a token', () => {
  const token = tokenOf(READER)

  it.each<[string, Parameters<typeof Listener.open>[1], string, string]>([
    ['in Authorization', { headers: { Authorization: `Bearer ${token}` } }, '', ''],
    ['in X-Goog-Api-Key', { headers: { 'X-Goog-Api-Key': token } }, '', ''],
    ['in ?access_token=', {}, `&access_token=${token}`, ''],
    ['in ?key=', {}, `&key=${token}`, ''],
    ['in a subprotocol, as browsers can', { protocols: ['rollcall', `rollcall.token.${token}`] }, '', 'rollcall'],
    ['in the first subprotocol', { protocols: [`rollcall.token.${token}`, 'rollcall'] }, '', 'rollcall'],
    [
      'in Authorization beside a subprotocol',
      { headers: { Authorization: `Bearer ${token}` }, protocols: ['rollcall'] },
      '',
      'rollcall',
    ],
  ])('%s is opened, and its answer holds nothing of the token', async (_, opening, query, protocol) => {
    const config = await server.newConfig([viewers(READER)])
    const listener = await Listener.open(address(`${config}:subscribe?path=/${query}`), opening)
    expect(listener.protocol).toBe(protocol)
    const { name } = await server.owner.newVariable(config, 'a')
    expect(await listener.next()).toMatchObject({ variable: { name } })
    listener.close()
  })

  it('in a subprotocol alone is answered without any, for the token must not come back', async () => {
    const config = await server.newConfig([viewers(READER)])
    const path = `${config}:subscribe?path=/`
    const answer = await server.as('').upgrade(path, { 'sec-websocket-protocol': `rollcall.token.${token}` })
    expect(answer.status).toBe(101)
    expect(answer.headers.has('sec-websocket-protocol')).toBe(false)
    expect(JSON.stringify([...answer.headers])).not.toContain(token)
  })

  it.each<[string, Record<string, string>]>([
    ['none', {}],
    ['a wrong one in Authorization', { authorization: 'Bearer wrong' }],
    ['a wrong one in X-Goog-Api-Key', { 'x-goog-api-key': 'wrong' }],
    ['a wrong one in a subprotocol', { 'sec-websocket-protocol': 'rollcall, rollcall.token.wrong' }],
    ['an empty one in a subprotocol', { 'sec-websocket-protocol': 'rollcall, rollcall.token.' }],
    ['a right one as a subprotocol of another name', { 'sec-websocket-protocol': `rollcall, token.${token}` }],
    [
      'a right one in a subprotocol behind a wrong one',
      { 'sec-websocket-protocol': `rollcall.token.wrong, rollcall.token.${token}` },
    ],
    [
      'a right one in a subprotocol beside a wrong Authorization',
      { authorization: 'Bearer wrong', 'sec-websocket-protocol': `rollcall.token.${token}` },
    ],
  ])('that is %s is refused before the upgrade', async (_, headers) => {
    const config = await server.newConfig([viewers(READER)])
    const waiter = await server.owner.newWaiter(config, { success: atLeast(9, '/') })
    for (const path of [`${config}:subscribe?path=/`, `${waiter}:subscribe`]) {
      const answer = await server.as('').upgrade(path, headers)
      expect(answer).toMatchObject(UNAUTHENTICATED)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    }
  })

  it('is refused to who may not have it without an upgrade too, and to others only for want of that', async () => {
    const config = await server.newConfig([viewers(READER)])
    for (const path of [`${config}:subscribe`, `${config}/waiters/w:subscribe`]) {
      expect(await server.as('').get(path)).toMatchObject(UNAUTHENTICATED)
      expect(await server.as(NOBODY).get(path)).toMatchObject(FORBIDDEN)
      expect(await server.as(READER).get(path)).toMatchObject({ status: 426 })
      expect(await server.owner.get(path)).toMatchObject({ status: 426 })
    }
  })

  it('of a caller without the permission is refused before the upgrade', async () => {
    const config = await server.newConfig([viewers(READER)])
    const waiter = await server.owner.newWaiter(config, { success: atLeast(9, '/') })
    const watching = denied('runtimeconfig.variables.watch', `${config}/variables`)
    expect(await server.as(NOBODY).upgrade(`${config}:subscribe?path=/`)).toMatchObject(watching)
    const getting = denied('runtimeconfig.waiters.get', waiter)
    expect(await server.as(NOBODY).upgrade(`${waiter}:subscribe`)).toMatchObject(getting)
  })
})

describe('a subscription of one who may see a part', () => {
  it.each(['/secret', '/op', '/open', '/opening'])('is refused at %s where the part is not beneath', async (path) => {
    const config = await server.owner.newConfig()
    await server.setPolicy(config, [viewerOf(config, 'open/inner')])
    const { status } = await server.as(READER).upgrade(`${config}:subscribe?path=${path}`)
    expect(status).toBe(path === '/open' ? 101 : 403)
  })

  it('is told of what happens in that part, and of nothing else', async () => {
    const config = await server.owner.newConfig()
    await server.setPolicy(config, [viewerOf(config, 'open')])
    const listener = await server.as(READER).listen(`${config}:subscribe?path=/`)
    const { owner } = server
    const expected: Message[] = []
    for (const path of ['secret/a', 'open/a', 'openly', 'z']) {
      const waiter = await owner.newWaiter(config, { success: atLeast(1, `/${path}`) })
      const made = await owner.newVariable(config, path, 'contents')
      const updated = succeeded(await owner.put(made.name, { text: 'more' }))
      expect((await owner.get(waiter)).body.done).toBe(true)
      expect(await owner.delete(`${made.name}?recursive=true`)).toMatchObject(EMPTY)
      if (path !== 'open/a') continue
      expected.push(
        ...[{ ...made, state: 'UPDATED' }, updated, { ...updated, state: 'DELETED' }].map((variable) => ({ variable })),
      )
    }
    await owner.delete(config)
    expect((await listener.untilError()).slice(0, -1)).toEqual(expected)
  })

  it('is told of the variables of that part alone when the config is deleted', async () => {
    const config = await server.owner.newConfig()
    await server.setPolicy(config, [viewerOf(config, 'open')])
    const shown = await server.owner.newVariable(config, 'open/a', 'last')
    await server.owner.newVariable(config, 'secret/a', 'hidden')
    const listener = await server.as(READER).listen(`${config}:subscribe?path=/`)
    await server.owner.delete(config)
    const [first, ...rest] = await listener.rest()
    expect(first).toEqual({ variable: { ...shown, state: 'DELETED' } })
    expect(rest).toMatchObject([{ error: { code: 404 } }])
  })

  it('is told of the ends of those waiters alone that it may see', async () => {
    const config = await server.owner.newConfig()
    const condition = { expression: `resource.name.startsWith("${config}/waiters/mine")` }
    await server.setPolicy(config, [viewerOf(config, 'open'), { ...viewers(READER), condition }])
    for (const id of ['a', 'mine', 'z']) await server.owner.newWaiter(config, { success: atLeast(1, '/secret') }, id)
    const listener = await server.as(READER).listen(`${config}:subscribe?path=/`)
    await server.owner.newVariable(config, 'secret/a')
    const last = await server.owner.newVariable(config, 'open/a')
    expect(await listener.next()).toMatchObject({ waiter: { name: `${config}/waiters/mine`, done: true } })
    expect(await listener.next()).toMatchObject({ variable: { name: last.name } })
    listener.close()
  })

  it('is told of another part from the moment when that is the one', async () => {
    const config = await server.owner.newConfig()
    await server.setPolicy(config, [viewerOf(config, 'first')])
    const listener = await server.as(READER).listen(`${config}:subscribe?path=/`)
    const names: string[] = []
    const write = async (round: number) => {
      for (const part of ['first', 'second'])
        names.push((await server.owner.newVariable(config, `${part}/${round}`)).name)
    }
    await write(1)
    await server.setPolicy(config, [viewerOf(config, 'second')])
    await write(2)
    expect(await listener.next()).toMatchObject({ variable: { name: names[0] } })
    expect(await listener.next()).toMatchObject({ variable: { name: names[3] } })
    listener.close()
  })

  it('says nothing but that it takes no messages, whatever it is sent', async () => {
    const config = await server.owner.newConfig()
    await server.setPolicy(config, [viewerOf(config, 'open')])
    const listener = await server.as(READER).listen(`${config}:subscribe?path=/`)
    const name = `projects/${newId()}/configs/c`
    for (const text of ['{"access":null}', `{"subscription":{"kind":"config","root":""}}`, name]) {
      listener.send(text)
      expect(await listener.next()).toMatchObject({ error: { code: 400 } })
    }
    await server.owner.newVariable(config, 'secret/a')
    const { name: open } = await server.owner.newVariable(config, 'open/a')
    expect(await listener.next()).toMatchObject({ variable: { name: open } })
    listener.close()
  })
})

describe('when the policy is changed', () => {
  it('those are told and let go with 4403 who may not listen any more, and hear nothing of what comes after', async () => {
    const config = await server.newConfig([viewers(READER, OTHER)])
    const leaving = await server.as(READER).listen(`${config}:subscribe?path=/`)
    const staying = await server.as(OTHER).listen(`${config}:subscribe?path=/`)
    const owning = await server.owner.listen(`${config}:subscribe?path=/`)
    await server.setPolicy(config, [viewers(OTHER)])
    const { name } = await server.owner.newVariable(config, 'a', 'not for everybody')
    expect(await leaving.rest()).toEqual([dismissal('runtimeconfig.variables.watch', `${config}/variables`)])
    expect((await leaving.closed).code).toBe(4403)
    for (const listener of [staying, owning]) {
      expect(await listener.next()).toMatchObject({ variable: { name } })
      listener.close()
    }
  })

  it('who listens to a waiter is let go as well', async () => {
    const config = await server.newConfig([viewers(READER)])
    const waiter = await server.owner.newWaiter(config, { success: atLeast(1, '/a') })
    const listener = await server.as(READER).listen(`${waiter}:subscribe`)
    expect(await listener.next()).toMatchObject({ waiter: { name: waiter } })
    await server.setPolicy(config, [])
    await server.owner.newVariable(config, 'a')
    expect(await listener.rest()).toEqual([dismissal('runtimeconfig.waiters.get', waiter)])
    expect((await listener.closed).code).toBe(4403)
  })

  it('who listens without the relay is told, and hears nothing of what comes after', async () => {
    const config = await server.newConfig([viewers(READER)])
    const listener = await server.as(READER).listen(`${config}:subscribe?path=/&direct=true`)
    await server.setPolicy(config, [])
    await server.owner.newVariable(config, 'a', 'not for everybody')
    expect(await listener.next()).toEqual(dismissal('runtimeconfig.variables.watch', `${config}/variables`))
    listener.close()
    expect(await listener.rest()).toEqual([])
  })

  it('who came as anybody is let go as well', async () => {
    const config = await server.newConfig([viewers('allUsers')])
    const listener = await server.as('').listen(`${config}:subscribe?path=/`)
    await server.setPolicy(config, [viewers('allAuthenticatedUsers')])
    expect((await listener.closed).code).toBe(4403)
    expect(await server.as('').upgrade(`${config}:subscribe?path=/`)).toMatchObject(UNAUTHENTICATED)
  })

  it('a condition that holds elsewhere ends a subscription to where it held', async () => {
    const config = await server.owner.newConfig()
    await server.setPolicy(config, [viewerOf(config, 'open')])
    const listener = await server.as(READER).listen(`${config}:subscribe?path=/open`)
    await server.setPolicy(config, [viewerOf(config, 'other')])
    expect(await listener.rest()).toEqual([dismissal('runtimeconfig.variables.watch', `${config}/variables/open`)])
    expect((await listener.closed).code).toBe(4403)
  })

  /** Changes the policy when a watch has begun for certain: it gives no sign of the moment. */
  const changeAfterAWhile = (watch: Promise<Answer>, config: string, bindings: Binding[]) =>
    repeatUntil(watch, (round) => (round < 6 ? server.owner.get(config) : server.setPolicy(config, bindings)))

  it('a watch that is held is refused with 403', async () => {
    const config = await server.newConfig([viewers(READER)])
    const { name } = await server.owner.newVariable(config, 'a', 'here')
    const answer = await changeAfterAWhile(server.as(READER).post(`${name}:watch`), config, [viewers(OTHER)])
    expect(answer).toMatchObject(denied('runtimeconfig.variables.watch', name))
  })

  it('a watch that is held is answered still to who may go on', async () => {
    const config = await server.newConfig([viewers(READER, OTHER)])
    const { name, updateTime } = await server.owner.newVariable(config, 'a', 'first')
    const waiting = server.as(OTHER).post(`${name}:watch`, { newerThan: updateTime })
    await server.setPolicy(config, [viewers(OTHER), editorIf(READER, `resource.name == "${config}"`)])
    const updated = succeeded(await server.owner.put(name, { text: 'second' }))
    expect(await waiting).toMatchObject({ status: 200, body: updated })
    expect(await server.as(READER).post(`${name}:watch`)).toMatchObject(FORBIDDEN)
  })
})

describe('too many conditions to be kept beside a socket', () => {
  const HOARDER = 'user:hoarder@example.com'
  const project = newId()
  const expression = `resource.name.startsWith("projects/${project}/${'x'.repeat(900)}")`
  const grants = Array.from({ length: 200 }, () => ({
    project,
    role: VIEWER,
    members: [HOARDER],
    condition: { expression },
  }))
  const hoarding = useGuarded(
    [HOARDER],
    [
      ...grants,
      {
        project,
        role: VIEWER,
        members: [HOARDER],
        condition: { expression: `resource.name.startsWith("projects/${project}/configs/")` },
      },
    ],
  )

  it('are refused with 429, and all else goes on', async () => {
    const config = await hoarding.owner.newConfig(`projects/${project}/configs/c`)
    const hoarder = hoarding.as(HOARDER)
    const refusal = { status: 429, body: { error: { status: 'RESOURCE_EXHAUSTED' } } }
    expect(await hoarder.upgrade(`${config}:subscribe?path=/`)).toMatchObject(refusal)
    const { name } = await hoarding.owner.newVariable(config, 'a')
    expect(await hoarder.get(name)).toMatchObject({ status: 200 })
    expect(await hoarder.get(`${config}/variables`)).toMatchObject({ status: 200 })
    expect((await hoarding.as(OWNER).upgrade(`${config}:subscribe?path=/`)).status).toBe(101)
  })
})
