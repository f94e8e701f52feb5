/** Waiting for the members of a roll call: until they are in, one has failed, or the time is up. */
import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { ended, pass, track, useFakeClock } from './fake.ts'
import { service } from './roster-service.ts'
import { faults, type Reply, type Sent } from './scripted-fetch.ts'

useFakeClock()

describe('waiting for them', () => {
  it('by number answers who is in when so many are', async () => {
    const { roster, set, waiters, made } = service()
    const all = track(roster().wait({ members: 2, timeout: '60s' }))
    await pass(5000)
    set('ready/a')
    await pass(5000)
    expect(all.state).toBe('pending')
    set('ready/b')
    await pass(0)
    expect(all.value).toEqual(['a', 'b'])
    expect(made).toMatchObject([
      {
        success: { cardinality: { path: '/ready', number: 2 } },
        failure: { cardinality: { path: '/failed', number: 1 } },
      },
    ])
    expect(waiters.size).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('answers at once where they are in already', async () => {
    const { roster, set } = service()
    set('ready/a')
    expect((await ended(roster().wait({ members: 1, timeout: '60s' }))).value).toEqual(['a'])
  })

  it('by name waits for those who are named, whoever else is in', async () => {
    const { roster, set, waiters, made } = service()
    for (const other of ['x', 'y', 'z']) set(`ready/${other}`)
    const all = track(roster().wait({ members: ['b', 'a', 'b'], timeout: '60s' }))
    await pass(1000)
    set('ready/a')
    set('ready/w')
    await pass(1000)
    expect(all.state).toBe('pending')
    set('ready/b')
    await pass(1000)
    expect(all.value).toEqual(['a', 'b'])
    expect(waiters.size).toBe(0)
    expect(made.map(({ success }) => success)).toEqual([{ cardinality: { path: '/ready', members: ['b', 'a'] } }])
  })

  it('asks once for a waiter and once for its end, however many others are in', async () => {
    const { roster, set, client } = service()
    for (let other = 0; other < 20; other += 1) set(`ready/${other}`)
    const all = track(roster().wait({ members: ['a'], timeout: '60s' }))
    await pass(30_000)
    set('ready/a')
    await pass(0)
    expect(all.value).toEqual(['a'])
    expect(
      client.sent.map(({ method, path }) => `${method} ${path.replace(/.*(waiters).*?(:wait)?$/, '$1$2')}`),
    ).toEqual(['POST waiters', 'GET waiters', 'POST waiters:wait', 'DELETE waiters'])
  })

  it('counts who has left again only where that is asked for', async () => {
    const { roster, set, remove, made } = service()
    const options = { members: ['a', 'b'], timeout: '10s' } as const
    const [strict, sticky] = [track(roster().wait(options)), track(roster().wait({ ...options, sticky: true }))]
    await pass(0)
    set('ready/a')
    remove('ready/a')
    set('ready/b')
    await pass(0)
    expect(sticky.value).toEqual(['a', 'b'])
    expect(made.map(({ sticky: kept }) => kept)).toEqual([undefined, true])
    await pass(10_100)
    expect(strict.error).toMatchObject({ code: 'TIMEOUT', have: 1, need: 2, missing: ['a'] })
  })

  it('at the deadline tells how many are in, and who is missing', async () => {
    const { roster, set, waiters } = service()
    set('ready/a')
    set('ready/x')
    const named = await ended(roster().wait({ members: ['a', 'b', 'c'], timeout: '10s' }))
    expect(named.at).toBeLessThanOrEqual(10_050)
    expect(named.at).toBeGreaterThan(9000)
    expect(named.error).toMatchObject({ name: 'TimeoutError', code: 'TIMEOUT', have: 1, need: 3, missing: ['b', 'c'] })
    expect((named.error as Error).message).toMatch(/1 of 3.*missing: b, c/)
    const counted = await ended(roster().wait({ members: 5, timeout: '10s' }))
    expect(counted.error).toMatchObject({ code: 'TIMEOUT', have: 2, need: 5 })
    await pass(0)
    expect(waiters.size).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('fails as soon as one has failed, and tells who and why', async () => {
    const { roster, set } = service()
    set('ready/a')
    const all = track(roster().wait({ members: ['a', 'b'], timeout: '60s' }))
    await pass(1000)
    await roster().fail('b', 'disk full')
    await pass(0)
    expect(all.error).toMatchObject({
      name: 'WaitError',
      code: 'FAILED',
      failed: ['b'],
      missing: ['b'],
      have: 1,
      need: 2,
    })
    expect((all.error as Error).message).toContain('failed: b')
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each<[string, Reply]>([
    ['may not be listed', faults(403)],
    ['are not listed in time', 'hang'],
  ])('fails where those who have failed %s, and does not name them', async (_, reply) => {
    const { roster, set } = service(({ path }) => (path.includes('filter=failed') ? reply : undefined))
    set('failed/a')
    const { error, at } = await ended(roster().wait({ members: 1, timeout: '60s' }))
    expect(error).toMatchObject({ code: 'FAILED', failed: [], have: 0, need: 1 })
    expect(at).toBeLessThanOrEqual(1000)
  })

  it('makes a waiter that ends by itself a while after the wait, should nobody delete it', async () => {
    const { roster, made, waiters, client } = service(({ method }) =>
      method === 'DELETE' ? faults(403, 'PERMISSION_DENIED') : undefined,
    )
    const { error } = await ended(roster().wait({ members: 1, timeout: '10s' }))
    expect(error).toMatchObject({ code: 'TIMEOUT' })
    expect(waiters.size).toBe(1)
    expect(made[0]?.timeout).toBe('70s')
    expect(client.sent.filter(({ method }) => method === 'DELETE')).toHaveLength(1)
  })

  it('is refused as the service refuses', async () => {
    const { roster } = service(({ method }) => (method === 'POST' ? faults(403, 'PERMISSION_DENIED') : undefined))
    const { error } = await ended(roster().wait({ members: 1, timeout: '10s' }))
    expect(error).toMatchObject({ name: 'WaitError', code: 'ERROR', status: 403 })
  })

  it('is made again, should the service be away when it is first made', async () => {
    let away = true
    const { roster, set, made } = service(({ method }) => (away && method === 'POST' ? faults(503) : undefined))
    const all = track(roster().wait({ members: 1, timeout: '60s' }))
    await pass(10_000)
    expect(made).toHaveLength(0)
    away = false
    set('ready/a')
    await pass(20_000)
    expect(all.value).toEqual(['a'])
    expect(made).toHaveLength(1)
  })

  it('two at once do not disturb each other', async () => {
    const { roster, set, made } = service()
    const one = track(roster().wait({ members: 1, timeout: '60s' }))
    const two = track(roster().wait({ members: 2, timeout: '60s' }))
    await pass(0)
    set('ready/a')
    await pass(0)
    expect([one.state, two.state]).toEqual(['fulfilled', 'pending'])
    set('ready/b')
    await pass(0)
    expect(two.value).toEqual(['a', 'b'])
    expect(new Set(made.map(({ name }) => name)).size).toBe(2)
  })
})

describe('its deadline', () => {
  const stages: Record<string, (sent: Sent) => boolean> = {
    'the creation': ({ method }) => method === 'POST',
    'the look at the waiter': ({ method, url }) => method === 'GET' && url.includes('/waiters/'),
    'the list of members': ({ url }) => url.includes('/variables?'),
    everything: () => true,
  }

  it.each(Object.keys(stages))('holds though %s never has an answer', async (stage) => {
    const { roster, set } = service((sent) => (stages[stage]?.(sent) ? 'hang' : undefined))
    set('ready/a')
    const { error, at } = await ended(roster().wait({ members: 1, timeout: '3s' }))
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'TIMEOUT' })
    expect(at).toBeLessThanOrEqual(3050)
    await pass(2000)
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each(Object.keys(stages))(
    'is not waited for when the signal ends it, though %s never has an answer',
    async (stage) => {
      const { roster, set } = service((sent) => (stages[stage]?.(sent) ? 'hang' : undefined))
      set('ready/a')
      const controller = new AbortController()
      const all = track(roster().wait({ members: 1, timeout: '60s', signal: controller.signal }))
      await pass(100)
      const reason = new Error('enough')
      controller.abort(reason)
      await pass(0)
      expect(all.error).toMatchObject({ name: 'AbortError', code: 'ABORTED', cause: reason })
      await pass(2000)
      expect(vi.getTimerCount()).toBe(0)
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    },
  )

  it('holds though the deletion of its waiter never has an answer', async () => {
    const { roster, set } = service(({ method }) => (method === 'DELETE' ? 'hang' : undefined))
    const { at, error } = await ended(roster().wait({ members: 1, timeout: '3s' }))
    expect(error).toMatchObject({ code: 'TIMEOUT' })
    expect(at).toBeLessThanOrEqual(3050)
    set('ready/a')
    const { value, at: soon } = await ended(roster().wait({ members: 1, timeout: '3s' }))
    expect(value).toEqual(['a'])
    expect(soon).toBeLessThanOrEqual(10)
    await pass(2000)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('of a signal that is aborted already: nothing is sent', async () => {
    const { roster, client } = service()
    const { error } = await ended(roster().wait({ members: 1, timeout: '3s', signal: AbortSignal.abort('no') }))
    expect(error).toMatchObject({ name: 'AbortError', code: 'ABORTED', cause: 'no' })
    expect(client.sent).toHaveLength(0)
  })
})
