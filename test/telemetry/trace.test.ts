/** `traceparent`, as W3C Trace Context (level 1) has it. */
import { describe, expect, it } from 'vitest'
import { begun, continued, traceparent } from '../../src/telemetry/trace.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

describe('a traceparent', () => {
  it('is gone on with: the same trace, a span of its own, caused by the one that it names', () => {
    const trace = continued(`00-${TRACE}-${SPAN}-01`)
    expect(trace).toMatchObject({ traceId: TRACE, parentId: SPAN, sampled: true })
    expect(trace?.spanId).toMatch(/^[\da-f]{16}$/)
    expect(trace?.spanId).not.toBe(SPAN)
    expect(trace && traceparent(trace)).toBe(`00-${TRACE}-${trace?.spanId}-01`)
  })

  it('says by its last bit whether spans are recorded', () => {
    expect(continued(`00-${TRACE}-${SPAN}-00`)?.sampled).toBe(false)
    expect(continued(`00-${TRACE}-${SPAN}-02`)?.sampled).toBe(false)
    expect(continued(`00-${TRACE}-${SPAN}-03`)?.sampled).toBe(true)
  })

  it('of a later version is read as far as it is known', () => {
    expect(continued(`cc-${TRACE}-${SPAN}-01-more`)).toMatchObject({ traceId: TRACE, parentId: SPAN })
  })

  it.each([
    null,
    '',
    'nonsense',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}1-${SPAN}-01`,
  ])('%j is none', (header) => {
    expect(continued(header)).toBeUndefined()
  })
})

describe('a trace that begins', () => {
  it('has ids of its own, and nothing that caused it', () => {
    const [one, other] = [begun(true), begun(false)]
    expect(one).toMatchObject({ parentId: undefined, sampled: true })
    expect(traceparent(one)).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/)
    expect(traceparent(other)).toMatch(/-00$/)
    expect(one.traceId).not.toBe(other.traceId)
  })
})
