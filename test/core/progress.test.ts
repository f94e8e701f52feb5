import { beforeEach, describe, expect, it } from 'vitest'
import { formatStamp } from '../../src/core/time.ts'
import type { EndCondition } from '../../src/core/wire.ts'
import { BEGIN, CONFIG, ConfigAlone, text } from '../model/config.ts'

const at = (path: string, number = 1): EndCondition => ({ cardinality: { path, number } })
const named = (name: string, equals?: string): EndCondition => ({
  variable: { name, ...(equals !== undefined && { match: { equals } }) },
})
const roster = (path: string, members: string[], number = members.length): EndCondition => ({
  cardinality: { path, number, members },
})
const variable = (path: string) => `${CONFIG}/variables/${path}`

let config: ConfigAlone
beforeEach(() => {
  config = new ConfigAlone()
})

describe('the progress of a waiter that waits', () => {
  it('says how many there are and how many it takes, of both conditions', () => {
    config.set('a/1')
    config.wait('w', at('a', 3), { failure: at('b') })
    expect(config.progress('w')).toMatchObject({ success: { have: 1, need: 3 }, failure: { have: 0, need: 1 } })
    config.set('a/2')
    expect(config.progress('w').success).toEqual({ have: 2, need: 3 })
    config.delete('a', true)
    expect(config.progress('w').success).toEqual({ have: 0, need: 3 })
  })

  it('calls the roll of rosters and variables, by the names that the conditions use', () => {
    config.set('r/b')
    config.set('go', 'yes')
    config.wait('w', { all: [roster('/r/', ['a', 'b', 'c/d']), named(variable('go'), 'yes'), named('stop', 'no')] })
    expect(config.progress('w')).toMatchObject({ present: ['b', variable('go')], missing: ['a', 'c/d', 'stop'] })
    config.set('r/c/d')
    config.set('go', 'wait')
    expect(config.progress('w')).toMatchObject({ present: ['b', 'c/d'], missing: ['a', variable('go'), 'stop'] })
  })

  it('names nobody where success names nobody, nor those whose absence it asks for', () => {
    config.wait('w', at('a', 2), { failure: named('b') })
    expect(config.progress('w')).not.toHaveProperty('present')
    expect(config.progress('w')).not.toHaveProperty('missing')
    config.set('locked')
    config.wait('v', { all: [named('a'), { not: named('locked') }, { not: { not: named('c') } }] })
    expect(config.progress('v')).toMatchObject({ present: [], missing: ['a', 'c'] })
  })

  it('was last changed when a count of the waiter changed, or when it was made', () => {
    config.set('a/1')
    config.now += 1_000_000
    config.wait('w', at('a', 3))
    const made = config.waiter('w').createTime
    expect(made).toBe(formatStamp(BEGIN + 1_000_000))
    expect(config.progress('w').updateTime).toBe(made)
    config.now += 1_000_000
    config.set('b')
    config.set('a/1', 'other')
    expect(config.progress('w').updateTime).toBe(made)
    config.set('a/2')
    expect(config.progress('w').updateTime).toBe(config.variable('a/2')?.updateTime)
    // A waiter that counts the same has its own beginning.
    config.now += 1_000_000
    config.wait('v', at('a', 9))
    expect(config.progress('v').updateTime).toBe(config.waiter('v').createTime)
    expect(config.progress('w').updateTime).toBe(config.variable('a/2')?.updateTime)
  })
})

describe('the reason of an end', () => {
  it('is the condition that decided, and the variable that tipped it', () => {
    config.wait('w', { any: [at('a', 9), { all: [named('b'), named('c', 'x')] }] })
    config.set('b')
    config.set('c', 'y')
    config.set('c', 'x')
    expect(config.progress('w').reason).toEqual({
      condition: 'success.any[1].all[1].variable',
      variable: variable('c'),
    })
    expect(config.progress('w').updateTime).toBe(config.variable('c')?.updateTime)
  })

  it('is the failure if both hold at the same moment', () => {
    config.wait('w', at('a'), { failure: at('a') })
    config.set('a')
    expect(config.progress('w').reason).toEqual({ condition: 'failure.cardinality', variable: variable('a') })
    expect(config.waiter('w').error?.details).toEqual([
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'FAILURE_CONDITION_SATISFIED',
        domain: 'rollcall',
        metadata: { condition: 'failure.cardinality', variable: variable('a') },
      },
    ])
  })

  it('has no variable where the condition held when the waiter was made', () => {
    config.set('a')
    config.wait('w', { any: [named('b'), at('a')] })
    expect(config.progress('w').reason).toEqual({ condition: 'success.any[1].cardinality' })
  })

  it('is no condition of a part that does not hold', () => {
    config.set('x')
    config.set('z')
    const success: EndCondition = { any: [{ all: [named('x'), named('y')] }, named('z')] }
    config.wait('made', success)
    expect(config.progress('made').reason).toEqual({ condition: 'success.any[1].variable' })
    config.delete('x')
    config.delete('z')
    config.wait('later', success)
    config.commit({ type: 'set', path: 'x', input: text('') }, { type: 'set', path: 'z', input: text('') })
    expect(config.progress('later').reason).toEqual({ condition: 'success.any[1].variable', variable: variable('z') })
  })

  it('is no condition that held before, though its count has moved with the one that decided', () => {
    config.set('a/1')
    config.wait('w', { all: [at('a'), at('b')] })
    config.commit({ type: 'set', path: 'a/2', input: text('') }, { type: 'set', path: 'b', input: text('') })
    expect(config.progress('w').reason).toEqual({ condition: 'success.all[1].cardinality', variable: variable('b') })
  })

  it('is, under `not`, a part that does not hold', () => {
    config.set('x')
    config.set('y')
    config.wait('w', { not: { all: [named('x'), named('y')] } })
    config.delete('y')
    expect(config.progress('w').reason).toEqual({ condition: 'success.not.all[1].variable', variable: variable('y') })
  })

  it('names the root of a deletion of many', () => {
    config.set('a/b/1')
    config.set('a/b/2')
    config.wait('w', { not: at('a', 1) })
    config.delete('a/b', true)
    expect(config.progress('w').reason).toEqual({ condition: 'success.not.cardinality', variable: variable('a/b') })
  })

  it('names, of a commit, a variable that has made the count what it takes, not one that left', () => {
    config.set('a/1')
    config.wait('w', at('a', 2))
    config.commit(
      { type: 'create', path: 'a/2', input: text('') },
      { type: 'create', path: 'a/3', input: text('') },
      { type: 'delete', path: 'a/1', recursive: false },
    )
    expect([variable('a/2'), variable('a/3')]).toContain(config.progress('w').reason?.variable)
  })
})

describe('a waiter whose time ran out', () => {
  it('tells what it had and who was missing, in its progress and in its error', () => {
    config.wait('w', roster('r', ['a', 'b', 'c']), { timeout: '1s' })
    config.set('r/b')
    config.now += 1_000_001
    config.sweep()
    config.set('r/a')
    expect(config.progress('w')).toEqual({
      updateTime: formatStamp(BEGIN + 1_000_001),
      success: { have: 1, need: 3 },
      present: ['b'],
      missing: ['a', 'c'],
    })
    expect(config.waiter('w').error).toEqual({
      code: 4,
      message: 'Timeout expired.',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'TIMEOUT_EXPIRED',
          domain: 'rollcall',
          metadata: { have: '1', need: '3', missing: 'a,c' },
        },
      ],
    })
  })

  it('names nobody as missing where it counted only', () => {
    config.wait('w', at('a', 2), { timeout: '1s' })
    config.now += 1_000_000
    config.sweep()
    config.now += 1
    config.sweep()
    expect(config.waiter('w').error?.details).toMatchObject([{ metadata: { have: '0', need: '2' } }])
    expect(config.waiter('w').error?.details?.[0]).not.toHaveProperty('metadata.missing')
  })
})

describe('a sticky waiter', () => {
  it('counts who was there once, though the variable is gone or says something else', () => {
    config.set('r/a')
    config.wait('w', roster('r', ['a', 'b']), { sticky: true })
    config.delete('r/a')
    expect(config.progress('w')).toMatchObject({ success: { have: 1, need: 2 }, present: ['a'], missing: ['b'] })
    config.set('r/b')
    expect(config.waiter('w')).toMatchObject({ done: true, sticky: true, progress: { success: { have: 2, need: 2 } } })
    config.wait('v', { all: [named('x', 'go'), named('y', 'go')] }, { sticky: true })
    config.set('x', 'go')
    config.set('x', 'gone')
    config.set('y', 'go')
    expect(config.waiter('v').done).toBe(true)
  })

  it('counts each once, however often it comes and goes', () => {
    config.wait('w', at('r', 2), { sticky: true })
    for (let round = 0; round < 3; round++) {
      config.set('r/a', String(round))
      config.delete('r', true)
    }
    expect(config.progress('w').success).toEqual({ have: 1, need: 2 })
  })

  it('keeps through a deletion of many, beside one that does not', () => {
    config.wait('sticky', at('r', 3), { sticky: true })
    config.wait('plain', at('r', 3))
    config.set('r/a')
    config.set('r/b')
    config.delete('r', true)
    config.set('r/c')
    expect(config.waiter('sticky').done).toBe(true)
    expect(config.progress('plain').success).toEqual({ have: 1, need: 3 })
  })

  it('does not know who was there before it was made', () => {
    config.set('r/a')
    config.delete('r/a')
    config.wait('w', at('r', 1), { sticky: true })
    expect(config.progress('w').success.have).toBe(0)
  })

  it('misses nobody who has come, also when more come than it takes', () => {
    config.wait('w', { all: [roster('r', ['a', 'b', 'c'], 2), named('go')] }, { sticky: true })
    for (const member of ['a', 'b', 'c']) config.set(`r/${member}`)
    expect(config.progress('w')).toMatchObject({ present: ['a', 'b', 'c'], missing: ['go'] })
  })

  it('has not seen who came and went within one commit', () => {
    config.wait('w', at('r', 1), { sticky: true })
    config.commit({ type: 'create', path: 'r/a', input: text('') }, { type: 'delete', path: 'r/a', recursive: false })
    config.commit(
      { type: 'create', path: 'r/b', input: text('') },
      { type: 'create', path: 'r/c', input: text('') },
      { type: 'delete', path: 'r', recursive: true },
    )
    expect(config.told().map(([what]) => what)).not.toContain('w success')
    expect(config.waiter('w').done).toBeUndefined()
    expect(config.progress('w').success).toEqual({ have: 0, need: 1 })
  })
})
