/** The stream of what happens in a config, over lost connections: nothing is missed, and nothing told twice. */
import { describe, expect, it, vi } from 'vitest'
import { changes, type Change } from '../../src/client/changes.ts'
import { at, CONFIG, deleted, ended, gone, RESET, stream, told, updated } from './changes-service.ts'
import { pass, track, useFakeClock } from './fake.ts'
import { fakeSockets, faults, lost, scriptedClient, type FakeSocket } from './scripted-fetch.ts'

useFakeClock(0.5)

describe('a lost connection', () => {
  it('is resumed behind the last moment that was told', async () => {
    const { open, say, cut, all, begins } = stream()
    await open(told(1))
    await say(told(2, updated('a', 2)))
    await cut()
    await open(told(4, updated('b', 4)), told(4))
    expect(all).toEqual([updated('a', 2), updated('b', 4)])
    await cut()
    expect(begins()).toEqual([null, at(2), at(4)])
  })

  it('is told, each time, with why if that is known', async () => {
    const calls: string[] = []
    const { open, cut, fake } = stream({
      reply: lost,
      onListening: () => calls.push('listening'),
      onLost: (error) => calls.push(error === undefined ? 'lost' : `lost: ${(error as Error).name}`),
    })
    await open(told(1))
    await cut()
    expect(calls).toEqual(['listening', 'lost'])
    fake.last.refuse()
    await pass(1000)
    expect(calls[2]).toBe('lost: ConnectionError')
    await open(told(1))
    expect(calls.at(-1)).toBe('listening')
  })

  it('is resumed behind the last bookmark, where nothing happened', async () => {
    const { open, say, cut, begins } = stream()
    await open(told(1))
    await say(told(5))
    await cut()
    expect(begins()).toEqual([null, at(5)])
  })

  it('begins anew where nothing came before', async () => {
    const { open, cut, begins } = stream()
    await open()
    await cut()
    expect(begins()).toEqual([null, null])
  })

  it('cannot be resumed behind a part of a moment', async () => {
    const { open, cut, all, begins } = stream({ after: at(1) })
    await open({ ...told(3, updated('a', 2)), more: true })
    await cut()
    expect(all).toEqual([])
    await open({ ...told(3, updated('a', 2)), more: true }, told(3, updated('b', 3)))
    expect(all).toEqual([updated('a', 2), updated('b', 3)])
    await cut()
    expect(begins()).toEqual([at(1), at(1), at(3)])
  })

  it('is made anew with growing pauses while there is no answer, and soon after a good one', async () => {
    const { open, fake, all } = stream({ reply: lost })
    await open(told(1))
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
    const wanted = [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]
    expect(times.map((time, index) => Math.abs(time - (wanted[index] as number)) <= 2)).toEqual(Array(9).fill(true))
    while (fake.made.length < 11) await pass(1)
    await open(told(2, updated('a', 2)))
    expect(all).toEqual([updated('a', 2)])
    fake.last.drop()
    await pass(101)
    expect(fake.made).toHaveLength(12)
  })

  it.each([429, 500, 503])('or a service that answers %i for a while is outlived', async (status) => {
    const { fake, run, open, all } = stream({ reply: () => faults(status) })
    await pass(0)
    fake.last.refuse()
    await pass(200)
    await open(told(1), told(2, updated('a', 2)))
    expect(run.state).toBe('pending')
    expect(all).toEqual([updated('a', 2)])
  })

  it.each([1, 2, 3, 4])('at any moment loses nothing and has nothing told twice (%i)', async (seed) => {
    vi.spyOn(Math, 'random').mockImplementation(randomFrom(seed))
    const log: { stamp: string; changes: Change[] }[] = []
    // Speaks as the service does: behind the stamp that is asked for, then live.
    const speak = (socket: FakeSocket) => {
      const after = new URL(socket.url).searchParams.get('after') ?? log.at(-1)?.stamp ?? at(0)
      queueMicrotask(() => {
        socket.open()
        for (const message of log) if (message.stamp > after) socket.say(message)
        socket.say({ stamp: log.at(-1)?.stamp ?? at(0), changes: [] })
      })
    }
    const fake = fakeSockets(speak)
    const client = scriptedClient([lost()], { WebSocket: fake.WebSocket, retry: false })
    const all: Change[] = []
    const read = async () => {
      for await (const change of changes(client, CONFIG, { after: at(0) })) {
        all.push(change)
        if (Math.random() < 0.3) await new Promise((resolve) => setTimeout(resolve, 30))
      }
    }
    void track(read())
    for (let moment = 1; moment <= 200; moment += 1) {
      const happened = told(moment, ...['a', 'b'].slice(Math.random() * 2).map((path) => updated(path, moment)))
      log.push(happened)
      fake.last?.say(happened)
      if (Math.random() < 0.3) fake.last?.drop()
      await pass(Math.random() * 100)
    }
    await pass(20_000)
    expect(fake.made.length).toBeGreaterThan(10)
    expect(all).toEqual(log.flatMap((message) => message.changes))
  })
})

/** Numbers from 0 to 1 as they come from a seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

describe('a stream that was cut for too long', () => {
  it('tells what has changed since, in order, and that is gone what it had told of', async () => {
    const calls: string[] = []
    const { open, say, cut, all } = stream({ onReset: () => calls.push(`reset behind ${all.length}`) })
    await open(told(1))
    await say(told(2, updated('gone', 2), updated('same', 2)), told(3, updated('a', 3), deleted('b', 1)))
    await cut()
    const state = [
      updated('a', 8),
      updated('c', 6),
      updated('old', 1),
      updated('same', 2),
      ended('before', 2),
      ended('w', 7),
    ]
    await open({ ...told(9, ...state), reset: RESET })
    expect(all.slice(4)).toEqual([gone('gone', 2), updated('c', 6), ended('w', 7), updated('a', 8)])
    expect(calls).toEqual(['reset behind 4'])
  })

  it('goes on behind it, and a second time knows what it told of then', async () => {
    const onReset = vi.fn()
    const { open, say, cut, all, begins } = stream({ after: at(1), onReset })
    await open({ ...told(3, updated('a', 2), updated('b', 3)), reset: RESET })
    await say(told(4, deleted('a', 2)))
    await cut()
    await open({ ...told(9), reset: RESET })
    expect(all).toEqual([updated('a', 2), updated('b', 3), deleted('a', 2), gone('b', 3)])
    expect(begins()).toEqual([at(1), at(4)])
    expect(onReset).toHaveBeenCalledTimes(2)
  })

  it('is told the state as a whole, though it comes in parts and is cut in between', async () => {
    const onReset = vi.fn()
    const { open, say, cut, all, begins } = stream({ onReset })
    await open(told(1), told(2, updated('a', 2), updated('z', 2)))
    await cut()
    const part = { ...told(9, updated('a', 2), updated('b', 5)), reset: RESET, more: true }
    await open(part)
    expect(all).toHaveLength(2)
    await cut()
    await open(part)
    await say(told(9, updated('z', 4)))
    expect(all.slice(2)).toEqual([updated('z', 4), updated('b', 5)])
    await cut()
    expect(begins()).toEqual([null, at(2), at(2), at(9)])
    expect(onReset).toHaveBeenCalledTimes(1)
  })
})
