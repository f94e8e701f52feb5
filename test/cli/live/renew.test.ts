import { describe, expect, it } from 'vitest'
import { FLEET, useFleet } from './fleet.ts'

const fleet = useFleet()
const { rollcall, json } = fleet
const renew = (...args: string[]) => rollcall('variables', 'renew', ...args, ...FLEET)
const expiryOf = async (name: string): Promise<string> =>
  (await json('variables', 'describe', name, ...FLEET)).expireTime

describe('variables renew', () => {
  it('lets variables live for another ttl, and prints until when', async () => {
    for (const name of ['nodes/a', 'nodes/b']) await rollcall('variables', 'set', name, 'x', '--ttl', '1h', ...FLEET)
    const before = await expiryOf('nodes/a')
    const { code, out, err } = await renew('nodes/a', fleet.full('variables/nodes/b'))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const after = await expiryOf('nodes/a')
    expect(after > before).toBe(true)
    const [heading, ...lines] = out.trimEnd().split('\n')
    expect(heading).toMatch(/^NAME +TTL +EXPIRE_TIME$/)
    expect(lines.map((line) => line.split(/ +/))).toEqual([
      ['nodes/a', '3600s', after],
      ['nodes/b', '3600s', await expiryOf('nodes/b')],
    ])
  })

  it('tells which were refused, with 1, and renews the others', async () => {
    await rollcall('variables', 'set', 'a', 'x', '--ttl', '1h', ...FLEET)
    await rollcall('variables', 'set', 'lasting', 'x', ...FLEET)
    const before = await expiryOf('a')
    const { code, out, err } = await renew('lasting', 'a', 'nobody', '--format', 'json')
    expect({ code, err }).toEqual({ code: 1, err: 'rollcall: Not renewed: lasting, nobody.\n' })
    const after = await expiryOf('a')
    expect(after > before).toBe(true)
    expect(JSON.parse(out)).toMatchObject([
      { name: 'lasting', error: { code: 400, status: 'FAILED_PRECONDITION' } },
      { name: 'a', atomicName: fleet.full('variables/a'), ttl: '3600s', expireTime: after },
      { name: 'nobody', atomicName: fleet.full('variables/nobody'), error: { code: 404, status: 'NOT_FOUND' } },
    ])
  })

  it('asks nobody for what can be no name, or none at all', async () => {
    expect(await renew('a', 'b c')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('"b c"') })
    expect(await renew()).toMatchObject({ code: 2, out: '', err: expect.stringContaining('names') })
  })

  it('refuses names of another config', async () => {
    const { code, err } = await renew('projects/p/configs/c/variables/a')
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^rollcall: INVALID_ARGUMENT: names\[0\].*\n$/),
    })
  })
})
