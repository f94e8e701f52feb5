/** Section I: subscriptions that end, and sockets that do not get through. On the wire: live/i-push.test.ts. */
import { describe, expect, it, vi } from 'vitest'
import { wait, waitUntil, type Progress, type Target, type Variable, type Waiter } from '../../src/client/index.ts'
import { ended, expectQuiet, httpError, live, noAnswer, pass, track, useFakeClock } from './fake.ts'
import { VARIABLE, WAITER, ON, minute, time, variable, waiter, service, DONE, job, type Job } from './push-service.ts'
import { fakeSockets, faults, gives, scriptedClient, type FakeSocket, type Reply } from './scripted-fetch.ts'

useFakeClock(0.5)

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
    await pass(4900)
    expect(fake.made).toHaveLength(1)
    // The request that is held then has been answered.
    await pass(400)
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
