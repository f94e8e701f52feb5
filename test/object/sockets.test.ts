import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it, vi } from 'vitest'
import type * as wire from '../../src/core/wire.ts'
import { FAULT, type Subscription } from '../../src/object/sockets.ts'
import { SqlStore } from '../../src/object/sql-store.ts'
import { expectOk, freshConfig, getWaiter, listen, subscribe, wait, write } from './support.ts'

const NOT_FOUND = { error: { code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND' } }

it('tells the waiter as it stands, then its end, and closes', async () => {
  const { object } = await freshConfig()
  await expectOk(wait(object, 'w', '/ready', 1))
  const listener = await listen(object, { kind: 'waiter', id: 'w' })
  expect(await listener.next()).toEqual({ waiter: await getWaiter(object, 'w') })
  await expectOk(write(object, 'ready'))
  expect(await listener.next()).toEqual({ waiter: await getWaiter(object, 'w') })
  expect(await listener.closed()).toBe(1000)
})

it('tells of a waiter that has ended already once, and closes', async () => {
  const { object } = await freshConfig()
  await expectOk(write(object, 'ready'))
  await expectOk(wait(object, 'w', '/ready', 1))
  const listener = await listen(object, { kind: 'waiter', id: 'w' })
  expect(await listener.next()).toMatchObject({ waiter: { done: true } })
  expect(await listener.closed()).toBe(1000)
})

it('goes on through hibernation: the object sleeps, wakes at a write, and tells', async () => {
  const { object, name } = await freshConfig()
  await expectOk(wait(object, 'w', '/ready', 1))
  const waiter = await listen(object, { kind: 'waiter', id: 'w' })
  const config = await listen(object, { kind: 'config', root: 'ready', from: 'now' })
  await waiter.next()
  await evictDurableObject(object)
  await expectOk(write(env.RUNTIME_CONFIG.getByName(name), 'ready/a', 'here'))
  expect(await config.next()).toMatchObject({
    variable: { name: `${name}/variables/ready/a`, text: 'here', state: 'UPDATED' },
  })
  expect(await config.next()).toMatchObject({ waiter: { name: `${name}/waiters/w`, done: true } })
  expect(await waiter.next()).toMatchObject({ waiter: { done: true } })
  expect(await waiter.closed()).toBe(1000)
})

it('gives no bookmark of what is not durable yet', async () => {
  const { object } = await freshConfig()
  await runInDurableObject(object, async (instance, { storage }) => {
    const sent: string[] = []
    const socket = { readyState: WebSocket.OPEN, send: (text: string) => sent.push(text) } as unknown as WebSocket
    const input = { kind: 'text', contents: '' } as const
    let marked: Promise<void> | undefined
    const sync = storage.sync.bind(storage)
    vi.spyOn(storage, 'sync').mockImplementation(() => {
      const applied = storage.sql.exec('SELECT 1 FROM variables').toArray().length > 0
      if (applied) marked ??= instance.webSocketMessage(socket, 'ping')
      expect(sent).toEqual([])
      return sync()
    })
    const written = instance.submit({ type: 'createVariable', path: 'a', input, requestId: '' })
    const { updateTime: stamp } = await expectOk<wire.Variable>(written)
    await marked
    expect(sent).toEqual([JSON.stringify({ stamp, changes: [] })])
  })
})

it.each<[string, Subscription, boolean]>([
  ['a stream', { kind: 'config', root: '', from: 'now' }, false],
  ["a waiter's listener that no relay stands for", { kind: 'waiter', id: 'w' }, true],
])('gives %s a bookmark while the object sleeps, and lets it sleep', async (_, subscription, direct) => {
  const { object, name } = await freshConfig()
  await expectOk(wait(object, 'w', '/ready', 1))
  const listener = await listen(object, subscription, undefined, direct)
  const variable = await expectOk<wire.Variable>(write(object, 'a'))
  if (subscription.kind === 'config') await listener.bookmark()
  await listener.next()
  await evictDurableObject(object)
  // An object that wakes begins by reading what is stored.
  const wakes = vi.spyOn(SqlStore.prototype, 'reload')
  listener.send('ping')
  expect(await listener.bookmark()).toBe(variable.updateTime)
  expect(wakes).not.toHaveBeenCalled()
  await expectOk(write(env.RUNTIME_CONFIG.getByName(name), 'b'))
  expect(wakes).toHaveBeenCalledOnce()
  wakes.mockRestore()
})

it('tells of each change under the path, by whole segments, in order, with the last contents of what is deleted', async () => {
  const { object, name } = await freshConfig()
  const listener = await listen(object, { kind: 'config', root: 'ready', from: 'now' })
  await expectOk(write(object, 'readyish'))
  await expectOk(write(object, 'other/ready'))
  await expectOk(write(object, 'ready/b', 'b'))
  await expectOk(write(object, 'ready/a/x', 'x'))
  await expectOk(object.submit({ type: 'updateVariable', path: 'ready/b', input: { kind: 'value', contents: 'AA==' } }))
  await expectOk(object.submit({ type: 'deleteVariable', path: 'ready', recursive: true }))
  const heard: wire.Variable[] = []
  for (let count = 0; count < 5; count++) heard.push(((await listener.next()) as { variable: wire.Variable }).variable)
  const shown = heard.map(({ name: full, state, text, value }) => [
    full.slice(`${name}/variables/`.length),
    state,
    text ?? value,
  ])
  expect(shown).toEqual([
    ['ready/b', 'UPDATED', 'b'],
    ['ready/a/x', 'UPDATED', 'x'],
    ['ready/b', 'UPDATED', 'AA=='],
    ['ready/a/x', 'DELETED', 'x'],
    ['ready/b', 'DELETED', 'AA=='],
  ])
})

it('tells who listens to a waiter that it was deleted, and closes', async () => {
  const { object } = await freshConfig()
  await expectOk(wait(object, 'w', '/ready', 1))
  const listener = await listen(object, { kind: 'waiter', id: 'w' })
  await listener.next()
  await expectOk(object.submit({ type: 'deleteWaiter', id: 'w' }))
  expect(await listener.next()).toEqual(NOT_FOUND)
  expect(await listener.closed()).toBe(4404)
})

it('tells everyone when the config is deleted: each variable first, then the end', async () => {
  const { object, name } = await freshConfig()
  await expectOk(write(object, 'a', 'last'))
  await expectOk(wait(object, 'w', '/ready', 1))
  const config = await listen(object, { kind: 'config', root: '', from: 'now' })
  const watch = await listen(object, { kind: 'watch', path: 'a' })
  const waiter = await listen(object, { kind: 'waiter', id: 'w' })
  await watch.next()
  await waiter.next()
  await expectOk(object.submit({ type: 'deleteConfig' }))
  const deleted = { variable: { name: `${name}/variables/a`, text: 'last', state: 'DELETED' } }
  for (const listener of [config, watch]) expect(await listener.next()).toMatchObject(deleted)
  for (const listener of [config, watch, waiter]) {
    expect(await listener.next()).toEqual(NOT_FOUND)
    expect(await listener.closed()).toBe(4404)
  }
})

it('hears of one variable by its exact name, never of what is beneath or beside it', async () => {
  const { object } = await freshConfig()
  await expectOk(write(object, 'a', '1'))
  const listener = await listen(object, { kind: 'watch', path: 'a' })
  expect(await listener.next()).toMatchObject({ variable: { text: '1' } })
  await expectOk(write(object, 'ab'))
  await expectOk(object.submit({ type: 'updateVariable', path: 'a', input: { kind: 'text', contents: '2' } }))
  expect(await listener.next()).toMatchObject({ variable: { text: '2', state: 'UPDATED' } })
})

it('refuses a subscription to what does not exist', async () => {
  const { object } = await freshConfig()
  for (const subscription of [{ kind: 'waiter', id: 'w' } as const, { kind: 'watch', path: 'v' } as const]) {
    const { webSocket, headers } = await subscribe(object, subscription)
    expect(webSocket).toBeNull()
    expect(JSON.parse(headers.get(FAULT) ?? '')).toEqual({ kind: 'notFound' })
  }
})

it('misses nothing and repeats nothing when a subscription begins amid writes', async () => {
  const { object } = await freshConfig()
  await expectOk(wait(object, 'w', '/n', 20))
  const writes = Array.from({ length: 20 }, (_, index) => write(object, `n/${index}`))
  const listeners = await Promise.all(Array.from({ length: 5 }, () => listen(object, { kind: 'waiter', id: 'w' })))
  await Promise.all(writes)
  for (const listener of listeners) {
    const first = (await listener.next()) as { waiter: wire.Waiter }
    if (!first.waiter.done) expect(await listener.next()).toMatchObject({ waiter: { done: true } })
    expect(await listener.closed()).toBe(1000)
  }
})

it('takes a path as long as paths may be', async () => {
  const { object } = await freshConfig()
  const path = `${'a'.repeat(63)}/`.repeat(4).slice(0, 255)
  const listener = await listen(object, { kind: 'config', root: path, from: 'now' })
  await expectOk(write(object, path))
  expect(await listener.next()).toMatchObject({ variable: { state: 'UPDATED' } })
})
