/** The stream of what happens in a config: told once, in order, by socket or without. */
import { describe, expect, it, vi } from 'vitest'
import { changes, type ChangesOptions } from '../../src/client/changes.ts'
import { at, CONFIG, deleted, ended, stream, told, updated } from './changes-service.ts'
import { pass, useFakeClock } from './fake.ts'
import { FakeEvents, fakeSockets, faults, gives, lost, scriptedClient, type Reply } from './scripted-fetch.ts'

useFakeClock(0.5)

describe('what happens is told as it happens', () => {
  it('writes, deletions and ends of waiters, in their order, though many come at one moment', async () => {
    const { open, say, all, client } = stream()
    await open(told(1))
    await say(
      told(2, updated('a', 2), updated('b', 2)),
      told(3, deleted('a', 2)),
      told(4, updated('a', 4), ended('w', 4)),
    )
    expect(all).toEqual([updated('a', 2), updated('b', 2), deleted('a', 2), updated('a', 4), ended('w', 4)])
    expect(client.sent).toEqual([])
  })

  it.each<[ChangesOptions, string]>([
    [{}, '?path=/'],
    [{ path: '//ready//' }, '?path=/ready'],
    [{ path: '/', after: at(7) }, `?path=/&after=${at(7)}`],
  ])('with %j as of %s', async (options, query) => {
    const { fake } = stream(options)
    await pass(0)
    expect(fake.last.url).toBe(`ws://service.test/v1beta1/${CONFIG}:subscribe${query}`)
  })

  it('behind a moment begins with what happened since', async () => {
    const { open, all } = stream({ after: at(1) })
    await open(told(3, updated('a', 3)), told(5, deleted('b', 1)), told(5))
    expect(all).toEqual([updated('a', 3), deleted('b', 1)])
  })

  it('and before anything is told, that the stream stands, every time anew', async () => {
    const calls: string[] = []
    const { open, cut } = stream({
      onListening: () => calls.push('listening'),
      onBookmark: () => void calls.push('mark'),
    })
    await pass(0)
    expect(calls).toEqual([])
    await open()
    expect(calls).toEqual([])
    await open(told(1, updated('a', 1)))
    expect(calls).toEqual(['listening', 'mark'])
    await cut()
    await open(told(1))
    expect(calls).toEqual(['listening', 'mark', 'listening'])
  })
})

describe('a bookmark', () => {
  it('is told when all until then was told, and the next is asked for', async () => {
    const marks: string[] = []
    const fake = fakeSockets((socket) => queueMicrotask(() => socket.open().say(told(1))))
    const client = scriptedClient([lost()], { WebSocket: fake.WebSocket })
    const all = changes(client, CONFIG, { onBookmark: (stamp) => void marks.push(stamp) })
    const first = all.next()
    await pass(0)
    expect(marks).toEqual([at(1)])
    fake.last.say(told(2, updated('a', 2), updated('b', 2)))
    expect((await first).value).toEqual(updated('a', 2))
    expect((await all.next()).value).toEqual(updated('b', 2))
    expect(marks).toEqual([at(1)])
    void all.next()
    await pass(0)
    expect(marks).toEqual([at(1), at(2)])
  })

  it('is not told of a moment in which the caller leaves', async () => {
    const onBookmark = vi.fn()
    const fake = fakeSockets((socket) => queueMicrotask(() => socket.open().say(told(2, updated('a', 2)))))
    const client = scriptedClient([lost()], { WebSocket: fake.WebSocket })
    for await (const _ of changes(client, CONFIG, { onBookmark })) break
    expect(onBookmark).not.toHaveBeenCalled()
  })

  it('is told once, however often the service says it', async () => {
    const onBookmark = vi.fn()
    const { open, say, cut } = stream({ after: at(1), onBookmark })
    await open(told(1), told(1))
    expect(onBookmark).not.toHaveBeenCalled()
    await say(told(2), told(2))
    await cut()
    await open(told(2))
    expect(onBookmark.mock.calls).toEqual([[at(2)]])
  })

  it('is waited for where it takes time to keep', async () => {
    let kept = () => {}
    const onBookmark = () => new Promise<void>((resolve) => (kept = resolve))
    const { open, say, all } = stream({ after: at(1), onBookmark })
    await open(told(2), told(3, updated('a', 3)))
    await say()
    expect(all).toEqual([])
    kept()
    await pass(0)
    expect(all).toEqual([updated('a', 3)])
  })

  it.each(['onBookmark', 'onListening'])(
    'that cannot be kept ends the stream: an error of %s is no lost one',
    async (name) => {
      const error = new TypeError('fetch failed')
      const fail = () => {
        throw error
      }
      const { open, run, fake } = stream({ [name]: fail })
      await open(told(1))
      expect(run.error).toBe(error)
      expect(fake.last.closes).toEqual([1000])
      expect(vi.getTimerCount()).toBe(0)
    },
  )
})

describe('it ends', () => {
  it.each<[number, string]>([
    [403, 'PERMISSION_DENIED'],
    [404, 'NOT_FOUND'],
    [401, 'UNAUTHENTICATED'],
  ])('with a refusal of %i that comes by the socket', async (code, status) => {
    const { open, fake, run, all } = stream()
    await open(told(1), told(2, deleted('a', 1)), { error: { code, message: 'no more', status } })
    fake.last.drop(4000 + code)
    await pass(0)
    expect(all).toEqual([deleted('a', 1)])
    expect(run.error).toMatchObject({ name: 'ServiceError', status: code, code: status })
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([400, 403, 404])('with a refusal of %i, which the socket cannot tell', async (status) => {
    const { fake, run } = stream({ after: at(1), reply: () => faults(status) })
    await pass(0)
    fake.last.refuse()
    await pass(0)
    expect(run.error).toMatchObject({ name: 'ServiceError', status })
  })

  it('with the signal, and closes the socket; nothing is asked afterwards', async () => {
    const { open, fake, controller, run, client } = stream()
    await open(told(1))
    const reason = new Error('enough')
    controller.abort(reason)
    await pass(0)
    expect(run.error).toBe(reason)
    expect(fake.last.closes).toEqual([1000])
    expect(vi.getTimerCount()).toBe(0)
    await pass(100_000)
    expect(client.sent).toHaveLength(0)
    expect(fake.made).toHaveLength(1)
  })

  it('with the signal in a pause', async () => {
    const { open, fake, controller, run } = stream()
    await open(told(1))
    fake.last.drop()
    await pass(10)
    controller.abort(new Error('enough'))
    await pass(0)
    expect(run.error).toMatchObject({ message: 'enough' })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('for who leaves the loop, and the socket is closed', async () => {
    const fake = fakeSockets((socket) => queueMicrotask(() => socket.open().say(told(1, updated('a', 1)))))
    const client = scriptedClient([gives()], { WebSocket: fake.WebSocket })
    for await (const change of changes(client, CONFIG)) {
      expect(change).toEqual(updated('a', 1))
      break
    }
    expect(fake.last.closes).toEqual([1000])
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each<[string, object]>([
    ['paths', { paths: '/a' }],
    ['path', { path: '/a b' }],
    ['after', { after: 'yesterday' }],
    ['after', { after: '2026-01-01T00:00:00Z' }],
    ['after', { after: 5 }],
    ['signal', { signal: {} }],
  ])('before it begins for options that are none (%s of %j)', async (argument, options) => {
    const client = scriptedClient([gives()])
    await expect(changes(client, CONFIG, options as never).next()).rejects.toMatchObject({ argument })
    expect(client.sent).toHaveLength(0)
  })
})

describe('where no socket gets through', () => {
  it('it is an event stream, which is resumed as well', async () => {
    const streams = [
      new FakeEvents().say(told(1)).say(told(2, updated('a', 2))),
      new FakeEvents().say(told(4, updated('b', 4))).say(told(4)),
      new FakeEvents(),
    ]
    const { client, all } = stream({ sockets: false, reply: () => streams[client.sent.length - 1] as Reply })
    await pass(0)
    expect(all).toEqual([updated('a', 2)])
    streams[0]?.fail()
    await pass(200)
    expect(all).toEqual([updated('a', 2), updated('b', 4)])
    streams[1]?.end()
    await pass(200)
    const queries = client.sent.map(({ url }) => new URL(url).searchParams.get('after'))
    expect(queries).toEqual([null, at(2), at(4)])
  })

  it('a socket that was refused is not tried again for a while, which one that just came late is', async () => {
    const streams: FakeEvents[] = []
    const reply = () => streams[streams.push(new FakeEvents().say(told(1))) - 1] as FakeEvents
    const { fake } = stream({ reply })
    await pass(0)
    fake.last.refuse()
    await pass(0)
    streams[0]?.end()
    await pass(200)
    expect([fake.made.length, streams.length]).toEqual([1, 2])
    await pass(2000)
    streams[1]?.end()
    await pass(200)
    expect(fake.made).toHaveLength(2)
    fake.last.open()
    await pass(0)
    expect(streams).toHaveLength(2)
  })

  it('a stream that is silent for too long is resumed', async () => {
    const streams: FakeEvents[] = []
    const reply = () => streams[streams.push(new FakeEvents().say(told(streams.length + 1))) - 1] as FakeEvents
    const { client } = stream({ sockets: false, reply })
    await pass(75_000)
    expect(streams[0]?.cancelled).toBe(true)
    await pass(200)
    expect(client.sent.map(({ url }) => new URL(url).searchParams.get('after'))).toEqual([null, at(1)])
  })
})
