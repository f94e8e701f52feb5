/** Push: subscriptions by WebSocket. */
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { atLeast, newProject, repeatUntil, succeeded, type WaiterSpec } from './client.ts'
import { EXPIRED, FAILED, invalid, NOT_FOUND } from './expectations.ts'
import { useServer } from './server.ts'

const api = useServer()

/** What is told of something that is gone. */
const GONE = { error: NOT_FOUND.body.error }

describe('a subscription to a waiter', () => {
  it('is told of the waiter as it stands, and again when it ends', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(1, '/a') })
    const listener = await api.listen(`${name}:subscribe`)
    expect(await listener.next()).toEqual({ waiter: succeeded(await api.get(name)) })
    await api.newVariable(config, 'a')
    const end = await listener.next()
    expect(end.waiter).toMatchObject({ name, done: true })
    expect(end).toEqual({ waiter: succeeded(await api.get(name)) })
  })

  it('is told of the failure of the waiter', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(9, '/a'), failure: atLeast(1, '/b') })
    const listener = await api.listen(`${name}:subscribe`)
    await listener.next()
    await api.newVariable(config, 'b')
    expect(await listener.next()).toMatchObject({ waiter: { name, done: true, error: FAILED } })
  })

  it('is told of the timeout of the waiter', async () => {
    const name = await api.newWaiter(await api.newConfig(), { timeout: '0.4s', success: atLeast(1, '/a') })
    const listener = await api.listen(`${name}:subscribe`)
    expect(await listener.next()).toMatchObject({ waiter: { name } })
    expect(await listener.next()).toMatchObject({ waiter: { name, done: true, error: EXPIRED } })
  })

  it('is not told of what does not end the waiter', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(3, '/a') })
    const other = await api.newWaiter(config, { success: atLeast(1, '/a') })
    const listener = await api.listen(`${name}:subscribe`)
    await listener.next()
    for (const path of ['a/1', 'b', 'a/2']) await api.newVariable(config, path)
    await api.delete(other)
    await api.newVariable(config, 'a/3')
    expect(await listener.next()).toMatchObject({ waiter: { name, done: true } })
  })

  it('is told together with all others', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(1, '/a') })
    const listeners = await Promise.all(Array.from({ length: 10 }, () => api.listen(`${name}:subscribe`)))
    for (const listener of listeners) await listener.next()
    await api.newVariable(config, 'a')
    const end = { waiter: succeeded(await api.get(name)) }
    for (const listener of listeners) expect(await listener.next()).toEqual(end)
  })

  it('is refused with 404 where there is no such waiter or config', async () => {
    const config = await api.newConfig()
    expect(await api.upgrade(`${config}/waiters/missing:subscribe`)).toMatchObject(NOT_FOUND)
    expect(await api.upgrade(`${newProject()}/configs/missing/waiters/w:subscribe`)).toMatchObject(NOT_FOUND)
  })

  it('is refused with 426 and a Status without an upgrade', async () => {
    const name = await api.newWaiter(await api.newConfig(), { success: atLeast(1, '/a') })
    const { status, body } = await api.get(`${name}:subscribe`)
    expect(status).toBe(426)
    expect(body.error).toMatchObject({ code: 426, message: expect.stringContaining('WebSocket') })
  })

  it('is refused to a HEAD, for an upgrade is a GET', async () => {
    const name = await api.newWaiter(await api.newConfig(), { success: atLeast(1, '/a') })
    const asked = request(api.url(`${name}:subscribe`), {
      method: 'HEAD',
      headers: { connection: 'Upgrade', upgrade: 'websocket' },
    })
    const [{ statusCode, headers }] = (await once(asked.end(), 'response')) as [IncomingMessage]
    expect(statusCode).toBe(426)
    expect(headers['content-type']).toMatch('application/json')
  })

  it('answers ping with pong, and goes on', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(1, '/a') })
    const listener = await api.listen(`${name}:subscribe`)
    await listener.next()
    for (let round = 0; round < 3; round++) {
      listener.send('ping')
      expect(await listener.nextText()).toBe('pong')
    }
    await api.newVariable(config, 'a')
    expect(await listener.next()).toMatchObject({ waiter: { name, done: true } })
  })
})

describe('a subscription to a config', () => {
  it('is told of each change of a variable under the path, in order, with its contents', async () => {
    const config = await api.newConfig()
    const listener = await api.listen(`${config}:subscribe?path=/ready`)
    const created = await api.newVariable(config, 'ready/a', 'first')
    const updated = succeeded(await api.put(created.name, { value: 'AAEC' }))
    await api.delete(created.name)
    const { state: _, ...last } = updated
    expect(await listener.next()).toEqual({ variable: { ...created, state: 'UPDATED' } })
    expect(await listener.next()).toEqual({ variable: updated })
    expect(await listener.next()).toEqual({ variable: { ...last, state: 'DELETED' } })
    listener.close()
  })

  it('is told of empty contents as such', async () => {
    const config = await api.newConfig()
    const listener = await api.listen(`${config}:subscribe?path=/`)
    const created = await api.newVariable(config, 'a', '')
    expect(await listener.next()).toEqual({ variable: { ...created, text: '', state: 'UPDATED' } })
    listener.close()
  })

  it.each(['/ready', 'ready', '/ready/', '//ready'])('is told by whole segments, recursively, of %s', async (path) => {
    const config = await api.newConfig()
    const listener = await api.listen(`${config}:subscribe?path=${path}`)
    for (const other of ['readyx', 'ready-2/a', 'a/ready', 'Ready', 'rea']) await api.newVariable(config, other)
    const deep = await api.newVariable(config, 'ready/a/b/c')
    expect(await listener.next()).toMatchObject({ variable: { name: deep.name } })
    listener.close()
  })

  it('is told of a variable that stands at the path itself', async () => {
    const config = await api.newConfig()
    const listener = await api.listen(`${config}:subscribe?path=/ready`)
    const variable = await api.newVariable(config, 'ready', 'here')
    expect(await listener.next()).toEqual({ variable: { ...variable, state: 'UPDATED' } })
    listener.close()
  })

  it('is told of the whole config with the path /', async () => {
    const config = await api.newConfig()
    const listener = await api.listen(`${config}:subscribe?path=/`)
    for (const path of ['a', 'b/c']) {
      const variable = await api.newVariable(config, path, path)
      expect(await listener.next()).toEqual({ variable: { ...variable, state: 'UPDATED' } })
    }
    listener.close()
  })

  it('is told of a path that is as long as can be', async () => {
    const config = await api.newConfig()
    const path = `${'d/'.repeat(127)}e`
    const listener = await api.listen(`${config}:subscribe?path=${path}`)
    const variable = await api.newVariable(config, path, 'here')
    expect(await listener.next()).toEqual({ variable: { ...variable, state: 'UPDATED' } })
    listener.close()
  })

  it('is told of each variable once, whatever others listen to', async () => {
    const config = await api.newConfig()
    const paths = ['/', '/a', '/a/b', '/a/b', '/c']
    const listeners = await Promise.all(paths.map((path) => api.listen(`${config}:subscribe?path=${path}`)))
    const first = await api.newVariable(config, 'a/b')
    const second = await api.newVariable(config, 'c')
    await api.delete(config)
    const heard = await Promise.all(listeners.map((listener) => listener.untilError()))
    const updates = heard.map((messages) =>
      messages.filter(({ variable }) => variable?.state === 'UPDATED').map(({ variable }) => variable?.name),
    )
    expect(updates).toEqual([[first.name, second.name], [first.name], [first.name], [first.name], [second.name]])
  })

  it('is told of every variable that a recursive delete takes, and of no other', async () => {
    const config = await api.newConfig()
    for (const path of ['a/1', 'a/2/3', 'b/1']) await api.newVariable(config, path, `in ${path}`)
    const listener = await api.listen(`${config}:subscribe?path=/a`)
    const { variables } = succeeded(await api.get(`${config}/variables?returnValues=true`))
    await api.delete(`${config}/variables/a?recursive=true`)
    const last = await api.newVariable(config, 'a/4')
    const messages = [await listener.next(), await listener.next(), await listener.next()]
    const deleted = variables.slice(0, 2).map((variable) => ({ variable: { ...variable, state: 'DELETED' } }))
    expect(messages).toEqual([...deleted, { variable: { ...last, state: 'UPDATED' } }])
    listener.close()
  })

  it('is not told of what was before', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a')
    await api.newWaiter(config, { success: atLeast(1, '/a') })
    const listener = await api.listen(`${config}:subscribe?path=/`)
    const after = await api.newVariable(config, 'b')
    expect(await listener.next()).toMatchObject({ variable: { name: after.name } })
    listener.close()
  })

  it.each<[string, WaiterSpec, object]>([
    ['success', { success: atLeast(1, '/elsewhere') }, { done: true }],
    ['failure', { success: atLeast(9, '/'), failure: atLeast(1, '/elsewhere') }, { done: true, error: FAILED }],
    ['timeout', { success: atLeast(9, '/'), timeout: '0.2s' }, { done: true, error: EXPIRED }],
  ])('is told of every waiter of the config that ends, wherever it looked: by %s', async (_, spec, ending) => {
    const config = await api.newConfig()
    const listener = await api.listen(`${config}:subscribe?path=/ready`)
    const name = await api.newWaiter(config, spec)
    await api.newVariable(config, 'elsewhere')
    const { waiter } = await listener.next()
    expect(waiter).toMatchObject({ name, ...ending })
    expect(waiter).toEqual(succeeded(await api.get(name)))
    listener.close()
  })

  it('is told of a waiter that ends at its creation', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a')
    const listener = await api.listen(`${config}:subscribe?path=/ready`)
    const name = await api.newWaiter(config, { success: atLeast(1, '/a') })
    expect(await listener.next()).toEqual({ waiter: succeeded(await api.get(name)) })
    listener.close()
  })

  it('is told of the variable before the waiter that it ends', async () => {
    const config = await api.newConfig()
    const waiter = await api.newWaiter(config, { success: atLeast(2, '/ready') })
    const listener = await api.listen(`${config}:subscribe?path=/ready`)
    const first = await api.newVariable(config, 'ready/1')
    const second = await api.newVariable(config, 'ready/2')
    const messages = [await listener.next(), await listener.next(), await listener.next()]
    const told = messages.map((message) => message.variable?.name ?? message.waiter?.name)
    expect(told).toEqual([first.name, second.name, waiter])
    listener.close()
  })

  it('is told in the order of updateTime of changes that come at the same time', async () => {
    const config = await api.newConfig()
    const listener = await api.listen(`${config}:subscribe?path=/a`)
    await Promise.all(Array.from({ length: 25 }, (_, index) => api.newVariable(config, `a/${index}`)))
    const times: (string | undefined)[] = []
    for (let count = 0; count < 25; count++) times.push((await listener.next()).variable?.updateTime)
    expect(new Set(times).size).toBe(25)
    expect(times).toEqual(times.toSorted())
    listener.close()
  })

  it('is refused with 404 where there is no such config', async () => {
    expect(await api.upgrade(`${newProject()}/configs/missing:subscribe?path=/`)).toMatchObject(NOT_FOUND)
  })

  it.each(['/a b', '/-a', `/${'n'.repeat(64)}`, `/${'d/'.repeat(127)}ee`])(
    'is refused with 400 for the path %s',
    async (path) => {
      const config = await api.newConfig()
      const answer = await api.upgrade(`${config}:subscribe?path=${encodeURIComponent(path)}`)
      expect(answer).toMatchObject(invalid('path'))
    },
  )

  it('is refused with 426 and a Status without an upgrade', async () => {
    const config = await api.newConfig()
    const { status, body } = await api.get(`${config}:subscribe?path=/`)
    expect(status).toBe(426)
    expect(body.error).toMatchObject({ code: 426, message: expect.stringContaining('WebSocket') })
  })

  it('answers ping with pong, between what it tells', async () => {
    const config = await api.newConfig()
    const listener = await api.listen(`${config}:subscribe?path=/`)
    listener.send('ping')
    expect(await listener.nextText()).toBe('pong')
    const { name } = await api.newVariable(config, 'a')
    expect(await listener.next()).toMatchObject({ variable: { name } })
    listener.close()
  })

  it.each<[string, string | Uint8Array<ArrayBuffer>]>([
    ['text', 'junk'],
    ['JSON', '{"subscribe": "everything"}'],
    ['no characters', ''],
    ['bytes', new Uint8Array([0, 255, 128])],
    ['100 kB', 'x'.repeat(100_000)],
  ])('goes on after it was sent %s that it does not know', async (_, junk) => {
    const config = await api.newConfig()
    const listener = await api.listen(`${config}:subscribe?path=/`)
    listener.send(junk)
    const { name } = await api.newVariable(config, 'a')
    for (;;) {
      const { variable, error } = await listener.next()
      if (variable) {
        expect(variable.name).toBe(name)
        break
      }
      expect(error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' })
    }
    listener.close()
  })
})

describe('the end of a subscription', () => {
  it('comes after the waiter has ended, with code 1000 and no other word', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(1, '/a') })
    const listener = await api.listen(`${name}:subscribe`)
    await listener.next()
    await api.newVariable(config, 'a')
    expect(await listener.next()).toMatchObject({ waiter: { done: true } })
    expect(await listener.closed).toMatchObject({ code: 1000 })
    expect(await listener.rest()).toEqual([])
  })

  it('comes at once, after a single message, where the waiter has ended already', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a')
    const name = await api.newWaiter(config, { success: atLeast(1, '/a') })
    const listener = await api.listen(`${name}:subscribe`)
    expect(await listener.rest()).toEqual([{ waiter: succeeded(await api.get(name)) }])
    expect(await listener.closed).toMatchObject({ code: 1000 })
  })

  it('comes though much goes on in the config', async () => {
    const config = await api.newConfig()
    const variable = await api.newVariable(config, 'a')
    const name = await api.newWaiter(config, { success: atLeast(1, '/a') })
    const listener = await api.listen(`${name}:subscribe`)
    const closed = await repeatUntil(listener.closed, () => api.put(variable.name, { text: 'busy' }))
    expect(closed).toMatchObject({ code: 1000 })
  })

  it.each([
    ['waiter', (name: string) => name],
    ['config', (name: string) => name.replace(/\/waiters\/.*/, '')],
  ])('comes after NOT_FOUND when the %s that a waiter’s listener depends on is deleted', async (_, deleted) => {
    const name = await api.newWaiter(await api.newConfig(), { success: atLeast(1, '/a') })
    const listener = await api.listen(`${name}:subscribe`)
    await listener.next()
    await api.delete(deleted(name))
    expect(await listener.rest()).toEqual([GONE])
    // 1006 would be a connection that broke.
    expect((await listener.closed).code).not.toBe(1006)
  })

  it('comes after the last of the variables and NOT_FOUND when a config is deleted', async () => {
    const config = await api.newConfig()
    const inside = await api.newVariable(config, 'a', 'last words')
    await api.newVariable(config, 'b')
    const listener = await api.listen(`${config}:subscribe?path=/a`)
    await api.delete(config)
    expect(await listener.rest()).toEqual([{ variable: { ...inside, state: 'DELETED' } }, GONE])
    expect((await listener.closed).code).not.toBe(1006)
  })

  it('comes as the listener asked for it, and others hear on', async () => {
    const config = await api.newConfig()
    const leaving = await api.listen(`${config}:subscribe?path=/`)
    const staying = await api.listen(`${config}:subscribe?path=/`)
    const first = await api.newVariable(config, 'a')
    // Node's WebSocket at times takes the answer to a close for a broken connection if it has heard nothing before.
    for (const listener of [leaving, staying]) expect(await listener.next()).toMatchObject({ variable: first })
    leaving.close()
    expect(await leaving.closed).toMatchObject({ code: 1000 })
    const second = await api.newVariable(config, 'b')
    expect(await staying.next()).toMatchObject({ variable: second })
    staying.close()
  })
})
