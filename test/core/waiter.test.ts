import { describe, expect, it } from 'vitest'
import { compile, holds, readCondition } from '../../src/core/condition.ts'
import { beginWaiter, judge, MAX_TIMEOUT_SECONDS, readWaiter, waiterResource } from '../../src/core/waiter.ts'

const success = { cardinality: { path: '/ready', number: 2 } }
const failure = { cardinality: { path: '/failed' } }

const fieldOf = (result: ReturnType<typeof readWaiter>) =>
  !result.ok && result.fault.kind === 'invalidArgument' ? result.fault.field : undefined

describe('a waiter', () => {
  it('needs a timeout longer than zero and a condition for success', () => {
    expect(fieldOf(readWaiter({ success }))).toBe('waiter.timeout')
    for (const timeout of ['0s', '-1s', '-0.5s', 'soon', '5', `${MAX_TIMEOUT_SECONDS}s`]) {
      expect(fieldOf(readWaiter({ timeout, success }))).toBe('waiter.timeout')
    }
    expect(fieldOf(readWaiter({ timeout: '5s' }))).toBe('waiter.success')
    expect(fieldOf(readWaiter({ timeout: '5s', failure }))).toBe('waiter.success')
    expect(fieldOf(readWaiter({ timeout: '5s', success: {} }))).toBe('waiter.success.cardinality')
  })

  it('is told which field of a condition is wrong', () => {
    const bad = (cardinality: { path?: string; number?: number }) =>
      fieldOf(readWaiter({ timeout: '5s', success, failure: { cardinality } }))
    expect(bad({})).toBe('waiter.failure.cardinality.path')
    expect(bad({ path: '' })).toBe('waiter.failure.cardinality.path')
    expect(bad({ path: '/a b' })).toBe('waiter.failure.cardinality.path')
    expect(bad({ path: '/a', number: -1 })).toBe('waiter.failure.cardinality.number')
  })

  it('keeps its path as it was written, its number as 1 when none was, its timeout in canonical form', () => {
    expect(readWaiter({ timeout: '2.5s', success, failure })).toEqual({
      ok: true,
      value: { timeout: '2.500s', success, failure: { cardinality: { path: '/failed', number: 1 } } },
    })
    expect(readCondition({ cardinality: { path: 'a', number: 0 } }, 'f')).toMatchObject({
      value: { cardinality: { number: 1 } },
    })
  })

  it('has its deadline never earlier than its creation and its timeout', () => {
    expect(beginWaiter('w', { timeout: '0.000000001s', success }, 1000).deadline).toBe(1001)
    expect(beginWaiter('w', { timeout: '2s', success }, 1000).deadline).toBe(2_001_000)
    const longest = beginWaiter('w', { timeout: `${MAX_TIMEOUT_SECONDS - 1}s`, success }, 1_790_000_000_000_000)
    expect(Number.isSafeInteger(longest.deadline)).toBe(true)
  })

  it('fails when both of its conditions hold', () => {
    const spec = { timeout: '5s', success, failure: { cardinality: { path: '/failed', number: 1 } } }
    const counts: Record<string, number> = { ready: 2, failed: 1 }
    expect(judge(spec, (counter) => counts[counter] ?? 0)).toBe('failure')
    expect(judge(spec, (counter) => (counter === 'ready' ? 2 : 0))).toBe('success')
    expect(judge(spec, () => 0)).toBeUndefined()
  })

  it('shows neither done nor error while it waits', () => {
    const waiter = beginWaiter('w', { timeout: '5s', success }, 0)
    const name = 'projects/p/configs/c/waiters/w'
    const createTime = '1970-01-01T00:00:00.000000000Z'
    expect(waiterResource('projects/p/configs/c', waiter)).toEqual({ name, timeout: '5s', success, createTime })
  })
})

describe('a condition', () => {
  it('compiles to a counter on its path without slashes at the ends, and holds from its number on', () => {
    const condition = { cardinality: { path: '//a//b/', number: 3 } }
    expect(compile(condition)).toEqual({ counter: 'a/b', threshold: 3 })
    expect([2, 3, 4].map((count) => holds(condition, () => count))).toEqual([false, true, true])
  })
})
