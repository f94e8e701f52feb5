/** Subscriptions without the relay: who asks for one asks for bookmarks itself, and closes when it has heard the end. */
import { describe, expect, it } from 'vitest'
import { atLeast, succeeded } from './client.ts'
import { NOT_FOUND } from './expectations.ts'
import { useServer } from './server.ts'
import { Stream } from './stream-reader.ts'

const api = useServer()

describe('a direct subscription to a waiter', () => {
  it('is told of the waiter as it stands and of its end, and closed when it closes', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(1, '/a') })
    const listener = await api.listen(`${name}:subscribe?direct=true`)
    expect(await listener.next()).toEqual({ waiter: succeeded(await api.get(name)) })
    await api.newVariable(config, 'a')
    expect(await listener.next()).toEqual({ waiter: succeeded(await api.get(name)) })
    listener.close()
    expect(await listener.closed).toMatchObject({ code: 1000 })
  })

  it('is told of a waiter that has ended already', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a')
    const name = await api.newWaiter(config, { success: atLeast(1, '/a') })
    const listener = await api.listen(`${name}:subscribe?direct=true`)
    expect(await listener.next()).toMatchObject({ waiter: { name, done: true } })
    listener.close()
  })

  it('is told that the waiter was deleted', async () => {
    const name = await api.newWaiter(await api.newConfig(), { success: atLeast(1, '/a') })
    const listener = await api.listen(`${name}:subscribe?direct=true`)
    await listener.next()
    succeeded(await api.delete(name))
    expect(await listener.next()).toEqual({ error: NOT_FOUND.body.error })
    listener.close()
  })

  it('is refused as any other where there is no such waiter', async () => {
    const config = await api.newConfig()
    expect(await api.upgrade(`${config}/waiters/missing:subscribe?direct=true`)).toMatchObject(NOT_FOUND)
  })

  it('answers ping with how far the config has come, and all else with an error; it goes on', async () => {
    const config = await api.newConfig()
    const name = await api.newWaiter(config, { success: atLeast(1, '/a') })
    const stream = await Stream.open(api, name, '?direct=true')
    await stream.next()
    for (let round = 0; round < 3; round++) {
      const { updateTime } = await api.newVariable(config, `b/${round}`)
      stream.send('ping')
      expect(await stream.next()).toEqual({ stamp: updateTime, changes: [] })
      stream.send('pong')
      expect(await stream.next()).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } })
    }
    await api.newVariable(config, 'a')
    expect(await stream.next()).toMatchObject({ waiter: { name, done: true } })
    stream.close()
  })
})

describe('a direct stream of a config', () => {
  it('tells of changes in order, and gives a bookmark to who asks with ping', async () => {
    const config = await api.newConfig()
    const stream = await Stream.fromNow(api, config, '?path=/ready&direct=true')
    const first = await api.newVariable(config, 'ready/a')
    const elsewhere = await api.newVariable(config, 'b')
    expect(await stream.next()).toMatchObject({ changes: [{ variable: { name: first.name } }] })
    stream.send('ping')
    expect(await stream.next()).toEqual({ stamp: elsewhere.updateTime, changes: [] })
    const last = await api.newVariable(config, 'ready/b')
    expect(await stream.next()).toMatchObject({ changes: [{ variable: { name: last.name } }] })
    stream.close()
  })

  it('resumes behind a stamp', async () => {
    const config = await api.newConfig()
    const { updateTime } = await api.newVariable(config, 'a')
    const { name } = await api.newVariable(config, 'b')
    const stream = await Stream.open(api, config, `?after=${updateTime}&direct=true`)
    expect(await stream.next()).toMatchObject({ changes: [{ variable: { name } }] })
    stream.close()
  })

  it('takes no check-ins', async () => {
    const config = await api.newConfig()
    const stream = await Stream.fromNow(api, config, '?direct=true')
    stream.send(JSON.stringify({ id: 1, commit: { writes: [{ set: { name: `${config}/variables/a`, text: '' } }] } }))
    expect(await stream.next()).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } })
    expect(await api.get(`${config}/variables/a`)).toMatchObject(NOT_FOUND)
    stream.close()
  })

  it('as an event stream is one like any other', async () => {
    const config = await api.newConfig()
    const response = await fetch(api.url(`${config}:subscribe?direct=true`), {
      headers: { Accept: 'text/event-stream' },
    })
    expect(response.headers.get('content-type')).toMatch('text/event-stream')
    await response.body?.cancel()
  })
})
