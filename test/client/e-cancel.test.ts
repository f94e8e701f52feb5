/** Cancelling: what ends, when, and what lives on. */
import { describe, expect, it, vi } from 'vitest'
import { waitUntil } from '../../src/client/wait-until.ts'
import { wait } from '../../src/client/wait.ts'
import { client, ended, expectQuiet, hangs, live, pass, present, resp, says, scripted, track } from './fake.ts'
import { useFakeClock, watchedSignal } from './fake.ts'
import type { ThingResponse } from './fake.ts'
import { gives, scriptedClient } from './scripted-fetch.ts'

useFakeClock()

const isDone = (value: string) => value === 'done'
const second = { timeout: '1m', minDelay: '1s', maxDelay: '1s' } as const
const reason = new Error('changed my mind')
const until = (service: ReturnType<typeof client>, options: object) =>
  waitUntil(service, resp('A'), 'lifecycleState', 'DONE', options)

describe('cancelling', () => {
  it('E1: before it begins means that nothing is asked', async () => {
    const signal = AbortSignal.abort(reason)
    for (const target of [scripted([present('done')]), live(present('done', '1'))]) {
      const tracked = await ended(wait(target, isDone, { ...second, signal }))
      expect(tracked).toMatchObject({ at: 0, error: { name: 'AbortError', code: 'ABORTED', attempts: 0 } })
      expect((tracked.error as Error).cause).toBe(reason)
      expect(target.script.looks).toEqual([])
      await expectQuiet(target.script)
    }
    const evaluateResponse = vi.fn(() => true)
    const service = client(['DONE'])
    for (const first of ['A', 'DONE']) {
      const tracked = await ended(waitUntil(service, resp(first), { evaluateResponse, signal }))
      expect(tracked.error).toBe(reason)
    }
    expect(service.sent).toEqual([])
    expect(evaluateResponse).not.toHaveBeenCalled()
    await expectQuiet(service.script)
  })

  it('E2: in a pause ends at once; nothing is asked any more, and no timer runs', async () => {
    const target = scripted([present('new')])
    const service = client(['A'])
    const listened = live(present('new', '1'))
    const abort = new AbortController()
    const { signal } = abort
    const tracked = [
      track(wait(target, isDone, { ...second, signal, stall: '30s', stable: '5s' })),
      track(wait(listened, isDone, { ...second, signal, stall: '30s' })),
      track(until(service, { signal })),
    ]
    await pass(1500)
    abort.abort(reason)
    await pass(0)
    expect(tracked.map(({ state, at }) => [state, at])).toEqual([
      ['rejected', 1500],
      ['rejected', 1500],
      ['rejected', 1500],
    ])
    await expectQuiet(target.script, listened.script, service.script)
    expect(listened.subscriptions.map(({ open, signal: cut }) => [open, cut.aborted])).toEqual([[false, true]])
  })

  it('E3: while it looks cuts the request', async () => {
    const target = scripted<string>([hangs])
    const service = client([hangs])
    const abort = new AbortController()
    const { signal } = abort
    const tracked = [track(wait(target, isDone, { ...second, signal })), track(until(service, { signal }))]
    await pass(1500)
    const cut = [...target.script.looks, ...service.script.looks].map((look) => look.signal)
    expect(cut.map((one) => one?.aborted)).toEqual([false, false])
    abort.abort(reason)
    await pass(0)
    expect(cut.map((one) => one?.aborted)).toEqual([true, true])
    expect(tracked.map(({ at }) => at)).toEqual([1500, 1500])
    await expectQuiet(target.script, service.script)
  })

  it('E3: ends at once though the request does not heed its signal', async () => {
    const deaf = () => new Promise<never>(() => {})
    const abort = new AbortController()
    const { signal } = abort
    const tracked = [
      track(wait({ key: 'deaf', read: deaf }, isDone, { ...second, signal })),
      track(until(client([], { send: deaf }), { signal })),
      track(until(client(), { signal, fetchFunc: deaf })),
      track(waitUntil(client(), resp('A'), { evaluateResponse: deaf, signal })),
    ]
    await pass(1500)
    abort.abort(reason)
    await pass(0)
    expect(tracked.map(({ at }) => at)).toEqual([1500, 1500, 1500, 1500])
    await expectQuiet()
  })

  it('E3: success cuts what is under way, too', async () => {
    const target = live(present('new', '1'))
    const reads: AbortSignal[] = []
    target.read = ({ signal }) => {
      reads.push(signal)
      return new Promise(() => {})
    }
    const tracked = track(wait(target, isDone, { timeout: '10s' }))
    await pass(9900)
    expect(reads.map(({ aborted }) => aborted)).toEqual([false])
    target.push(present('done', '2'))
    await pass(0)
    expect(tracked).toMatchObject({ state: 'fulfilled', at: 9900 })
    expect(reads.map(({ aborted }) => aborted)).toEqual([true])
    await expectQuiet(target.script)
  })

  it('E4: the reason is told as it was given', async () => {
    for (const why of [reason, 'because', 5, Object.create(null) as object, Symbol('why'), null]) {
      const modern = new AbortController()
      const tracked = track(wait(scripted<string>([hangs]), isDone, { ...second, signal: modern.signal }))
      const compat = new AbortController()
      const other = track(until(client([hangs]), { signal: compat.signal }))
      await pass(10)
      modern.abort(why)
      compat.abort(why)
      await pass(0)
      expect(tracked).toMatchObject({ state: 'rejected', error: { code: 'ABORTED' } })
      expect((tracked.error as Error).cause).toBe(why)
      expect(other.state).toBe('rejected')
      expect(other.error).toBe(why)
    }
    const abort = new AbortController()
    const tracked = track(until(client([hangs]), { signal: abort.signal }))
    abort.abort()
    await pass(0)
    expect(tracked.error).toMatchObject({ name: 'AbortError' })
  })

  it('E4: cancel() has a reason, too', async () => {
    const waiting = wait(scripted<string>([hangs]), isDone, second)
    waiting.cancel(reason)
    waiting.cancel('again')
    const { error } = await ended(waiting)
    expect(error).toMatchObject({ name: 'AbortError', code: 'ABORTED' })
    expect((error as Error).cause).toBe(reason)
    expect((error as Error).message).toContain('changed my mind')
  })

  it('E5: as many listeners are taken off a signal as were put on, however the wait ends', async () => {
    const ends: [string, Parameters<typeof scripted<string>>[0], object][] = [
      ['success', [present('done')], {}],
      ['later success', [present('new'), present('done')], {}],
      ['an error', [{ error: reason }], {}],
      ['the deadline', [present('new')], {}],
      ['the deadline while it looks', [hangs], {}],
      ['a stall', [present('new', '1')], { stall: '5s' }],
      ['absence', [{ kind: 'absent' }], {}],
    ]
    for (const [end, steps, options] of ends) {
      const watched = watchedSignal()
      await ended(wait(scripted(steps), isDone, { ...second, ...options, signal: watched.signal }).settle())
      expect([end, watched.listening(), watched.added(), watched.removed()]).toEqual([end, 0, 1, 1])
    }
    for (const target of [live(present('done', '1')), live(present('new', '1'))]) {
      const watched = watchedSignal()
      await ended(wait(target, isDone, { ...second, signal: watched.signal }).settle())
      expect(watched.listening()).toBe(0)
    }
    const compat = [['DONE'], ['A', 'A', 'DONE'], [{ error: reason }], ['A'], [hangs]] as const
    for (const steps of compat) {
      const watched = watchedSignal()
      await ended(until(client(steps), { maxWaitSeconds: 10, signal: watched.signal }))
      expect(watched.listening()).toBe(0)
      expect(watched.added()).toBe(watched.removed())
    }
    const at = watchedSignal()
    await ended(waitUntil(client(), resp('DONE'), 'lifecycleState', 'DONE', { signal: at.signal }))
    expect(at.listening()).toBe(0)
  })

  it('E5: a thousand waits on one signal leave nothing behind', async () => {
    const watched = watchedSignal()
    const { signal } = watched
    const waits = Array.from({ length: 1000 }, (_, index) =>
      index % 2
        ? track(wait(scripted([present('new'), present('done')]), isDone, { ...second, signal }))
        : track(until(client(['DONE']), { signal })),
    )
    expect(watched.listening()).toBe(1000)
    await pass(1000)
    expect(waits.every(({ state }) => state === 'fulfilled')).toBe(true)
    expect(watched.listening()).toBe(0)
    await expectQuiet()
  })

  it('E6: of two waits for one target, only the one that is cancelled ends', async () => {
    for (const target of [scripted([present('new')]), live(present('new', '1'))]) {
      const abort = new AbortController()
      const first = track(wait(target, isDone, { timeout: '10s' }))
      const other = track(wait(target, isDone, { timeout: '10s', signal: abort.signal }))
      await pass(2000)
      abort.abort()
      await pass(0)
      expect(other).toMatchObject({ state: 'rejected', at: 2000, error: { code: 'ABORTED' } })
      expect(first.state).toBe('pending')
      await pass(8000)
      expect(first).toMatchObject({ error: { code: 'TIMEOUT' } })
    }
  })

  it('E6: the one that goes on still hears of changes', async () => {
    const target = live(present('new', '1'))
    const other = wait(target, isDone, { timeout: '1h' })
    const first = track(wait(target, isDone, { timeout: '1h' }))
    await pass(1000)
    other.cancel()
    await pass(1000)
    target.push(present('done', '2'))
    await pass(0)
    expect(first).toMatchObject({ state: 'fulfilled', at: 2000 })
    expect(target.subscriptions.every(({ open }) => !open)).toBe(true)
    await expectQuiet(target.script)
  })

  it('E7: after one that was cancelled, another one on the same target works', async () => {
    for (const target of [scripted([present('new'), present('done')]), live(present('done', '1'))]) {
      const cancelled = wait(target, () => false, { timeout: '1h' })
      await pass(10)
      cancelled.cancel()
      expect((await ended(cancelled)).error).toMatchObject({ code: 'ABORTED' })
      const tracked = await ended(wait(target, isDone, { timeout: '1h' }))
      expect(tracked.state).toBe('fulfilled')
      await expectQuiet(target.script)
    }
  })

  it('E8: ends the view alone: the waiter of the server is left as it is', async () => {
    const name = 'projects/p/configs/c/waiters/w'
    const rollcall = scriptedClient(({ path }) =>
      path.endsWith(':wait') ? 'hang' : gives({ name, timeout: '60s', createTime: '2026-01-01T00:00:00.000000001Z' }),
    )
    const waiting = rollcall.wait(name, { timeout: '1m' })
    await pass(1500)
    waiting.cancel()
    expect((await ended(waiting)).error).toMatchObject({ code: 'ABORTED', state: 'IN_PROGRESS' })
    const before = rollcall.sent.length
    await pass(3_600_000)
    expect(rollcall.sent).toHaveLength(before)
    expect(before).toBeGreaterThan(0)
    for (const { method, path } of rollcall.sent) expect(method === 'GET' || path.endsWith(':wait')).toBe(true)
    expect(rollcall.sent.every(({ signal }) => signal.aborted || true)).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('E9: of signal and deadline, whichever comes first, and it is told which', async () => {
    for (const [cancelled, code] of [
      [2000, 'ABORTED'],
      [4000, 'TIMEOUT'],
    ] as const) {
      const abort = new AbortController()
      setTimeout(() => abort.abort(reason), cancelled)
      const { signal } = abort
      const tracked = track(wait(scripted<string>([hangs]), isDone, { timeout: '3s', signal }))
      const other = track(until(client([hangs]), { maxWaitSeconds: 3, signal }))
      await pass(10_000)
      expect(tracked.error).toMatchObject({ code })
      expect(tracked.at).toBe(Math.min(3000, cancelled))
      if (code === 'ABORTED') expect(other.error).toBe(reason)
      else expect(other.error).toMatchObject({ code: 'TIMEOUT' })
    }
  })

  it('E10: together with success makes one end', async () => {
    for (const first of ['abort', 'answer']) {
      const abort = new AbortController()
      let answer = () => {}
      const read = () =>
        new Promise<{ kind: 'present'; value: string }>((resolve) => {
          answer = () => resolve({ kind: 'present', value: 'done' })
        })
      const onProgress = vi.fn()
      const waiting = wait({ key: 'thing', read }, isDone, { ...second, signal: abort.signal, onProgress })
      const tracked = track(waiting)
      const ends = [() => abort.abort(reason), () => answer()]
      for (const end of first === 'abort' ? ends : ends.toReversed()) end()
      await pass(5000)
      expect(tracked.times).toBe(1)
      const outcome = await waiting.settle()
      expect(['success', 'aborted']).toContain(outcome.status)
      expect(tracked.state).toBe(outcome.status === 'success' ? 'fulfilled' : 'rejected')
      waiting.cancel()
      expect(await waiting.settle()).toBe(outcome)
      if (first === 'abort') expect(outcome.status).toBe('aborted')
      expect(onProgress).toHaveBeenCalledTimes(outcome.status === 'success' ? 1 : 0)
    }
  })

  it('E10: of waitUntil, too', async () => {
    for (const first of ['abort', 'answer']) {
      const abort = new AbortController()
      let answer = () => {}
      const send = () => new Promise<ThingResponse>((resolve) => (answer = () => resolve(resp('DONE'))))
      const tracked = track(until(client([], { send }), { signal: abort.signal }))
      await pass(1000)
      const ends = [() => abort.abort(reason), () => answer()]
      for (const end of first === 'abort' ? ends : ends.toReversed()) end()
      await pass(5000)
      expect(tracked.times).toBe(1)
      if (tracked.state === 'rejected') expect(tracked.error).toBe(reason)
      else expect(tracked.value).toEqual(resp('DONE'))
    }
  })

  it('E2: nobody is called any more once the wait has ended', async () => {
    for (const end of ['abort', 'deadline']) {
      const evaluateResponse = vi.fn(() => false)
      const waitCallback = vi.fn()
      const fetchFunc = vi.fn(
        () => new Promise<ThingResponse>((resolve) => setTimeout(() => resolve(resp('DONE')), 20_000)),
      )
      const abort = new AbortController()
      const options = { evaluateResponse, waitCallback, fetchFunc, signal: abort.signal, maxWaitSeconds: 5 }
      const tracked = track(waitUntil(client(), resp('A'), options))
      await pass(2000)
      if (end === 'abort') abort.abort(reason)
      await pass(4000)
      expect(tracked.state).toBe('rejected')
      await pass(60_000)
      expect(fetchFunc).toHaveBeenCalledTimes(1)
      expect(evaluateResponse).toHaveBeenCalledTimes(1)
      expect(waitCallback).not.toHaveBeenCalled()
    }
  })

  it('E2: nor by a judgement that comes too late', async () => {
    const waitCallback = vi.fn()
    const abort = new AbortController()
    const evaluateResponse = vi.fn(() => new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 3000)))
    const service = client(['A'])
    const tracked = track(waitUntil(service, resp('A'), { evaluateResponse, waitCallback, signal: abort.signal }))
    await pass(5000)
    abort.abort(reason)
    await pass(60_000)
    expect(tracked).toMatchObject({ state: 'rejected', at: 5000 })
    expect(waitCallback).not.toHaveBeenCalled()
    expect(service.sent).toHaveLength(1)
  })

  it('E2: nor is a failure that comes too late', async () => {
    const failure = () => new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 3000))
    const waiting = wait(scripted([present('new')]), { success: isDone, failure }, second)
    await pass(1000)
    waiting.cancel()
    await pass(5000)
    expect((await ended(waiting)).error).toMatchObject({ code: 'ABORTED' })
  })

  it('a wait that is disposed of ends', async () => {
    const target = scripted([present('new')])
    const waiting = wait(target, isDone, second)
    await pass(1500)
    await waiting[Symbol.asyncDispose]()
    expect((await ended(waiting)).error).toMatchObject({ code: 'ABORTED' })
    await expectQuiet(target.script)
  })

  it('what has ended is not cancelled any more', async () => {
    const waiting = wait(scripted([says(present('done'))]), isDone, second)
    await ended(waiting)
    waiting.cancel(reason)
    expect((await ended(waiting)).value).toMatchObject({ value: 'done' })
  })
})
