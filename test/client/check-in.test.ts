/** Commits over a socket: how they are sent and answered, and how the line is closed. */
import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { checkIns } from '../../src/client/check-in.ts'
import { ConnectionError, ServiceError } from '../../src/client/index.ts'
import { CONFIG, done, frames, setUp, write, type Frame } from './check-in-service.ts'
import { pass, track, useFakeClock } from './fake.ts'
import { gives, lost, scriptedClient } from './scripted-fetch.ts'

useFakeClock(0.5)

describe('a commit', () => {
  it('opens a quiet socket, goes as a frame with a request id, and is answered as by HTTP', async () => {
    const { fake, client, commit, open, answer } = setUp()
    await pass(0)
    expect(fake.made).toHaveLength(0)
    const one = commit('a')
    await open()
    expect(fake.last.url).toBe(`ws://service.test/v1beta1/${CONFIG}:subscribe?quiet=1&direct=1`)
    expect(frames(fake.last)).toEqual([
      { id: expect.any(Number), commit: { writes: write('a') }, requestId: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ])
    expect(one.state).toBe('pending')
    await answer(done(7))
    expect(one.value).toEqual(done(7))
    expect(client.sent).toEqual([])
  })

  it('has the request id that it is given', async () => {
    const { fake, commit, open } = setUp()
    commit('a', { requestId: 'mine' })
    await open()
    expect(frames(fake.last)[0]?.requestId).toBe('mine')
  })

  it('waits for no other: many are under way on one socket, each with an id of its own', async () => {
    const { fake, commit, open } = setUp()
    const all = Array.from({ length: 100 }, (_, index) => commit(`n/${index}`))
    await open()
    const more = commit('more')
    const sent = frames(fake.last)
    expect(sent).toHaveLength(101)
    expect(new Set(sent.map(({ id }) => id)).size).toBe(101)
    expect(new Set(sent.map(({ requestId }) => requestId)).size).toBe(101)
    for (const { id } of sent.toReversed()) fake.last.say({ id, ...done(id) })
    await pass(0)
    expect([...all, more].map(({ value }) => value?.updateTime)).toEqual(sent.map(({ id }) => `${id}`))
    expect(fake.made).toHaveLength(1)
  })

  it('that is refused rejects as by HTTP, and no other does', async () => {
    const { fake, client, commit, open } = setUp()
    const [bad, good] = [commit('bad'), commit('good')]
    await open()
    const [first, second] = frames(fake.last) as [Frame, Frame]
    const error = { code: 409, message: 'not so', status: 'ABORTED', details: [{ field: 'writes[0]' }] }
    fake.last.say({ id: first.id, error }).say({ id: second.id, ...done() })
    await pass(0)
    expect(bad.error).toBeInstanceOf(ServiceError)
    expect(bad.error).toMatchObject({ status: 409, code: 'ABORTED', message: 'not so', details: error.details })
    expect(bad.error).toMatchObject({ request: { method: 'POST', body: { writes: write('bad') } } })
    expect(good.state).toBe('fulfilled')
    expect(client.sent).toEqual([])
  })

  it.each([429, 503])('to which the service says %i is tried again, as a request with the same id', async (code) => {
    const { fake, client, commit, open, answer } = setUp(() => gives(done(3)))
    const one = commit('a')
    await open()
    await answer({ error: { code, message: 'later', status: 'SOME_CODE' } })
    expect(one.value).toEqual(done(3))
    const { requestId } = frames(fake.last)[0] as Frame
    expect(client.sent.map(({ path }) => path)).toEqual([`${CONFIG}:commit?requestId=${requestId}`])
  })

  it('waits where 1,024 others have no answer yet', async () => {
    const { fake, commit, open } = setUp()
    for (let index = 0; index < 5000; index += 1) commit('a')
    await open()
    expect(frames(fake.last)).toHaveLength(1024)
    for (const { id } of frames(fake.last).slice(0, 10)) fake.last.say({ id, ...done() })
    await pass(0)
    expect(frames(fake.last)).toHaveLength(1034)
  })

  it('that is too long for a message is a request', async () => {
    const { fake, client, line } = setUp(() => gives(done(3)))
    const one = track(line.commit([{ set: { name: `${CONFIG}/variables/a`, text: 'x'.repeat(262_144) } }]))
    await pass(0)
    expect(one.value).toEqual(done(3))
    expect(client.sent).toHaveLength(1)
    expect(fake.made).toHaveLength(0)
  })

  it('ends with its signal, and no other does', async () => {
    const { fake, commit, open, answer } = setUp()
    const reason = new Error('enough')
    const controllers = [new AbortController(), new AbortController()] as const
    const early = commit('early', { signal: controllers[0].signal })
    const late = commit('late', { signal: controllers[1].signal })
    const other = commit('other')
    controllers[0].abort(reason)
    await open()
    expect(frames(fake.last).map(({ commit: { writes } }) => writes)).toEqual([write('late'), write('other')])
    controllers[1].abort(reason)
    await answer()
    expect([early.error, late.error, other.state]).toEqual([reason, reason, 'fulfilled'])
    for (const { signal } of controllers) expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it.each<[string, unknown, object]>([
    ['signal', [], { signal: {} }],
    ['retry', [], { retry: true }],
  ])('with %s as it cannot be is refused, and nothing is sent', async (argument, writes, options) => {
    const { line, fake } = setUp()
    await expect(line.commit(writes as never, options)).rejects.toMatchObject({ argument })
    expect(fake.made).toHaveLength(0)
  })
})

describe('closing the line', () => {
  it('closes the socket, and what was under way rejects, however it went', async () => {
    const { fake, line, client, commit, open } = setUp(() => 'hang')
    const big = track(line.commit([{ set: { name: `${CONFIG}/variables/a`, text: 'x'.repeat(262_144) } }]))
    const sent = commit('a')
    await open()
    line.close()
    await pass(0)
    for (const { error } of [big, sent]) {
      expect(error).toBeInstanceOf(ConnectionError)
      expect((error as Error).message).toContain('the line was closed')
    }
    expect(fake.last.closes).toEqual([1000])
    expect(client.sent[0]?.signal.aborted).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
    line.close()
  })

  it('before there was anything leaves nothing behind', async () => {
    const { fake, line, controller } = setUp()
    line.close()
    await pass(0)
    expect(fake.made).toHaveLength(0)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  })

  it('by the signal rejects with its reason, now and later', async () => {
    const { fake, controller, commit, open } = setUp()
    const sent = commit('a')
    await open()
    const waiting = commit('b')
    const reason = new Error('enough')
    controller.abort(reason)
    await pass(0)
    const next = commit('c')
    await pass(1000)
    expect([sent, waiting, next].map(({ error }) => error)).toEqual([reason, reason, reason])
    expect(fake.made).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('while a lost socket is replaced opens no other', async () => {
    const { fake, line, commit, open } = setUp()
    const [first, second] = [commit('a'), commit('b')]
    await open()
    fake.last.say({ id: frames(fake.last)[0]?.id, ...done() }).drop()
    await pass(10)
    line.close()
    await pass(1000)
    expect([first.state, second.state]).toEqual(['fulfilled', 'rejected'])
    expect(fake.made).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is what a line does at once that is made with an aborted signal', async () => {
    const client = scriptedClient([lost()])
    const line = checkIns(client, CONFIG, { signal: AbortSignal.abort('no') })
    await expect(line.commit(write('a'))).rejects.toBe('no')
    expect(client.sent).toHaveLength(0)
  })
})

it.each<[string, unknown, object]>([
  ['config', 'c', {}],
  ['config', `${CONFIG}/variables/a`, {}],
  ['signal', CONFIG, { signal: {} }],
  ['path', CONFIG, { path: '/a' }],
])('a line is refused for its %s', (argument, config, options) => {
  expect(() => checkIns(scriptedClient([lost()]), config as string, options)).toThrow(
    expect.objectContaining({ argument }),
  )
})
