/** Subscriptions by WebSocket: how one is opened, what is heard, how its end is known, and when none is tried. */
import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { Client, ServiceError } from '../../src/client/index.ts'
import { Credentials } from '../../src/client/send.ts'
import { NotOpened, Sockets } from '../../src/client/sockets.ts'
import { pass, track, useFakeClock } from './fake.ts'
import { BASE, fakeSockets } from './scripted-fetch.ts'

const PATH = 'projects/p/configs/c:subscribe?path=/'
const VARIABLE = { variable: { name: 'projects/p/configs/c/variables/v', updateTime: '1' } }

useFakeClock()

/** Listens, and keeps what is heard. */
function listen(token?: ConstructorParameters<typeof Credentials>[0], base = BASE) {
  const fake = fakeSockets()
  const sockets = new Sockets(base, new Credentials(token), fake.WebSocket)
  const controller = new AbortController()
  const heard: unknown[] = []
  const run = track(
    (async () => {
      for await (const message of sockets.listen(PATH, controller.signal)) heard.push(message)
    })(),
  )
  return { fake, sockets, controller, heard, run }
}

describe('a socket is opened', () => {
  it('at the service, with its subprotocol', async () => {
    const { fake } = listen()
    await pass(0)
    expect(fake.made).toHaveLength(1)
    expect(fake.last.url).toBe(`ws://service.test/v1beta1/${PATH}`)
    expect(fake.last.protocols).toEqual(['rollcall'])
  })

  it('by TLS where the service is, and behind its path', async () => {
    const { fake } = listen(undefined, 'https://service.test/behind')
    await pass(0)
    expect(fake.last.url).toBe(`wss://service.test/behind/v1beta1/${PATH}`)
  })

  it('with the token in a subprotocol, and never in the URL', async () => {
    const { fake } = listen(async () => 'abc')
    await pass(0)
    expect(fake.last.protocols).toEqual(['rollcall', 'rollcall.token.abc'])
    expect(fake.last.url).not.toContain('abc')
  })

  it('and is asked for a sign at once, so that who listens knows that it does', async () => {
    const { fake, heard } = listen()
    await pass(0)
    fake.last.fire('open')
    await pass(0)
    expect(fake.last.sent).toEqual(['ping'])
    expect(heard).toEqual([])
    fake.last.say('pong')
    await pass(0)
    expect(heard).toEqual(['open'])
  })

  it('not at all for a signal that is aborted already, or by the time that the token is there', async () => {
    const fake = fakeSockets()
    const sockets = new Sockets(BASE, new Credentials(undefined), fake.WebSocket)
    const reason = new Error('enough')
    await expect(sockets.listen(PATH, AbortSignal.abort(reason)).next()).rejects.toBe(reason)
    let give: (token: string) => void = () => {}
    const { controller, run, fake: late } = listen(() => new Promise((resolve) => (give = resolve)))
    await pass(0)
    controller.abort(reason)
    give('abc')
    await pass(0)
    expect(run.error).toBe(reason)
    expect([...fake.made, ...late.made]).toEqual([])
  })
})

describe('what is heard', () => {
  it('comes in order, also what came while nobody asked', async () => {
    const fake = fakeSockets()
    const sockets = new Sockets(BASE, new Credentials(undefined), fake.WebSocket)
    const messages = sockets.listen(PATH, new AbortController().signal)
    const first = messages.next()
    await pass(0)
    fake.last.open().say({ variable: 1 }).say({ variable: 2 }).say({ waiter: 3 })
    expect(await first).toEqual({ done: false, value: 'open' })
    const rest = [await messages.next(), await messages.next(), await messages.next()]
    expect(rest.map(({ value }) => value)).toEqual([{ variable: 1 }, { variable: 2 }, { waiter: 3 }])
    fake.last.drop()
    expect((await messages.next()).done).toBe(true)
  })

  it('is open with the first message, whatever that is', async () => {
    const { fake, heard } = listen()
    await pass(0)
    fake.last.say(VARIABLE)
    await pass(0)
    expect(heard).toEqual(['open', VARIABLE])
  })

  it.each(['', 'no JSON', '{"variable": {"na', '5', '"text"', 'null', 'pong'])(
    'is nothing where it is %j',
    async (text) => {
      const { fake, heard, run } = listen()
      await pass(0)
      fake.last.open().say(text).say(VARIABLE)
      await pass(0)
      expect(heard).toEqual(['open', VARIABLE])
      expect(run.state).toBe('pending')
    },
  )

  it('is a refusal where the message says so, with status and code', async () => {
    const { fake, heard, run } = listen()
    await pass(0)
    const error = { code: 403, message: 'not for you', status: 'PERMISSION_DENIED', details: [{ a: 1 }] }
    fake.last.open().say(VARIABLE).say({ error })
    await pass(0)
    expect(heard).toEqual(['open', VARIABLE])
    expect(run.error).toBeInstanceOf(ServiceError)
    expect(run.error).toMatchObject({
      status: 403,
      code: 'PERMISSION_DENIED',
      message: 'not for you',
      details: [{ a: 1 }],
    })
    expect(fake.last.closes).toEqual([1000])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is what came before the end, and the end is no error once it was open', async () => {
    const { fake, heard, run } = listen()
    await pass(0)
    fake.last.open().say(VARIABLE).drop()
    await pass(0)
    expect(heard).toEqual(['open', VARIABLE])
    expect(run.state).toBe('fulfilled')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is nothing more after the end, however late it comes', async () => {
    const { fake, heard, run } = listen()
    await pass(0)
    fake.last.open().drop()
    fake.last.say(VARIABLE)
    await pass(0)
    expect(heard).toEqual(['open'])
    expect(run.state).toBe('fulfilled')
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a socket that does not get through', () => {
  it.each<[string, (fake: ReturnType<typeof fakeSockets>) => void]>([
    ['is refused', ({ last }) => last.refuse()],
    ['is closed before anything came', ({ last }) => last.drop()],
    [
      'opens and is closed before anything came',
      ({ last }) => {
        last.fire('open')
        last.drop(1000)
      },
    ],
  ])('%s', async (_, end) => {
    const { fake, run } = listen()
    await pass(0)
    end(fake)
    await pass(0)
    expect(run.error).toBeInstanceOf(NotOpened)
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([false, true])('gives no sign within a second, open or not: %j', async (opens) => {
    const { fake, run } = listen()
    await pass(0)
    if (opens) fake.last.fire('open')
    await pass(899)
    expect(run.state).toBe('pending')
    await pass(101)
    expect(run.error).toBeInstanceOf(NotOpened)
    expect(fake.last.closes).toEqual([1000])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('cannot be made at all, and the token is not told', async () => {
    // As a platform does that is given a text which can be no subprotocol.
    const strict = function (_url: string, protocols: string[]) {
      throw new SyntaxError(`bad protocol ${protocols.at(-1)}`)
    }
    const sockets = new Sockets(BASE, new Credentials('a/b='), strict as never)
    const error = await sockets
      .listen(PATH, new AbortController().signal)
      .next()
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(NotOpened)
    expect((error as Error).message).not.toContain('a/b=')
  })

  it('may object to being closed', async () => {
    const { fake, run } = listen()
    await pass(0)
    fake.last.close = () => {
      throw new Error('not open yet')
    }
    await pass(1000)
    expect(run.error).toBeInstanceOf(NotOpened)
  })

  it('may object to being sent to', async () => {
    const { fake, heard } = listen()
    await pass(0)
    fake.last.send = () => {
      throw new Error('closing')
    }
    fake.last.open()
    await pass(0)
    expect(heard).toEqual(['open'])
  })
})

describe('a silent socket', () => {
  it('is asked every 25 s whether it is still there, and lasts as long as it answers', async () => {
    const { fake, run } = listen()
    await pass(0)
    fake.last.open()
    for (let round = 1; round <= 4; round += 1) {
      await pass(24_999)
      // One more than was asked for: the first is sent as soon as it is open.
      expect(fake.last.sent).toEqual(Array(round).fill('ping'))
      await pass(1)
      expect(fake.last.sent).toEqual(Array(round + 1).fill('ping'))
      await pass(9999)
      fake.last.say('pong')
    }
    expect(run.state).toBe('pending')
  })

  it('has ended when it does not answer within 10 s', async () => {
    const { fake, run } = listen()
    await pass(0)
    fake.last.open()
    await pass(25_000)
    await pass(9999)
    expect(run.state).toBe('pending')
    await pass(1)
    expect(run.state).toBe('fulfilled')
    expect(fake.last.closes).toContain(1000)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is not asked as long as there are messages', async () => {
    const { fake } = listen()
    await pass(0)
    fake.last.open()
    for (let round = 0; round < 10; round += 1) {
      await pass(20_000)
      fake.last.say(VARIABLE)
    }
    expect(fake.last.sent).toEqual(['ping'])
  })
})

describe('letting go of a socket', () => {
  it('closes it, leaves no timer and no listener, and rejects with the signal’s reason', async () => {
    for (const open of [true, false]) {
      const { fake, controller, run } = listen()
      await pass(0)
      if (open) fake.last.open()
      await pass(0)
      const reason = new Error('enough')
      controller.abort(reason)
      await pass(0)
      expect(run.error).toBe(reason)
      expect(fake.last.closes).toEqual([1000])
      expect(vi.getTimerCount()).toBe(0)
    }
  })

  it('closes it when its listener leaves', async () => {
    const fake = fakeSockets((socket) => queueMicrotask(() => socket.open()))
    const sockets = new Sockets(BASE, new Credentials(undefined), fake.WebSocket)
    const { signal } = new AbortController()
    for await (const message of sockets.listen(PATH, signal)) if (message === 'open') break
    expect(fake.last.closes).toEqual([1000])
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('takes its listener off the signal when the server ends it', async () => {
    const { fake, controller } = listen()
    await pass(0)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    fake.last.open().drop()
    await pass(0)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  })
})

describe('a token that has expired', () => {
  it('is asked for anew after the close that says so', async () => {
    const token = vi.fn(() => `t${token.mock.calls.length}`)
    const { fake, sockets } = listen(token)
    await pass(0)
    fake.last.open().drop(4401)
    await pass(0)
    void track(sockets.listen(PATH, new AbortController().signal).next())
    await pass(0)
    expect(fake.made.map(({ protocols }) => protocols[1])).toEqual(['rollcall.token.t1', 'rollcall.token.t2'])
  })

  it.each([1000, 1006, 1012, 4403, 4404])('is good still after the close %i', async (code) => {
    const token = vi.fn(() => 'abc')
    const { fake, sockets } = listen(token)
    await pass(0)
    fake.last.open().drop(code)
    await pass(0)
    void track(sockets.listen(PATH, new AbortController().signal).next())
    await pass(0)
    expect(token).toHaveBeenCalledTimes(1)
  })
})

describe('whether one is tried', () => {
  it('is said by the client, and by the platform', () => {
    const url = BASE
    expect(new Client({ url, WebSocket: false }).sockets.usable).toBe(false)
    expect(new Client({ url }).sockets.usable).toBe(true)
    vi.stubGlobal('WebSocket', undefined)
    expect(new Client({ url }).sockets.usable).toBe(false)
    expect(new Client({ url, WebSocket: fakeSockets().WebSocket }).sockets.usable).toBe(true)
    vi.unstubAllGlobals()
  })

  it.each([0, 0.5, 0.999])(
    'is no for 1 to 3 s after one that did not get through, then for 15 to 45 s',
    async (random) => {
      vi.spyOn(Math, 'random').mockReturnValue(random)
      const { sockets } = new Client({ url: BASE, WebSocket: fakeSockets().WebSocket })
      for (const about of [2000, 30_000, 30_000]) {
        await sockets.blocked()
        await pass(Math.floor(about * (0.5 + random)) - 1)
        expect(sockets.usable).toBe(false)
        await pass(2)
        expect(sockets.usable).toBe(true)
      }
    },
  )

  it('is no for 1 to 3 s again after one that got through', async () => {
    const fake = fakeSockets((socket) => queueMicrotask(() => socket.open().say({})))
    const { sockets } = new Client({ url: BASE, WebSocket: fake.WebSocket })
    await sockets.blocked()
    for await (const _ of sockets.listen('a:subscribe', new AbortController().signal)) break
    await sockets.blocked()
    await pass(3001)
    expect(sockets.usable).toBe(true)
  })
})
