import { beforeEach, describe, expect, it } from 'vitest'
import type { EndCondition, Match } from '../../src/core/wire.ts'
import { ConfigAlone } from '../model/config.ts'

let config: ConfigAlone
beforeEach(() => {
  config = new ConfigAlone()
})

const under = (path: string, match?: Match, number = 99): EndCondition => ({
  cardinality: { path, number, ...(match && { match }) },
})
const roster = (path: string, members: string[], match?: Match): EndCondition => ({
  cardinality: { path, number: members.length, members, ...(match && { match }) },
})
const have = (id: string) => config.progress(id).success.have
const rows = (table: string) => Number(config.database.sql.exec(`SELECT count(*) AS n FROM ${table}`).toArray()[0]?.n)

describe('a deletion of many', () => {
  const everything: Record<string, EndCondition> = {
    config: under('/'),
    above: under('a'),
    root: under('a/b'),
    beneath: under('a/b/x'),
    beside: under('a/bb'),
    aboveMatch: under('a', { equals: 'go' }),
    rootMatch: under('a/b', { prefix: 'g' }),
    beneathMatch: under('a/b/x', { notEquals: 'go' }),
    roster: roster('a', ['b/1', 'bb', 'b/x/1', 'b/x/9']),
    rosterMatch: roster('/', ['a/b/1', 'a/b/2', 'a/bb'], { oneOf: ['go', 'gone'] }),
    variable: { variable: { name: 'a/b/x/1' } },
    variableMatch: { variable: { name: 'a/b/2', match: { atLeast: 5 } } },
  }
  const texts = { 'a/b/1': 'go', 'a/b/2': '7', 'a/b/x/1': 'go', 'a/b/x/2': 'gone', 'a/bb': 'go', c: 'go' }
  const counts = () => Object.fromEntries(Object.keys(everything).map((id) => [id, have(id)]))

  beforeEach(() => {
    for (const [path, contents] of Object.entries(texts)) config.set(path, contents)
    for (const [id, condition] of Object.entries(everything)) {
      // All of them keep waiting: for what is never there as well.
      config.wait(id, { all: [condition, { variable: { name: 'never' } }] })
    }
  })

  it('moves the counters above it, at it, beneath it, of names and of matches, and no others', () => {
    const before = { config: 6, above: 5, root: 4, beneath: 2, beside: 1, aboveMatch: 3, rootMatch: 3, beneathMatch: 1 }
    expect(counts()).toEqual({ ...before, roster: 3, rosterMatch: 2, variable: 1, variableMatch: 1 })
    expect(config.delete('a/b', true).ok).toBe(true)
    const after = { config: 2, above: 1, root: 0, beneath: 0, beside: 1, aboveMatch: 1, rootMatch: 0, beneathMatch: 0 }
    expect(counts()).toEqual({ ...after, roster: 1, rosterMatch: 1, variable: 0, variableMatch: 0 })
  })

  it('comes to the same as the deletion of each, heard or not', () => {
    const one = new ConfigAlone()
    for (const [path, contents] of Object.entries(texts)) one.set(path, contents)
    for (const [id, condition] of Object.entries(everything)) {
      one.wait(id, { all: [condition, { variable: { name: 'never' } }] })
    }
    for (const path of ['a/b/1', 'a/b/2', 'a/b/x/1', 'a/b/x/2']) one.delete(path)
    config.heard = false
    config.delete('a/b', true)
    for (const id of Object.keys(everything)) expect(have(id)).toBe(one.progress(id).success.have)
    expect(config.store.usage()).toEqual({ ...one.store.usage() })
  })

  it('finds the root itself where that is a variable', () => {
    config.delete('a/bb', true)
    expect(counts()).toMatchObject({ beside: 0, above: 4, aboveMatch: 2, roster: 2, rosterMatch: 1, root: 4 })
  })
})

describe('an update', () => {
  it('moves the counters of the text before and of the text after, and of comparisons', () => {
    config.set('a', '1')
    config.wait('one', under('/', { equals: '1' }))
    config.wait('two', under('/', { oneOf: ['2', '3'] }))
    config.wait('other', under('/', { notEquals: '1' }))
    config.wait('most', under('/', { atMost: 2 }))
    const counts = () => ['one', 'two', 'other', 'most'].map(have)
    expect(counts()).toEqual([1, 0, 0, 1])
    config.set('a', '2')
    expect(counts()).toEqual([0, 1, 1, 1])
    config.set('a', '3')
    expect(counts()).toEqual([0, 1, 1, 0])
    config.set('a', '1')
    expect(counts()).toEqual([1, 0, 0, 1])
    config.delete('a')
    expect(counts()).toEqual([0, 0, 0, 0])
  })

  it('to bytes takes the variable out of every comparison, and leaves it where it is', () => {
    config.set('a', '1')
    config.wait('there', under('/'))
    for (const [id, match] of Object.entries({
      equals: { equals: '1' },
      not: { notEquals: '2' },
      prefix: { prefix: '' },
    })) {
      config.wait(id, under('/', match))
    }
    config.commit({ type: 'update', path: 'a', input: { kind: 'value', contents: 'MQ==' } })
    expect(['there', 'equals', 'not', 'prefix'].map(have)).toEqual([1, 0, 0, 0])
    config.set('a', '1')
    expect(['there', 'equals', 'not', 'prefix'].map(have)).toEqual([1, 1, 1, 1])
  })

  it('is counted once by a comparison that both texts satisfy', () => {
    config.set('a', 'x')
    config.wait('w', under('/', { oneOf: ['x', 'y'] }))
    config.set('a', 'y')
    expect(have('w')).toBe(1)
  })
})

it('are found by a write however many there are, and whenever they were made', () => {
  const members = (crew: number) => Array.from({ length: 3000 }, (_, index) => `${crew}/${index}`)
  for (const crew of [1, 2, 3]) {
    config.wait(`w${crew}`, roster('/', members(crew)))
    for (const met of [1, crew]) config.set(`${met}/${crew}`)
    expect(have(`w${crew}`)).toBe(1)
  }
  expect(have('w1')).toBe(3)
})

describe('a count in memory', () => {
  const next = (number: number): EndCondition => ({ cardinality: { path: 'crew', number } })

  it('keeps what was written before a commit that is undone', () => {
    config.wait('w', next(3))
    config.set('crew/a')
    const twice = { type: 'create' as const, path: 'crew/b', input: { kind: 'text' as const, contents: '' } }
    expect(config.try({ type: 'commit', writes: [twice, twice], requestId: '' }).ok).toBe(false)
    expect(have('w')).toBe(1)
    config.set('crew/b')
    config.set('crew/c')
    expect(config.waiter('w').done).toBe(true)
  })

  it('is asked for by a waiter that comes later', () => {
    config.wait('many', next(9))
    config.set('crew/a')
    config.wait('two', next(2))
    config.set('crew/b')
    expect(config.waiter('two').done).toBe(true)
  })

  it('passes the same threshold as often as it comes to it', () => {
    config.wait('w', { all: [next(2), { variable: { name: 'go' } }] })
    for (const path of ['crew/a', 'crew/b', 'crew/c']) config.set(path)
    for (const path of ['crew/c', 'crew/b']) config.delete(path)
    config.set('go')
    expect(config.waiter('w').done).not.toBe(true)
    config.set('crew/b')
    expect(config.waiter('w').done).toBe(true)
  })

  it('passes a threshold downwards that it has passed upwards', () => {
    config.wait('w', { all: [{ not: next(2) }, { variable: { name: 'go' } }] })
    for (const path of ['crew/a', 'crew/b', 'go']) config.set(path)
    expect(config.waiter('w').done).not.toBe(true)
    config.delete('crew/b')
    expect(config.waiter('w').done).toBe(true)
  })

  it('goes on behind a deletion of many', () => {
    config.wait('w', next(9))
    for (const path of ['crew/a', 'crew/b']) config.set(path)
    config.delete('crew', true)
    config.set('crew/c')
    expect(have('w')).toBe(1)
  })

  it('is not that of another text which begins alike', () => {
    const long = (end: string) => `${'a long text '.repeat(9)}${end}`
    config.wait('one', under('/', { equals: long('1') }))
    for (const name of ['a', 'b']) config.set(name, long('1'))
    config.set('c', long('2'))
    config.wait('two', under('/', { equals: long('2') }))
    config.set('d', long('2'))
    expect([have('one'), have('two')]).toEqual([2, 2])
    config.set('a', long('2'))
    expect([have('one'), have('two')]).toEqual([1, 3])
  })

  it('is found again where there are more of them than are kept', () => {
    const crews = Array.from({ length: 1500 }, (_, index) => `crew-${index}`)
    for (const crew of crews) config.wait(crew, under(crew))
    for (const member of ['a', 'b']) {
      for (const crew of crews) config.set(`${crew}/${member}`)
      config.store.save()
    }
    expect(crews.map(have)).toEqual(crews.map(() => 2))
  })
})

describe('what counters leave behind', () => {
  const tables = () => ['counters', 'places', 'kept', 'atoms'].map(rows)

  it('is nothing once no waiter needs them, however it ended', () => {
    config.set('r/a', 'x')
    const success: EndCondition = {
      all: [under('r', { oneOf: ['x', 'y'] }), roster('r', ['a', 'b']), { not: { not: under('r') } }, under('r')],
    }
    for (const sticky of [undefined, true] as const) {
      const more = { ...(sticky && { sticky }), timeout: '1s' }
      config.wait('deleted', success, more)
      config.wait('expired', success, more)
      config.wait('failed', success, { ...more, failure: { variable: { name: `stop-${sticky}` } } })
      expect(tables().every((count, index) => count > 0 || (index === 2 && !sticky))).toBe(true)
      config.do({ type: 'deleteWaiter', id: 'deleted' })
      config.set(`stop-${sticky}`)
      config.now += 2_000_000
      config.sweep()
      expect([config.waiter('expired').error?.code, config.waiter('failed').error?.code]).toEqual([4, 10])
      expect(tables()).toEqual([0, 0, 0, 0])
      for (const id of ['expired', 'failed']) config.do({ type: 'deleteWaiter', id })
    }
  })

  it('stays as long as one of several waiters needs it', () => {
    config.wait('one', under('r'))
    config.wait('two', under('r'))
    expect(rows('counters')).toBe(1)
    config.do({ type: 'deleteWaiter', id: 'one' })
    config.set('r/a')
    expect(have('two')).toBe(1)
    config.do({ type: 'deleteWaiter', id: 'two' })
    expect(tables()).toEqual([0, 0, 0, 0])
  })

  it('is nothing of a waiter that ends as it is made', () => {
    config.set('r/a')
    config.wait('w', roster('r', ['a']), { sticky: true })
    expect(config.waiter('w').done).toBe(true)
    expect(tables()).toEqual([0, 0, 0, 0])
  })
})
