/** What can be meant by a call of wait, and what cannot: refused before anything is asked. */
import { describe, expect, it } from 'vitest'
import { InvalidArgumentError } from '../../src/client/errors.ts'
import { wait } from '../../src/client/wait.ts'
import { ended, expectQuiet, hangs, pass, present, says, scripted, track, useFakeClock } from './fake.ts'

useFakeClock()

// oxlint-disable-next-line typescript/no-explicit-any -- what plain JavaScript may pass
type Anything = any

/** What a call is refused with. It must not have looked. */
function refusal(until: unknown, options: unknown): InvalidArgumentError {
  const target = scripted([present({ state: 'done' })])
  try {
    void wait(target, until as Anything, options as Anything).settle()
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(target.script.looks).toEqual([])
    return error as InvalidArgumentError
  }
  throw new Error(`accepted: ${JSON.stringify(until)}, ${JSON.stringify(options)}`)
}

const done = { success: { path: 'state', equals: 'done' } } as const
const timeout = { timeout: '10s' } as const
const yes = () => true

describe('arguments of wait', () => {
  it('A7: an option that nobody knows is refused by its name', () => {
    for (const extra of [{ max_wait: 5 }, { maxWaitTime: 5 }, { abortSignal: 5 }, { minDelayMs: 5 }]) {
      const [name] = Object.keys(extra)
      expect(refusal(done, { ...timeout, ...extra })).toMatchObject({ argument: name, code: 'INVALID_ARGUMENT' })
    }
    expect(refusal({ ...done, succes: yes }, timeout).argument).toBe('succes')
    expect(refusal([{ state: 'success', matcher: yes, expected: 1 }], timeout).argument).toBe('expected')
    expect(refusal({ success: { path: 'a', eq: 1 } }, timeout).argument).toBe('eq')
    expect(refusal({ ...done, absent: { pendingFor: '5s', next: 'failure' } }, timeout).argument).toBe('next')
  })

  it('A8: times that cannot be meant are refused by the name of their option', () => {
    for (const option of ['timeout', 'stall', 'minDelay', 'maxDelay']) {
      for (const value of [0, -1, Number.NaN, Infinity, -Infinity, null, '', '5', '0s', '-1s', '5 s', '1d', {}, 5n]) {
        expect(refusal(done, { ...timeout, [option]: value })).toMatchObject({ argument: option })
      }
    }
    for (const value of ['0s', '-1s', 'soon', 0, -1, 1.5, Number.NaN, Infinity, null]) {
      expect(refusal(done, { ...timeout, stable: value })).toMatchObject({ argument: 'stable' })
    }
    for (const value of [0, -1, 1.5, Number.NaN, '3', null]) {
      expect(refusal(done, { ...timeout, maxAttempts: value })).toMatchObject({ argument: 'maxAttempts' })
    }
    for (const pendingFor of [0, -1, Infinity, undefined, '']) {
      const { argument } = refusal({ ...done, absent: { pendingFor } }, timeout)
      expect(argument).toBe('until.absent.pendingFor')
    }
  })

  it('A8: a longest pause shorter than the shortest is refused', () => {
    expect(refusal(done, { ...timeout, minDelay: 2000, maxDelay: '1s' })).toMatchObject({ argument: 'maxDelay' })
  })

  it('A8: what is no signal, no transport, no absence is refused', () => {
    expect(refusal(done, { ...timeout, signal: {} })).toMatchObject({ argument: 'signal' })
    expect(refusal(done, { ...timeout, transport: 'carrier pigeon' })).toMatchObject({ argument: 'transport' })
    expect(refusal({ ...done, absent: 'maybe' }, timeout)).toMatchObject({ argument: 'until.absent' })
  })

  it('A8: to insist on listening is refused where one cannot listen, or would have to look all the same', () => {
    expect(refusal(done, { ...timeout, transport: 'push' })).toMatchObject({ argument: 'transport' })
    const target = { ...scripted([present({})]), async *subscribe() {} }
    for (const extra of [{ stable: 3 }, { maxAttempts: 3 }]) {
      const options = { ...timeout, ...extra, transport: 'push' } as const
      let refused: unknown
      try {
        wait(target, done, options).cancel()
      } catch (error) {
        refused = error
      }
      expect(refused).toMatchObject({ argument: 'transport' })
    }
  })

  it('A9: pauses may all be the same, and any fraction', async () => {
    for (const [minDelay, maxDelay] of [
      [2000, 2000],
      ['0.5s', '0.5s'],
      [0.0001, 0.4],
      ['.5s', '1.5m'],
    ] as const) {
      const target = scripted([present({ state: 'new' }), present({ state: 'done' })])
      const { state } = await ended(wait(target, done, { timeout: 60_000, minDelay, maxDelay }))
      expect(state).toBe('fulfilled')
      await expectQuiet(target.script)
    }
  })

  it('A9: one bound beyond the usual other one takes that along', async () => {
    for (const options of [{ minDelay: '20s' }, { maxDelay: '100ms' }] as const) {
      const target = scripted([present({ state: 'new' }), present({ state: 'done' })])
      const { state } = await ended(wait(target, done, { timeout: '1m', jitter: false, ...options }))
      expect(state).toBe('fulfilled')
      expect(target.script.times).toEqual([0, 'minDelay' in options ? 20_000 : 100])
    }
  })

  it('A10: without a timeout there is no wait, in plain JavaScript either', () => {
    for (const options of [{}, { timeout: undefined }, undefined, { signal: new AbortController().signal }]) {
      expect(refusal(done, options)).toMatchObject({ argument: 'timeout' })
    }
    for (const options of [null, 5, '10s']) expect(refusal(done, options)).toBeInstanceOf(InvalidArgumentError)
  })

  it('A11: an empty list of what is waited for is refused', () => {
    for (const until of [[], {}, { success: {} }, { success: { path: 'a', oneOf: [] } }, { success: { any: [] } }]) {
      expect(refusal(until, timeout)).toBeInstanceOf(InvalidArgumentError)
    }
    expect(refusal({ ...done, failure: {} }, timeout).argument).toBe('until.failure')
  })

  it('A12: no state among the states is refused', () => {
    for (const oneOf of [
      ['a', null],
      [undefined, 'a'],
      ['a', {}],
    ]) {
      expect(refusal({ success: { path: 'state', oneOf } }, timeout).argument).toBe('until.success.oneOf')
    }
  })

  it('A13: acceptors without one for success are refused', () => {
    const failure = { path: 'state', equals: 'failed' }
    expect(refusal([{ state: 'failure', matcher: failure }], timeout)).toMatchObject({ argument: 'until' })
    expect(refusal([{ state: 'retry', matcher: yes }], timeout)).toMatchObject({ argument: 'until' })
    expect(refusal({ failure }, timeout)).toMatchObject({ argument: 'until.success' })
    expect(refusal({ failure, absent: 'pending' }, timeout)).toMatchObject({ argument: 'until.success' })
  })

  it('A13: who waits for the target to be gone needs none', async () => {
    const target = scripted([{ kind: 'absent' }])
    const { value } = await ended(wait(target, { absent: 'success' }, timeout))
    expect(value).toMatchObject({ label: 'absent', value: undefined })
  })

  it('A14: an unknown matcher is refused where it is written down, with its place', () => {
    const wrong = [{ jmespath: 'a' }, {}, { all: [yes], any: [yes] }, null, 'done', true, 3]
    for (const matcher of wrong) {
      expect(refusal([{ state: 'success', matcher }], timeout).argument).toMatch(/^until\[0\]/)
      const nested = refusal({ success: { all: [yes, { not: matcher }] } }, timeout)
      expect(nested.argument).toBe('until.success.all[1].not')
    }
    for (const all of ['x', { length: 1 }, yes, [], undefined]) {
      expect(refusal({ success: { all } }, timeout).argument).toBe('until.success.all')
    }
    expect(refusal({ success: { up: yes, down: 'no' } }, timeout).argument).toBe('until.success.down')
    expect(refusal({ ...done, pending: { nope: 1 } }, timeout).argument).toBe('until.pending')
    expect(refusal([{ state: 'fail', matcher: yes }], timeout).argument).toBe('until[0].state')
    for (const until of ['done', 5, true]) expect(refusal(until, timeout).argument).toBe('until')
  })

  it('A14: a path, a comparison and an error type are checked where they are written down', () => {
    const at = (matcher: unknown) => refusal({ success: matcher }, timeout).argument
    expect(at({ path: 3 })).toBe('until.success.path')
    expect(at({ path: '' })).toBe('until.success.path')
    expect(at({ path: 'a', atLeast: '3' })).toBe('until.success.atLeast')
    expect(at({ path: 'a', atMost: Number.NaN })).toBe('until.success.atMost')
    expect(at({ path: 'a', equals: undefined })).toBe('until.success.equals')
    expect(at({ path: 'a', equals: { b: 1 } })).toBe('until.success.equals')
    expect(at({ path: 'a', equals: 1, notEquals: 2 })).toBe('until.success')
    expect(at({ errorType: '' })).toBe('until.success.errorType')
    expect(at({ errorType: 404 })).toBe('until.success.errorType')
    expect(at({ any: [{ success: 'yes' }] })).toBe('until.success.any[0].success')
    expect(at({ not: { success: undefined } })).toBe('until.success.not.success')
  })

  it('A14: an unknown comparator is refused', () => {
    const output = { path: 'a', expected: 'b', comparator: 'equals' }
    expect(refusal({ success: { output } }, timeout).argument).toBe('until.success.output.comparator')
  })

  it('A15: a boolean can be compared with true and false alone', () => {
    const output = { path: 'a', expected: 'foo', comparator: 'booleanEquals' }
    expect(refusal({ success: { output } }, timeout).argument).toBe('until.success.output.expected')
    for (const expected of ['True', '1', '', null]) {
      expect(refusal({ success: { output: { ...output, expected } } }, timeout)).toBeInstanceOf(InvalidArgumentError)
    }
  })

  it('A16: only a failure has a message', () => {
    for (const state of ['success', 'retry']) {
      const until = [
        { state, matcher: yes, message: 'reason' },
        { state: 'success', matcher: yes },
      ]
      expect(refusal(until, timeout).argument).toBe('until[0].message')
    }
  })

  it('A17: a path that cannot be read is refused with the position', () => {
    const at: Record<string, number> = {
      'a|b': 1,
      'a..b': 1,
      'a.': 1,
      'a b': 1,
      'items[?x]': 5,
      'items[-1]': 5,
      'items[0': 5,
      '{.status}': 0,
      $: 0,
      'status.phase == "x"': 12,
      'a["b': 1,
      'a["b"': 1,
      'a"b"': 1,
      '["\\q"]': 0,
    }
    for (const [path, position] of Object.entries(at)) {
      for (const until of [
        { success: { path } },
        { ...done, failure: { path }, message: 'reason' },
        { ...done, message: path },
        [{ state: 'success', matcher: { output: { path, expected: 'x', comparator: 'stringEquals' } } }],
      ]) {
        const error = refusal(until, timeout)
        expect(error.argument).toMatch(/(path|message)$/)
        expect(error.message).toContain(`position ${position}`)
      }
    }
  })

  it('A18: what is given stays what it was, however the wait ends', async () => {
    const ways: [Parameters<typeof scripted<object>>[0], object][] = [
      [[present({ state: 'done' })], {}],
      [[present({ state: 'failed' })], {}],
      [[present({ state: 'new' })], {}],
      [[present({ state: 'new' })], { stall: '1s' }],
      [[{ kind: 'absent' }], {}],
      [[hangs], { signal: AbortSignal.abort() }],
    ]
    for (const [steps, given] of ways) {
      const success = Object.freeze({ up: Object.freeze({ path: 'state', equals: 'done' }) })
      const failure = Object.freeze([{ path: 'state', equals: 'failed' }])
      const until = Object.freeze({ success, failure: Object.freeze({ any: failure }), message: 'reason' })
      const options = Object.freeze({ timeout: '3s', minDelay: 500, ...given } as const)
      const [untilBefore, optionsBefore] = [structuredClone(until), { ...options }]
      const outcome = await ended(wait(scripted(steps), until, options).settle())
      expect(outcome.state).toBe('fulfilled')
      expect(until).toEqual(untilBefore)
      expect(options).toEqual(optionsBefore)
    }
  })

  it('A18: what is changed after the call does not change the wait', async () => {
    const target = scripted([present({ state: 'new' }), present({ state: 'done' })])
    const until = { success: { path: 'state', equals: 'done' } }
    const options = { timeout: '10s' as '10s' | '1ms', jitter: false }
    const tracked = track(wait(target, until, options))
    options.timeout = '1ms'
    until.success.equals = 'never'
    await pass(1000)
    expect(tracked).toMatchObject({ state: 'fulfilled', at: 500 })
  })

  it('what is no target is refused', () => {
    for (const target of [undefined, null, {}, { key: 'thing' }, { key: 'thing', read: 'me' }]) {
      expect(() => wait(target as Anything, done, timeout)).toThrow(InvalidArgumentError)
    }
  })

  it('a target that does not say what is waited for needs to be told', () => {
    expect(refusal(undefined, timeout)).toMatchObject({ argument: 'until' })
  })

  it('a target that says what is waited for need not be told', async () => {
    const target = scripted([present({ state: 'done' })], { until: done })
    expect((await ended(wait(target, undefined, timeout))).value).toMatchObject({ label: 'success' })
  })
})

describe('a call that can be meant', () => {
  it('looks at once', async () => {
    const target = scripted([says(present({ state: 'done' }))])
    const waiting = wait(target, done, timeout)
    expect(target.script.times).toEqual([0])
    expect((await ended(waiting)).state).toBe('fulfilled')
  })
})
