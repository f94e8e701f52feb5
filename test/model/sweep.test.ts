import { describe, expect, it } from 'vitest'
import type { EndCondition } from '../../src/core/wire.ts'
import { BEGIN, ConfigAlone, text } from './config.ts'

const gone = (name: string): EndCondition => ({ not: { variable: { name } } })
const SECOND = 1_000_000

/** What was told, and which had a stamp in common: stamps in between may be skipped. */
function inOrder(config: ConfigAlone): [what: string, moment: number][] {
  const told = config.told()
  const stamps = [...new Set(told.map(([, stamp]) => stamp))].sort((a, b) => a - b)
  return told.map(([what, stamp]) => [what, stamps.indexOf(stamp)])
}

describe('what time brings about', () => {
  it('ends in the order in which it was due, however late it is looked at, for one decides about the other', () => {
    const config = new ConfigAlone()
    config.now = BEGIN + SECOND
    config.set('first', '', '10s')
    config.set('last', '', '30s')
    config.wait('w-first', gone('first'), { timeout: '20s' })
    config.wait('w-last', gone('last'), { timeout: '20s' })
    config.told()
    config.now = BEGIN + 100 * SECOND
    config.sweep()
    expect(config.told()).toEqual([
      ['first DELETED', config.now],
      ['w-first success', config.now],
      ['w-last timeout', expect.any(Number)],
      ['last DELETED', expect.any(Number)],
    ])
  })

  it('gives each moment one stamp, and each another', () => {
    const config = new ConfigAlone()
    config.commit(
      { type: 'set', path: 'b', input: text('', '1s') },
      { type: 'set', path: 'a', input: text('', '1s') },
      { type: 'set', path: 'c', input: text('', '2s') },
    )
    config.told()
    config.now += 60 * SECOND
    config.sweep()
    expect(config.told()).toEqual([
      ['a DELETED', config.now],
      ['b DELETED', config.now],
      ['c DELETED', config.now + 1],
    ])
  })

  it('ends variables before waiters at the same moment', () => {
    const config = new ConfigAlone()
    // The clock stands, so each command comes a microsecond behind the one before.
    config.set('a', '', '0.000002s')
    config.wait('w', gone('a'), { timeout: '0.000001s' })
    config.told()
    config.now += SECOND
    config.sweep()
    expect(config.told()).toEqual([
      ['a DELETED', config.now],
      ['w success', config.now],
    ])
  })

  it('is not before it is due', () => {
    const config = new ConfigAlone()
    config.now += 1
    config.set('a', '', '1s')
    config.now += SECOND - 1
    config.sweep()
    expect(config.variable('a')).toBeDefined()
    config.now += 1
    config.sweep()
    expect(config.variable('a')).toBeUndefined()
  })

  it.each([1, 2, 3, 7])('ends the same in batches of %d as at once', (limit) => {
    const [whole, batched] = [new ConfigAlone(), new ConfigAlone()]
    for (const config of [whole, batched]) {
      config.commit(
        ...[1, 1, 2, 2, 2, 3].map((seconds, index) => ({
          type: 'set' as const,
          path: `v${index}`,
          input: text('', `${seconds}s`),
        })),
      )
      config.now = BEGIN + 1
      for (const [index, timeout] of ['1.500s', '0.500s', '1.999s', '2.999s'].entries()) {
        config.wait(`w${index}`, { all: [gone('v1'), gone(`v${index}`)] }, { timeout })
      }
      config.told()
      config.now = BEGIN + 60 * SECOND
    }
    whole.sweep()
    for (let rounds = 0; batched.sweep(limit); rounds++) expect(rounds).toBeLessThan(30)
    expect(inOrder(batched)).toEqual(inOrder(whole))
  })

  it('cuts no moment in two where a batch ends in it', () => {
    const config = new ConfigAlone()
    config.commit(
      ...[1, 2, 2, 2].map((seconds, index) => ({
        type: 'set' as const,
        path: `v${index}`,
        input: text('', `${seconds}s`),
      })),
    )
    config.told()
    config.now += 60 * SECOND
    expect(config.sweep(3)).toBe(true)
    while (config.sweep(3));
    expect(inOrder(config)).toEqual([
      ['v0 DELETED', 0],
      ['v1 DELETED', 1],
      ['v2 DELETED', 1],
      ['v3 DELETED', 1],
    ])
  })

  it('ends all of a moment at one stamp and variables first, also when they are more than a batch', () => {
    const config = new ConfigAlone()
    config.commit(...['a', 'b', 'c'].map((path) => ({ type: 'set' as const, path, input: text('', '0.000002s') })))
    config.wait('w', gone('c'), { timeout: '0.000001s' })
    config.told()
    config.now += SECOND
    for (let rounds = 0; config.sweep(2); rounds++) expect(rounds).toBeLessThan(10)
    expect(config.told()).toEqual([
      ['a DELETED', config.now],
      ['b DELETED', config.now],
      ['c DELETED', config.now],
      ['w success', config.now],
    ])
  })
})
