/** Closed worlds, success that lasts, absence, and which incarnation of a thing is meant. */
import { describe, expect, it } from 'vitest'
import type { Until } from '../../src/client/acceptors.ts'
import type { Snapshot } from '../../src/client/observation.ts'
import { wait } from '../../src/client/wait.ts'
import type { WaitOptions } from '../../src/client/wait-options.ts'
import { absent, ended, expectQuiet, hangs, httpError, live, pass, present, refuses, scripted, track } from './fake.ts'
import { useFakeClock } from './fake.ts'
import type { Step } from './fake.ts'

// B36: what a resource says of its generation is a matter of its own; a function sees both numbers of one snapshot.

useFakeClock()

const is =
  (...states: string[]) =>
  (value: string) =>
    states.includes(value)
const seen = (...states: string[]) => states.map((state, index) => present(state, String(index).padStart(3, '0')))
const each = { timeout: '1m', minDelay: '1s', maxDelay: '1s' } as const

/** How a wait ends that looks once a second, and how often it looked. */
async function run(
  until: Until<string>,
  steps: readonly (Step<Snapshot<string>> | Snapshot<string>)[],
  options: Partial<WaitOptions<string>> = {},
) {
  const target = scripted<string>(steps, { stateOf: (value) => value })
  const { value: outcome, at } = await ended(wait(target, until, { ...each, ...options }).settle())
  await expectQuiet(target.script)
  if (!outcome) throw new Error('did not settle')
  const error = outcome.status === 'success' ? undefined : outcome.error
  return { outcome, error, at, looks: target.script.looks.length }
}

describe('a closed world', () => {
  const closed = { success: is('done'), pending: { any: [is('replicating'), is('queued')] } }

  it('B29: a state that is neither wanted nor pending ends the wait at once, and both are told', async () => {
    const until = { success: { path: 'state', equals: 'done' }, pending: { path: 'state', equals: 'replicating' } }
    const moments = ['replicating', 'oops', 'done'].map((state) => present({ state }))
    const target = scripted<object>(moments, { stateOf: (value) => (value as { state: string }).state })
    const { error, at } = await ended(wait(target, until, each))
    expect(error).toMatchObject({ name: 'WaitError', code: 'UNEXPECTED_STATE', state: 'oops', attempts: 2 })
    expect((error as Error).message).toContain('oops')
    expect((error as Error).message).toContain('done')
    expect(at).toBe(1000)
    await expectQuiet(target.script)
  })

  it('B29: what is pending goes on', async () => {
    const { outcome } = await run(closed, seen('queued', 'replicating', 'queued', 'done'))
    expect(outcome).toMatchObject({ status: 'success', attempts: 4 })
  })

  it('B29: a failure is told as such, and neither an error nor absence is an unexpected state', async () => {
    const until = { ...closed, failure: { broke: is('broken') } }
    expect((await run(until, seen('queued', 'broken'))).error).toMatchObject({ code: 'FAILED', label: 'broke' })
    expect((await run(closed, [refuses(httpError(503)), ...seen('done')])).outcome).toMatchObject({ status: 'success' })
    expect((await run(closed, [absent()])).error).toMatchObject({ code: 'NOT_FOUND' })
  })

  it('B30: in an open world unknown states go by', async () => {
    const { outcome } = await run({ success: is('done') }, seen('unknown1', 'unknown2', 'done'))
    expect(outcome).toMatchObject({ status: 'success', attempts: 3 })
  })
})

describe('success that lasts', () => {
  it('B31: it is to be seen so many times in a row', async () => {
    const states = seen('done', 'replicating', 'done', 'done', 'done', 'other')
    const { outcome, looks, at } = await run({ success: is('done') }, states, { stable: 3 })
    expect(outcome).toMatchObject({ status: 'success', value: 'done', attempts: 5 })
    expect(looks).toBe(5)
    expect(at).toBe(4000)
  })

  it('B31: states that do not change count as often as they are seen, though one could be told of changes', async () => {
    const target = live(present('done', '1'))
    const { value } = await ended(wait(target, { success: is('done') }, { ...each, stable: 3 }))
    expect(value).toMatchObject({ attempts: 3, elapsedMs: 2000 })
    expect(target.subscriptions).toEqual([])
    await expectQuiet(target.script)
  })

  it('B32: where it is never seen so many times in a row, time runs out', async () => {
    const states = seen('done', 'rep', 'done', 'done', 'done', 'rep', 'done', 'done', 'done')
    const { error } = await run({ success: is('done') }, states, { stable: 4, timeout: '8s' })
    expect(error).toMatchObject({ code: 'TIMEOUT', attempts: 9, state: 'done' })
  })

  it('B32: an error in between begins the count anew', async () => {
    const steps = [...seen('done', 'done'), refuses(httpError(503)), ...seen('done', 'done', 'done')]
    const { outcome } = await run({ success: is('done') }, steps, { stable: 3 })
    expect(outcome).toMatchObject({ status: 'success', attempts: 6 })
  })

  it('B31: or it is to last, counted from when it was first seen', async () => {
    const states = seen('done', 'replicating', 'done', 'done', 'done', 'done', 'done')
    const { outcome, at } = await run({ success: is('done') }, states, { stable: '2500ms' })
    expect(outcome).toMatchObject({ status: 'success', value: 'done', attempts: 5 })
    expect(at).toBe(4500)
  })

  it('B31: it lasts while one listens, too, and what comes of it is what is seen then', async () => {
    const target = live(present('done', '1'))
    const labelled = { success: { fine: is('done'), best: is('better') } }
    const tracked = track(wait(target, labelled, { timeout: '1m', stable: '3s' }))
    await pass(1000)
    target.push(present('worse', '2'))
    await pass(1000)
    target.push(present('done', '3'))
    await pass(2000)
    target.push(present('better', '4'))
    await pass(999)
    expect(tracked.state).toBe('pending')
    await pass(1)
    expect(tracked).toMatchObject({ at: 5000, value: { label: 'best', value: 'better', snapshot: { rev: '4' } } })
    await expectQuiet(target.script)
  })

  it('B31: a judgement that is late does not stand for a state that has passed', async () => {
    const target = live(present('done', '1'))
    const judge = (value: string) =>
      new Promise<boolean>((resolve) => setTimeout(() => resolve(value === 'done'), value === 'done' ? 500 : 0))
    const tracked = track(wait(target, { success: judge }, { timeout: '10s', stable: '2s' }).settle())
    await pass(100)
    target.push(present('worse', '2'))
    await pass(15_000)
    expect(tracked).toMatchObject({ value: { status: 'timeout', error: { state: '"worse"' } } })
  })

  it('a state that comes while another is judged is not lost to an error that comes after it', async () => {
    let refused = false
    const target = live(present('new', '1'))
    const { read } = target
    target.read = (options) => (refused ? Promise.reject(httpError(503)) : read(options))
    const judge = (value: string) =>
      value === 'done' || new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 500))
    const tracked = track(wait(target, { success: judge }, { timeout: '1h' }))
    await pass(100)
    refused = true
    target.push(present('done', '2'))
    target.drop(httpError(503))
    await pass(10_000)
    expect(tracked).toMatchObject({ state: 'fulfilled', at: 500, value: { value: 'done' } })
  })

  it('B32: success that does not last to the deadline is none', async () => {
    const { error, at } = await run({ success: is('done') }, seen('done'), { stable: '5s', timeout: '3s' })
    expect(error).toMatchObject({ code: 'TIMEOUT', state: 'done' })
    expect(at).toBe(3000)
  })

  it('a failure does not need to last', async () => {
    const until = { success: is('done'), failure: is('failed') }
    const { error } = await run(until, seen('done', 'failed', 'done'), { stable: 3 })
    expect(error).toMatchObject({ code: 'FAILED', attempts: 2 })
  })
})

describe('absence', () => {
  const done = { success: is('done') }

  it('B33: who waits for the target to be gone gets no value', async () => {
    const error = httpError(404)
    for (const gone of [absent(), refuses(error)]) {
      const { outcome } = await run({ absent: 'success' }, [...seen('up', 'going'), gone])
      expect(outcome).toMatchObject({ status: 'success', label: 'absent', value: undefined, attempts: 3 })
    }
    const { outcome } = await run({ absent: 'success' }, [refuses(error)])
    expect((outcome as { error?: unknown }).error).toBe(error)
  })

  it('B34: who waits in vain for the target to be gone is told how it was last', async () => {
    const { error, at } = await run({ absent: 'success' }, seen('pending'), { timeout: '5s' })
    expect(error).toMatchObject({ code: 'TIMEOUT', state: 'pending', last: { kind: 'present', value: 'pending' } })
    expect(error?.message).toMatch(/gone.*last state "pending"/)
    expect(at).toBe(5000)
  })

  it('B35: a target that selects nothing is absent, which is what the wait says that is', async () => {
    const selection = (names: readonly string[]) => (names.length ? present(names) : absent())
    const all = { success: (names: readonly string[]) => names.length === 2 }
    const looks = [selection([]), selection(['a']), selection(['a', 'b'])]
    const refused = await ended(wait(scripted(looks), all, each))
    expect(refused).toMatchObject({ at: 0, error: { code: 'NOT_FOUND' } })
    const patient = await ended(wait(scripted(looks), { ...all, absent: 'pending' }, each))
    expect(patient).toMatchObject({ at: 2000, value: { value: ['a', 'b'] } })
    const brief = await ended(wait(scripted([selection([])]), { ...all, absent: { pendingFor: '3s' } }, each))
    expect(brief).toMatchObject({ at: 3000, error: { code: 'NOT_FOUND' } })
  })

  it('B38: a target that is deleted ends the wait at once', async () => {
    for (const gone of [absent('9'), refuses(httpError(404))]) {
      const { error, at } = await run(done, [...seen('new', 'new'), gone])
      expect(error).toMatchObject({ name: 'WaitError', code: 'NOT_FOUND', state: 'absent', attempts: 3 })
      expect(at).toBe(2000)
    }
  })

  it('B38: also while one listens', async () => {
    const target = live(present('new', '1'))
    const tracked = track(wait(target, done, { timeout: '1h' }))
    await pass(5000)
    target.push(absent('2'))
    await pass(0)
    expect(tracked).toMatchObject({ at: 5000, error: { code: 'NOT_FOUND' } })
    await expectQuiet(target.script)
  })

  it('B38: unless absence is to be waited out', async () => {
    const steps = [...seen('new'), absent('1'), ...seen('done').slice(0), hangs]
    const { outcome } = await run({ ...done, absent: 'pending' }, steps)
    expect(outcome).toMatchObject({ status: 'success', attempts: 3 })
  })
})

describe('which one is meant', () => {
  it('B36: what a status says of an older generation does not count', async () => {
    interface Deployment {
      readonly generation: number
      readonly observedGeneration: number
      readonly ready: boolean
    }
    const current = (value: Deployment) => value.observedGeneration >= value.generation && value.ready
    const moments = [1, 1, 2].map((observedGeneration) => present({ generation: 2, observedGeneration, ready: true }))
    const tracked = await ended(wait(scripted<Deployment>(moments), { success: current }, each))
    expect(tracked).toMatchObject({ at: 2000, value: { attempts: 3, value: { observedGeneration: 2 } } })
  })

  it('B36: states older than the revision that is given do not count, success, failure and absence alike', async () => {
    const until = { success: is('done'), failure: is('failed') }
    const old = [present('done', '1'), present('failed', '2'), absent('2')]
    const { outcome } = await run(until, [...old, present('new', '3'), present('done', '4')], { since: '3' })
    expect(outcome).toMatchObject({ status: 'success', snapshot: { rev: '4' }, attempts: 2 })
    expect((await run(until, [present('done', '3')], { since: '3' })).outcome).toMatchObject({ status: 'success' })
    const late = await run(until, old, { since: '3', timeout: '5s' })
    expect(late.error).toMatchObject({ code: 'TIMEOUT', last: undefined, state: undefined })
  })

  it('B36: states without a revision, and errors, always count', async () => {
    const { outcome } = await run({ success: is('done') }, [present('done')], { since: '3' })
    expect(outcome).toMatchObject({ status: 'success' })
    expect((await run({ success: is('done') }, [refuses(httpError(403))], { since: '3' })).error).toMatchObject({
      code: 'ERROR',
    })
  })

  it('B37: another one under the same name means that the first is gone', async () => {
    const steps = [present('up', '1', 'one'), present('new', '2', 'two')]
    const { outcome } = await run({ absent: 'success' }, steps)
    expect(outcome).toMatchObject({ status: 'success', label: 'absent', value: undefined, attempts: 2 })
    const { error } = await run({ success: is('new') }, steps)
    expect(error).toMatchObject({ code: 'NOT_FOUND', attempts: 2, state: 'absent' })
  })

  it('B37: also while one listens', async () => {
    const target = live(present('up', '1', 'one'))
    const tracked = track(wait(target, { absent: 'success' }, { timeout: '1h' }))
    await pass(1000)
    target.push(present('up', '2', 'one'))
    await pass(1000)
    expect(tracked.state).toBe('pending')
    target.push(present('up', '3', 'two'))
    await pass(0)
    expect(tracked).toMatchObject({ at: 2000, value: { label: 'absent', attempts: 3 } })
    await expectQuiet(target.script)
  })

  it('B37: a state that does not say which one it is of is of the one that is meant', async () => {
    const { outcome } = await run({ success: is('done') }, [present('new', '1', 'one'), present('done', '2')])
    expect(outcome).toMatchObject({ status: 'success', attempts: 2 })
    const meant = await run({ success: is('done') }, [present('done', '1')], { identity: 'one' })
    expect(meant.outcome).toMatchObject({ status: 'success' })
  })

  it('B37: which one is meant can be said beforehand', async () => {
    const { error } = await run({ success: is('done') }, [present('done', '1', 'two')], { identity: 'one' })
    expect(error).toMatchObject({ code: 'NOT_FOUND', attempts: 1 })
    const { outcome } = await run({ success: is('done') }, [present('done', '1', 'one')], { identity: 'one' })
    expect(outcome).toMatchObject({ status: 'success' })
  })
})
