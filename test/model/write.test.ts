import { beforeEach, describe, expect, it } from 'vitest'
import type { Precondition, Write } from '../../src/core/command.ts'
import type { Variable } from '../../src/core/wire.ts'
import { BEGIN, CONFIG, ConfigAlone, text } from './config.ts'

let config: ConfigAlone
beforeEach(() => {
  config = new ConfigAlone()
})

const etag = (path: string) => (config.variable(path) as Variable).etag as string
const kindOf = (outcome: ReturnType<ConfigAlone['try']>) => (outcome.ok ? 'ok' : outcome.fault.kind)
const update = (path: string, precondition?: Precondition, contents = 'new') =>
  kindOf(config.try({ type: 'updateVariable', path, input: text(contents), if: precondition }))
const remove = (path: string, recursive: boolean, precondition?: Precondition) =>
  kindOf(config.delete(path, recursive, precondition))

describe('an etag', () => {
  it('lets change what has not changed since, and nothing else', () => {
    config.set('a')
    const first = etag('a')
    expect(update('a', { etags: [first] })).toBe('ok')
    expect(etag('a')).not.toBe(first)
    expect(update('a', { etags: [first] })).toBe('changed')
    expect(update('a', { etags: [first, etag('a')] })).toBe('ok')
    expect(update('a', { etags: [] })).toBe('changed')
    expect(remove('a', false, { etags: [first] })).toBe('changed')
    expect(config.variable('a')?.text).toBe('new')
    expect(remove('a', false, { etags: [etag('a')] })).toBe('ok')
  })

  it('is of nothing that is not there', () => {
    expect(update('a', { etags: ['x'] })).toBe('notFound')
    expect(remove('a', false, { etags: ['x'] })).toBe('notFound')
    expect(remove('a', true, { etags: ['x'] })).toBe('notFound')
    config.set('a')
    expect(remove('a/b', true, { etags: ['x'] })).toBe('notFound')
  })

  it('is of one variable: what lies beneath a name has it not', () => {
    config.set('a/b')
    expect(remove('a', true, { etags: [etag('a/b')] })).toBe('changed')
    expect(config.variable('a/b')).toBeDefined()
  })

  it('lets make nothing, for what is not there has none', () => {
    const made = config.try({ type: 'createVariable', path: 'a', input: text(''), requestId: '', if: { etags: ['x'] } })
    expect(made.ok).toBe(false)
    expect(config.variable('a')).toBeUndefined()
  })

  it('stays when a lease is renewed, for the variable has not changed', () => {
    config.set('a', '', '10s')
    const before = etag('a')
    config.now += 1_000_000
    config.do({ type: 'renewVariables', paths: ['a'] })
    expect(etag('a')).toBe(before)
  })
})

describe('an update of what is not to be there', () => {
  it('makes it, once', () => {
    expect(update('a', { absent: true })).toBe('ok')
    expect(update('a', { absent: true }, 'other')).toBe('changed')
    expect(config.variable('a')?.text).toBe('new')
    expect(update('a/b', { absent: true })).toBe('prefixConflict')
  })
})

describe('a commit', () => {
  const refused = (...writes: Write[]) => config.try({ type: 'commit', writes, requestId: '' })

  it('does all of its writes at one stamp, one after another, and tells what became of each', () => {
    config.set('old/a')
    config.set('kept', 'before')
    config.told()
    config.now += 1_000_000
    const { updateTime, outcomes } = config.commit(
      { type: 'delete', path: 'old', recursive: true },
      { type: 'create', path: 'old', input: text('x') },
      { type: 'update', path: 'kept', input: text('y', '5s') },
      { type: 'set', path: 'new', input: text('z') },
      { type: 'set', path: 'new', input: text('zz') },
    )
    expect(outcomes).toEqual([
      {},
      { variable: { name: `${CONFIG}/variables/old`, updateTime, etag: etag('old') } },
      {
        variable: {
          name: `${CONFIG}/variables/kept`,
          updateTime,
          etag: etag('kept'),
          ttl: '5s',
          expireTime: '2026-09-21T14:13:26.000000000Z',
          state: 'UPDATED',
        },
      },
      { variable: { name: `${CONFIG}/variables/new`, updateTime, etag: etag('new') } },
      { variable: { name: `${CONFIG}/variables/new`, updateTime, etag: etag('new'), state: 'UPDATED' } },
    ])
    const at = BEGIN + 1_000_000
    expect(config.told()).toEqual([
      ['kept UPDATED', at],
      ['new UPDATED', at],
      ['old UPDATED', at],
      ['old/a DELETED', at],
    ])
  })

  it('does none of them if one is refused, and names that', () => {
    config.set('a', 'before')
    config.told()
    const [usage, last] = [config.store.usage(), config.store.last()]
    const outcome = refused(
      { type: 'update', path: 'a', input: text('after, and longer') },
      { type: 'create', path: 'b', input: text('') },
      { type: 'delete', path: 'a', recursive: false },
      { type: 'create', path: 'b/c', input: text('') },
    )
    expect(outcome).toEqual({
      ok: false,
      fault: { kind: 'writeRefused', field: 'writes[3]', fault: { kind: 'prefixConflict' } },
    })
    expect(config.variable('a')?.text).toBe('before')
    expect(config.variable('b')).toBeUndefined()
    expect(config.told()).toEqual([])
    expect(config.store.usage()).toEqual(usage)
    expect(config.store.last()).toBe(last)
  })

  it('is guarded by the etags of before it: its own writes change them', () => {
    config.set('a')
    const guard = { if: { etags: [etag('a')] } }
    const outcome = refused(
      { type: 'update', path: 'a', input: text('1'), ...guard },
      { type: 'update', path: 'a', input: text('2'), ...guard },
    )
    expect(outcome).toMatchObject({ fault: { field: 'writes[1]', fault: { kind: 'changed' } } })
    config.commit({ type: 'update', path: 'a', input: text('1'), ...guard })
    expect(config.variable('a')?.text).toBe('1')
  })

  it('lets waiters see what is there behind all of its writes, not between them', () => {
    config.set('lock')
    config.wait('free', { not: { variable: { name: 'lock' } } })
    config.wait('two', { cardinality: { path: 'a', number: 2 } })
    config.told()
    config.commit(
      { type: 'delete', path: 'lock', recursive: false },
      { type: 'create', path: 'a/1', input: text('') },
      { type: 'create', path: 'a/2', input: text('') },
      { type: 'create', path: 'lock', input: text('mine') },
      { type: 'delete', path: 'a/1', recursive: false },
    )
    expect(config.told().map(([what]) => what)).toEqual(['a/2 UPDATED', 'lock UPDATED'])
    expect(config.waiter('free').done).toBeUndefined()
    expect(config.progress('two').success).toEqual({ have: 1, need: 2 })
  })

  it('answers the same to the same requestId, and does it once', () => {
    const writes: Write[] = [{ type: 'set', path: 'a', input: text('1') }]
    const first = config.do({ type: 'commit', writes, requestId: 'r' })
    config.set('a', '2')
    config.delete('a')
    expect(config.do({ type: 'commit', writes, requestId: 'r' })).toEqual(first)
    expect(config.variable('a')).toBeUndefined()
  })
})

describe('what is refused', () => {
  it('leaves no trace, not even a stamp', () => {
    config.set('a')
    const last = config.store.last()
    config.now += 1_000_000
    expect(remove('b', true)).toBe('notFound')
    expect(remove('b', false)).toBe('notFound')
    expect(update('b')).toBe('notFound')
    expect(update('a', { etags: [] })).toBe('changed')
    expect(kindOf(config.try({ type: 'createVariable', path: 'a', input: text(''), requestId: 'r' }))).toBe(
      'alreadyExists',
    )
    expect(config.store.last()).toBe(last)
  })
})

describe('a lease', () => {
  it('begins anew with each write, with the ttl it had unless there is another', () => {
    config.set('a', '', '10s')
    expect(config.variable('a')).toMatchObject({ ttl: '10s' })
    config.now += 4_000_000
    config.set('a', 'again')
    expect(config.variable('a')).toMatchObject({ ttl: '10s', expireTime: '2026-09-21T14:13:34.000000000Z' })
    config.set('a', 'again', '1s')
    expect(config.variable('a')).toMatchObject({ ttl: '1s', expireTime: '2026-09-21T14:13:25.000001000Z' })
  })

  it('is renewed without a word, from now on, and never made shorter', () => {
    config.set('a', '', '10s')
    config.set('stays')
    config.told()
    config.now += 4_000_000
    const outcome = config.do({ type: 'renewVariables', paths: ['a', 'stays', 'b'] })
    expect(outcome).toMatchObject({
      outcomes: [
        { variable: { ttl: '10s', expireTime: '2026-09-21T14:13:34.000000000Z' } },
        { error: { code: 400, status: 'FAILED_PRECONDITION' } },
        { error: { code: 404 } },
      ],
    })
    expect(config.told()).toEqual([])
    config.now -= 3600_000_000
    config.do({ type: 'renewVariables', paths: ['a'] })
    expect(config.variable('a')?.expireTime).toBe('2026-09-21T14:13:34.000000000Z')
  })
})
