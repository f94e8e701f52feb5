/** Commits over sockets that are lost, and without any: each is made once. */
import { describe, expect, it, vi } from 'vitest'
import { ConnectionError } from '../../src/client/index.ts'
import { CONFIG, done, frames, setUp, write } from './check-in-service.ts'
import { pass, useFakeClock } from './fake.ts'
import { faults, gives, lost, type FakeSocket } from './scripted-fetch.ts'

useFakeClock(0.5)

describe('a lost socket', () => {
  it('is replaced, and what it did not answer is sent again, before all else, with the same request ids', async () => {
    const { fake, commit, open } = setUp()
    const all = [commit('a'), commit('b'), commit('c')]
    await open()
    const [first, second] = fake.made
    expect(second).toBeUndefined()
    const sent = frames(first as FakeSocket)
    fake.last.say({ id: sent[0]?.id, ...done() }).drop()
    await pass(0)
    all.push(commit('d'))
    expect(fake.made).toHaveLength(1)
    await pass(100)
    await open()
    const again = frames(fake.last)
    expect(fake.made).toHaveLength(2)
    expect(again.slice(0, 2)).toEqual(sent.slice(1))
    expect(again[2]?.commit.writes).toEqual(write('d'))
    for (const { id } of again) fake.last.say({ id, ...done() })
    await pass(0)
    expect(all.map(({ state }) => state)).toEqual(Array(4).fill('fulfilled'))
  })

  it('is replaced for those too that had to wait, behind those that it was sent', async () => {
    const { fake, commit, open } = setUp()
    for (let index = 0; index < 4100; index += 1) commit(`${index}`)
    await open()
    const sent = frames(fake.last)
    fake.last.say({ id: sent[0]?.id, ...done() }).drop()
    await pass(100)
    await open()
    expect(frames(fake.last)[0]).toEqual(sent[1])
    expect(frames(fake.last)).toHaveLength(1024)
  })

  it('is not replaced until something is to be sent', async () => {
    const { fake, commit, open, answer } = setUp()
    commit('a')
    await open()
    await answer()
    fake.last.drop(1012)
    await pass(600_000)
    expect(fake.made).toHaveLength(1)
    const next = commit('b')
    await open()
    await answer()
    expect(next.state).toBe('fulfilled')
    expect(fake.made).toHaveLength(2)
  })

  it('that answered nothing is as good as none: what it was sent are requests', async () => {
    const { fake, client, commit, open } = setUp(() => gives(done()))
    const all = [commit('a'), commit('b')]
    await open()
    fake.last.drop()
    await pass(0)
    expect(all.map(({ state }) => state)).toEqual(['fulfilled', 'fulfilled'])
    const ids = frames(fake.last).map(({ requestId }) => requestId)
    expect(client.sent.map(({ url }) => new URL(url).searchParams.get('requestId'))).toEqual(ids)
  })

  it('leaves the next one all the room there is', async () => {
    const { fake, commit, open } = setUp(() => gives(done()))
    const all = Array.from({ length: 1024 }, () => commit('a'))
    await open()
    fake.last.drop()
    await pass(0)
    expect(all.every(({ state }) => state === 'fulfilled')).toBe(true)
    commit('b')
    await open()
    expect(frames(fake.last)).toHaveLength(1)
  })

  it('whose token has expired is replaced by one with another token', async () => {
    const token = vi.fn(() => `t${token.mock.calls.length}`)
    const { fake, commit, open, answer } = setUp(undefined, { token })
    commit('a')
    await open()
    await answer()
    commit('b')
    fake.last.drop(4401)
    await pass(100)
    await open()
    expect(fake.made.map(({ protocols }) => protocols[1])).toEqual(['rollcall.token.t1', 'rollcall.token.t2'])
    expect(frames(fake.last)).toHaveLength(1)
  })

  it.each([1, 2, 3])('at any moment has each commit made once, and answered (%i)', async (seed) => {
    let state = seed
    vi.spyOn(Math, 'random').mockImplementation(() => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647)
    const made = new Map<string, number>()
    /** Makes a commit once, and answers what was answered first. */
    const make = (requestId: string) => {
      if (!made.has(requestId)) made.set(requestId, made.size + 1)
      return done(made.get(requestId))
    }
    const { fake, commit } = setUp(({ url }) =>
      Math.random() < 0.3 ? lost() : gives(make(new URL(url).searchParams.get('requestId') as string)),
    )
    const all: ReturnType<typeof commit>[] = []
    let heard = 0
    for (let round = 0; round < 300; round += 1) {
      if (round < 200) all.push(commit(`${round}`))
      await pass(Math.random() * 40)
      const socket = fake.last
      if (fake.made.length > heard) {
        heard = fake.made.length
        socket.open()
      }
      // Some of what it was sent is made, and only some of that is answered before the socket is lost.
      for (const { id, requestId } of frames(socket)) {
        if (Math.random() < 0.7) continue
        const answer = make(requestId)
        if (Math.random() < 0.7) socket.say({ id, ...answer })
      }
      if (Math.random() < 0.2) socket.drop()
    }
    await pass(60_000)
    expect(fake.made.length).toBeGreaterThan(5)
    expect(all.filter(({ state: how }) => how === 'pending')).toHaveLength(0)
    const answers = all.flatMap(({ value }) => value?.updateTime ?? [])
    expect(answers.length).toBeGreaterThan(150)
    expect(new Set(answers).size).toBe(answers.length)
    expect(made.size).toBeLessThanOrEqual(200)
  })
})

describe('where no socket gets through', () => {
  it('commits are requests, which are tried again', async () => {
    let calls = 0
    const { client, commit } = setUp(() => (calls++ ? gives(done(2)) : lost()), { sockets: false })
    const one = commit('a', { requestId: 'mine' })
    await pass(1000)
    expect(one.value).toEqual(done(2))
    expect(client.sent.map(({ method, path, body }) => [method, path, body])).toEqual(
      [1, 2].map(() => ['POST', `${CONFIG}:commit?requestId=mine`, { writes: write('a') }]),
    )
  })

  it('a few go at a time, and the next as soon as one is answered', async () => {
    const { client, commit } = setUp(() => 'hang', { sockets: false })
    const signals = Array.from({ length: 40 }, () => new AbortController())
    for (const { signal } of signals) commit('a', { signal })
    await pass(0)
    expect(client.sent).toHaveLength(16)
    signals[3]?.abort()
    await pass(0)
    expect(client.sent).toHaveLength(17)
    expect(client.sent[3]?.signal.aborted).toBe(true)
  })

  it('no socket is tried for a while', async () => {
    const { fake, client, commit, open, answer } = setUp(() => gives(done()))
    commit('a')
    await pass(0)
    fake.last.refuse()
    await pass(0)
    expect(client.sent).toHaveLength(1)
    const soon = commit('b')
    await pass(0)
    expect(soon.state).toBe('fulfilled')
    expect(fake.made).toHaveLength(1)
    await pass(2000)
    const later = commit('c')
    await open()
    await answer()
    expect(later.state).toBe('fulfilled')
    expect(fake.made).toHaveLength(2)
    expect(client.sent).toHaveLength(2)
  })

  it('one is tried again at once where the service itself was away', async () => {
    const { fake, commit } = setUp(lost, { retry: false })
    const one = commit('a')
    await pass(0)
    fake.last.refuse()
    await pass(0)
    expect(one.error).toBeInstanceOf(ConnectionError)
    commit('b')
    await pass(0)
    expect(fake.made).toHaveLength(2)
  })

  it.each([403, 404])('a refusal of %i is told to each, and no socket is tried for a while', async (status) => {
    const { fake, commit } = setUp(() => faults(status))
    const all = [commit('a'), commit('b')]
    await pass(0)
    fake.last.refuse()
    await pass(0)
    for (const { error } of all) expect(error).toMatchObject({ name: 'ServiceError', status })
    commit('c')
    await pass(0)
    expect(fake.made).toHaveLength(1)
  })
})
