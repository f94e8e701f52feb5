/** A config as it moves, by a service that says what a test has it say. */
import { afterEach, describe, expect, it } from 'vitest'
import { LiveConfig, MOST_EVENTS } from '../../src/console/model/live-config.ts'
import { at, CONFIG, deleted, ended, RESET, told, updated, variable } from '../client/changes-service.ts'
import { pass, useFakeClock } from '../client/fake.ts'
import { fakeSockets, faults, gives, lost, scriptedClient, type Reply } from '../client/scripted-fetch.ts'

useFakeClock(0.5)

let stop = () => {}
afterEach(() => stop())

/** The config that is shown, and how the service is made to speak. */
function shown(variables: () => Reply | Promise<Reply>, waiters: () => Reply = () => gives({})) {
  const sockets = fakeSockets()
  const client = scriptedClient(({ path }) => (path.includes('/waiters') ? waiters() : variables()), {
    WebSocket: sockets.WebSocket,
    retry: false,
  })
  const frames: (() => void)[] = []
  const live = new LiveConfig(client, CONFIG, {
    frame: (callback) => void frames.push(callback),
    now: () => performance.now(),
  })
  live.start()
  stop = () => live.stop()
  const draw = async () => {
    await pass(0)
    for (const frame of frames.splice(0)) frame()
  }
  const open = async (...messages: object[]) => {
    await pass(0)
    sockets.last.open()
    for (const message of messages) sockets.last.say(message)
    await draw()
  }
  const say = async (...messages: object[]) => {
    for (const message of messages) sockets.last.say(message)
    await draw()
  }
  const texts = () => Object.fromEntries([...live.variables.under('')].map((one) => [one.path, one.variable.text]))
  return { live, client, sockets, frames, draw, open, say, texts }
}

const listed = (...some: [string, number][]) =>
  gives({ variables: some.map(([path, moment]) => ({ ...variable(path, moment), text: path })) })

describe('a config as it moves', () => {
  it('shows what is there, and then what happens', async () => {
    const { live, open, say, texts } = shown(() => listed(['a', 1], ['b', 1]))
    expect(live.link.state).toBe('loading')
    await open(told(1))
    expect(live.link.state).toBe('live')
    expect(texts()).toEqual({ a: 'a', b: 'b' })
    await say(told(2, updated('c', 2)), told(3, deleted('a', 1)))
    expect(texts()).toEqual({ b: 'b', c: 'c' })
    expect(live.events.map(({ number }) => number)).toEqual([0, 1])
  })

  it('knows when each thing happened, also of a deletion, which has the time of what was deleted', async () => {
    const { live, open, say } = shown(() => listed(['a', 1]))
    await open(told(1))
    await say(told(2, updated('b', 2)), told(5, deleted('a', 1), ended('w', 5)))
    expect(live.events.map(({ stamp }) => stamp)).toEqual([at(2), at(5), at(5)])
  })

  it('asks for what is there only when it is told what happens from then on', async () => {
    const { client, open } = shown(() => listed())
    await pass(0)
    expect(client.sent).toEqual([])
    await open(told(1))
    expect(client.sent[0]?.path).toBe(`${CONFIG}/variables?pageSize=1000&returnValues=true`)
  })

  it('believes the stream of what was told while it read, not what it read before', async () => {
    let reply: (listed: Reply) => void = () => {}
    const { open, say, draw, texts } = shown(() => new Promise<Reply>((resolve) => (reply = resolve)))
    await open(told(1))
    await say(told(2, deleted('a', 1)), told(3, updated('b', 3)))
    reply(listed(['a', 1], ['b', 1]))
    await draw()
    await draw()
    expect(texts()).toEqual({ b: 'b' })
  })

  it('draws once, however much comes between two frames', async () => {
    const { live, open, sockets, frames, draw } = shown(() => listed())
    await open(told(1))
    await draw()
    let drawn = 0
    live.listen(() => (drawn += 1))
    for (let moment = 2; moment < 502; moment++) sockets.last.say(told(moment, updated(`v${moment}`, moment)))
    await pass(0)
    expect(frames).toHaveLength(1)
    await draw()
    expect(drawn).toBe(1)
    expect(live.variables.size).toBe(500)
  })

  it('remembers as many events as it should, with their numbers', async () => {
    const { live, open, say } = shown(() => listed())
    await open(told(1))
    const many = Array.from({ length: MOST_EVENTS + 10 }, (_, index) => updated('a', index + 2))
    await say({ stamp: at(9), changes: many })
    expect(live.events).toHaveLength(MOST_EVENTS)
    expect(live.events.at(-1)?.number).toBe(MOST_EVENTS + 9)
  })

  it('says that the connection is lost, and goes on where it was', async () => {
    const { live, client, open, sockets, draw, texts } = shown(() => listed(['a', 1]))
    await open(told(1))
    const before = client.sent.filter(({ path }) => path.includes('/variables')).length
    sockets.last.drop()
    await draw()
    expect(live.link.state).toBe('lost')
    await pass(200)
    await open(told(4, updated('b', 4)))
    expect(live.link.state).toBe('live')
    expect(texts()).toEqual({ a: 'a', b: 'b' })
    expect(client.sent.filter(({ path }) => path.includes('/variables')).length).toBe(before)
  })

  it('reads all anew when it was away for too long, and forgets what is gone', async () => {
    let there = listed(['a', 1], ['b', 1])
    const { open, sockets, texts, draw } = shown(() => there)
    await open(told(1))
    sockets.last.drop()
    there = listed(['b', 5])
    await pass(200)
    await open({ ...told(6, updated('b', 5)), reset: RESET })
    await draw()
    expect(texts()).toEqual({ b: 'b' })
  })

  it('tries again to read what could not be read', async () => {
    const replies = [lost(), listed(['a', 1])]
    const { live, open, draw, texts } = shown(() => replies.shift() as Reply)
    await open(told(1))
    expect(live.link.state).toBe('lost')
    await pass(2000)
    await draw()
    expect(live.link.state).toBe('live')
    expect(texts()).toEqual({ a: 'a' })
  })

  it('ends when the config may not be read', async () => {
    const { live, open } = shown(() => faults(403, 'PERMISSION_DENIED'))
    await open(told(1))
    expect(live.link).toMatchObject({ state: 'over', error: { status: 403 } })
  })

  it('shows variables though the waiters may not be listed', async () => {
    const { live, open, draw, texts } = shown(
      () => listed(['a', 1]),
      () => faults(403, 'PERMISSION_DENIED'),
    )
    await open(told(1))
    await draw()
    expect(texts()).toEqual({ a: 'a' })
    expect(live.waitersError).toMatchObject({ status: 403 })
    expect(live.link.state).toBe('live')
  })
})

describe('the waiters of a config', () => {
  const waiter = (id: string, more: object = {}) => ({
    name: `${CONFIG}/waiters/${id}`,
    timeout: '60s',
    success: { cardinality: { path: '/ready', number: 1 } },
    createTime: at(0),
    ...more,
  })

  it('are looked for now and then, for no stream tells that one begins or is deleted', async () => {
    let there = [waiter('a')]
    const { live, open, draw } = shown(
      () => listed(),
      () => gives({ waiters: there }),
    )
    await open(told(1))
    await draw()
    expect([...live.waiters.keys()]).toEqual(['a'])
    there = [waiter('b')]
    await pass(5000)
    await draw()
    expect([...live.waiters.keys()]).toEqual(['b'])
  })

  it('end when they are told to, and are not revived by an older list', async () => {
    const { live, open, say, draw } = shown(
      () => listed(),
      () => gives({ waiters: [waiter('w')] }),
    )
    await open(told(1))
    await say(told(2, ended('w', 2)))
    expect(live.waiters.get('w')?.done).toBe(true)
    await pass(5000)
    await draw()
    expect(live.waiters.get('w')?.done).toBe(true)
  })
})

describe('a variable that should have expired', () => {
  const expiring = (moment: number, expires: number) => ({
    ...variable('a', moment),
    text: 'a',
    ttl: '1s',
    expireTime: at(expires),
  })

  it('is looked at, and stays if it was renewed', async () => {
    let one = expiring(1, 100)
    const { live, client, open, draw } = shown(() => gives(client.sent.length === 1 ? { variables: [one] } : one))
    await open(told(1))
    one = expiring(1, 900)
    await live.lookAt('a')
    await draw()
    expect(live.variables.get('a')).toMatchObject({ variable: { expireTime: at(900) }, changes: 0 })
  })

  it('is not asked for again and again', async () => {
    const { live, client, open } = shown(() => gives(client.sent.length === 1 ? { variables: [expiring(1, 1)] } : {}))
    await open(told(1))
    const before = client.sent.length
    await Promise.all([live.lookAt('a'), live.lookAt('a')])
    await live.lookAt('a')
    expect(client.sent.length).toBe(before + 1)
  })
})
