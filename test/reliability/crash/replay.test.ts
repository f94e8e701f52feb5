import { expect, it } from 'vitest'
import type * as wire from '../../../src/core/wire.ts'
import { Replay, type Made } from './replay.ts'
import type { Commit } from './writer.ts'

const at = (stamp: string, ...changes: Commit['changes'][number][]): Commit => ({ stamp, changes })
const set = (path: string, text = 'ready') => ({ path, text })
const gone = (path: string) => ({ path })
const under = (path: string, number: number): wire.EndCondition => ({ cardinality: { path, number } })

const waiter = (success: wire.EndCondition, rest: Partial<Made['spec']> = {}, created = '0'): Made => ({
  id: 'w',
  created,
  spec: { timeout: '1s', success, ...rest },
})

/** What is met first of a waiter. */
function metOf(made: Made, ...commits: Commit[]) {
  const replay = new Replay()
  replay.take(commits, [made])
  return replay.met('w')
}

it('tells when enough are there, by whole segments', () => {
  const commits = [at('1', set('a/1')), at('2', set('ab/1'), set('abc')), at('3', set('a/2'))]
  expect(metOf(waiter(under('/a', 2)), ...commits)).toEqual({ how: 'success', at: '3' })
  expect(metOf(waiter(under('/a', 3)), ...commits)).toBeUndefined()
})

it('counts what is there behind a commit, and not within it', () => {
  const commits = [at('1', set('a/1')), at('2', gone('a/1'), set('a/2')), at('3', set('a/1'))]
  expect(metOf(waiter(under('/a', 2)), ...commits)).toEqual({ how: 'success', at: '3' })
})

it('lets failure go before success where one commit meets both', () => {
  const failure = under('/b', 1)
  expect(metOf(waiter(under('/a', 1), { failure }), at('1', set('a'), set('b')))).toEqual({ how: 'failure', at: '1' })
  const first = [at('1', set('a')), at('2', set('b'))]
  expect(metOf(waiter(under('/a', 1), { failure }), ...first)).toEqual({ how: 'success', at: '1' })
})

it('counts from the moment at which a waiter is made', () => {
  const commits = [at('1', set('a')), at('3', gone('a')), at('4', set('b'))]
  expect(metOf(waiter(under('/a', 1), {}, '2'), ...commits)).toEqual({ how: 'success', at: '2' })
  expect(metOf(waiter(under('/', 2), {}, '2'), ...commits)).toBeUndefined()
})

it('keeps whom a sticky waiter has counted', () => {
  const commits = [at('1', set('a/1')), at('2', gone('a/1')), at('3', set('a/2'))]
  expect(metOf(waiter(under('/a', 2)), ...commits)).toBeUndefined()
  expect(metOf(waiter(under('/a', 2), { sticky: true }), ...commits)).toEqual({ how: 'success', at: '3' })
})

it('goes on where it was', () => {
  const replay = new Replay()
  replay.take([at('1', set('a/1'))], [waiter(under('/a', 2))])
  expect(replay.met('w')).toBeUndefined()
  replay.take([at('2', set('a/2'))], [])
  expect(replay.met('w')).toEqual({ how: 'success', at: '2' })
})
