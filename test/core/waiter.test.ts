import { describe, expect, it } from 'vitest'
import { compile, holds, readCondition } from '../../src/core/condition.ts'
import type { Counter } from '../../src/core/counter.ts'
import { MAX_SPAN_SECONDS } from '../../src/core/span.ts'
import { beginWaiter, formulasOf, judge, readWaiter, waiterResource } from '../../src/core/waiter.ts'

const CONFIG = 'projects/p/configs/c'
const read = (waiter: Parameters<typeof readWaiter>[0]) => readWaiter(waiter, CONFIG)

const success = { cardinality: { path: '/ready', number: 2 } }
const failure = { cardinality: { path: '/failed' } }

const fieldOf = (result: ReturnType<typeof readWaiter>) =>
  !result.ok && result.fault.kind === 'invalidArgument' ? result.fault.field : undefined

describe('a waiter', () => {
  it('needs a timeout longer than zero and a condition for success', () => {
    expect(fieldOf(read({ success }))).toBe('waiter.timeout')
    for (const timeout of ['0s', '-1s', '-0.5s', 'soon', '5', `${MAX_SPAN_SECONDS}s`]) {
      expect(fieldOf(read({ timeout, success }))).toBe('waiter.timeout')
    }
    expect(fieldOf(read({ timeout: '5s' }))).toBe('waiter.success')
    expect(fieldOf(read({ timeout: '5s', failure }))).toBe('waiter.success')
    expect(fieldOf(read({ timeout: '5s', success: {} }))).toBe('waiter.success.cardinality')
  })

  it('is told which field of a condition is wrong', () => {
    const bad = (cardinality: { path?: string; number?: number }) =>
      fieldOf(read({ timeout: '5s', success, failure: { cardinality } }))
    expect(bad({})).toBe('waiter.failure.cardinality.path')
    expect(bad({ path: '' })).toBe('waiter.failure.cardinality.path')
    expect(bad({ path: '/a b' })).toBe('waiter.failure.cardinality.path')
    expect(bad({ path: '/a', number: -1 })).toBe('waiter.failure.cardinality.number')
  })

  it('keeps its path as it was written, its number as 1 when none was, its timeout in canonical form', () => {
    expect(read({ timeout: '2.5s', success, failure })).toEqual({
      ok: true,
      value: { timeout: '2.500s', success, failure: { cardinality: { path: '/failed', number: 1 } } },
    })
    expect(readCondition({ cardinality: { path: 'a', number: 0 } }, 'f', CONFIG)).toMatchObject({
      value: { cardinality: { number: 1 } },
    })
  })

  it('has its deadline never earlier than its creation and its timeout', () => {
    expect(beginWaiter('w', { timeout: '0.000000001s', success }, 1000).deadline).toBe(1001)
    expect(beginWaiter('w', { timeout: '2s', success }, 1000).deadline).toBe(2_001_000)
    const longest = beginWaiter('w', { timeout: `${MAX_SPAN_SECONDS - 1}s`, success }, 1_790_000_000_000_000)
    expect(Number.isSafeInteger(longest.deadline)).toBe(true)
  })

  it('fails when both of its conditions hold', () => {
    const spec = { timeout: '5s', success, failure: { cardinality: { path: '/failed', number: 1 } } }
    const formulas = formulasOf({ id: 'w', spec })
    const at = (counts: Record<string, number>) =>
      judge(formulas, ({ places }: Counter) => counts[places[0] ?? ''] ?? 0)
    expect(at({ 'ready/': 2, 'failed/': 1 })).toBe('failure')
    expect(at({ 'ready/': 2 })).toBe('success')
    expect(at({})).toBeUndefined()
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
    const formula = compile({ cardinality: { path: '//a//b/', number: 3 } }, 'success')
    const atom = { counter: { key: '/a/b', places: ['a/b/'] }, threshold: 3, field: 'success.cardinality' }
    expect(formula).toEqual({ op: 'atom', atom })
    expect([2, 3, 4].map((count) => holds(formula, () => count))).toEqual([false, true, true])
  })
})
