import { beforeEach, describe, expect, it } from 'vitest'
import { MAX_CHANGES, type Beginning } from '../../src/core/stream.ts'
import { formatStamp } from '../../src/core/time.ts'
import type { Change, Changes } from '../../src/core/wire.ts'
import { BEGIN, CONFIG, ConfigAlone, text } from '../model/config.ts'

const HOUR = 3600 * 1_000_000
let config: ConfigAlone
beforeEach(() => {
  config = new ConfigAlone()
})

const messages = (beginning: Beginning, root = ''): Changes[] => {
  const begun = config.stream(beginning, root)
  if (!begun.ok) throw new Error(JSON.stringify(begun.fault))
  return begun.value
}
const last = () => config.store.last()
const describeChange = (change: Change) =>
  'waiter' in change
    ? `waiter ${change.waiter.name.split('/').at(-1)}`
    : `${change.variable.name.slice(`${CONFIG}/variables/`.length)} ${change.variable.state}`
const told = (beginning: Beginning, root = '') =>
  messages(beginning, root).map(({ changes }) => changes.map(describeChange))

describe('a stream that begins', () => {
  it('with what happens next says only from where it can be resumed', () => {
    config.set('a')
    expect(messages('now')).toEqual([{ stamp: formatStamp(last()), changes: [] }])
  })

  it('with the state tells of the variables by name and of the waiters that ended, at the last stamp', () => {
    config.set('b')
    config.set('a/x', 'text')
    config.wait('done', { variable: { name: 'b' } })
    config.wait('waits', { variable: { name: 'never' } })
    config.delete('b')
    config.set('c')
    const [message, ...more] = messages('state') as [Changes]
    expect(more).toEqual([])
    expect(message.stamp).toBe(formatStamp(last()))
    expect(message.changes.map(describeChange)).toEqual(['a/x UPDATED', 'c UPDATED', 'waiter done'])
    expect(message.changes[0]).toMatchObject({ variable: { text: 'text' } })
  })

  it('with the state of an empty config has one message, and nothing in it', () => {
    expect(messages('state')).toEqual([{ stamp: formatStamp(last()), changes: [] }])
  })

  it('beneath a root tells of no other variables, and of all waiters', () => {
    for (const path of ['a/x', 'ab', 'b']) config.set(path)
    config.wait('done', { variable: { name: 'b' } })
    expect(told('state', 'a')).toEqual([['a/x UPDATED', 'waiter done']])
    const before = last()
    config.delete('a/x')
    config.delete('b')
    expect(told({ after: before }, 'a')).toEqual([['a/x DELETED'], []])
  })

  it('with a large state tells it in several messages of one stamp, of which only the last can be resumed from', () => {
    const count = MAX_CHANGES * 2 + 1
    config.commit(
      ...Array.from({ length: count }, (_, index) => ({
        type: 'set' as const,
        path: `v${String(index).padStart(5, '0')}`,
        input: text(''),
      })),
    )
    const state = messages('state')
    expect(state.map(({ changes }) => changes.length)).toEqual([MAX_CHANGES, MAX_CHANGES, 1])
    expect(state.map(({ more }) => more)).toEqual([true, true, undefined])
    expect(new Set(state.map(({ stamp }) => stamp)).size).toBe(1)
    expect(new Set(state.flatMap(({ changes }) => changes.map(describeChange))).size).toBe(count)
  })

  it('with a state that fills its message just so does not promise more', () => {
    config.commit(
      ...Array.from({ length: MAX_CHANGES }, (_, index) => ({
        type: 'set' as const,
        path: `v${index}`,
        input: text(''),
      })),
    )
    expect(messages('state').map(({ more }) => more)).toEqual([undefined])
  })
})

describe('a stream that resumes', () => {
  it('tells what was last of each name, a message for each moment, and where it can be resumed', () => {
    config.set('a')
    const after = last()
    config.set('b')
    config.set('b', 'again')
    config.commit({ type: 'set', path: 'd', input: text('') }, { type: 'set', path: 'c', input: text('') })
    config.delete('a')
    const heard = messages({ after })
    expect(heard.map(({ changes }) => changes.map(describeChange))).toEqual([
      ['b UPDATED'],
      ['c UPDATED', 'd UPDATED'],
      ['a DELETED'],
      [],
    ])
    expect(heard.map(({ stamp }) => stamp)).toEqual([after + 2, after + 3, after + 4, after + 4].map(formatStamp))
  })

  it('at the last stamp hears nothing twice, just before it hears the last moment', () => {
    config.set('a')
    expect(told({ after: last() })).toEqual([[]])
    expect(told({ after: last() - 1 })).toEqual([['a UPDATED'], []])
  })

  it('hears of a name that was deleted and made anew only that it is there', () => {
    config.set('a', 'old')
    const after = last()
    config.delete('a')
    config.set('a', 'new')
    expect(told({ after })).toEqual([['a UPDATED'], []])
    config.delete('a')
    expect(told({ after })).toEqual([['a DELETED'], []])
    // The last of its deletions, at its stamp: whoever resumes behind that has nothing left to hear.
    expect(messages({ after })[0]?.stamp).toBe(formatStamp(last()))
    expect(told({ after: last() })).toEqual([[]])
  })

  it('hears when the variable had last changed that is gone, but not what it was', () => {
    config.set('a', 'secret', '5s')
    const after = last()
    const { updateTime, etag } = config.variable('a') ?? {}
    config.now += 10_000_000
    config.sweep()
    expect(messages({ after })[0]?.changes).toEqual([
      { variable: { name: `${CONFIG}/variables/a`, updateTime, etag, state: 'DELETED' } },
    ])
  })

  it('hears of all that a deletion of many has taken, also when nobody listened', () => {
    config.set('a/x')
    config.set('a/y')
    const after = last()
    config.heard = false
    config.delete('a', true)
    expect(told({ after })).toEqual([['a/x DELETED', 'a/y DELETED'], []])
  })

  it('hears of waiters behind the variables of the same moment', () => {
    config.wait('w', { variable: { name: 'z' } })
    const after = last()
    config.set('z')
    expect(told({ after })).toEqual([['z UPDATED', 'waiter w'], []])
  })

  it('does not hear of a renewal, which changes no stamp', () => {
    config.set('a', '', '5s')
    const after = last()
    config.do({ type: 'renewVariables', paths: ['a'] })
    expect(told({ after })).toEqual([[]])
  })
})

describe('a cursor', () => {
  const refusal = (after: number) => {
    const begun = config.stream({ after })
    return begun.ok ? undefined : begun.fault
  }

  it('from the future of the config is refused', () => {
    config.set('a')
    expect(refusal(last())).toBeUndefined()
    expect(refusal(last() + 1)).toMatchObject({ kind: 'invalidArgument', field: 'after' })
  })

  it('from before the config is refused, also of one of the same name', () => {
    expect(refusal(BEGIN)).toBeUndefined()
    expect(refusal(BEGIN - 1)).toMatchObject({ kind: 'invalidArgument', field: 'after' })
    config.set('a')
    const before = last()
    config.do({ type: 'deleteConfig' })
    config.do({ type: 'createConfig', name: CONFIG, description: '', requestId: '' })
    expect(refusal(before)).toMatchObject({ kind: 'invalidArgument', field: 'after' })
    expect(told({ after: last() })).toEqual([[]])
  })

  it('from before what is remembered is answered with why, and with the state', () => {
    config.set('a')
    config.set('b')
    const old = last()
    config.delete('a')
    const deleted = last()
    config.now += 26 * HOUR
    config.sweep()
    config.set('c')
    const [first, ...rest] = messages({ after: old }) as [Changes]
    expect(rest).toEqual([])
    expect(first).toMatchObject({ stamp: formatStamp(last()), reset: { code: 410, status: 'OUT_OF_RANGE' } })
    expect(first.changes.map(describeChange)).toEqual(['b UPDATED', 'c UPDATED'])
    // Whoever heard of the deletion misses nothing.
    expect(told({ after: deleted })).toEqual([['c UPDATED'], []])
  })

  it('stays good however old it is, where nothing was deleted', () => {
    config.set('a')
    const old = last()
    config.now += 1000 * HOUR
    config.sweep()
    config.set('b')
    expect(told({ after: old })).toEqual([['b UPDATED'], []])
  })

  it('is good for a day at least', () => {
    config.set('a')
    const old = last()
    config.delete('a')
    config.now += 24 * HOUR
    config.sweep()
    expect(told({ after: old })).toEqual([['a DELETED'], []])
  })
})
