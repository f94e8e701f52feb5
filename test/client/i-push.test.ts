/** Section I: waits that listen, with scripted targets and sockets. What concerns the wire is in live/i-push.test.ts. */
import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { wait, waitUntil, type Progress, type Target, type Variable, type Waiter } from '../../src/client/index.ts'
import { absent, ended, expectQuiet, httpError, live, noAnswer, pass, present, track } from './fake.ts'
import {
  fakeSockets,
  faults,
  gives,
  lost,
  scriptedClient,
  type FakeSocket,
  type Reply,
  type Sent,
} from './scripted-fetch.ts'

interface Job {
  readonly phase: string
}
const job = (phase: string, rev?: string, identity?: string) => present<Job>({ phase }, rev, identity)
const DONE = { success: { path: 'phase', equals: 'done' } } as const
const CONFIG = 'projects/p/configs/c'
const VARIABLE = `${CONFIG}/variables/v`
const WAITER = `${CONFIG}/waiters/w`
const minute = { timeout: '1m' } as const

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const time = (at: number) => `2026-01-01T00:00:0${at}.000000000Z`
const variable = (text: string, at: number): Variable => ({ name: VARIABLE, text, updateTime: time(at) })
const waiter = (end: Partial<Waiter> = {}): Waiter => ({
  name: WAITER,
  timeout: '60s',
  success: { cardinality: { path: '/ready', number: 1 } },
  createTime: time(1),
  ...end,
})
const ON = { success: { path: 'text', equals: 'on' } } as const

/** A client with sockets that a test speaks for, and a resource that its looks show. */
function service(
  first: Reply,
  onOpen?: (socket: FakeSocket) => void,
  hold: (sent: Sent) => Reply | Promise<Reply> = () => 'hang',
) {
  const fake = fakeSockets(onOpen)
  const state = { reply: first }
  const client = scriptedClient(
    (sent) => {
      if (/:(watch|wait)$/.test(sent.path)) return hold(sent)
      return sent.path.includes('/variables?') ? gives({}) : state.reply
    },
    { WebSocket: fake.WebSocket },
  )
  const looks = () => client.sent.filter(({ method, path }) => method === 'GET' && !path.includes('/variables?')).length
  return { client, fake, state, looks }
}

describe('I1: a subscription that closes while somebody waits', () => {
  it('I1: is opened anew from the latest revision, and nothing is told twice or lost', async () => {
    const target = live(job('a', '1'))
    const seen: string[] = []
    const onProgress = ({ snapshot }: Progress<Job>) =>
      seen.push(snapshot.kind === 'present' ? snapshot.value.phase : '-')
    const waiting = track(wait(target, DONE, { ...minute, onProgress }))
    await pass(0)
    target.push(job('b', '2'))
    await pass(0)
    target.drop()
    target.set(job('c', '3'))
    await pass(200)
    expect(target.subscriptions.map(({ after }) => after)).toEqual([undefined, '2'])
    target.push(job('c', '3'))
    target.push(job('b', '2'))
    target.push(job('done', '4'))
    await pass(0)
    expect(waiting.value).toMatchObject({ value: { phase: 'done' } })
    expect(seen).toEqual(['a', 'b', 'c', 'done'])
    await expectQuiet(target.script)
    expect(target.subscriptions.every(({ open }) => !open)).toBe(true)
  })

  it('I1: is opened anew with growing pauses, and after a good one soon again', async () => {
    const opened: number[] = []
    let lasts = 0
    const target: Target<Job> = {
      key: 'thing',
      read: async () => job('a', '1'),
      async *subscribe({ signal }) {
        opened.push(performance.now())
        yield job('a', '1')
        if (lasts) await new Promise((resolve) => setTimeout(resolve, lasts))
        signal.throwIfAborted()
      },
    }
    const began = performance.now()
    const waiting = track(wait(target, DONE, { timeout: '2m' }))
    await pass(45_000)
    const pauses = opened.slice(1).map((at, index) => Math.round(at - (opened[index] as number)))
    // Half of a bound that doubles from 200 ms to 10 s.
    expect(pauses.slice(0, 9)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000])
    expect(opened[0]).toBe(began)
    lasts = 5001
    await pass(10_100)
    opened.length = 0
    lasts = 0
    await pass(6000)
    const [first = 0, second = 0] = opened
    expect(second - first).toBeLessThanOrEqual(200)
    expect(waiting.state).toBe('pending')
    await pass(120_000)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('I1: by the network is found out by its silence, and opened anew', async () => {
    const { client, fake, state } = service(gives(variable('off', 1)))
    const waiting = track(wait(client.variable(VARIABLE), ON, { timeout: '5m' }))
    await pass(0)
    fake.last.open()
    await pass(35_000)
    await pass(100)
    expect(fake.made).toHaveLength(2)
    state.reply = gives(variable('on', 2))
    fake.last.open()
    await pass(0)
    expect(waiting.value).toMatchObject({ value: variable('on', 2) })
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('I2: an error of the stream', () => {
  it.each([noAnswer(), httpError(500), httpError(503), new Error('half a frame')])(
    'I2: does not end the wait: %s',
    async (error) => {
      const target = live(job('a', '1'))
      const waiting = track(wait(target, DONE, minute))
      await pass(0)
      target.drop(error)
      await pass(1000)
      expect(waiting.state).toBe('pending')
      target.push(job('done', '2'))
      await pass(0)
      expect(waiting.state).toBe('fulfilled')
      await expectQuiet(target.script)
    },
  )

  it('I2: has the target looked at, which may tell that it is the end', async () => {
    const target = live(job('a', '1'), {
      read: async () => {
        throw httpError(403)
      },
    })
    const waiting = track(wait(target, DONE, minute))
    await pass(0)
    target.drop(httpError(403))
    await pass(0)
    expect(waiting.error).toMatchObject({ code: 'ERROR', status: 403 })
    expect(target.subscriptions.every(({ open }) => !open)).toBe(true)
  })

  it('I2: that says that the waiter is deleted is the end', async () => {
    const { client, fake } = service(gives(waiter()))
    const waiting = track(client.wait(WAITER, minute))
    await pass(0)
    fake.last
      .open()
      .hear({ waiter: waiter() })
      .hear({ error: { code: 404, message: 'gone', status: 'NOT_FOUND' } })
    await pass(0)
    expect(waiting.error).toMatchObject({ code: 'NOT_FOUND', status: 404 })
  })
})

describe('I3: a revision that is too old', () => {
  it('I3: has all read anew, and is subscribed to from there', async () => {
    const target = live(job('a', '5'))
    const waiting = track(wait(target, DONE, minute))
    await pass(0)
    const looks = target.script.looks.length
    target.drop(httpError(410))
    await pass(150)
    expect(target.script.looks.length).toBeGreaterThan(looks)
    expect(target.subscriptions).toHaveLength(2)
    target.push(job('done', '6'))
    await pass(0)
    expect(waiting.state).toBe('fulfilled')
  })

  it('I3: is forgotten: what is read then counts though it looks older', async () => {
    let state = job('a', '5')
    const after: (string | undefined)[] = []
    const target: Target<Job> = {
      key: 'thing',
      read: () => new Promise((resolve) => setTimeout(() => resolve(state), 150)),
      async *subscribe({ after: from, signal }) {
        after.push(from)
        yield state
        if (after.length === 1) throw httpError(410)
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      },
    }
    const waiting = track(wait(target, DONE, minute))
    state = job('done', '1')
    await pass(0)
    await pass(100)
    expect(after).toEqual([undefined, undefined])
    await pass(0)
    expect(waiting.state).toBe('fulfilled')
  })
})

describe('I4: sockets that do not get through', () => {
  const ways: [string, (socket: FakeSocket) => void][] = [
    ['are refused', (socket) => queueMicrotask(() => socket.refuse())],
    ['are never answered', () => {}],
    ['open and are silent', (socket) => queueMicrotask(() => socket.fire('open'))],
    ['open and close', (socket) => queueMicrotask(() => (socket.fire('open'), socket.drop()))],
  ]

  it.each(ways)('I4: because they %s: the state is known within a second all the same', async (_, way) => {
    const { client } = service(gives(variable('on', 1)), way)
    const { value, at } = await ended(wait(client.variable(VARIABLE), ON, minute))
    expect(value).toMatchObject({ value: variable('on', 1), label: 'success' })
    expect(at).toBeLessThanOrEqual(1000)
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each(ways)('I4: because they %s: a change is held for, and comes as soon as it is', async (_, way) => {
    let answer: (reply: Reply) => void = () => {}
    const held: unknown[] = []
    const { client } = service(gives(variable('off', 1)), way, ({ body }) => {
      held.push(body)
      return new Promise((resolve) => (answer = resolve))
    })
    const waiting = track(wait(client.variable(VARIABLE), ON, minute))
    await pass(1000)
    expect(held).toEqual([{ newerThan: time(1) }])
    await pass(10_000)
    expect(held).toHaveLength(1)
    answer(gives({ ...variable('on', 2), state: 'UPDATED' }))
    await pass(0)
    expect(waiting.value).toMatchObject({ value: variable('on', 2), label: 'success' })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('I4: or are not to be had: a held request that ends early is made again from there', async () => {
    const answers = [
      variable('off', 1),
      { ...variable('still off', 2), state: 'UPDATED' },
      { ...variable('on', 3), state: 'UPDATED' },
    ]
    const held: unknown[] = []
    const client = scriptedClient(
      ({ path, body }) => {
        if (!path.endsWith(':watch')) return gives(variable('off', 1))
        return gives(answers[held.push(body) - 1])
      },
      { WebSocket: false },
    )
    expect((await ended(wait(client.variable(VARIABLE), ON, minute))).value).toMatchObject({ value: variable('on', 3) })
    expect(held).toEqual([{ newerThan: time(1) }, { newerThan: time(1) }, { newerThan: time(2) }])
  })

  it('I4: a deletion that a held request tells is seen, and so is the next creation', async () => {
    const target = service(
      gives(variable('off', 1)),
      (socket) => queueMicrotask(() => socket.refuse()),
      () => {
        target.state.reply = gives(variable('on', 9))
        return gives({ ...variable('off', 1), state: 'DELETED' })
      },
    )
    const seen: string[] = []
    const until = { ...ON, absent: 'pending' } as const
    const onProgress = ({ snapshot }: Progress<Variable>) => seen.push(snapshot.kind)
    const { value } = await ended(wait(target.client.variable(VARIABLE), until, { ...minute, onProgress }))
    expect(value).toMatchObject({ value: variable('on', 9) })
    expect(seen).toEqual(['present', 'absent', 'present'])
  })

  it('I4: a service that holds no waiters is looked at every two seconds at most, and no oftener', async () => {
    const { client, state, looks } = service(
      gives(waiter()),
      (socket) => queueMicrotask(() => socket.refuse()),
      () => faults(404, 'NOT_FOUND'),
    )
    const waiting = track(client.wait(WAITER, { timeout: '20s' }))
    await pass(10_000)
    expect(looks()).toBeGreaterThanOrEqual(5)
    expect(looks()).toBeLessThanOrEqual(12)
    state.reply = gives(waiter({ done: true }))
    await pass(2000)
    expect(waiting.state).toBe('fulfilled')
  })

  it('I4: what is not there yet is looked for, and heard of once it is', async () => {
    const { client, state, fake } = service(
      faults(404, 'NOT_FOUND'),
      (socket) => queueMicrotask(() => socket.refuse()),
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 5000))
        return state.reply
      },
    )
    const until = { success: { path: 'done', equals: true }, absent: 'pending' } as const
    const waiting = track(wait(client.waiter(WAITER), until, { timeout: '2m' }))
    await pass(20_000)
    expect(waiting.state).toBe('pending')
    const tried = fake.made.length
    state.reply = gives(waiter())
    await pass(3000)
    // Now that it is there, the socket is tried again, for it may have been refused for the waiter's absence.
    expect(fake.made.length).toBeGreaterThan(tried)
    state.reply = gives(waiter({ done: true }))
    await pass(10_000)
    expect(waiting.state).toBe('fulfilled')
  })

  it('I4: sockets are tried again later', async () => {
    const { client, fake } = service(
      gives(waiter()),
      (socket) => {
        const again = fake.made.length > 1
        queueMicrotask(() => (again ? socket.open().hear({ waiter: waiter({ done: true }) }) : socket.refuse()))
      },
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 5000))
        return gives(waiter())
      },
    )
    const waiting = track(client.wait(WAITER, { timeout: '5m' }))
    await pass(29_000)
    expect(fake.made).toHaveLength(1)
    await pass(7000)
    expect(fake.made).toHaveLength(2)
    expect(waiting.state).toBe('fulfilled')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('I4: a socket that was refused for its token alone is tried again with the next', async () => {
    let count = 0
    const fake = fakeSockets((socket) => {
      const stale = socket.protocols[1] !== 'rollcall.token.t2'
      queueMicrotask(() =>
        stale
          ? socket.refuse()
          : socket.open().hear({ waiter: waiter({ done: fake.made.length > 1 } as Partial<Waiter>) }),
      )
    })
    const client = scriptedClient(
      ({ headers, path }) => {
        if (headers.get('Authorization') === 'Bearer t1') return faults(401, 'UNAUTHENTICATED')
        return path.endsWith(':wait') ? 'hang' : gives(waiter())
      },
      { WebSocket: fake.WebSocket, token: () => `t${++count}` },
    )
    const { state, at } = await ended(client.wait(WAITER, minute))
    expect(state).toBe('fulfilled')
    expect(at).toBeLessThanOrEqual(1000)
    expect(count).toBe(2)
  })

  it('I4: a push that was insisted on is refused where there is nothing to listen to', () => {
    const deaf: Target<Job> = { key: 'thing', read: async () => job('a') }
    expect(() => wait(deaf, DONE, { ...minute, transport: 'push' })).toThrow(
      expect.objectContaining({ argument: 'transport' }),
    )
  })
})

describe('I5: an update between the first look and the subscription', () => {
  it('I5: is seen, for the look comes when it is listened to', async () => {
    const order: string[] = []
    const { client, fake, state } = service(gives(variable('off', 1)))
    const waiting = track(wait(client.variable(VARIABLE), ON, minute))
    await pass(0)
    expect(client.sent).toHaveLength(0)
    order.push('listening')
    // Written before the subscription stood: nobody tells of it.
    state.reply = gives(variable('on', 2))
    fake.last.open()
    await pass(0)
    expect(waiting.value).toMatchObject({ value: variable('on', 2) })
    expect(client.sent).toHaveLength(1)
  })

  it('I5: is seen also if it is told while that look is under way, and the look shows what was before', async () => {
    let answer: (reply: Reply) => void = () => {}
    const { client, fake, state } = service('hang')
    const late = new Promise<Reply>((resolve) => (answer = resolve))
    Object.assign(state, { reply: late })
    const waiting = track(wait(client.variable(VARIABLE), ON, minute))
    await pass(0)
    fake.last.open().hear({ variable: { ...variable('halfway', 2), state: 'UPDATED' } })
    await pass(0)
    expect(waiting.state).toBe('pending')
    answer(gives(variable('on', 1)))
    await pass(0)
    // The look's answer was overtaken: 'on' is what it was before.
    expect(waiting.state).toBe('pending')
    fake.last.hear({ variable: { ...variable('on', 3), state: 'UPDATED' } })
    await pass(0)
    expect(waiting.value).toMatchObject({ value: variable('on', 3) })
  })

  it('I5: waitUntil looks as soon as it hears of another state than it knows', async () => {
    const { client, fake, state, looks } = service(gives(variable('off', 1)))
    const first = await client.variables.get(VARIABLE)
    const waiting = track(waitUntil(client, first, 'text', 'on'))
    await pass(0)
    state.reply = gives(variable('on', 2))
    fake.last.open()
    await pass(10)
    expect(waiting.value).toMatchObject({ data: variable('on', 2) })
    expect(looks()).toBe(3)
    expect(fake.last.closes).toEqual([1000])
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('I6: many waits on one target', () => {
  it('I6: a thousand open one subscription, and all hear the end', async () => {
    const { client, fake, looks } = service(gives(waiter()))
    const waits = Array.from({ length: 1000 }, () => client.wait(WAITER, minute))
    await pass(0)
    expect(fake.made).toHaveLength(1)
    fake.last.open().hear({ waiter: waiter() })
    await pass(0)
    fake.last.hear({ waiter: waiter({ done: true }) })
    const outcomes = await Promise.all(waits.map((one) => one.settle()))
    expect(outcomes.every(({ status }) => status === 'success')).toBe(true)
    expect(fake.made).toHaveLength(1)
    expect(looks()).toBe(0)
    expect(fake.last.closes).toEqual([1000])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('I6: a thousand on a variable read it twice at most', async () => {
    const { client, fake, looks } = service(gives(variable('off', 1)))
    const waits = Array.from({ length: 1000 }, () => wait(client.variable(VARIABLE), ON, minute))
    await pass(0)
    fake.last.open()
    await pass(0)
    expect(looks()).toBeLessThanOrEqual(2)
    fake.last.hear({ variable: { ...variable('on', 2), state: 'UPDATED' } })
    await Promise.all(waits)
    expect(fake.made).toHaveLength(1)
    expect(looks()).toBeLessThanOrEqual(2)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('I6: a thousand that run out of time together look twice at most, and count twice at most', async () => {
    const fake = fakeSockets()
    const client = scriptedClient(
      async ({ path }) => {
        // As long as on a wire, so that they come together.
        await new Promise((resolve) => setTimeout(resolve, 20))
        return path.includes('/variables?') ? gives({}) : gives(waiter())
      },
      { WebSocket: fake.WebSocket },
    )
    const waits = Array.from({ length: 1000 }, () => client.wait(WAITER, minute))
    await pass(0)
    fake.last.open().hear({ waiter: waiter() })
    for (let rounds = 0; rounds < 3; rounds += 1) await pass(25_000).then(() => fake.last.hear('pong'))
    const outcomes = await Promise.all(waits.map((one) => one.settle()))
    expect(outcomes.every(({ status }) => status === 'timeout')).toBe(true)
    const counts = client.sent.filter(({ path }) => path.includes('/variables?')).length
    expect(counts).toBeGreaterThan(0)
    expect(counts).toBeLessThanOrEqual(2)
    expect(client.sent.length - counts).toBeLessThanOrEqual(2)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('I6: who comes later is told the state as it is then, from one look for all who come together', async () => {
    const { client, fake, state, looks } = service(gives(variable('off', 1)))
    const early = wait(client.variable(VARIABLE), ON, minute)
    await pass(0)
    fake.last.open()
    await pass(10_000)
    const before = looks()
    // It was changed, and nobody has told it yet.
    state.reply = gives(variable('on', 2))
    const late = Array.from({ length: 100 }, () => track(wait(client.variable(VARIABLE), ON, minute)))
    await pass(0)
    expect(late.every(({ value }) => value?.value?.text === 'on')).toBe(true)
    expect(looks() - before).toBeLessThanOrEqual(2)
    expect((await early).value).toEqual(variable('on', 2))
    expect(fake.made).toHaveLength(1)
  })

  it('I6: who leaves ends nothing for the others; the last one closes the socket', async () => {
    const { client, fake } = service(gives(waiter()))
    const waits = Array.from({ length: 5 }, () => client.wait(WAITER, minute))
    await pass(0)
    fake.last.open().hear({ waiter: waiter() })
    await pass(0)
    for (const [index, one] of waits.entries()) {
      expect(fake.last.closes).toEqual([])
      one.cancel()
      one.cancel()
      await pass(0)
      expect(waits.filter(({ last }) => last).length).toBe(5)
      const { status } = await one.settle()
      expect([index, status]).toEqual([index, 'aborted'])
    }
    expect(fake.last.closes).toEqual([1000])
    expect(fake.made).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('I6: who comes after the last one has left opens another', async () => {
    const { client, fake } = service(gives(waiter()))
    client.wait(WAITER, minute).cancel()
    await pass(0)
    const waiting = track(client.wait(WAITER, minute))
    await pass(0)
    fake.last.open().hear({ waiter: waiter({ done: true }) })
    await pass(0)
    expect(waiting.state).toBe('fulfilled')
    expect(fake.made.length).toBeLessThanOrEqual(2)
    expect(fake.made.every((socket) => socket === fake.last || socket.closes.length === 1)).toBe(true)
  })

  it('I6: waits of both forms, of the same name with and without a slash, share it', async () => {
    const { client, fake } = service(gives(variable('off', 1)))
    const first = await client.variables.get(VARIABLE)
    const all = [
      track(wait(client.variable(VARIABLE), ON, minute)),
      track(wait(client.variable(`/${VARIABLE}`), ON, minute)),
      track(waitUntil(client, first, 'text', 'on')),
    ]
    await pass(0)
    fake.last.open()
    await pass(0)
    fake.last.hear({ variable: { ...variable('on', 2), state: 'UPDATED' } })
    await pass(0)
    expect(all.slice(0, 2).map(({ state }) => state)).toEqual(['fulfilled', 'fulfilled'])
    expect(fake.made).toHaveLength(1)
  })

  it('I6: waits of two clients do not share', async () => {
    const one = service(gives(waiter()))
    const two = service(gives(waiter()))
    const waits = [one.client.wait(WAITER, minute), two.client.wait(WAITER, minute)]
    await pass(0)
    expect([one.fake.made.length, two.fake.made.length]).toEqual([1, 1])
    for (const each of waits) each.cancel()
  })

  it('I6: a thousand waits on one signal leave no listener on it', async () => {
    const { client, fake } = service(gives(waiter()))
    const { signal } = new AbortController()
    const waits = Array.from({ length: 1000 }, () => client.wait(WAITER, { ...minute, signal }))
    await pass(0)
    fake.last.open().hear({ waiter: waiter({ done: true }) })
    await Promise.all(waits)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

// I7 is of real time, and so in live/i-push.test.ts alone.

describe('what is heard of a resource', () => {
  it('of others in the same place is none of its business', async () => {
    const { client, fake } = service(gives(variable('off', 1)))
    const waiting = track(wait(client.variable(VARIABLE), ON, minute))
    await pass(0)
    fake.last.open()
    await pass(0)
    fake.last.hear({ variable: { ...variable('on', 2), name: `${VARIABLE}/beneath` } }).hear({ waiter: waiter() })
    await pass(0)
    expect(waiting.state).toBe('pending')
    expect(fake.last.url).toContain(`${CONFIG}:subscribe?path=/v`)
  })

  it('tells of its deletion, and of its creation after that', async () => {
    const { client, fake } = service(gives(variable('off', 1)))
    const seen: string[] = []
    const onProgress = ({ snapshot }: Progress<Variable>) => seen.push(snapshot.kind)
    const until = { ...ON, absent: 'pending' } as const
    const waiting = track(wait(client.variable(VARIABLE), until, { ...minute, onProgress }))
    await pass(0)
    fake.last.open()
    await pass(0)
    fake.last.hear({ variable: { ...variable('off', 1), state: 'DELETED' } })
    fake.last.hear({ variable: { ...variable('on', 2), state: 'UPDATED' } })
    await pass(0)
    expect(seen).toEqual(['present', 'absent', 'present'])
    expect(waiting.value?.value).toEqual(variable('on', 2))
  })

  it('its deletion ends a wait that does not bear with that, and succeeds one that is for that', async () => {
    const { client, fake } = service(gives(variable('off', 1)))
    const one = track(wait(client.variable(VARIABLE), ON, minute))
    const two = track(wait(client.variable(VARIABLE), { absent: 'success' }, minute))
    await pass(0)
    fake.last.open()
    await pass(0)
    fake.last.hear({ variable: { ...variable('off', 1), state: 'DELETED' } })
    await pass(0)
    expect(one.error).toMatchObject({ code: 'NOT_FOUND', state: 'absent' })
    expect(two.value).toMatchObject({ label: 'absent', value: undefined })
  })

  it('a waiter that was made anew is another one', async () => {
    const { client, fake } = service(gives(waiter()))
    const waiting = track(client.wait(WAITER, minute))
    await pass(0)
    fake.last
      .open()
      .hear({ waiter: waiter() })
      .hear({ waiter: waiter({ createTime: time(5), done: true }) })
    await pass(0)
    expect(waiting.error).toMatchObject({ code: 'NOT_FOUND' })
  })

  it('a waiter that has ended stays so, whatever is told then', async () => {
    const { client, fake } = service(gives(waiter()))
    const seen: unknown[] = []
    const waiting = track(
      wait(
        client.waiter(WAITER),
        { success: { path: 'name', equals: 'never' } },
        { timeout: '1s', onProgress: ({ snapshot }) => seen.push(snapshot.rev) },
      ),
    )
    await pass(0)
    fake.last
      .open()
      .hear({ waiter: waiter({ done: true }) })
      .hear({ waiter: waiter() })
    await pass(0)
    expect(seen).toEqual([`${time(1)}+`])
    await pass(2000)
    expect(waiting.error).toMatchObject({ code: 'TIMEOUT' })
  })

  it('an Operation is read whenever its waiter stirs', async () => {
    const name = `${CONFIG}/operations/waiters/w`
    const { client, fake, state } = service(gives({ name }))
    const waiting = track(wait(client.operation(name), undefined, minute))
    await pass(0)
    expect(fake.last.url).toContain(`${WAITER}:subscribe`)
    fake.last.open().hear({ waiter: waiter() })
    await pass(0)
    state.reply = gives({ name, done: true, response: waiter({ done: true }) })
    fake.last.hear({ waiter: waiter({ done: true }) })
    await pass(0)
    expect(waiting.value).toMatchObject({ label: 'SUCCEEDED', value: { done: true } })
  })

  it('a look that was refused for a moment does not end the wait', async () => {
    const { client, fake, state } = service(lost())
    const waiting = track(wait(client.variable(VARIABLE), ON, minute))
    await pass(0)
    fake.last.open()
    await pass(0)
    expect(waiting.state).toBe('pending')
    state.reply = gives(variable('on', 1))
    fake.last.drop()
    await pass(200)
    fake.last.open()
    await pass(0)
    expect(waiting.state).toBe('fulfilled')
  })

  it.each(['variable', 'waiter', 'config', 'operation'] as const)(
    'a look at a %s is one request: the pauses between looks are those of the wait',
    async (kind) => {
      const names = { variable: VARIABLE, waiter: WAITER, config: CONFIG, operation: `${CONFIG}/operations/waiters/w` }
      const client = scriptedClient([faults(503)])
      const target = client[kind](names[kind]) as Target<unknown>
      const options = { ...minute, transport: 'poll', minDelay: '5s', jitter: false } as const
      const waiting = track(wait(target, { success: () => true }, options))
      await pass(4999)
      expect(client.sent).toHaveLength(1)
      await pass(60_000)
      expect(waiting.error).toMatchObject({ code: 'TIMEOUT', status: 503 })
    },
  )

  it.each([
    ['watch', VARIABLE],
    ['wait', WAITER],
  ])('a held request (:%s) that fails is not repeated: the state is looked at first', async (verb, name) => {
    const client = scriptedClient(
      ({ path }) => {
        if (/:(watch|wait)$/.test(path)) return faults(503)
        return gives(name === WAITER ? waiter() : variable('off', 1))
      },
      { WebSocket: false },
    )
    const target = (name === WAITER ? client.waiter(name) : client.variable(name)) as Target<unknown>
    const waiting = track(wait(target, { success: () => false }, { timeout: '5s' }))
    await pass(4000)
    const held = client.sent.map(({ path }) => path.endsWith(`:${verb}`))
    expect(held.filter(Boolean).length).toBeGreaterThan(1)
    expect(held.some((one, index) => one && held[index + 1])).toBe(false)
    await pass(2000)
    expect(waiting.error).toMatchObject({ code: 'TIMEOUT' })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a count that is refused is not tried again: the wait ends without it', async () => {
    const client = scriptedClient(({ path }) => (path.includes('/variables?') ? faults(503) : gives(waiter())))
    const { error } = await ended(client.wait(WAITER, { timeout: '5s', transport: 'poll' }))
    expect(error).toMatchObject({ code: 'TIMEOUT', have: undefined })
    const counts = client.sent.filter(({ path }) => path.includes('/variables?')).length
    expect(counts).toBeGreaterThan(0)
    expect(counts).toBeLessThanOrEqual(2)
  })

  it('absence that is told without a revision does not hide what comes after', async () => {
    const target = live<Job>(absent())
    const waiting = track(wait(target, { ...DONE, absent: 'pending' }, minute))
    await pass(0)
    target.push(job('done', '1'))
    await pass(0)
    expect(waiting.state).toBe('fulfilled')
  })
})
