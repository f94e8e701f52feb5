/** Subscriptions as event streams: how they are asked for, how events are read from pieces, and how they end. */
import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { eventStream } from '../../src/client/event-stream.ts'
import { ConnectionError, ServiceError, type ClientOptions } from '../../src/client/index.ts'
import { pass, track, useFakeClock } from './fake.ts'
import { BASE, FakeEvents, faults, gives, lost, scriptedClient, type Reply } from './scripted-fetch.ts'

const PATH = 'projects/p/configs/c:subscribe?path=/'
const MESSAGE = { stamp: '1', changes: [{ variable: { name: 'ü😀', text: 'a: b\nc' } }] }

useFakeClock()

/** Follows a stream, and keeps what is heard. */
function follow(replies: readonly Reply[], options: Partial<ClientOptions> = {}) {
  const client = scriptedClient(replies, options)
  const controller = new AbortController()
  const heard: unknown[] = []
  const run = track(
    (async () => {
      for await (const message of eventStream(client, PATH, controller.signal)) heard.push(message)
    })(),
  )
  return { client, controller, heard, run }
}

describe('an event stream', () => {
  it('is asked for at the service', async () => {
    const { client } = follow([new FakeEvents()])
    await pass(0)
    expect(client.sent).toMatchObject([{ method: 'GET', url: `${BASE}/v1beta1/${PATH}`, redirect: 'manual' }])
    expect(client.sent[0]?.headers.get('Accept')).toBe('text/event-stream')
  })

  it('tells its messages in order, and ends with the server', async () => {
    const events = new FakeEvents()
    const { heard, run } = follow([events])
    await pass(0)
    events.say({ a: 1 }).say({ a: 2 }).say({ a: 3 })
    await pass(0)
    expect(heard).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }])
    events.end()
    await pass(0)
    expect(run.state).toBe('fulfilled')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is asked for with another token when the first is refused', async () => {
    const token = vi.fn(() => `t${token.mock.calls.length}`)
    const { client, heard } = follow([faults(401), new FakeEvents().say(MESSAGE)], { token })
    await pass(0)
    expect(client.sent.map(({ headers }) => headers.get('Authorization'))).toEqual(['Bearer t1', 'Bearer t2'])
    expect(heard).toEqual([MESSAGE])
  })
})

describe('events', () => {
  // With data of several lines, so that each end of a line counts.
  const lines = [
    'id: 1',
    ...JSON.stringify(MESSAGE, null, 1)
      .split('\n')
      .map((line) => `data: ${line}`),
    '',
    'data: {}',
  ]
  const encoded = new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n`)

  it('may come in any two pieces', async () => {
    for (let cut = 0; cut <= encoded.length; cut += 1) {
      const events = new FakeEvents()
      const { heard, controller } = follow([events])
      await pass(0)
      events.write(encoded.slice(0, cut))
      await pass(0)
      events.write(encoded.slice(cut))
      await pass(0)
      expect(heard, `cut at ${cut}`).toEqual([MESSAGE, {}])
      controller.abort()
    }
  })

  it('may come byte by byte', async () => {
    const events = new FakeEvents()
    const { heard } = follow([events])
    await pass(0)
    for (const byte of encoded) events.write(Uint8Array.of(byte))
    await pass(0)
    expect(heard).toEqual([MESSAGE, {}])
  })

  it.each([
    ['lines that end in any way', 'data: {"a":1}\n\ndata: {"a":2}\r\rdata: {"a":3}\r\n\r\n:'],
    [
      'comments and other fields',
      ': hello\nretry: 5\nevent: x\ndata: {"a":1}\n\n:\n\ndata:{"a":2}\n\ndata: {"a":3}\n\n',
    ],
    ['data of several lines', 'data: {"a":\ndata: 1}\n\ndata: {"a":2}\n\ndata: {"a":3}\ndata:\n\n'],
  ])('may have %s', async (_, text) => {
    const events = new FakeEvents().write(text)
    const { heard } = follow([events])
    await pass(0)
    expect(heard).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }])
  })

  it('that have not ended are none', async () => {
    const events = new FakeEvents().say(MESSAGE).write('data: {"a":1}\n')
    const { heard, run } = follow([events])
    await pass(0)
    events.end()
    await pass(0)
    expect(heard).toEqual([MESSAGE])
    expect(run.state).toBe('fulfilled')
  })
})

describe('it ends with an error', () => {
  it.each([403, 404, 503])('where the service refuses with %i', async (status) => {
    const { run } = follow([faults(status, 'SOME_CODE')])
    await pass(0)
    expect(run.error).toBeInstanceOf(ServiceError)
    expect(run.error).toMatchObject({ status, code: 'SOME_CODE' })
  })

  it('where a message is a refusal', async () => {
    const error = { code: 404, message: 'gone', status: 'NOT_FOUND' }
    const events = new FakeEvents().say(MESSAGE).say({ error })
    const { heard, run } = follow([events])
    await pass(0)
    expect(heard).toEqual([MESSAGE])
    expect(run.error).toMatchObject({ name: 'ServiceError', status: 404, code: 'NOT_FOUND', message: 'gone' })
    expect(events.cancelled).toBe(true)
  })

  it.each<[string, Reply]>([
    ['there is no answer', lost()],
    ['the answer is something else', gives({})],
    ['the answer is a page', new FakeEvents('text/html')],
    ['an event is no whole JSON', new FakeEvents().write('data: {"a"\n\n')],
    ['an event is nothing', new FakeEvents().write('data: null\n\n')],
  ])('where %s', async (_, reply) => {
    const { heard, run } = follow([reply])
    await pass(0)
    expect(run.error).toBeInstanceOf(ConnectionError)
    expect(heard).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('where the connection is lost', async () => {
    const events = new FakeEvents().say(MESSAGE)
    const { heard, run } = follow([events])
    await pass(0)
    events.fail()
    await pass(0)
    expect(heard).toEqual([MESSAGE])
    expect(run.error).toBeInstanceOf(ConnectionError)
    expect((run.error as Error).message).toContain('terminated')
  })
})

describe('silence', () => {
  it.each<[string, Reply]>([
    ['before the answer', 'hang'],
    ['behind it', new FakeEvents()],
    ['behind a message', new FakeEvents().say(MESSAGE)],
  ])('%s is borne for 75 s', async (_, reply) => {
    const { run } = follow([reply])
    await pass(74_999)
    expect(run.state).toBe('pending')
    await pass(1)
    expect(run.error).toBeInstanceOf(ConnectionError)
    expect((run.error as Error).message).toContain('75 s')
    if (reply instanceof FakeEvents) expect(reply.cancelled).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is none while there are messages, or comments', async () => {
    const events = new FakeEvents()
    const { run } = follow([events])
    for (let round = 0; round < 5; round += 1) {
      await pass(60_000)
      events.write(round % 2 ? ': here\n' : 'data: {}\n\n')
    }
    await pass(60_000)
    expect(run.state).toBe('pending')
  })

  it('is none while nobody asks', async () => {
    const events = new FakeEvents().say(MESSAGE)
    const messages = eventStream(scriptedClient([events]), PATH, new AbortController().signal)
    expect((await messages.next()).value).toEqual(MESSAGE)
    await pass(600_000)
    events.say({ a: 1 })
    expect((await messages.next()).value).toEqual({ a: 1 })
    await messages.return()
  })
})

describe('letting go of it', () => {
  it('by the signal rejects with its reason, and leaves nothing behind', async () => {
    for (const reply of ['hang', new FakeEvents()] as const) {
      const { client, controller, run } = follow([reply])
      await pass(0)
      const reason = new Error('enough')
      controller.abort(reason)
      await pass(0)
      expect(run.error).toBe(reason)
      expect(client.sent[0]?.signal.aborted).toBe(true)
      if (reply instanceof FakeEvents) expect(reply.cancelled).toBe(true)
      expect(vi.getTimerCount()).toBe(0)
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    }
  })

  it('sends nothing for a signal that is aborted already', async () => {
    const client = scriptedClient([new FakeEvents()])
    await expect(eventStream(client, PATH, AbortSignal.abort('no')).next()).rejects.toBe('no')
    expect(client.sent).toHaveLength(0)
  })

  it('by leaving it closes it', async () => {
    const events = new FakeEvents().say(MESSAGE)
    const client = scriptedClient([events])
    for await (const _ of eventStream(client, PATH, new AbortController().signal)) break
    expect(events.cancelled).toBe(true)
    expect(client.sent[0]?.signal.aborted).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })
})
