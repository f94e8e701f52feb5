import { beforeEach, expect, it } from 'vitest'
import { Backlog } from '../../src/http/backlog.ts'

let now: number
let backlog: Backlog

beforeEach(() => {
  now = 1000
  backlog = new Backlog(2, () => now)
})

it('has room for so many, and again for each that has left', () => {
  expect([backlog.enter('a'), backlog.enter('a'), backlog.enter('a')]).toEqual([true, true, false])
  backlog.leave('a')
  expect([backlog.enter('a'), backlog.enter('a')]).toEqual([true, false])
})

it('counts what waits for one thing apart from what waits for another', () => {
  backlog.enter('a')
  backlog.enter('a')
  expect(backlog.enter('b')).toBe(true)
  backlog.leave('b')
  expect(backlog.enter('a')).toBe(false)
})

it('stays full as long as it moves', () => {
  backlog.enter('a')
  for (let round = 0; round < 5; round++) {
    expect(backlog.enter('a')).toBe(true)
    now += 9000
    expect(backlog.enter('a')).toBe(false)
    backlog.leave('a')
  }
})

it('begins anew when it has not moved for ten seconds, for then nobody is there any more', () => {
  backlog.enter('a')
  backlog.enter('a')
  now += 10_001
  expect([backlog.enter('a'), backlog.enter('a'), backlog.enter('a')]).toEqual([true, true, false])
})

it('makes nothing of what leaves without having entered', () => {
  backlog.leave('a')
  expect([backlog.enter('a'), backlog.enter('a'), backlog.enter('a')]).toEqual([true, true, false])
})
