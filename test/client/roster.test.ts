/** The roll call, against a small service in memory that counts as the real one does. */
import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { Roster, type Variable, type Waiter } from '../../src/client/index.ts'
import { ended, pass, track, useFakeClock } from './fake.ts'
import { faults, gives, scriptedClient, untilCut, type Reply, type Sent } from './scripted-fetch.ts'

const CONFIG = 'projects/p/configs/c'

useFakeClock()

/** Variables and waiters in memory. What `misbehave` answers goes before. */
function service(misbehave: (sent: Sent) => Reply | undefined = () => undefined) {
  const variables = new Map<string, Variable>()
  const waiters = new Map<string, Waiter>()
  /** Every waiter that was ever made. */
  const made: Waiter[] = []
  let holding: (() => void)[] = []
  let stamp = 0
  const under = (root: string) => [...variables.keys()].filter((path) => path === root || path.startsWith(`${root}/`))
  const holds = (condition: Waiter['success']) =>
    'cardinality' in condition && under(condition.cardinality.path.slice(1)).length >= condition.cardinality.number
  const settle = (one: Waiter) => {
    if (one.done) return
    if (one.failure && holds(one.failure)) Object.assign(one, { done: true, error: { code: 10, message: 'it failed' } })
    else if (holds(one.success)) Object.assign(one, { done: true })
  }
  const stir = () => {
    for (const one of waiters.values()) settle(one)
    const waiting = holding
    holding = []
    for (const wake of waiting) wake()
  }
  const set = (path: string, text = 'here') => {
    stamp += 1
    const updateTime = `2026-01-01T00:00:00.${String(stamp).padStart(9, '0')}Z`
    variables.set(path, { name: `${CONFIG}/variables/${path}`, text, updateTime })
    stir()
    return variables.get(path)
  }
  const answer = async (sent: Sent): Promise<Reply> => {
    const wrong = misbehave(sent)
    if (wrong) return wrong
    const { pathname, searchParams } = new URL(sent.url)
    const [, kind = '', rest = ''] = /configs\/c\/(variables|waiters)\/?(.*)$/.exec(pathname) ?? []
    const body = sent.body as { name: string; text: string } & Waiter
    if (kind === 'variables' && !rest && sent.method === 'GET') {
      const filter = searchParams.get('filter') ?? ''
      const found = under(filter).toSorted()
      return gives({ variables: found.map((path) => variables.get(path)) })
    }
    if (kind === 'variables') {
      const path = body.name.slice(`${CONFIG}/variables/`.length)
      if (sent.method === 'POST' && variables.has(path)) return faults(409, 'ALREADY_EXISTS')
      return gives(set(path, body.text))
    }
    if (sent.method === 'POST' && !rest) {
      stamp += 1
      const one = structuredClone({ ...body, createTime: `2026-01-01T00:00:00.${String(stamp).padStart(9, '0')}Z` })
      settle(one)
      waiters.set(one.name, one)
      made.push(one)
      return gives({ name: `${CONFIG}/operations/waiters/x` })
    }
    const name = `${CONFIG}/waiters/${rest.replace(/:wait$/, '')}`
    if (sent.method === 'DELETE') return waiters.delete(name) ? gives() : faults(404, 'NOT_FOUND')
    if (rest.endsWith(':wait')) {
      while (waiters.has(name) && !waiters.get(name)?.done) {
        await Promise.race([new Promise<void>((resolve) => holding.push(resolve)), untilCut(sent.signal)])
      }
    }
    const one = waiters.get(name)
    return one ? gives(one) : faults(404, 'NOT_FOUND')
  }
  const client = scriptedClient(answer)
  return {
    client,
    roster: (options?: ConstructorParameters<typeof Roster>[2]) => new Roster(client, CONFIG, options),
    set,
    remove: (path: string) => {
      variables.delete(path)
      stir()
    },
    variables,
    waiters,
    made,
  }
}

describe('checking in', () => {
  it('writes a variable beneath the path', async () => {
    const { roster, variables } = service()
    const { data } = await roster().checkIn('n1')
    expect(data).toMatchObject({ name: `${CONFIG}/variables/ready/n1`, text: 'here' })
    await roster({ path: '//up//', failurePath: 'down' }).checkIn('n2', { text: 'v2' })
    expect([...variables.keys()]).toEqual(['ready/n1', 'up/n2'])
  })

  it('again overwrites what was there, in one request more', async () => {
    const { roster, variables, client } = service()
    await roster().checkIn('n1')
    await roster().checkIn('n1', { text: 'again' })
    expect(variables.get('ready/n1')?.text).toBe('again')
    expect(client.sent.map(({ method }) => method)).toEqual(['POST', 'POST', 'PUT'])
  })

  it('that is refused is an error', async () => {
    const { roster, client } = service(() => faults(403, 'PERMISSION_DENIED'))
    await expect(roster().checkIn('n1')).rejects.toMatchObject({ status: 403 })
    expect(client.sent).toHaveLength(1)
  })

  it.each([undefined, '', 5, null, 'a b', '../x'])('as %j is refused before anything is sent', async (member) => {
    const { roster, client } = service()
    await expect((async () => roster().checkIn(member as string))()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(client.sent).toHaveLength(0)
  })

  it('as failed writes the reason beneath the other path', async () => {
    const { roster, variables } = service()
    await roster().fail('n1', 'disk full')
    await roster().fail('n2')
    expect(variables.get('failed/n1')?.text).toBe('disk full')
    expect(variables.get('failed/n2')?.text).toBe('failed')
  })

  it('ends with the signal', async () => {
    const { roster, client } = service()
    const reason = new Error('enough')
    await expect(roster().checkIn('n1', { text: '' }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(client.sent).toHaveLength(0)
  })
})

describe('the members', () => {
  it('are those who are in, and nobody else', async () => {
    const { roster, set } = service()
    for (const path of ['ready', 'readyish/x', 'ready/b', 'ready/a', 'ready/group/c', 'failed/d']) set(path)
    expect(await roster().members()).toEqual(['a', 'b', 'group/c'])
    expect(await roster({ path: '/ready/group' }).members()).toEqual(['c'])
  })

  it('are none at first', async () => {
    expect(await service().roster().members()).toEqual([])
  })
})

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
    const { roster, set, waiters } = service()
    for (const other of ['x', 'y', 'z']) set(`ready/${other}`)
    const all = track(roster().wait({ members: ['a', 'b', 'a'], timeout: '60s' }))
    await pass(1000)
    set('ready/a')
    set('ready/w')
    await pass(1000)
    expect(all.state).toBe('pending')
    set('ready/b')
    await pass(1000)
    expect(all.value).toEqual(['a', 'b', 'w', 'x', 'y', 'z'])
    expect(waiters.size).toBe(0)
  })

  it.each([[['a']], [1]])(
    'does not take the path itself for a member (of %j), and asks no more often for it',
    async (members) => {
      const { roster, set, made, client } = service()
      set('ready')
      const all = track(roster().wait({ members, timeout: '10s' }))
      await pass(5000)
      expect(all.state).toBe('pending')
      expect(made.length).toBeLessThanOrEqual(2)
      expect(client.sent.length).toBeLessThan(20)
      await pass(5100)
      expect(all.error).toMatchObject({ code: 'TIMEOUT', have: 0, need: 1 })
    },
  )

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

  it('counts who came at the last moment, though others left whom the waiter counted on', async () => {
    const { roster, set, remove } = service()
    set('ready/x')
    const all = track(roster().wait({ members: ['a'], timeout: '10s' }))
    await pass(1000)
    remove('ready/x')
    set('ready/a')
    await pass(9100)
    expect(all.value).toEqual(['a'])
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

describe('what cannot be meant', () => {
  it.each([0, -1, 1.5, Number.NaN, '2', [], [''], [5], ['a', ''], undefined, null])(
    'members as %j',
    async (members) => {
      const { roster, client } = service()
      const { error } = await ended(roster().wait({ members: members as number, timeout: '3s' }))
      expect(error).toMatchObject({ name: 'InvalidArgumentError', argument: 'members' })
      expect(client.sent).toHaveLength(0)
    },
  )

  it('a wait without a timeout, or with options that nobody knows', async () => {
    const { roster, client } = service()
    for (const [options, argument] of [
      [undefined, 'timeout'],
      [{ members: 1 }, 'timeout'],
      [{ members: 1, timeout: 0 }, 'timeout'],
      [{ members: 1, timeout: '3s', number: 2 }, 'number'],
      [{ members: 1, timeout: '3s', signal: {} }, 'signal'],
    ] as const) {
      const { error } = await ended(roster().wait(options as never))
      expect(error).toMatchObject({ name: 'InvalidArgumentError', argument })
    }
    expect(client.sent).toHaveLength(0)
  })

  it.each<[string, object]>([
    ['path', { path: '/' }],
    ['path', { path: '' }],
    ['path', { path: '/a b' }],
    ['failurePath', { failurePath: '/' }],
    ['failurePath', { failurePath: '/ready' }],
    ['failurePath', { failurePath: '/ready/failed' }],
    ['failurePath', { path: '/failed/ready' }],
    ['paths', { paths: '/a' }],
  ])('%s of %j', (argument, options) => {
    expect(() => service().roster(options)).toThrow(expect.objectContaining({ argument }))
  })

  it('a config that is none', () => {
    expect(() => new Roster(service().client, 'c')).toThrow(expect.objectContaining({ argument: 'config' }))
  })
})
