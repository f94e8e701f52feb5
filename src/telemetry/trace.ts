/** Where a request stands in a trace, as W3C Trace Context (level 1) writes it in the header `traceparent`. */

export interface Trace {
  /** 32 hexadecimal digits, which all spans of a trace have in common. */
  readonly traceId: string
  /** 16 hexadecimal digits: the span that the request is. */
  readonly spanId: string
  /** The span that caused it, if that is known. */
  readonly parentId: string | undefined
  /** Whether its spans are to be recorded. */
  readonly sampled: boolean
}

const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/

/** The span of a request that came with this header; undefined where it says nothing that can be read. */
export function continued(header: string | null): Trace | undefined {
  const [, version, traceId = '', parentId = '', flags = '', rest] = TRACEPARENT.exec(header ?? '') ?? []
  // Section 3.2.2: ff is no version, the first has no more than this, and ids are not all zeros.
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined
  return { traceId, spanId: randomHex(8), parentId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** The first span of a new trace. */
export function begun(sampled: boolean): Trace {
  return { traceId: randomHex(16), spanId: randomHex(8), parentId: undefined, sampled }
}

/** The header for whoever is asked on behalf of this span. */
export function traceparent({ traceId, spanId, sampled }: Trace): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
}

/** As many random bytes, in hexadecimal digits. */
export function randomHex(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes))
  return Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
