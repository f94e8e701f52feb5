/** Answers that many tests expect, to be matched against an {@link Answer}. */
import { expect } from 'vitest'
import type { Answer } from './client.ts'

const refusal = (code: number, status: string, message: unknown) => ({
  status: code,
  body: { error: { code, status, message } },
})

// Clients compare these messages byte by byte, full stops and all (spec: section 5).
export const NOT_FOUND = refusal(404, 'NOT_FOUND', 'Requested entity was not found.')
export const ALREADY_EXISTS = refusal(409, 'ALREADY_EXISTS', 'Requested entity already exists')
export const PREFIX_CONFLICT = refusal(400, 'FAILED_PRECONDITION', 'Precondition check failed.')
export const EXHAUSTED = refusal(429, 'RESOURCE_EXHAUSTED', expect.any(String))

/** What a delete answers. */
export const EMPTY = { status: 200, text: expect.stringMatching(/^\{\s*\}\s*$/) }

/** The refusal of a value, whose message says which one is meant. */
export const invalid = (field: string) => refusal(400, 'INVALID_ARGUMENT', expect.stringContaining(field))

/** What may end a waiter but success. */
export const FAILED = { code: 10, message: 'Failure condition satisfied.' }
export const EXPIRED = { code: 4, message: 'Timeout expired.' }

/** What changes with a resource: base64. */
export const ETAG = expect.stringMatching(/^[A-Za-z0-9+/]+=*$/)

/** Google's form of a timestamp: UTC, with 0, 3, 6 or 9 fractional digits. */
export const TIMESTAMP = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}|\.\d{6}|\.\d{9})?Z$/)

/** Expects what every refusal has in common: it is the caller's fault, is told as a Status, and tells nothing else. */
export function expectRefusal({ status, headers, text, body }: Answer): void {
  expect(status, text).toBeGreaterThanOrEqual(400)
  expect(status, text).toBeLessThan(500)
  expect(headers.get('content-type')).toBe('application/json; charset=UTF-8')
  expect(Object.keys(body)).toEqual(['error'])
  expect(body.error).toMatchObject({ code: status, status: expect.stringMatching(/^[A-Z_]+$/) })
  expect(body.error.message).not.toBe('')
  // A line of a stack trace names a file and a place in it.
  expect(text).not.toMatch(/\.[jt]s:\d+|\n\s+at /)
}
