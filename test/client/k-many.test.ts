/** Several waits under one deadline. */
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { InvalidArgumentError } from '../../src/client/errors.ts'
import { waitAll, waitAny, WaitManyError, waitQuorum, type Part } from '../../src/client/many.ts'
import { WaitError } from '../../src/client/outcome.ts'
import { wait } from '../../src/client/wait.ts'
import { ended, expectQuiet, hangs, httpError, live, pass, present, refuses, says, scripted, track } from './fake.ts'
import { useFakeClock, watchedSignal } from './fake.ts'
import type { ScriptedTarget } from './fake.ts'

useFakeClock()

const until = { success: (value: string) => value === 'done', failure: (value: string) => value === 'failed' }
const minute = { timeout: '1m' } as const

/** A target that becomes something after a time, in milliseconds. */
function becomes(state: string, after: number): ScriptedTarget<string> {
  return scripted<string>([says(present(state), after)])
}
const part = (target: ScriptedTarget<string>): Part<string> => [target, until]

/** Several targets and the parts of a wait for them. */
function several(...targets: ScriptedTarget<string>[]) {
  return { targets, parts: targets.map(part), scripts: targets.map(({ script }) => script) }
}
/** How many requests of targets were cut. */
const cut = (targets: readonly ScriptedTarget<string>[]) =>
  targets.map(({ script }) => script.looks.map(({ signal }) => signal?.aborted))

describe('waitAll', () => {
  it('K1: answers all of them in their order, when the last has come', async () => {
    const { parts, scripts } = several(becomes('done', 300), becomes('done', 100), becomes('done', 200))
    const tracked = await ended(waitAll(parts, minute))
    expect(tracked).toMatchObject({ state: 'fulfilled', at: 300 })
    expect(tracked.value?.map(({ elapsedMs, value }) => [elapsedMs, value])).toEqual([
      [300, 'done'],
      [100, 'done'],
      [200, 'done'],
    ])
    await expectQuiet(...scripts)
  })

  it('K1: the first that fails ends the others, and what came of each is told', async () => {
    const { parts, targets, scripts } = several(becomes('done', 100), becomes('failed', 200), scripted([hangs]))
    const tracked = await ended(waitAll(parts, minute))
    expect(tracked.at).toBe(200)
    const error = tracked.error as WaitManyError
    expect(error).toBeInstanceOf(WaitManyError)
    expect(error).toMatchObject({ name: 'WaitManyError', code: 'FAILED' })
    expect(error.cause).toBeInstanceOf(WaitError)
    expect(error.outcomes.map((outcome) => outcome?.status)).toEqual(['success', 'failure', undefined])
    expect(error.outcomes[0]).toMatchObject({ value: 'done' })
    expect(error.message).toMatch(/Wait 1.*1 of 3/)
    expect(cut(targets)[2]).toEqual([true])
    await expectQuiet(...scripts)
  })

  it('K1: an error is told with its own code', async () => {
    const codes = []
    for (const error of [httpError(403), httpError(404)]) {
      const { error: refused } = await ended(waitAll([part(scripted<string>([refuses(error)]))], minute))
      codes.push((refused as WaitManyError).code)
    }
    expect(codes).toEqual(['ERROR', 'NOT_FOUND'])
  })

  it('K4: of none is an empty list, at once', async () => {
    expect(await ended(waitAll([], minute))).toMatchObject({ state: 'fulfilled', at: 0, value: [] })
    await expectQuiet()
  })

  it('K1: has one deadline for all, and looks once more at it', async () => {
    const late = scripted<string>([says(present('new')), says(present('new')), says(present('done'))])
    const options = { timeout: '700ms' } as const
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const tracked = await ended(waitAll([part(late)], options))
    expect(late.script.times).toEqual([0, 500, 700])
    expect(tracked).toMatchObject({ state: 'fulfilled', at: 700 })
  })

  it('K1: says at the deadline what came of each', async () => {
    const { parts, scripts } = several(becomes('done', 100), scripted<string>([present('half')]), scripted([hangs]))
    const tracked = await ended(waitAll(parts, { timeout: '5s' }))
    expect(tracked.at).toBeGreaterThanOrEqual(5000)
    expect(tracked.at).toBeLessThanOrEqual(5100)
    const error = tracked.error as WaitManyError
    expect(error).toMatchObject({ code: 'TIMEOUT' })
    expect(error.message).toContain('1 of 3')
    expect(error.outcomes[0]).toMatchObject({ status: 'success' })
    expect(error.outcomes[1]?.status ?? error.outcomes[2]?.status).toBe('timeout')
    expect(error.cause).toMatchObject({ code: 'TIMEOUT' })
    await expectQuiet(...scripts)
  })

  it('K1: waits for waits that are under way, and ends them with the others', async () => {
    const target = scripted<string>([hangs])
    const running = wait(target, until, { timeout: '1h' })
    const tracked = track(waitAll([running, part(becomes('failed', 100))], minute))
    await pass(100)
    expect(tracked.error).toMatchObject({ code: 'FAILED' })
    expect((await ended(running)).error).toMatchObject({ code: 'ABORTED' })
    await expectQuiet(target.script)
    const over = wait(becomes('done', 0), until, minute)
    await ended(over)
    expect((await ended(waitAll([over, over], minute))).value).toHaveLength(2)
  })

  it('K1: a wait that runs out of its own time fails the others', async () => {
    const short = wait(scripted<string>([present('new')]), until, { timeout: '2s' })
    const tracked = await ended(waitAll([short, part(scripted<string>([hangs]))], minute))
    expect(tracked).toMatchObject({ at: 2000, error: { code: 'TIMEOUT' } })
  })
})

describe('waitAny', () => {
  it('K2: the first that succeeds wins, and the requests of the others are cut', async () => {
    const { parts, targets, scripts } = several(scripted([hangs]), becomes('done', 100), becomes('done', 200))
    const tracked = await ended(waitAny(parts, minute))
    expect(tracked).toMatchObject({ state: 'fulfilled', at: 100, value: { index: 1, value: 'done', label: 'success' } })
    expect(cut(targets)[0]).toEqual([true])
    expect(cut(targets)[2]).toEqual([true])
    await expectQuiet(...scripts)
  })

  it('K2: failures do not matter while one can still succeed', async () => {
    const { parts } = several(becomes('failed', 100), becomes('failed', 200), becomes('done', 300))
    expect((await ended(waitAny(parts, minute))).value).toMatchObject({ index: 2 })
    const none = several(becomes('failed', 100), scripted<string>([refuses(httpError(403))]), becomes('failed', 300))
    const tracked = await ended(waitAny(none.parts, minute))
    expect(tracked).toMatchObject({ at: 300, error: { code: 'FAILED' } })
    const { outcomes } = tracked.error as WaitManyError
    expect(outcomes.map((outcome) => outcome?.status)).toEqual(['failure', 'error', 'failure'])
    await expectQuiet(...none.scripts)
  })

  it('K4: of none is an error', async () => {
    const tracked = await ended(waitAny([], minute))
    expect(tracked.error).toBeInstanceOf(InvalidArgumentError)
    expect(tracked.error).toMatchObject({ argument: 'parts' })
  })
})

describe('waitQuorum', () => {
  const five = (...states: readonly [string, number][]) => several(...states.map(([state, at]) => becomes(state, at)))

  it('K3: settles with the last success that is needed', async () => {
    const states = [
      ['done', 500],
      ['failed', 100],
      ['done', 200],
      ['done', 300],
      ['done', 900],
    ] as const
    const { parts, targets, scripts } = five(...states.map(([state, at]): [string, number] => [state, at]))
    const tracked = await ended(waitQuorum(parts, { ...minute, need: 3 }))
    expect(tracked).toMatchObject({ state: 'fulfilled', at: 500, value: { succeeded: [2, 3, 0] } })
    expect(tracked.value?.outcomes.map((outcome) => outcome?.status)).toEqual([
      'success',
      'failure',
      'success',
      'success',
      undefined,
    ])
    expect(cut(targets)[4]).toEqual([true])
    await expectQuiet(...scripts)
  })

  it('K3: fails as soon as it cannot be reached any more', async () => {
    const states = [
      ['failed', 100],
      ['done', 150],
      ['failed', 200],
      ['failed', 300],
      ['done', 900],
    ] as const
    const { parts, targets, scripts } = five(...states.map(([state, at]): [string, number] => [state, at]))
    const tracked = await ended(waitQuorum(parts, { ...minute, need: 3 }))
    expect(tracked).toMatchObject({ state: 'rejected', at: 300, error: { code: 'FAILED' } })
    expect((tracked.error as Error).message).toMatch(/1 of 5.*3 needed/)
    expect(cut(targets)[4]).toEqual([true])
    await expectQuiet(...scripts)
  })

  it('K3: two of three succeed with the second though the third has failed', async () => {
    const { parts } = five(['failed', 100], ['done', 200], ['done', 300])
    expect((await ended(waitQuorum(parts, { ...minute, need: 2 }))).value).toMatchObject({ succeeded: [1, 2] })
  })

  it('K3: of none needs nothing', async () => {
    const tracked = await ended(waitQuorum([], { ...minute, need: 0 }))
    expect(tracked.value).toEqual({ succeeded: [], outcomes: [] })
    const { parts, scripts } = five(['done', 100])
    expect(await ended(waitQuorum(parts, { ...minute, need: 0 }))).toMatchObject({ state: 'fulfilled', at: 0 })
    await expectQuiet(...scripts)
  })

  it('K3: settles with the success or the failure that decides, whatever comes when', async () => {
    const ends = fc.uniqueArray(fc.record({ at: fc.integer({ min: 1, max: 5000 }), done: fc.boolean() }), {
      selector: ({ at }) => at,
      minLength: 1,
      maxLength: 8,
    })
    const deadline = 3000
    await fc.assert(
      fc.asyncProperty(ends, fc.double({ min: 0, max: 1, noNaN: true }), async (list, share) => {
        const need = Math.round(share * list.length)
        const { parts, scripts } = five(...list.map(({ at, done }): [string, number] => [done ? 'done' : 'failed', at]))
        const tracked = await ended(waitQuorum(parts, { timeout: deadline, need }))
        await expectQuiet(...scripts)

        const inTime = list.map((end, index) => ({ ...end, index })).toSorted((a, b) => a.at - b.at)
        const succeeded = inTime.filter(({ at, done }) => done && at < deadline).slice(0, need)
        const failed = inTime.filter(({ at, done }) => !done && at < deadline)
        const hopeless = failed[list.length - need]
        if (succeeded.length === need) {
          const at = succeeded.at(-1)?.at ?? 0
          expect(tracked).toMatchObject({ state: 'fulfilled', at })
          expect(tracked.value?.succeeded).toEqual(succeeded.map(({ index }) => index))
        } else if (hopeless) {
          expect(tracked).toMatchObject({ at: hopeless.at, error: { code: 'FAILED' } })
          const { outcomes } = tracked.error as WaitManyError
          for (const { index } of failed.filter(({ at }) => at <= hopeless.at)) {
            expect(outcomes[index]?.status).toBe('failure')
          }
        } else {
          expect(tracked.error).toMatchObject({ code: 'TIMEOUT' })
          expect(tracked.at).toBeGreaterThanOrEqual(deadline)
          expect(tracked.at).toBeLessThanOrEqual(deadline + 100)
        }
      }),
    )
  })

  it('K3: more than there are, or no number, cannot be needed', async () => {
    const target = becomes('done', 0)
    for (const need of [-1, 2, 0.5, Number.NaN, undefined as never]) {
      const tracked = await ended(waitQuorum([part(target)], { ...minute, need }))
      expect(tracked.error).toMatchObject({ name: 'InvalidArgumentError', argument: 'need' })
    }
    expect(target.script.looks).toEqual([])
  })
})

describe('several waits', () => {
  const forms = {
    waitAll: (parts: readonly Part<string>[], options: object) => waitAll(parts, options as never),
    waitAny: (parts: readonly Part<string>[], options: object) => waitAny(parts, options as never),
    waitQuorum: (parts: readonly Part<string>[], options: object) =>
      waitQuorum(parts, { ...options, need: parts.length } as never),
  }

  it.each(Object.entries(forms))('%s refuses what cannot be meant, before anything is asked', async (_, form) => {
    const target = becomes('done', 0)
    const refused: [object, string][] = [
      [{}, 'timeout'],
      [{ timeout: 0 }, 'timeout'],
      [{ timeout: 'soon' }, 'timeout'],
      [{ ...minute, signal: {} }, 'signal'],
      [{ ...minute, stall: '5s' }, 'stall'],
    ]
    for (const [options, argument] of refused) {
      const { error } = await ended(form([part(target)], options) as Promise<unknown>)
      expect(error).toMatchObject({ name: 'InvalidArgumentError', argument })
    }
    const wrong = [[target, {}], [target, { success: { nope: 1 } }], [{}, until], [target], undefined, 'thing', []]
    for (const one of wrong) {
      const { error } = await ended(form([part(target), one as never], minute) as Promise<unknown>)
      expect(error).toBeInstanceOf(InvalidArgumentError)
    }
    expect(target.script.looks).toEqual([])
    await expectQuiet(target.script)
  })

  it.each(Object.entries(forms))('E1: %s asks nothing where the signal is aborted already', async (_, form) => {
    const { parts, targets, scripts } = several(becomes('done', 0), becomes('done', 0))
    const reason = new Error('no')
    const options = { ...minute, signal: AbortSignal.abort(reason) }
    const { error } = await ended(form(parts, options) as Promise<unknown>)
    expect(error).toMatchObject({ name: 'WaitManyError', code: 'ABORTED' })
    expect((error as Error).cause).toBe(reason)
    expect(targets.every(({ script }) => script.looks.length === 0)).toBe(true)
    await expectQuiet(...scripts)
  })

  it.each(Object.entries(forms))('E2: %s ends at once with the signal, and so does all of it', async (_, form) => {
    const { parts, targets, scripts } = several(scripted<string>([hangs]), scripted<string>([present('new')]))
    const watched = watchedSignal()
    const tracked = track(form(parts, { ...minute, signal: watched.signal }) as Promise<unknown>)
    await pass(1500)
    watched.abort('enough')
    await pass(0)
    expect(tracked).toMatchObject({ at: 1500, error: { code: 'ABORTED', cause: 'enough' } })
    expect(cut(targets)[0]).toEqual([true])
    expect(watched.listening()).toBe(0)
    await expectQuiet(...scripts)
  })

  it.each(Object.entries(forms))('E5: %s leaves nothing on the signal', async (_, form) => {
    for (const state of ['done', 'failed', 'new']) {
      const watched = watchedSignal()
      const { parts, scripts } = several(becomes(state, 10), becomes(state, 20))
      await ended(form(parts, { ...minute, signal: watched.signal }) as Promise<unknown>)
      expect(watched.listening()).toBe(0)
      await expectQuiet(...scripts)
    }
  })

  it.each(Object.entries(forms))('C12: %s ends with its deadline, whatever its parts do', async (_, form) => {
    const deaf = { key: 'deaf', read: () => new Promise<never>(() => {}) }
    const parts: Part<string>[] = [[deaf, until], part(scripted<string>([hangs])), [live(present('new', '1')), until]]
    const tracked = await ended(form(parts, { timeout: '3s' }) as Promise<unknown>)
    expect(tracked.error).toMatchObject({ code: 'TIMEOUT' })
    expect(tracked.at).toBeGreaterThanOrEqual(3000)
    expect(tracked.at).toBeLessThanOrEqual(3100)
    await expectQuiet()
  })
})
