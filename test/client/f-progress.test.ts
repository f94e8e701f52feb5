/** What is told on the way: callbacks, progress, and how the next look is taken. */
import { describe, expect, it, vi } from 'vitest'
import { waitUntil, type WaitUntilOptions } from '../../src/client/wait-until.ts'
import type { Progress } from '../../src/client/observation.ts'
import { wait } from '../../src/client/wait.ts'
import { client, clock, ended, expectQuiet, httpError, live, pass, present, refuses, resp, scripted } from './fake.ts'
import { absent, track, useFakeClock } from './fake.ts'
import type { ThingResponse } from './fake.ts'

useFakeClock()

const isDone = (value: string) => value === 'done'
const second = { timeout: '1m', minDelay: '1s', maxDelay: '1s' } as const
type Options = WaitUntilOptions<ThingResponse>

/** Waits for a thing that is ready; answers what the callback was told. */
async function told(first: string, answers: readonly string[], options: Options = {}) {
  const waitCallback = vi.fn<(timesChecked: number, response: ThingResponse) => void>()
  const service = client(answers)
  await ended(waitUntil(service, resp(first), 'lifecycleState', 'AVAILABLE', { waitCallback, ...options }))
  await expectQuiet(service.script)
  return waitCallback.mock.calls.map(([times, { data }]) => [times, data.lifecycleState])
}

describe('the callback of waitUntil', () => {
  it('F1: is told of a look that did not end the wait', async () => {
    expect(await told('DUMMY', ['DUMMY', 'AVAILABLE'])).toEqual([[1, 'DUMMY']])
  })

  it('F2: is not called when the first look ends it', async () => {
    expect(await told('DUMMY', ['AVAILABLE'])).toEqual([])
    expect(await told('AVAILABLE', [])).toEqual([])
  })

  it('F3: is told how many looks there were, and the latest response', async () => {
    expect(await told('X', ['A', 'B', 'AVAILABLE'])).toEqual([
      [1, 'A'],
      [2, 'B'],
    ])
    expect(await told('X', ['A'], { maxWaitSeconds: 3 })).toEqual([
      [1, 'A'],
      [2, 'A'],
    ])
  })

  it('F4: ends the wait with what it throws, though it looks like a passing error', async () => {
    for (const error of [new Error('no more'), httpError(503), httpError(404)]) {
      for (const waitCallback of [
        () => {
          throw error
        },
        () => Promise.reject(error),
      ]) {
        const service = client(['A'])
        const options = { waitCallback, succeedOnNotFound: true } as const
        const tracked = await ended(waitUntil(service, resp('X'), 'lifecycleState', 'AVAILABLE', options))
        expect(tracked).toMatchObject({ state: 'rejected', at: 1000 })
        expect(tracked.error).toBe(error)
        expect(service.sent).toHaveLength(1)
        await expectQuiet(service.script)
      }
    }
  })

  it('F3: is waited for', async () => {
    let ready = false
    const waitCallback = () => new Promise<void>((resolve) => setTimeout(() => ((ready = true), resolve()), 5000))
    const fetchFunc = () => (ready ? resp('AVAILABLE') : resp('A'))
    const tracked = await ended(
      waitUntil(client(), resp('X'), 'lifecycleState', 'AVAILABLE', { waitCallback, fetchFunc }),
    )
    expect(tracked).toMatchObject({ state: 'fulfilled', at: 8000 })
  })
})

describe('how waitUntil looks', () => {
  it('F5: by sending the request of the latest response again', async () => {
    const service = client(['A', 'B', 'AVAILABLE'])
    const first = resp('X')
    await ended(waitUntil(service, first, 'lifecycleState', 'AVAILABLE'))
    expect(service.sent[0]).toBe(first.request)
    expect(service.sent).toEqual([first.request, first.request, first.request])
  })

  it('F5: or by fetchFunc with the latest response, and never by both', async () => {
    const answers = ['A', 'B', 'AVAILABLE'].map((state) => resp(state, 'POST'))
    const lasts: ThingResponse[] = []
    const signals: AbortSignal[] = []
    const fetchFunc = ({ response, signal }: { response: ThingResponse; signal: AbortSignal }) => {
      signals.push(signal)
      return answers[lasts.push(response) - 1] as ThingResponse
    }
    const onChange = vi.fn(() => () => {})
    const service = client([], { onChange })
    const first = resp('X', 'POST')
    const tracked = await ended(waitUntil(service, first, 'lifecycleState', 'AVAILABLE', { fetchFunc }))
    expect(tracked.value).toBe(answers[2])
    expect(lasts).toEqual([first, answers[0], answers[1]])
    expect(signals[0]).toBeInstanceOf(AbortSignal)
    expect(service.sent).toEqual([])
    expect(onChange).not.toHaveBeenCalled()
  })

  it('F5: what fetchFunc is refused is treated as the refusal of a request', async () => {
    const run = (error: unknown, options: Options = {}) => {
      const fetchFunc = vi.fn(() => {
        if (fetchFunc.mock.calls.length === 1) throw error
        return resp('AVAILABLE')
      })
      return ended(waitUntil(client(), resp('X'), 'lifecycleState', 'AVAILABLE', { fetchFunc, ...options }))
    }
    const gone = httpError(404)
    expect((await run(gone)).error).toBe(gone)
    expect(await run(gone, { succeedOnNotFound: true })).toMatchObject({ state: 'fulfilled', value: null })
    expect(await run(httpError(503))).toMatchObject({ state: 'fulfilled', value: resp('AVAILABLE') })
    const refused = httpError(403)
    expect((await run(refused, { succeedOnNotFound: true })).error).toBe(refused)
  })
})

describe('progress', () => {
  it('F6: is told of every state in order, the last one included', async () => {
    const seen: unknown[] = []
    const target = scripted(['running', 'running', 'done'].map((state) => present(state)))
    const onProgress = (progress: Progress<string>) => seen.push({ ...progress })
    await ended(wait(target, isDone, { ...second, onProgress }))
    expect(seen).toEqual([
      { snapshot: present('running'), via: 'poll', attempts: 1, elapsedMs: 0, remainingMs: 60_000 },
      { snapshot: present('running'), via: 'poll', attempts: 2, elapsedMs: 1000, remainingMs: 59_000 },
      { snapshot: present('done'), via: 'poll', attempts: 3, elapsedMs: 2000, remainingMs: 58_000 },
    ])
  })

  it('F6: also of a failure and of absence, and of what was pushed', async () => {
    const onProgress = vi.fn()
    const target = live(present('new', '1'))
    const tracked = track(wait(target, isDone, { timeout: '1m', onProgress }))
    await pass(500)
    target.push(present('newer', '2'))
    await pass(500)
    target.push(absent('3'))
    await pass(0)
    expect(tracked.error).toMatchObject({ code: 'NOT_FOUND' })
    expect(onProgress.mock.calls.map(([{ snapshot, via }]) => [snapshot.kind, snapshot.rev, via])).toEqual([
      ['present', '1', 'push'],
      ['present', '2', 'push'],
      ['absent', '3', 'push'],
    ])
  })

  it('F6: never tells of less than no time that is left', async () => {
    const onProgress = vi.fn()
    const steps = [present('new'), { answer: present('newer'), after: 20 }]
    await ended(wait(scripted(steps), isDone, { timeout: '1s', minDelay: '9s', maxDelay: '9s', onProgress }))
    expect(onProgress.mock.calls.map(([{ remainingMs }]) => remainingMs)).toEqual([1000, 0])
  })

  it('F7: is told to nobody who has unsubscribed', async () => {
    const [stays, leaves] = [vi.fn(), vi.fn()]
    const waiting = wait(scripted([present('new')]), isDone, { ...second, timeout: '5s' })
    waiting.onProgress(stays)
    const off = waiting.onProgress(leaves)
    await pass(1500)
    off()
    off()
    await ended(waiting)
    expect(leaves).toHaveBeenCalledTimes(2)
    expect(stays).toHaveBeenCalledTimes(6)
    expect(waiting.last).toEqual(present('new'))
  })

  it('F8: is not told again of a revision that is known', async () => {
    const onProgress = vi.fn()
    const states = [present('a', '1'), present('a', '1'), present('b', '2'), present('b', '2'), present('done', '3')]
    const { value } = await ended(wait(scripted(states), isDone, { ...second, onProgress }))
    expect(onProgress.mock.calls.map(([{ snapshot }]) => snapshot.rev)).toEqual(['1', '2', '3'])
    expect(value).toMatchObject({ attempts: 5 })
  })

  it('F8: nor of absence that lasts', async () => {
    const onProgress = vi.fn()
    const states = [absent(), absent(), present('new', '1'), absent('2'), absent('2'), present('done', '3')]
    await ended(wait(scripted(states), { success: isDone, absent: 'pending' }, { ...second, onProgress }))
    expect(onProgress.mock.calls.map(([{ snapshot }]) => [snapshot.kind, snapshot.rev])).toEqual([
      ['absent', undefined],
      ['present', '1'],
      ['absent', '2'],
      ['present', '3'],
    ])
  })

  it('F4: a listener that throws ends the wait with what it threw', async () => {
    const error = new Error('no more')
    const onProgress = () => {
      throw error
    }
    for (const target of [scripted([present('new')]), live(present('new', '1')), scripted([present('done')])]) {
      const tracked = await ended(wait(target, isDone, { ...second, onProgress }))
      expect(tracked).toMatchObject({ at: 0, error: { code: 'ERROR' } })
      expect((tracked.error as Error).cause).toBe(error)
      await expectQuiet(target.script)
    }
  })

  it('a listener may cancel the wait', async () => {
    const target = scripted([present('new'), present('done')])
    const judge = vi.fn(isDone)
    const waiting = wait(target, judge, { ...second })
    waiting.onProgress(() => waiting.cancel())
    expect((await ended(waiting)).error).toMatchObject({ code: 'ABORTED' })
    await expectQuiet(target.script)
    expect(judge).not.toHaveBeenCalled()
  })
})

describe('iterating over a wait', () => {
  /** Goes through a wait as it goes along. */
  async function through(waiting: AsyncIterable<Progress<string>>, pause = 0): Promise<string[]> {
    const seen: string[] = []
    for await (const { snapshot } of waiting) {
      seen.push(snapshot.kind === 'present' ? snapshot.value : snapshot.kind)
      if (pause) await new Promise((resolve) => setTimeout(resolve, pause))
    }
    return seen
  }

  it('F9: ends with success', async () => {
    const target = scripted(['a', 'b', 'done'].map((state) => present(state)))
    expect((await ended(through(wait(target, isDone, second)))).value).toEqual(['a', 'b', 'done'])
    await expectQuiet(target.script)
  })

  it('F9: throws with failure, after what was seen', async () => {
    const seen: string[] = []
    const until = { success: isDone, failure: (value: string) => value === 'failed' }
    const target = scripted(['a', 'failed'].map((state) => present(state)))
    const run = async () => {
      for await (const { snapshot } of wait(target, until, second)) {
        if (snapshot.kind === 'present') seen.push(snapshot.value)
      }
    }
    expect((await ended(run())).error).toMatchObject({ code: 'FAILED' })
    expect(seen).toEqual(['a', 'failed'])
    await expectQuiet(target.script)
  })

  it('F9: throws when nothing was seen at all', async () => {
    const target = scripted<string>([refuses(httpError(403))])
    expect((await ended(through(wait(target, isDone, second)))).error).toMatchObject({ code: 'ERROR' })
  })

  it('F9: to leave the loop is to cancel the wait', async () => {
    for (const target of [scripted([present('a')]), live(present('a', '1'))]) {
      const waiting = wait(target, isDone, second)
      const run = async () => {
        for await (const progress of waiting) return progress
        return undefined
      }
      expect((await ended(run())).value).toMatchObject({ snapshot: { value: 'a' } })
      expect((await ended(waiting)).error).toMatchObject({ code: 'ABORTED' })
      await expectQuiet(target.script)
    }
  })

  it('F9: who begins when it has ended sees how it was last', async () => {
    const waiting = wait(scripted([present('a'), present('done')]), isDone, second)
    await ended(waiting)
    expect((await ended(through(waiting))).value).toEqual(['done'])
    expect((await ended(through(waiting))).value).toEqual(['done'])
  })

  it('F9: several may iterate at once', async () => {
    const waiting = wait(scripted(['a', 'b', 'done'].map((state) => present(state))), isDone, second)
    const runs = [track(through(waiting)), track(through(waiting))]
    await pass(5000)
    for (const { value } of runs) expect(value).toEqual(['a', 'b', 'done'])
  })

  it('F10: who is slow sees the latest, and misses what is between', async () => {
    const states = Array.from({ length: 20 }, (_, index) => present(`${index}`))
    const target = scripted([...states, present('done')])
    const began = clock()
    const tracked = await ended(through(wait(target, isDone, second), 4300))
    expect(tracked.value).toEqual(['0', '4', '8', '12', '17', 'done'])
    expect(clock() - began).toBeLessThan(30_000)
  })

  it('F10: nothing is kept for each thing that was seen', async () => {
    const target = live(present('0', '00000'))
    const waiting = wait(target, isDone, { timeout: '1h' })
    const reactions = vi.spyOn(waiting.settle(), 'then')
    const tracked = track(through(waiting))
    await pass(0)
    for (let index = 1; index <= 500; index += 1) {
      target.push(present(`${index}`, String(index).padStart(5, '0')))
      await pass(10)
    }
    expect(reactions.mock.calls.length).toBeLessThan(10)
    target.push(present('done', '99999'))
    await pass(0)
    expect(tracked.value).toHaveLength(502)
  })
})
