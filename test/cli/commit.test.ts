import { describe, expect, it } from 'vitest'
import { run } from './command.ts'

// Nobody is asked: the service is not there.
const env = { ROLLCALL_PROJECT: 'p', ROLLCALL_URL: 'http://127.0.0.1:9' }
const commit = (text: string) => run(['configs', 'commit', 'c', '-q'], { env, input: Buffer.from(text) })

describe('what is no commit', () => {
  it.each([
    ['{"writes": [', 'The standard input is no JSON:'],
    ['[\n{"set": x\n}]', 'The standard input is no JSON:'],
    ['', 'The standard input is no JSON:'],
    ['5', 'must hold a list of writes'],
    ['{"writes": {}}', 'must hold a list of writes'],
    ['{"writes": [], "requestId": "r"}', 'and nothing else'],
    ['{"write": []}', 'must hold a list of writes'],
    ['[null]', 'writes[0] must have one of create, update, set and delete'],
    ['[{"set": {"name": "a", "text": ""}}, {"put": {}}]', 'writes[1] must have one of'],
    ['[{"set": {"name": "a", "text": ""}, "delete": {"name": "a"}}]', 'writes[0] must have one of'],
    ['[{"toString": {"name": "a"}}]', 'writes[0] must have one of'],
    ['[{"set": "a"}]', 'writes[0].set.name must be'],
    ['[{"delete": {"recursive": true}}]', 'writes[0].delete.name must be'],
  ])('%j ends with 2 and one line that says where', async (text, told) => {
    const { code, out, err } = await commit(text)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(told)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
  })

  it.each([
    ['a b', '"a b"'],
    ['projects/p/configs/c/waiters/w', 'waiter'],
  ])('%j is no name of a variable, and is told by its place', async (name, told) => {
    const { code, out, err } = await commit(JSON.stringify([{ set: { name, text: 'x' } }]))
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^rollcall: writes\[0\]\.set\.name: /)
    expect(err).toContain(told)
  })

  it('is in a file that cannot be read', async () => {
    const { code, err } = await run(['configs', 'commit', 'c', '--file', '/nowhere/writes.json'], { env })
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('/nowhere/writes.json cannot be read') })
  })
})
