/** The text that Prometheus reads (exposition format 0.0.4). */
import { describe, expect, it } from 'vitest'
import { Counter, exposition, Gauge, Histogram } from '../../src/telemetry/registry.ts'

const sizes = () => new Histogram({ name: 'size', help: 'Sizes.', labels: ['kind'] }, [1, 10])

describe('a counter', () => {
  it('counts by its labels', () => {
    const counter = new Counter({ name: 'calls_total', help: 'Calls.', labels: ['method', 'code'] })
    for (const code of ['200', '404', '200']) counter.add('get', code)
    expect(exposition([counter])).toBe(
      [
        '# HELP calls_total Calls.',
        '# TYPE calls_total counter',
        'calls_total{method="get",code="200"} 2',
        'calls_total{method="get",code="404"} 1',
        '',
      ].join('\n'),
    )
  })

  it('is there before anything is counted, where it has no labels', () => {
    expect(exposition([new Counter({ name: 'a', help: 'A.' })])).toContain('\na 0\n')
  })

  it('escapes what a label must not hold as it is', () => {
    const counter = new Counter({ name: 'a', help: 'A.', labels: ['b'] })
    counter.add('"\\\n')
    expect(counter.lines().at(-1)).toBe('a{b="\\"\\\\\\n"} 1')
  })
})

describe('a gauge', () => {
  it('is the sum of what its owners hold, each of which says it anew', () => {
    const gauge = new Gauge({ name: 'open', help: 'Open.' })
    gauge.set('one', 3)
    gauge.set('other', 2)
    gauge.set('one', 1)
    expect(gauge.lines().at(-1)).toBe('open 3')
    gauge.set('other', 0)
    gauge.set('one', 0)
    expect(gauge.lines().at(-1)).toBe('open 0')
  })
})

describe('a histogram', () => {
  it('says how many were at most so large, how many there were, and their sum', () => {
    const histogram = sizes()
    for (const size of [0, 1, 1.5, 10, 11]) histogram.observe(size, 'a')
    expect(histogram.lines().slice(2)).toEqual([
      'size_bucket{kind="a",le="1"} 2',
      'size_bucket{kind="a",le="10"} 4',
      'size_bucket{kind="a",le="+Inf"} 5',
      'size_sum{kind="a"} 23.5',
      'size_count{kind="a"} 5',
    ])
  })

  it('keeps what its labels tell apart', () => {
    const histogram = sizes()
    histogram.observe(5, 'a')
    histogram.observe(5, 'b')
    expect(histogram.lines()).toEqual(expect.arrayContaining(['size_count{kind="a"} 1', 'size_count{kind="b"} 1']))
  })

  it('has its buckets from the start, where it has no labels', () => {
    const lines = new Histogram({ name: 'a', help: 'A.' }, [1]).lines()
    expect(lines.slice(2)).toEqual(['a_bucket{le="1"} 0', 'a_bucket{le="+Inf"} 0', 'a_sum 0', 'a_count 0'])
  })
})
