/** Section I: one subscription for many waits, and what is made of what it tells. On the wire: live/i-push.test.ts. */
import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { wait, WaitError, waitUntil, type Progress, type Target, type Variable } from '../../src/client/index.ts'
import { absent, ended, live, pass, track, useFakeClock } from './fake.ts'
import {
  CONFIG,
  VARIABLE,
  WAITER,
  ON,
  minute,
  time,
  variable,
  waiter,
  service,
  DONE,
  job,
  type Job,
} from './push-service.ts'
import { fakeSockets, faults, gives, lost, scriptedClient } from './scripted-fetch.ts'

useFakeClock(0.5)

describe('I6: many waits on one target', () => {
  it.each([undefined, null, 'done', { phase: 'done' }])(
    'I6: a read that answers no snapshot (%j) ends those that listen, and breaks nothing',
    async (answer) => {
      const target = {
        key: 'odd',
        read: async () => answer as never,
        async *subscribe({ signal }: { signal: AbortSignal }) {
          yield undefined
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
        },
      }
      const { error } = await ended(wait<Job>(target, DONE, { timeout: '10s' }))
      expect(error).toMatchObject({ code: 'ERROR', cause: { name: 'InvalidArgumentError', argument: 'read' } })
      expect(vi.getTimerCount()).toBe(0)
    },
  )

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

  it('I6: a thousand that run out of time together look twice at most', async () => {
    const fake = fakeSockets()
    const client = scriptedClient(
      async () => {
        // As long as on a wire, so that they come together.
        await new Promise((resolve) => setTimeout(resolve, 20))
        return gives(waiter())
      },
      { WebSocket: fake.WebSocket },
    )
    const waits = Array.from({ length: 1000 }, () => client.wait(WAITER, minute))
    await pass(0)
    fake.last.open().hear({ waiter: waiter() })
    for (let rounds = 0; rounds < 3; rounds += 1) await pass(25_000).then(() => fake.last.hear('pong'))
    const outcomes = await Promise.all(waits.map((one) => one.settle()))
    expect(outcomes.every(({ status }) => status === 'timeout')).toBe(true)
    expect(client.sent.length).toBeLessThanOrEqual(2)
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

  it.each(['poll', 'auto'] as const)(
    'a waiter tells how far it has come, by itself (transport %s)',
    async (transport) => {
      const progress = { updateTime: time(2), success: { have: 1, need: 3 }, present: ['a'], missing: ['b', 'c'] }
      const client = scriptedClient(({ path }) => (path.endsWith(':wait') ? 'hang' : gives(waiter({ progress }))))
      const { error } = await ended(client.wait(WAITER, { timeout: '5s', transport }))
      expect(error).toMatchObject({ code: 'TIMEOUT', have: 1, need: 3, missing: ['b', 'c'] })
      expect((error as WaitError).message).toMatch(/1 of 3; missing: b, c/)
      expect(client.sent.filter(({ path }) => path.includes('/variables'))).toEqual([])
    },
  )

  it('a waiter of a service that tells no progress times out without', async () => {
    const client = scriptedClient([gives(waiter())])
    const { error } = await ended(client.wait(WAITER, { timeout: '5s', transport: 'poll' }))
    expect(error).toMatchObject({ code: 'TIMEOUT', state: 'IN_PROGRESS' })
    expect((error as WaitError).have).toBeUndefined()
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
