import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  durationMicros,
  formatDuration,
  formatStamp,
  nextStamp,
  parseDuration,
  parseTimestamp,
} from '../../src/core/time.ts'

describe('a stamp', () => {
  it('is the time, or one more than the last where that is not later', () => {
    expect(nextStamp(1000, 5)).toBe(1000)
    expect(nextStamp(1000, 1000)).toBe(1001)
    expect(nextStamp(1000, 2000)).toBe(2001)
  })

  it('is written with nine digits, of which the last three are zero', () => {
    expect(formatStamp(1_773_934_494_968_243)).toBe('2026-03-19T15:34:54.968243000Z')
    expect(formatStamp(0)).toBe('1970-01-01T00:00:00.000000000Z')
  })

  it('reads back as it was written, whichever it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8_990_000_000_000_000 }), (stamp) => {
        expect(parseTimestamp(formatStamp(stamp))).toBe(stamp)
      }),
    )
  })

  it('sorts as text as it does as a number', () => {
    const stamp = fc.integer({ min: 0, max: 8_990_000_000_000_000 })
    fc.assert(
      fc.property(stamp, stamp, (a, b) => {
        expect(formatStamp(a) < formatStamp(b)).toBe(a < b)
      }),
    )
  })
})

describe('a timestamp', () => {
  it.each([
    ['1970-01-01T00:00:01Z', 1_000_000],
    ['1970-01-01T00:00:00.5Z', 500_000],
    ['1970-01-01T00:00:00.000001999Z', 1],
    ['1970-01-01T01:00:00+01:00', 0],
    ['1969-12-31T23:30:00.25-00:30', 250_000],
    ['1970-01-01t00:00:00z', 0],
    ['2016-02-29T12:00:00.000Z', 1_456_747_200_000_000],
  ])('%s is read', (text, stamp) => expect(parseTimestamp(text)).toBe(stamp))

  it.each([
    '',
    'now',
    '2016-04-05',
    '2016-04-05T12:00:00',
    '2016-04-05 12:00:00Z',
    '2016-13-05T12:00:00Z',
    '2015-02-29T12:00:00Z',
    '2016-04-31T12:00:00Z',
    '2016-04-05T24:00:00Z',
    '2016-04-05T12:60:00Z',
    '2016-04-05T12:00:60Z',
    '2016-04-05T12:00:00.Z',
    '2016-04-05T12:00:00.1234567890Z',
    '2016-04-05T12:00:00+24:00',
    '0000-04-05T12:00:00Z',
    '12016-04-05T12:00:00Z',
  ])('%j is none', (text) => expect(parseTimestamp(text)).toBeUndefined())
})

describe('a duration', () => {
  it.each([
    ['360s', '360s'],
    ['2.5s', '2.500s'],
    ['0.000001s', '0.000001s'],
    ['1.000000001s', '1.000000001s'],
    ['1.000000000s', '1s'],
    ['1.100000s', '1.100s'],
    ['007s', '7s'],
  ])('%s is written as %s', (given, canonical) => {
    const duration = parseDuration(given)
    expect(duration && formatDuration(duration)).toBe(canonical)
  })

  it.each(['', 's', '5', '5m', '1.s', '.5s', '1.0000000001s', '1e3s', ' 5s', '+5s', '315576000001s', 'NaNs'])(
    '%j is none',
    (text) => expect(parseDuration(text)).toBeUndefined(),
  )

  it('may be negative, which whoever reads it can tell', () => {
    expect(parseDuration('-0.5s')).toEqual({ seconds: -0, nanos: -500_000_000 })
  })

  it('comes to microseconds that are never too few', () => {
    expect(durationMicros({ seconds: 1, nanos: 0 })).toBe(1_000_000)
    expect(durationMicros({ seconds: 0, nanos: 1 })).toBe(1)
    expect(durationMicros({ seconds: 2, nanos: 1001 })).toBe(2_000_002)
  })
})
