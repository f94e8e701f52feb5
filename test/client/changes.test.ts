/** The stream of what happens in a config: told once, in order, over lost connections and without sockets. */
import { describe, expect, it, vi } from 'vitest'
import { changes, type Change } from '../../src/client/changes.ts'
import type { Variable, Waiter } from '../../src/client/index.ts'
import { pass, track, useFakeClock } from './fake.ts'
import { BASE, fakeSockets, faults, gives, lost, scriptedClient, type Reply } from './scripted-fetch.ts'

const CONFIG = 'projects/p/configs/c'

useFakeClock(0.5)

const variable = (path: string, at: number, text = path): Variable => ({
  name: `${CONFIG}/variables/${path}`,
  text,
  updateTime: `2026-01-01T00:00:0${at}.000000000Z`,
})
const updated = (path: string, at: number, text = path) => ({
  variable: { ...variable(path, at, text), state: 'UPDATED' as const },
})
const deleted = (path: string, at: number, text = path) => ({
  variable: { ...variable(path, at, text), state: 'DELETED' as const },
})
const waiter = (id: string, at: number, done = true): Waiter => ({
  name: `${CONFIG}/waiters/${id}`,
  timeout: '60s',
  success: { cardinality: { path: '/ready', number: 1 } },
  createTime: `2026-01-01T00:00:0${at}.000000000Z`,
  ...(done && { done }),
})

/** A service whose state the test sets, and a stream of its changes. */
function stream(
  options: { path?: string; sockets?: boolean; onListening?: () => void } = {},
  state: { variables: Variable[]; waiters: Waiter[] } = { variables: [], waiters: [] },
) {
  const { path, sockets = true, onListening } = options
  const fake = fakeSockets()
  const replies: Record<'variables' | 'waiters', Reply | undefined> = { variables: undefined, waiters: undefined }
  const answer = ({ path: url }: { path: string }) => {
    const kind = url.includes('/waiters') ? 'waiters' : 'variables'
    return replies[kind] ?? gives({ [kind]: state[kind] })
  }
  const client = scriptedClient(answer, {
    WebSocket: sockets ? fake.WebSocket : false,
    retry: false,
  })
  const controller = new AbortController()
  const told: Change[] = []
  const rest = { ...(path !== undefined && { path }), ...(onListening && { onListening }) }
  const run = track(
    (async () => {
      for await (const change of changes(client, CONFIG, { ...rest, signal: controller.signal })) told.push(change)
    })(),
  )
  /** Opens the newest socket, and lets the look behind it end. */
  const open = async () => {
    await pass(0)
    fake.last.open()
    await pass(0)
  }
  return { fake, client, controller, told, run, state, replies, open }
}

describe('what happens is told as it happens', () => {
  it('writes, deletions and ends of waiters, in their order', async () => {
    const { open, fake, told } = stream()
    await open()
    const all = [
      updated('a', 1),
      updated('b', 2),
      updated('a', 3),
      { waiter: waiter('w', 1) },
      deleted('a', 3),
      updated('a', 4),
    ]
    for (const change of all) fake.last.hear(change)
    await pass(0)
    expect(told).toEqual(all)
  })

  it('but not what had happened before', async () => {
    const { open, told } = stream({}, { variables: [variable('a', 1)], waiters: [waiter('w', 1)] })
    await open()
    expect(told).toEqual([])
  })

  it('at a path and beneath, by whole segments', async () => {
    const { client, fake, open } = stream({ path: '//ready//' })
    await open()
    expect(fake.last.url).toBe(`ws://service.test/v1beta1/${CONFIG}:subscribe?path=/ready`)
    expect(client.sent.find(({ path }) => path.includes('/variables'))?.path).toContain('filter=ready')
  })

  it('and tells when the stream stands, every time anew', async () => {
    const onListening = vi.fn()
    const { open, fake } = stream({ onListening })
    await pass(0)
    expect(onListening).not.toHaveBeenCalled()
    await open()
    expect(onListening).toHaveBeenCalledTimes(1)
    fake.last.drop()
    await pass(200)
    await open()
    expect(onListening).toHaveBeenCalledTimes(2)
  })

  it('each once: what is told again is not', async () => {
    const { open, fake, told } = stream()
    await open()
    for (const change of [
      updated('a', 2),
      updated('a', 2),
      updated('a', 1),
      { waiter: waiter('w', 1) },
      { waiter: waiter('w', 1) },
    ])
      fake.last.hear(change)
    for (const change of [deleted('a', 2), deleted('a', 2), updated('a', 2)]) fake.last.hear(change)
    await pass(0)
    expect(told).toEqual([updated('a', 2), { waiter: waiter('w', 1) }, deleted('a', 2)])
  })

  it('a waiter of the same name, made anew, ends anew', async () => {
    const { open, fake, told } = stream()
    await open()
    for (const at of [1, 2]) fake.last.hear({ waiter: waiter('w', at) })
    await pass(0)
    expect(told).toEqual([{ waiter: waiter('w', 1) }, { waiter: waiter('w', 2) }])
  })

  it('also what happens while the first look is under way', async () => {
    const { fake, told, state } = stream()
    await pass(0)
    fake.last.fire('open')
    // It was written and told after the socket was heard to listen, and the look sees it too.
    state.variables = [variable('a', 1)]
    state.waiters = [waiter('w', 1)]
    fake.last
      .hear('pong')
      .hear(updated('a', 1))
      .hear({ waiter: waiter('w', 1) })
    await pass(0)
    expect(told).toEqual([updated('a', 1), { waiter: waiter('w', 1) }])
  })
})

describe('a lost connection', () => {
  it('is made anew after a pause, and the latest state of what changed meanwhile is told, oldest first', async () => {
    const kept = [variable('same', 1), variable('written', 1), variable('gone', 1)]
    const { open, fake, told, state } = stream(
      {},
      { variables: kept, waiters: [waiter('old', 1), waiter('w', 1, false)] },
    )
    await open()
    fake.last.drop()
    state.variables = [variable('new', 4), variable('same', 1), variable('written', 3)]
    state.waiters = [waiter('old', 1), waiter('w', 1)]
    await pass(99)
    expect(fake.made).toHaveLength(1)
    await pass(1)
    expect(fake.made).toHaveLength(2)
    await open()
    expect(told).toEqual([
      { variable: { ...variable('gone', 1), state: 'DELETED' } },
      updated('written', 3),
      updated('new', 4),
      { waiter: waiter('w', 1) },
    ])
  })

  it('loses nothing and tells nothing twice, though look and messages overlap', async () => {
    const { open, fake, told, state } = stream()
    await open()
    fake.last.hear(updated('a', 1))
    await pass(0)
    fake.last.drop()
    state.variables = [variable('a', 2)]
    await pass(200)
    fake.last.open().hear(updated('a', 2)).hear(updated('a', 3))
    await pass(0)
    expect(told).toEqual([updated('a', 1), updated('a', 2), updated('a', 3)])
  })

  it('tells of a variable that was deleted and written anew', async () => {
    const { open, fake, told, state } = stream({}, { variables: [variable('a', 1)], waiters: [] })
    await open()
    fake.last.hear(deleted('a', 1))
    await pass(0)
    fake.last.drop()
    state.variables = [variable('a', 5)]
    await pass(200)
    await open()
    expect(told).toEqual([deleted('a', 1), updated('a', 5)])
  })

  it('does not tell a deletion again that was told', async () => {
    const { open, fake, told, state } = stream({}, { variables: [variable('a', 1)], waiters: [] })
    await open()
    fake.last.hear(deleted('a', 1))
    state.variables = []
    await pass(0)
    fake.last.drop()
    await pass(200)
    await open()
    expect(told).toEqual([deleted('a', 1)])
  })

  it('is made anew with growing pauses while there is no answer, and at once after a good one', async () => {
    const { open, fake, told, replies, state } = stream()
    await open()
    replies.variables = lost()
    fake.last.drop()
    const times: number[] = []
    for (let round = 0; round < 9; round += 1) {
      const before = performance.now()
      const made = fake.made.length
      while (fake.made.length === made) await pass(1)
      times.push(Math.round(performance.now() - before))
      fake.last.refuse()
    }
    // Half of a bound that doubles from 200 ms to 10 s.
    expect(
      times.map((time, index) => Math.abs(time - [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000][index]!) <= 2),
    ).toEqual(Array(9).fill(true))
    await pass(0)
    replies.variables = undefined
    state.variables = [variable('a', 1)]
    while (fake.made.length < 11) await pass(1)
    await open()
    expect(told).toEqual([updated('a', 1)])
    fake.last.drop()
    const made = fake.made.length
    await pass(101)
    expect(fake.made).toHaveLength(made + 1)
  })

  it.each([429, 500, 503])('or a service that answers %i for a while is outlived', async (status) => {
    const { open, fake, run, told, replies } = stream()
    await pass(0)
    replies.variables = faults(status)
    fake.last.refuse()
    await pass(10)
    replies.variables = undefined
    await pass(200)
    await open()
    fake.last.hear(updated('a', 1))
    await pass(0)
    expect(run.state).toBe('pending')
    expect(told).toEqual([updated('a', 1)])
  })
})

describe('it ends', () => {
  it.each<[number, string]>([
    [403, 'PERMISSION_DENIED'],
    [404, 'NOT_FOUND'],
    [401, 'UNAUTHENTICATED'],
  ])('with a refusal of %i that comes by the socket', async (code, status) => {
    const { open, fake, run, told } = stream()
    await open()
    fake.last.hear(deleted('a', 1))
    fake.last.hear({ error: { code, message: 'no more', status } })
    fake.last.drop(4000 + code)
    await pass(0)
    expect(told).toEqual([deleted('a', 1)])
    expect(run.error).toMatchObject({ name: 'ServiceError', status: code, code: status })
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([403, 404])('with a refusal of %i that a look finds where the socket was refused', async (status) => {
    const { fake, run, replies } = stream()
    await pass(0)
    replies.variables = faults(status)
    fake.last.refuse()
    await pass(0)
    expect(run.error).toMatchObject({ status })
  })

  it('with the signal, and closes the socket; nothing is asked afterwards', async () => {
    const { open, fake, controller, run, client } = stream()
    await open()
    const reason = new Error('enough')
    controller.abort(reason)
    await pass(0)
    expect(run.error).toBe(reason)
    expect(fake.last.closes).toEqual([1000])
    expect(vi.getTimerCount()).toBe(0)
    const asked = client.sent.length
    await pass(100_000)
    expect(client.sent).toHaveLength(asked)
    expect(fake.made).toHaveLength(1)
  })

  it('with the signal in a pause', async () => {
    const { open, fake, controller, run } = stream()
    await open()
    fake.last.drop()
    await pass(10)
    controller.abort(new Error('enough'))
    await pass(0)
    expect(run.error).toMatchObject({ message: 'enough' })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('for who leaves the loop, and the socket is closed', async () => {
    const fake = fakeSockets((socket) => queueMicrotask(() => socket.open().hear(updated('a', 1))))
    const client = scriptedClient([gives()], { WebSocket: fake.WebSocket })
    for await (const change of changes(client, CONFIG)) {
      expect(change).toEqual(updated('a', 1))
      break
    }
    expect(fake.last.closes).toEqual([1000])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('before it begins for options that are none', async () => {
    const client = scriptedClient([gives()])
    await expect(changes(client, CONFIG, { paths: '/a' } as never).next()).rejects.toMatchObject({ argument: 'paths' })
    expect(client.sent).toHaveLength(0)
  })
})

describe('where no socket gets through', () => {
  it('it looks every two seconds', async () => {
    const { client, told, state } = stream({ sockets: false }, { variables: [variable('a', 1)], waiters: [] })
    await pass(0)
    expect(client.sent).toHaveLength(2)
    state.variables = [variable('a', 1), variable('b', 2)]
    await pass(1999)
    expect(told).toEqual([])
    await pass(1)
    expect(told).toEqual([updated('b', 2)])
    state.variables = [variable('b', 2)]
    state.waiters = [waiter('w', 1)]
    await pass(2000)
    expect(told).toEqual([updated('b', 2), deleted('a', 1), { waiter: waiter('w', 1) }])
    await pass(20_000)
    expect(told).toHaveLength(3)
    expect(client.sent.length).toBe(2 + 2 * 12)
  })

  it('it tries a socket again later, and misses nothing in between', async () => {
    const { fake, told, state, open } = stream()
    await pass(0)
    fake.last.refuse()
    await pass(0)
    state.variables = [variable('a', 1)]
    // After a first one some two seconds, after more of them half of the sum of 15 s and 45 s.
    await pass(2000)
    expect(fake.made).toHaveLength(2)
    fake.last.refuse()
    await pass(0)
    expect(told).toEqual([updated('a', 1)])
    await pass(29_000)
    expect(fake.made).toHaveLength(2)
    await pass(1001)
    expect(fake.made).toHaveLength(3)
    state.variables = [variable('a', 2)]
    await open()
    expect(told).toEqual([updated('a', 1), updated('a', 2)])
  })

  it('it does without the waiters for who may not list them', async () => {
    const { told, state, replies, run } = stream({ sockets: false })
    replies.waiters = faults(403)
    await pass(0)
    state.variables = [variable('a', 1)]
    await pass(2000)
    expect(told).toEqual([updated('a', 1)])
    expect(run.state).toBe('pending')
  })

  it('it ends when the waiters cannot be listed for another reason', async () => {
    const { replies, run } = stream({ sockets: false })
    replies.waiters = faults(404)
    await pass(0)
    expect(run.error).toMatchObject({ status: 404 })
  })
})

it('the service is asked at its address', async () => {
  const { client } = stream({ sockets: false })
  await pass(0)
  expect(client.sent.map(({ url }) => url).toSorted()).toEqual([
    `${BASE}/v1beta1/${CONFIG}/variables?returnValues=true`,
    `${BASE}/v1beta1/${CONFIG}/waiters`,
  ])
})
