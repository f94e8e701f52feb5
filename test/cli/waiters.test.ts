import { afterEach, describe, expect, it, vi } from 'vitest'
import { faults, scriptedFetch } from '../client/scripted-fetch.ts'
import { run } from './command.ts'

const env = { ROLLCALL_PROJECT: 'p', ROLLCALL_URL: 'http://service.test' }
const create = (...flags: string[]) =>
  run(['waiters', 'create', 'w', '--config-name', 'c', '--timeout', '90.0004', '--async', ...flags], { env })

afterEach(() => vi.unstubAllGlobals())

/** The waiter that a command line asks the service for. */
async function asked(...flags: string[]): Promise<unknown> {
  const fetch = scriptedFetch([faults(403)])
  vi.stubGlobal('fetch', fetch)
  await create(...flags)
  return fetch.sent[0]?.body
}

const PATH = ['--success-cardinality-path', '/ready']

describe('waiters create asks for', () => {
  const waiter = { name: 'projects/p/configs/c/waiters/w', timeout: '90.001s' }
  const counts = (path: string, number: number) => ({ cardinality: { path, number } })

  it.each([
    [PATH, { success: counts('/ready', 1) }],
    [[...PATH, '--success-cardinality-number', '3'], { success: counts('/ready', 3) }],
    [
      [...PATH, '--member', 'a', '--member', 'b'],
      { success: { cardinality: { path: '/ready', members: ['a', 'b'] } } },
    ],
    [
      [...PATH, '--member', 'a', '--success-cardinality-number', '1'],
      { success: { cardinality: { path: '/ready', number: 1, members: ['a'] } } },
    ],
    [
      [...PATH, '--failure-cardinality-path', '/failed', '--failure-cardinality-number', '2'],
      { success: counts('/ready', 1), failure: counts('/failed', 2) },
    ],
    [[...PATH, '--failure-cardinality-path', ''], { success: counts('/ready', 1) }],
    [
      [...PATH, '--failure', '{"variable": {"name": "abort"}}'],
      { success: counts('/ready', 1), failure: { variable: { name: 'abort' } } },
    ],
    [
      ['--success', '{"not": {}}', '--failure-cardinality-path', 'f'],
      { success: { not: {} }, failure: counts('f', 1) },
    ],
    [
      [...PATH, '--sticky', '--callback-uri', 'https://example.com/hook'],
      { success: counts('/ready', 1), sticky: true, callback: { uri: 'https://example.com/hook' } },
    ],
  ])('%j: %j', async (flags, expected) => expect(await asked(...flags)).toEqual({ ...waiter, ...expected }))
})

describe('waiters create ends with 2 and one line', () => {
  it.each([
    ['without a condition', [], '--success-cardinality-path or --success is required'],
    ['with a number alone', ['--success-cardinality-number', '1'], '--success'],
    ['with members of no path', ['--member', 'a'], '--success-cardinality-path'],
    ['with two successes', [...PATH, '--success', '{}'], '--success'],
    ['with a number for a condition', ['--success', '{}', '--success-cardinality-number', '1'], '--success'],
    ['with members for a condition', ['--success', '{}', '--member', 'a'], '--member'],
    ['with two failures', [...PATH, '--failure', '{}', '--failure-cardinality-path', 'f'], '--failure'],
    ['with a success that is no JSON', ['--success', '{'], '--success is no JSON'],
    ['with a failure that is no JSON', [...PATH, '--failure', ''], '--failure is no JSON'],
    ['with a success that is no condition', ['--success', '[]'], '--success must be a condition'],
    ['with a failure that is no condition', [...PATH, '--failure', 'null'], '--failure must be a condition'],
  ])('%s', async (_, flags, told) => {
    const { code, out, err } = await create(...flags)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(told)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
  })

  it('and with 1 for a condition in a file that cannot be read, as for every such file', async () => {
    const { code, err } = await create('--success', '@/nowhere/condition.json')
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^rollcall: The file of --success \/nowhere\/condition\.json cannot be read: .*\n$/),
    })
  })
})
