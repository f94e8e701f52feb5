import { expect, it } from 'vitest'
import { retryAfter, statusOf, type Fault } from '../../src/core/fault.ts'

it.each<Fault>([{ kind: 'tooMany' }, { kind: 'overloaded' }, { kind: 'unavailable' }])(
  'says of $kind when to try again, in seconds and in the Status',
  (fault) => {
    expect(retryAfter(statusOf(fault))).toBe(1)
    const retry = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1s' }
    expect(statusOf(fault).details).toEqual([retry])
  },
)

it.each<Fault>([{ kind: 'notFound' }, { kind: 'resourceExhausted', message: 'full' }, { kind: 'internal' }])(
  'does not promise that $kind passes by itself',
  (fault) => {
    expect(retryAfter(statusOf(fault))).toBeUndefined()
    expect(statusOf(fault).details).toBeUndefined()
  },
)
