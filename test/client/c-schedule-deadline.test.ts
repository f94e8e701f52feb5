/** The deadline: that it holds, what is still seen, and what is told when it has passed. */
import { describe, expect, it, vi } from 'vitest'
import { wait } from '../../src/client/wait.ts'
import { MaximumWaitTimeExceeded, waitUntil } from '../../src/client/wait-until.ts'
import { WaitError } from '../../src/client/outcome.ts'
import { waitAll } from '../../src/client/many.ts'
import { absent, client, ended, expectQuiet, hangs, live, pass, present, resp, says, scripted } from './fake.ts'
import { track, useFakeClock } from './fake.ts'

useFakeClock()

/** How long the last look may go on past the deadline, in milliseconds. */
const GRACE = 50
const never = () => false
const isDone = (value: string) => value === 'done'

describe('the deadline', () => {
  it('C9: a look that hangs ends with it, and its request is cut', async () => {
    const target = scripted([hangs])
    const tracked = await ended(wait(target, never, { timeout: '1s' }))
    expect(tracked).toMatchObject({ at: 1000, error: { name: 'TimeoutError', code: 'TIMEOUT', attempts: 0 } })
    expect(target.script.looks[0]?.signal?.aborted).toBe(true)
    await expectQuiet(target.script)
  })

  it('C9: so does one that heeds no signal, and a later one', async () => {
    const deaf = { key: 'deaf', read: () => new Promise<never>(() => {}) }
    expect((await ended(wait(deaf, never, { timeout: '1s' }))).at).toBe(1000)
    const target = scripted<string>([says(present('new')), hangs])
    const tracked = await ended(wait(target, never, { timeout: '3s', minDelay: '1s', maxDelay: '1s' }))
    expect(tracked).toMatchObject({ at: 3000, error: { code: 'TIMEOUT', state: '"new"' } })
    await expectQuiet(target.script)
  })

  it('C9: waitUntil ends then, too', async () => {
    for (const steps of [[hangs], ['NEW', hangs], ['NEW', 'NEW', 'NEW', hangs]]) {
      const service = client(steps)
      const tracked = await ended(waitUntil(service, resp('A'), 'lifecycleState', 'DONE', { maxWaitSeconds: 10 }))
      expect(tracked.error).toBeInstanceOf(MaximumWaitTimeExceeded)
      expect(tracked.at).toBeGreaterThanOrEqual(10_000)
      expect(tracked.at).toBeLessThanOrEqual(10_000 + GRACE)
      expect(service.script.looks.at(-1)?.signal?.aborted).toBe(true)
      await expectQuiet(service.script)
    }
  })

  it('C9: a judgement that hangs ends with it, at the first look and at later ones', async () => {
    const forever = () => new Promise<never>(() => {})
    for (const until of [forever, { success: forever }, { success: never, failure: forever }]) {
      const target = scripted([present('new')])
      const tracked = await ended(wait(target, until, { timeout: '2s' }))
      expect(tracked).toMatchObject({ at: 2000, error: { code: 'TIMEOUT' } })
      await expectQuiet(target.script)
    }
    for (const hanging of [1, 2]) {
      const service = client(['NEW'])
      const evaluateResponse = vi.fn(() => evaluateResponse.mock.calls.length === hanging && forever())
      const tracked = await ended(waitUntil(service, resp('NEW'), { evaluateResponse, maxWaitSeconds: 3 }))
      expect(tracked.error).toMatchObject({ code: 'TIMEOUT' })
      expect(tracked.at).toBeLessThanOrEqual(3000 + GRACE)
      await expectQuiet(service.script)
    }
  })

  it('C9: a callback that hangs ends with it', async () => {
    const service = client(['NEW'])
    const options = { waitCallback: () => new Promise(() => {}), maxWaitSeconds: 3 }
    const tracked = await ended(waitUntil(service, resp('NEW'), 'lifecycleState', 'DONE', options))
    expect(tracked.error).toMatchObject({ code: 'TIMEOUT' })
    expect(tracked.at).toBeLessThanOrEqual(3000 + GRACE)
    await expectQuiet(service.script)
  })

  it('C11: success that comes with the last look counts', async () => {
    const steps = [says(present('new')), says(present('new')), says(present('done'))]
    const target = scripted<string>(steps)
    const tracked = await ended(wait(target, isDone, { timeout: '3s', minDelay: '2s', maxDelay: '9s' }))
    expect(tracked).toMatchObject({ state: 'fulfilled', at: 3000, value: { attempts: 3 } })
    const service = client(['NEW', 'DONE'])
    const late = await ended(waitUntil(service, resp('NEW'), 'lifecycleState', 'DONE', { maxWaitSeconds: 2 }))
    expect(late).toMatchObject({ state: 'fulfilled', at: 2000 })
  })

  it('C11: the last look may take a little longer than there is time, and no more', async () => {
    for (const [latency, state] of [
      [GRACE - 1, 'fulfilled'],
      [GRACE + 1, 'rejected'],
      [5000, 'rejected'],
    ] as const) {
      const target = scripted<string>([says(present('new')), says(present('done'), latency)])
      const tracked = await ended(wait(target, isDone, { timeout: '3s', minDelay: '9s', maxDelay: '9s' }))
      expect(tracked.state).toBe(state)
      expect(tracked.at).toBe(3000 + Math.min(latency, GRACE))
      await expectQuiet(target.script)
      const service = client(['NEW', says(resp('DONE'), latency)])
      const waiting = waitUntil(service, resp('NEW'), 'lifecycleState', 'DONE', { maxWaitSeconds: 2 })
      const compat = await ended(waiting)
      expect(compat.state).toBe(state)
      expect(compat.at).toBe(2000 + Math.min(latency, GRACE))
      await expectQuiet(service.script)
    }
  })

  it('C11: who listens looks once more before the end', async () => {
    const target = live(present('new', '1'))
    const tracked = track(wait(target, isDone, { timeout: '10s' }))
    await pass(1000)
    target.set(present('done', '2'))
    await pass(8700)
    expect(tracked.state).toBe('pending')
    await pass(300)
    expect(tracked).toMatchObject({ state: 'fulfilled', value: { value: 'done' } })
    expect(tracked.at).toBeLessThanOrEqual(10_000)
    await expectQuiet(target.script)
  })

  it('C12: it is one for all of several targets', async () => {
    const targets = [1, 2, 3].map(() => scripted([hangs]))
    const tracked = await ended(
      waitAll(
        targets.map((target) => [target, never] as const),
        { timeout: '10s' },
      ),
    )
    expect(tracked.error).toMatchObject({ code: 'TIMEOUT' })
    expect(tracked.at).toBeGreaterThanOrEqual(10_000)
    expect(tracked.at).toBeLessThanOrEqual(10_000 + 2 * GRACE)
    await expectQuiet(...targets.map(({ script }) => script))
  })

  it('C15: a clock that is set does not move it', async () => {
    for (const jump of [3_600_000, -3_600_000]) {
      const target = scripted([present('new')])
      const service = client(['NEW'])
      const listened = live(present('new', '1'))
      const options = { timeout: '10s', minDelay: '1s', maxDelay: '1s' } as const
      const waits = [
        track(wait(target, never, options)),
        track(wait(listened, never, options)),
        track(waitUntil(service, resp('NEW'), 'lifecycleState', 'DONE', { maxWaitSeconds: 10 })),
      ]
      await pass(4500)
      vi.setSystemTime(Date.now() + jump)
      await pass(5499)
      expect(waits.map(({ state }) => state)).toEqual(['pending', 'pending', 'pending'])
      await pass(1)
      expect(waits.map(({ at }) => at)).toEqual([10_000, 10_000, 10_000])
      expect(target.script.looks).toHaveLength(11)
    }
  })

  it('C6: may be longer than the timers of the platform run', async () => {
    const target = live(present('new', '1'))
    const tracked = track(wait(target, isDone, { timeout: '1000h', stall: '900h' }))
    await pass(899 * 3_600_000)
    expect(tracked.state).toBe('pending')
    target.push(present('newer', '2'))
    await pass(101 * 3_600_000)
    expect(tracked).toMatchObject({ state: 'rejected', at: 3_600_000_000, error: { code: 'TIMEOUT' } })
    await expectQuiet(target.script)
  })
})

describe('a limit of attempts', () => {
  it('C13: is the number of looks, and the error says that number', async () => {
    for (const maxAttempts of [1, 3]) {
      for (const target of [scripted([present('new')]), live(present('new'))]) {
        const options = { timeout: '1h', maxAttempts } as const
        const tracked = await ended(wait(target, never, options))
        expect(tracked.error).toMatchObject({ code: 'TIMEOUT', attempts: maxAttempts })
        expect((tracked.error as Error).message).toContain(`after ${maxAttempts} looks`)
        expect(target.script.looks).toHaveLength(maxAttempts)
        await expectQuiet(target.script)
      }
    }
  })

  it('C13: success with the last of them counts', async () => {
    const target = scripted([present('new'), present('new'), present('done')])
    const tracked = await ended(wait(target, isDone, { timeout: '1h', maxAttempts: 3 }))
    expect(tracked).toMatchObject({ state: 'fulfilled', value: { attempts: 3 } })
  })
})

describe('what is told when the time is up', () => {
  it('C16: the name and the code, what was seen and wanted, how long and how often', async () => {
    const target = scripted<object>([present({ state: 'creating', more: 1 }, '7')], {
      key: 'things/1',
      stateOf: (value) => (value as { state: string }).state,
    })
    const until = { success: { up: { path: 'state', equals: 'ACTIVE' }, idle: { path: 'state', equals: 'IDLE' } } }
    const tracked = await ended(wait(target, until, { timeout: '5s', minDelay: '2s', maxDelay: '2s' }))
    const error = tracked.error as WaitError
    expect(error).toBeInstanceOf(WaitError)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'TimeoutError',
      code: 'TIMEOUT',
      key: 'things/1',
      state: 'creating',
      last: { kind: 'present', value: { state: 'creating', more: 1 }, rev: '7' },
      attempts: 4,
      elapsedMs: 5000,
      errors: {},
    })
    expect(error.wanted).toMatch(/ACTIVE.*IDLE/)
    for (const part of ['things/1', '5 s', 'creating', 'ACTIVE', 'IDLE', '4 looks'])
      expect(error.message).toContain(part)
    expect(error.message).not.toContain('[object')
  })

  it('C16: of waitUntil, the last response, what was wanted, and how often it was looked', async () => {
    const service = client(['CREATING'])
    const waiting = waitUntil(service, resp('NEW'), 'lifecycleState', ['ACTIVE', 'IDLE'], { maxWaitSeconds: 10 })
    const error = (await ended(waiting)).error as MaximumWaitTimeExceeded
    expect(error).toBeInstanceOf(MaximumWaitTimeExceeded)
    expect(error).toMatchObject({ name: 'MaximumWaitTimeExceeded', code: 'TIMEOUT', timesChecked: 4 })
    expect(error.lastResponse).toEqual(resp('CREATING'))
    for (const part of ['10 s', 'CREATING', 'lifecycleState', 'ACTIVE', 'IDLE', '4 looks']) {
      expect(error.message).toContain(part)
    }
    expect(error.message).not.toContain('[object')
  })

  it('C16: whatever the state is, it can be told', async () => {
    const circular: Record<string, unknown> = { name: 'x' }
    circular['self'] = circular
    for (const value of [
      circular,
      5n,
      undefined,
      null,
      Symbol('s'),
      () => {},
      Object.create(null),
      'x'.repeat(10_000),
    ]) {
      const target = scripted<unknown>([present(value)])
      const tracked = await ended(wait(target, never, { timeout: '2s' }))
      expect(tracked).toMatchObject({ state: 'rejected', at: 2000, error: { code: 'TIMEOUT' } })
      expect((tracked.error as Error).message.length).toBeLessThan(1000)
      const response = { ...resp('NEW'), data: value as never }
      const service = client([says(response)])
      const waiting = waitUntil(service, response, { evaluateResponse: () => false, maxWaitSeconds: 2 })
      const compat = await ended(waiting)
      expect(compat).toMatchObject({ at: 2000, error: { code: 'TIMEOUT' } })
      expect((compat.error as Error).message.length).toBeLessThan(1000)
    }
    const stateOf = () => {
      throw new Error('cannot say')
    }
    const tracked = await ended(wait(scripted([present('new')], { stateOf }), never, { timeout: '2s' }))
    expect(tracked).toMatchObject({ at: 2000, error: { code: 'TIMEOUT' } })
  })

  it('C16: a target that was not there is told as such', async () => {
    const tracked = await ended(wait(scripted([absent()]), { success: never, absent: 'pending' }, { timeout: '2s' }))
    expect(tracked.error).toMatchObject({ code: 'TIMEOUT', state: 'absent', last: { kind: 'absent' } })
  })

  it('C17: how many there are, how many there should be, and who is missing', async () => {
    const tally = vi.fn(() => ({ have: 3, need: 5, missing: ['d', 'e'], failed: ['f'] }))
    for (const target of [scripted([present('new', '1')], { tally }), live(present('new', '1'), { tally })]) {
      const tracked = await ended(wait(target, never, { timeout: '5s' }))
      const error = tracked.error as WaitError
      expect(error).toMatchObject({ code: 'TIMEOUT', have: 3, need: 5, missing: ['d', 'e'], failed: ['f'] })
      expect(error.message).toMatch(/3 of 5.*f.*d, e/)
    }
    expect(tally.mock.calls).toEqual([['new'], ['new']])
  })

  it('C17: as the last look shows it, though nothing was told since the first', async () => {
    const target = live<number>(present(1, '1'), { tally: (have) => ({ have, need: 5 }) })
    const tracked = track(wait(target, { success: (have) => have === 5 }, { timeout: '5s' }))
    await pass(100)
    target.set(present(3, '1'))
    await pass(5000)
    expect(tracked.error).toMatchObject({ code: 'TIMEOUT', have: 3, need: 5 })
  })

  it('C17: of a failure, too', async () => {
    const until = { success: never, failure: { broke: (value: string) => value === 'broken' } }
    const counted = { tally: () => ({ have: 1, need: 2, missing: ['b'] }) }
    const failed = await ended(wait(scripted([present('broken')], counted), until, { timeout: '1m' }))
    expect(failed).toMatchObject({ at: 0, error: { code: 'FAILED', have: 1, need: 2, missing: ['b'] } })
  })

  it('C17: that it cannot be counted changes nothing', async () => {
    const tally = () => {
      throw new Error('no')
    }
    const target = scripted([present('new', '1')], { tally, stateOf: (value) => `is ${value}` })
    const { error } = await ended(wait(target, never, { timeout: '5s' }))
    expect(error).toMatchObject({ code: 'TIMEOUT', state: '"new"' })
    expect((error as WaitError).have).toBeUndefined()
  })

  it('C18: where nothing new comes for too long, the wait has stalled', async () => {
    const moving = [0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2].map((rev) => present('new', `${rev}`))
    const target = scripted(moving)
    const options = { timeout: '1h', stall: '3500ms', minDelay: '1s', maxDelay: '1s' } as const
    const tracked = await ended(wait(target, never, options))
    expect(tracked).toMatchObject({ at: 8500, error: { name: 'WaitError', code: 'STALLED', state: '"new"' } })
    expect((tracked.error as Error).message).toContain('3.5 s')
    await expectQuiet(target.script)
  })

  it('C18: also while one listens, and where nothing was ever seen', async () => {
    const target = live(present('new', '1'))
    const tracked = track(wait(target, never, { timeout: '1h', stall: '30s' }))
    await pass(20_000)
    target.push(present('newer', '2'))
    await pass(29_999)
    expect(tracked.state).toBe('pending')
    await pass(1)
    expect(tracked).toMatchObject({ at: 50_000, error: { code: 'STALLED' } })
    await expectQuiet(target.script)
    const hung = await ended(wait(scripted([hangs]), never, { timeout: '1h', stall: '30s' }))
    expect(hung).toMatchObject({ at: 30_000, error: { code: 'STALLED', state: undefined } })
  })

  it('C18: a stall limit beyond the deadline is none', async () => {
    const tracked = await ended(wait(scripted([present('new')]), never, { timeout: '5s', stall: '1h' }))
    expect(tracked).toMatchObject({ at: 5000, error: { code: 'TIMEOUT' } })
  })

  it('C19: a wait that has ended answers again, always the same', async () => {
    const success = wait(scripted([present('done')]), isDone, { timeout: '5s' })
    const answers = [await ended(success), await ended(success), await ended(success.then((one) => one))]
    for (const { value } of answers) expect(value).toEqual(answers[0]?.value)
    expect(answers[0]?.value).toMatchObject({ value: 'done' })
    const failure = wait(scripted([present('new')]), isDone, { timeout: '5s' })
    const errors = [await ended(failure), await ended(failure), await ended(failure)].map(({ error }) => error)
    expect(errors[0]).toMatchObject({ code: 'TIMEOUT' })
    for (const error of errors) expect(error).toBe(errors[0])
    const outcome = await failure.settle()
    expect(outcome).toMatchObject({ status: 'timeout' })
    expect(await failure.settle()).toBe(outcome)
  })

  it('C19: nobody needs to await it', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    try {
      wait(scripted([present('new')]), isDone, { timeout: '1s' })
      await pass(2000)
      vi.useRealTimers()
      await new Promise((resolve) => setTimeout(resolve, 0))
      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      process.off('unhandledRejection', unhandled)
    }
  })
})
