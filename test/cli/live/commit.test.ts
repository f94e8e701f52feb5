import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FLEET, useFleet } from './fleet.ts'

const fleet = useFleet()
const { rollcall, json } = fleet

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'rollcall-cli-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const set = (name: string, text = 'x') => rollcall('variables', 'set', name, text, '--is-text', ...FLEET)
const names = async () => (await json('variables', 'list', ...FLEET)).map(({ name }: { name: string }) => name)

/** A commit of what stands on the standard input. */
const commit = (writes: unknown, ...flags: string[]) =>
  fleet.start(['configs', 'commit', 'fleet', ...flags], { input: Buffer.from(JSON.stringify(writes)) }).finish()

describe('configs commit', () => {
  it('makes the changes at one moment, and prints what became of each', async () => {
    await set('old')
    await set('leader', 'nobody')
    const { etag } = await json('variables', 'describe', 'leader', ...FLEET)
    const { code, out, err } = await commit({
      writes: [
        { create: { name: 'nodes/a', text: 'ready', ttl: '3600s' } },
        { update: { name: '/leader', text: 'a', etag } },
        { set: { name: fleet.full('variables/epoch'), value: 'Nw==' } },
        { delete: { name: 'old' } },
      ],
    })
    expect(code).toBe(0)
    expect(err).toBe(`The writes are read from the standard input.\nCommitted to ${fleet.full('').slice(0, -1)}.\n`)
    const [heading, ...lines] = out.trimEnd().split('\n')
    expect(heading).toMatch(/^WRITE +NAME +UPDATE_TIME +EXPIRE_TIME$/)
    const cells = lines.map((line) => line.split(/ +/))
    expect(cells.map((row) => row.slice(0, 2))).toEqual([
      ['create', 'nodes/a'],
      ['update', 'leader'],
      ['set', 'epoch'],
      ['delete', 'old'],
    ])
    expect(new Set(cells.map(([, , updateTime]) => updateTime)).size).toBe(1)
    expect(await names()).toEqual(['epoch', 'leader', 'nodes/a'])
    expect(await rollcall('variables', 'get-value', 'epoch', ...FLEET)).toMatchObject({ out: '7' })
  })

  it('takes the list alone, from a file too, and prints it in any format', async () => {
    const file = join(folder, 'writes.json')
    writeFileSync(file, JSON.stringify([{ set: { name: 'a', text: '1' } }, { delete: { name: 'a' } }]))
    const outcomes = await json('configs', 'commit', 'fleet', '--file', file)
    expect(outcomes).toEqual([
      expect.objectContaining({ write: 'set', name: 'a', etag: expect.any(String) }),
      { write: 'delete', name: 'a', atomicName: fleet.full('variables/a'), updateTime: outcomes[0].updateTime },
    ])
    const plain = await rollcall('configs', 'commit', 'fleet', '--file', file, '-q', '--format', 'value(write,name)')
    expect(plain).toEqual({ code: 0, out: 'set\ta\ndelete\ta\n', err: '' })
  })

  it('changes nothing if one is refused, and says which', async () => {
    await set('leader', 'b')
    const writes = [
      { create: { name: 'nodes/a', text: 'ready' } },
      { update: { name: 'leader', text: 'a', etag: 'MTc5NDIzMDAwMDAwMDAwMA==' } },
    ]
    const { code, out, err } = await commit(writes, '-q')
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(
      /^rollcall: ABORTED: The update of leader: The resource is not as the precondition says\. .*\n$/,
    )
    expect(await names()).toEqual(['leader'])
  })

  it('leaves it to the service to judge what is in a write', async () => {
    const { code, err } = await commit([{ set: { name: 'a', txt: 'x' } }], '-q')
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^rollcall: INVALID_ARGUMENT: writes\[0\]\.set\.txt.*\n$/),
    })
  })
})
