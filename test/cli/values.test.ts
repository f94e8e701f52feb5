import { afterEach, describe, expect, it, vi } from 'vitest'
import { countOption, etagOption, spanOption, stampOption, timeOption } from '../../src/cli/values.ts'

describe('a span of time', () => {
  const read = spanOption('--timeout', 43_200)

  // As gcloud took them.
  it.each([
    ['90', 90_000],
    ['1', 1000],
    ['1.5s', 1500],
    ['1h30m', 5_400_000],
    ['PT5M', 300_000],
    ['1H', 3_600_000],
    ['1500ms', 1500],
    ['0.5d', 43_200_000],
    ['1m1s1ms', 61_001],
  ])('%s is %i ms', (text, milliseconds) => expect(read(text)).toBe(milliseconds))

  it.each([
    '',
    '0',
    '0.9',
    '1d',
    '13h',
    '1x',
    '2min',
    '1h 5m',
    '5 minutes',
    '-5',
    'p',
    'pt',
    '1.2.3s',
    '1e3',
    'Infinity',
  ])('is none of %j', (text) => expect(() => read(text)).toThrow('--timeout'))

  it('has no end where none was set', () => expect(spanOption('--timeout')('90d')).toBe(7_776_000_000))
})

describe('a count', () => {
  it('is 1 or more', () => expect(['1', '12', '007'].map(countOption('--limit'))).toEqual([1, 12, 7]))
  it.each(['', '0', '-1', '1.5', 'x', '1e3', '99999999999999999999'])('is none of %j', (text) =>
    expect(() => countOption('--limit')(text)).toThrow('--limit'),
  )
})

describe('an etag', () => {
  const read = etagOption('--if-match')
  it.each(['*', 'MTc5NDIzMDAwMDAwMDAwMA=='])('is %j', (text) => expect(read(text)).toBe(text))
  it.each(['', ' ', 'a b', '"', 'a,b', 'é', 'a\n'])('is none of %j', (text) =>
    expect(() => read(text)).toThrow('--if-match'),
  )
})

describe('a point of time', () => {
  const read = timeOption('--newer-than')
  afterEach(() => vi.unstubAllEnvs())

  it('keeps all of its digits', () =>
    expect(read('2026-11-22T04:05:27.123456789Z')).toBe('2026-11-22T04:05:27.123456789Z'))

  it('may have another zone', () => expect(read('2026-11-22T04:05:27+02:00')).toBe('2026-11-22T02:05:27.000Z'))

  it('is local time without one, as a day is', () => {
    vi.stubEnv('TZ', 'America/New_York')
    expect(read('2026-01-31T12:00')).toBe('2026-01-31T17:00:00.000Z')
    expect(read('2026-01-31')).toBe('2026-01-31T05:00:00.000Z')
  })

  it.each(['', 'rubbish', '2026', '2026-13-01', '2026-01-01T25:00:00Z', '-p1d'])('is none of %j', (text) =>
    expect(() => read(text)).toThrow('--newer-than'),
  )
})

describe('a stamp', () => {
  const read = stampOption('--after')

  it('is a time, of which a microsecond counts', () => {
    expect(read('2026-11-22T04:05:27.123456000Z')).toBe('2026-11-22T04:05:27.123456000Z')
    expect(read('2026-11-22T04:05:27Z')).toBe('2026-11-22T04:05:27.000000000Z')
    expect(read('2026-11-22T04:05:27+02:00')).toBe('2026-11-22T02:05:27.000000000Z')
  })

  it.each(['', 'now', '2026-11-22', '2026-02-30T00:00:00Z', '2026-11-22T04:05:27'])('is none of %j', (text) =>
    expect(() => read(text)).toThrow('--after'),
  )
})
