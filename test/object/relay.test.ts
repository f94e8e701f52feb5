import { abortAllDurableObjects, SELF } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { attached, expectOk, freshConfig, Listener, wait, write } from './support.ts'

/** Subscribes at the edge, as a caller does. */
async function subscribe(name: string): Promise<Listener> {
  const response = await SELF.fetch(`https://x/v1beta1/${name}:subscribe`, { headers: { Upgrade: 'websocket' } })
  if (!response.webSocket) throw new Error(`no socket, but ${response.status}`)
  return new Listener(response.webSocket)
}

it('relays what the object tells, in order, and its close', async () => {
  const { object, name } = await freshConfig()
  await expectOk(wait(object, 'w', '/ready', 1))
  const listener = await subscribe(`${name}/waiters/w`)
  expect(await listener.next()).toMatchObject({ waiter: { name: `${name}/waiters/w` } })
  await expectOk(write(object, 'ready'))
  expect(await listener.next()).toMatchObject({ waiter: { done: true } })
  expect(await listener.closed()).toBe(1000)
})

it('answers a ping itself, and what it does not understand with an error; the connection stays', async () => {
  const { object, name } = await freshConfig()
  await expectOk(wait(object, 'w', '/ready', 1))
  const stream = await subscribe(name)
  const waiter = await subscribe(`${name}/waiters/w`)
  await waiter.next()
  for (const listener of [stream, waiter]) {
    listener.send('ping')
    expect(await listener.text()).toBe('pong')
    listener.send('{"id": 1}')
    expect(await listener.next()).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } })
  }
  await expectOk(write(object, 'ready'))
  expect(await stream.next()).toMatchObject({ variable: { state: 'UPDATED' } })
  expect(await waiter.next()).toMatchObject({ waiter: { done: true } })
})

it('tells the caller to come again when the object is lost', async () => {
  const { name } = await freshConfig()
  const listener = await subscribe(name)
  await attached(name, 1)
  await abortAllDurableObjects()
  expect(await listener.closed()).toBe(1012)
})

it('lets go of the object when the caller leaves', async () => {
  const { name } = await freshConfig()
  const listener = await subscribe(name)
  await attached(name, 1)
  listener.close()
  await attached(name, 0)
  await expectOk(write(env.RUNTIME_CONFIG.getByName(name), 'a'))
})
