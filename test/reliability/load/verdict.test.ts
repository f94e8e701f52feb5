import { describe, expect, it } from 'vitest'
import { checkAnswers, checkDone, checkRecovery } from './verdict.ts'

const done = { path: 'a', status: 200, ms: 5 }
const refused = { path: 'b', status: 503, ms: 5, retryAfter: '1' }
const pressed = { arrivals: [], slowness: 1, unreadMs: 0, before: 2, after: [2] }

describe('answers under too much load', () => {
  it('are successes, and refusals that say when to come again', () => {
    const arrivals = [done, refused, { ...refused, status: 429 }]
    expect(() => checkAnswers({ ...pressed, arrivals })).not.toThrow()
  })

  it('may take longer on a slower machine', () => {
    const arrivals = [refused, { ...done, ms: 14_000 }]
    expect(() => checkAnswers({ ...pressed, arrivals, slowness: 2 })).not.toThrow()
  })

  it('may take longer by as long as nobody has read the requests', () => {
    const arrivals = [refused, { ...done, ms: 14_000 }]
    expect(() => checkAnswers({ ...pressed, arrivals, unreadMs: 5000 })).not.toThrow()
  })

  it.each([
    ['as such', { ...refused, status: 500 }],
    ['as such', { ...refused, status: 404 }],
    ['when to come again', { ...refused, retryAfter: undefined }],
    ['when to come again', { ...refused, retryAfter: 'soon' }],
    ['in time', { ...refused, ms: 11_000 }],
    ['in time', { ...done, ms: 11_000 }],
  ])('are not to be otherwise: %s', (promise, arrival) => {
    expect(() => checkAnswers({ ...pressed, arrivals: [arrival] })).toThrow(promise)
  })
})

describe('writes under too much load', () => {
  it('are there if they were done, and only then', () => {
    expect(() => checkDone([done, refused], new Set(['a']))).not.toThrow()
    expect(() => checkDone([done, refused], new Set())).toThrow('is there')
    expect(() => checkDone([done, refused], new Set(['a', 'b']))).toThrow('is not there')
  })
})

describe('a single caller behind too much load', () => {
  it('is served as before once at least', () => {
    expect(() => checkRecovery({ ...pressed, after: [100, 9] })).not.toThrow()
    expect(() => checkRecovery({ ...pressed, before: 8, after: [100, 23] })).not.toThrow()
    expect(() => checkRecovery({ ...pressed, after: [100, 30] })).toThrow('soon')
  })
})
