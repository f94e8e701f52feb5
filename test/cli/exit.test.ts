import { describe, expect, it } from 'vitest'
import { exitOf } from '../../src/cli/exit.ts'
import { ServiceError } from '../../src/client/index.ts'

/** What a refusal comes to for our own commands, and for those that gcloud has. */
function exits(status: number, code: string): number[] {
  const request = { method: 'PUT', url: 'http://service.test' }
  const error = new ServiceError({ status, headers: new Headers() }, { status: code, message: 'No.' }, request)
  const ends = (['own', 'gcloud'] as const).map((manner) => exitOf(error, manner))
  for (const { message } of ends) expect(message).toBe(`${code}: No.`)
  return ends.map((end) => end.code)
}

describe('a refusal by the service', () => {
  it.each([
    [400, 'INVALID_ARGUMENT'],
    [403, 'PERMISSION_DENIED'],
    [404, 'NOT_FOUND'],
    [409, 'ALREADY_EXISTS'],
    // It may pass for who reads again, but the change that was asked for was refused.
    [409, 'ABORTED'],
  ])('with %i %s ends with 77, and with 1 where gcloud does', (status, code) => {
    expect(exits(status, code)).toEqual([77, 1])
  })

  it.each([
    [429, 'RESOURCE_EXHAUSTED'],
    [503, 'UNAVAILABLE'],
  ])('with %i %s, which may pass, ends with 69, and with 1 where gcloud does', (status, code) => {
    expect(exits(status, code)).toEqual([69, 1])
  })
})
