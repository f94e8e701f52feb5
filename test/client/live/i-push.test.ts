/** Section I on the wire: pushes, what comes in their place, and servers that come and go. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { changes } from '../../../src/client/changes.ts'
import {
  Client,
  ConnectionError,
  wait,
  WaitError,
  waitUntil,
  type Progress,
  type Variable,
} from '../../../src/client/index.ts'
import { countedSockets, newConfig, Restartable, signalled, useHostile, useLive } from './servers.ts'

const live = useLive()
const MINUTE = { timeout: '1m' } as const
const ON = { success: { path: 'text', equals: 'on' } } as const

/** A variable of a new config, and who writes it. */
async function newVariable(client = live.client(), text = 'off') {
  const config = await newConfig(client)
  const name = `${config}/variables/state`
  await client.variables.create({ name, text })
  return { config, name, write: (to: string) => client.variables.update({ name, text: to }) }
}

async function newWaiter(client = live.client(), number = 1) {
  const config = await newConfig(client)
  const name = `${config}/waiters/w`
  await client.waiters.create({ name, timeout: '600s', success: { cardinality: { path: '/ready', number } } })
  const ready = (id: string) => client.variables.create({ name: `${config}/variables/ready/${id}`, text: '' })
  return { config, name, ready }
}

/** Resolves with the first progress of a wait. */
function begun() {
  const { promise, resolve } = signalled()
  return { begun: promise, onProgress: () => resolve() }
}

describe('a push', () => {
  it('tells every state once, in order, and says that it was pushed', async () => {
    const { name, write } = await newVariable()
    const seen: [string, string | undefined][] = []
    const first = signalled()
    const onProgress = ({ via, snapshot }: Progress<Variable>) => {
      seen.push([via, snapshot.kind === 'present' ? snapshot.value.text : undefined])
      first.resolve()
    }
    const waiting = wait(live.client().variable(name), ON, { ...MINUTE, onProgress })
    await first.promise
    for (const text of ['a', 'b', 'c', 'on']) await write(text)
    const { value, snapshot } = await waiting
    expect(value?.text).toBe('on')
    expect(snapshot?.rev).toBe(value?.updateTime)
    expect(seen).toEqual([
      ['poll', 'off'],
      ['push', 'a'],
      ['push', 'b'],
      ['push', 'c'],
      ['push', 'on'],
    ])
  })

  it('I7: comes long before anybody would have looked', async () => {
    const client = live.client()
    const elapsed: number[] = []
    for (let round = 0; round < 30; round += 1) {
      const { name, ready } = await newWaiter(client)
      const { begun: started, onProgress } = begun()
      const waiting = client.wait(name, { ...MINUTE, onProgress })
      await started
      const wrote = performance.now()
      await ready('a')
      await waiting
      elapsed.push(performance.now() - wrote)
    }
    // The shortest pause between looks is 500 ms.
    elapsed.sort((a, b) => a - b)
    expect(elapsed[15]).toBeLessThan(250)
  })

  it('I6: a thousand waits open one socket, look twice at most, and hear all of it', async () => {
    const { made, WebSocket } = countedSockets()
    let looks = 0
    const client = live.client({
      WebSocket,
      fetch: (input, init) => {
        looks += 1
        return fetch(input, init)
      },
    })
    const { name, write } = await newVariable()
    const { begun: started, onProgress } = begun()
    const waits = Array.from({ length: 1000 }, () => wait(client.variable(name), ON, { ...MINUTE, onProgress }))
    await started
    await write('halfway')
    await write('on')
    const ended = await Promise.all(waits)
    expect(ended.every(({ value }) => value?.text === 'on')).toBe(true)
    expect(made).toHaveLength(1)
    expect(looks).toBeLessThanOrEqual(2)
    await closed(made[0] as WebSocket)
  })

  it('I6: the socket stays for who stays, and is closed by the last who leaves', async () => {
    const { made, WebSocket } = countedSockets()
    const client = live.client({ WebSocket })
    const { name, ready } = await newWaiter()
    const { begun: started, onProgress } = begun()
    const [first, second, third] = [0, 1, 2].map(() => client.wait(name, { ...MINUTE, onProgress })) as [
      ReturnType<Client['wait']>,
      ReturnType<Client['wait']>,
      ReturnType<Client['wait']>,
    ]
    await started
    first.cancel()
    third.cancel()
    expect(made[0]?.readyState).toBe(1)
    await ready('a')
    expect((await second).label).toBe('SUCCEEDED')
    expect(made).toHaveLength(1)
    await closed(made[0] as WebSocket)
  })

  it('E8: to leave ends nothing but the waiting', async () => {
    const client = live.client()
    const { name, ready } = await newWaiter()
    const { begun: started, onProgress } = begun()
    const waiting = client.wait(name, { ...MINUTE, onProgress })
    await started
    waiting.cancel()
    expect((await client.waiters.get(name)).data.done).toBeUndefined()
    await ready('a')
    expect((await client.wait(name, MINUTE)).label).toBe('SUCCEEDED')
  })

  it('tells of a deletion, and of the next creation under the same name', async () => {
    const client = live.client()
    const { name } = await newVariable()
    const seen: string[] = []
    const { begun: started, onProgress: first } = begun()
    const onProgress = ({ snapshot }: Progress<Variable>) => {
      seen.push(snapshot.kind)
      first()
    }
    const waiting = wait(client.variable(name), { ...ON, absent: 'pending' }, { ...MINUTE, onProgress })
    await started
    await client.variables.delete(name)
    await client.variables.create({ name, text: 'on' })
    expect((await waiting).value?.text).toBe('on')
    expect(seen).toEqual(['present', 'absent', 'present'])
  })

  it('tells of the deletion of all beneath a path, and of the config', async () => {
    const client = live.client()
    for (const remove of [
      (config: string) => client.variables.delete(`${config}/variables/state`, { recursive: true }),
      (config: string) => client.configs.delete(config),
    ]) {
      const { name, config } = await newVariable()
      const { begun: started, onProgress } = begun()
      const gone = wait(client.variable(name), { absent: 'success' }, { ...MINUTE, onProgress })
      const there = wait(client.variable(name), ON, { ...MINUTE, onProgress }).settle()
      await started
      await remove(config)
      expect((await gone).label).toBe('absent')
      expect(await there).toMatchObject({ status: 'notFound' })
    }
  })

  it('of something that is not there yet comes when it is', async () => {
    const client = live.client()
    const config = await live.config()
    const name = `${config}/waiters/later`
    const until = { success: { path: 'done', equals: true }, absent: 'pending' } as const
    const { begun: started, onProgress } = begun()
    const waiting = wait(client.waiter(name), until, { ...MINUTE, onProgress })
    await started
    await client.waiters.create({ name, timeout: '60s', success: { cardinality: { path: '/ready', number: 1 } } })
    await client.variables.create({ name: `${config}/variables/ready/a`, text: '' })
    expect((await waiting).value).toMatchObject({ done: true })
  })

  it('wakes a waitUntil', async () => {
    const client = live.client()
    const { name, write } = await newVariable()
    const first = await client.variables.get(name)
    const looked = signalled()
    const waiting = waitUntil(client, first, 'text', 'on', { waitCallback: () => looked.resolve(), maxWaitSeconds: 60 })
    await looked.promise
    const wrote = performance.now()
    await write('on')
    const { data, request } = await waiting
    expect(data.text).toBe('on')
    expect(request).toEqual(first.request)
    // Without a push the next look would have been one to two seconds away.
    expect(performance.now() - wrote).toBeLessThan(900)
  })

  it('wakes a waitUntil for a waiter, whose properties may be left out until they are there', async () => {
    const client = live.client()
    const { name, ready } = await newWaiter()
    const first = await client.waiters.get(name)
    expect('done' in first.data).toBe(false)
    const waiting = waitUntil(client, first, 'done', true, { maxWaitSeconds: 60 })
    await ready('a')
    expect((await waiting).data.done).toBe(true)
  })
})

describe('I4: where no socket gets through', () => {
  const hostile = useHostile(live)

  it.each(['refuse-upgrade', 'dead-socket', 'half-frame', 'none at all'])(
    'I4: %s: the result is the same',
    async (way) => {
      const url = way === 'none at all' ? live.client().base : `${hostile.url}/${way}`
      const client = new Client({ url, ...(way === 'none at all' && { WebSocket: false as const }) })
      const { name, write } = await newVariable()
      const seen: (string | undefined)[] = []
      const { begun: started, onProgress: first } = begun()
      const onProgress = ({ snapshot }: Progress<Variable>) => {
        seen.push(snapshot.kind === 'present' ? snapshot.value.text : undefined)
        first()
      }
      const began = performance.now()
      const waiting = wait(client.variable(name), ON, { ...MINUTE, onProgress })
      await started
      expect(performance.now() - began).toBeLessThan(2000)
      const { data } = await write('on')
      const { value, label } = await waiting
      expect(label).toBe('success')
      expect(value).toMatchObject({ name, text: 'on', updateTime: data.updateTime })
      expect(seen).toEqual(['off', 'on'])
    },
  )

  it.each(['refuse-upgrade', 'dead-socket', 'half-frame'])('I4: %s: a waiter is heard of too', async (way) => {
    const client = new Client({ url: `${hostile.url}/${way}` })
    const { name, ready } = await newWaiter()
    const { begun: started, onProgress } = begun()
    const waiting = client.wait(name, { ...MINUTE, onProgress })
    await started
    await ready('a')
    expect((await waiting).label).toBe('SUCCEEDED')
  })

  it.each(['hang', 'drop', '500', 'half'])('I4: %s: the wait goes on to its deadline, and tells why', async (way) => {
    const client = new Client({ url: `${hostile.url}/${way}` })
    const { name } = await newWaiter()
    const began = performance.now()
    const outcome = await client.wait(name, { timeout: 1500 }).settle()
    expect(outcome).toMatchObject({ status: 'timeout', error: { code: 'TIMEOUT', last: undefined } })
    expect(performance.now() - began).toBeLessThan(3000)
    if (way === '500') expect(outcome).toMatchObject({ error: { status: 500 } })
  })

  it('I4: a liar does not undo what it said', async () => {
    const client = new Client({ url: `${hostile.url}/liar` })
    const { name } = await newWaiter()
    expect((await client.wait(name, MINUTE)).value?.done).toBe(true)
  })
})

describe('I1: a server that is started again', () => {
  let server: Restartable
  beforeEach(async () => {
    server = new Restartable()
    await server.start()
  })
  afterEach(() => server.remove())

  it.each(['auto', 'poll'] as const)('I1: in mid-wait loses nothing (transport %s)', async (transport) => {
    const client = new Client({ url: server.url })
    const { name, write } = await newVariable(client)
    const { name: waiter, ready } = await newWaiter(client, 2)
    const seen: (string | undefined)[] = []
    const { begun: started, onProgress: first } = begun()
    const onProgress = ({ snapshot }: Progress<Variable>) => {
      seen.push(snapshot.kind === 'present' ? snapshot.value.text : undefined)
      first()
    }
    const options = { ...MINUTE, transport, maxDelay: 500 } as const
    const waits = [wait(client.variable(name), ON, { ...options, onProgress }), client.wait(waiter, options)] as const
    await started
    await ready('a')
    await server.stop()
    await server.start()
    await write('on')
    await ready('b')
    const [variable, done] = await Promise.all(waits)
    expect(variable.value?.text).toBe('on')
    expect(done.label).toBe('SUCCEEDED')
    expect(seen).toEqual(['off', 'on'])
  })

  it('I1: has changes go on, and told is what came meanwhile', async () => {
    const client = new Client({ url: server.url })
    const { config, write } = await newVariable(client)
    const listenings: (() => void)[] = []
    const [one, two] = [signalled(), signalled()]
    listenings.push(one.resolve, two.resolve)
    const told: string[] = []
    const end = (async () => {
      for await (const change of changes(client, config, { onListening: () => listenings.shift()?.() })) {
        if ('variable' in change) told.push(change.variable.text ?? '')
        if (told.at(-1) === 'last') return
      }
    })()
    await one.promise
    await write('first')
    await server.stop()
    await server.start()
    await write('meanwhile')
    await two.promise
    await write('last')
    await end
    expect(told).toEqual(['first', 'meanwhile', 'last'])
  })

  it('that stays away is waited for until the deadline, and a timeout tells so', async () => {
    const client = new Client({ url: server.url })
    const { name } = await newWaiter(client)
    const { begun: started, onProgress } = begun()
    // Longer than the server may take to stop.
    const waiting = client.wait(name, { timeout: '8s', onProgress }).settle()
    await started
    await server.stop()
    const outcome = await waiting
    expect(outcome).toMatchObject({ status: 'timeout', error: { code: 'TIMEOUT', state: 'IN_PROGRESS' } })
    const { error } = outcome as { error: WaitError }
    expect(error.cause).toBeInstanceOf(ConnectionError)
    expect(error.message).toContain('ConnectionError')
  })
})

/** Resolves when a socket is closed. */
async function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return
  await new Promise((resolve) => socket.addEventListener('close', resolve, { once: true }))
}
