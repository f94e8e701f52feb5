import { describe, expect, it } from 'vitest'
import { FLEET, useFleet } from './fleet.ts'

const { rollcall, json } = useFleet()
const CHANGED = { code: 1, out: '', err: expect.stringMatching(/^rollcall: ABORTED: The resource is not as .*\n$/) }
const STALE = ['--if-match', 'MTc5NDIzMDAwMDAwMDAwMA==']

const etagOf = async (...describing: string[]): Promise<string> => (await json(...describing)).etag

describe('variables set --if-match', () => {
  const etag = () => etagOf('variables', 'describe', 'a', ...FLEET)

  it('updates the variable that has the etag, and no other', async () => {
    await rollcall('variables', 'set', 'a', 'one', ...FLEET)
    const first = await etag()
    const set = (text: string) => rollcall('variables', 'set', 'a', text, '--if-match', first, ...FLEET)
    expect(await set('two')).toMatchObject({ code: 0, err: expect.stringContaining('Updated') })
    expect(await set('three')).toEqual(CHANGED)
    expect(await rollcall('variables', 'get-value', 'a', ...FLEET)).toMatchObject({ out: 'two' })
  })

  it('updates any that is there with *, and creates none', async () => {
    const set = () => rollcall('variables', 'set', 'a', 'x', '--if-match', '*', ...FLEET)
    expect(await set()).toMatchObject({ code: 1, out: '', err: expect.stringContaining('NOT_FOUND') })
    await rollcall('variables', 'set', 'a', 'one', ...FLEET)
    expect(await set()).toMatchObject({ code: 0 })
  })
})

describe('variables unset --if-match', () => {
  it('deletes the variable that has the etag, and no other', async () => {
    await rollcall('variables', 'set', 'a', 'one', ...FLEET)
    const etag = await etagOf('variables', 'describe', 'a', ...FLEET)
    const unset = (...flags: string[]) => rollcall('variables', 'unset', 'a', ...flags, ...FLEET)
    expect(await unset(...STALE)).toEqual(CHANGED)
    expect(await unset(...STALE, '--recursive')).toEqual(CHANGED)
    expect(await unset('--if-match', etag)).toMatchObject({ code: 0, err: expect.stringContaining('Deleted') })
  })

  it('fails where nothing has the etag, for there is nothing', async () => {
    const { code, err } = await rollcall('variables', 'unset', 'a', '--if-match', '*', ...FLEET)
    expect({ code, err }).toEqual({ code: 1, err: 'rollcall: NOT_FOUND: Requested entity was not found.\n' })
  })
})

describe('configs update and delete --if-match', () => {
  it('change the config that has the etag, and no other', async () => {
    const etag = await etagOf('configs', 'describe', 'fleet')
    const update = (text: string, ...flags: string[]) =>
      rollcall('configs', 'update', 'fleet', '--description', text, ...flags)
    expect(await update('first', '--if-match', etag)).toMatchObject({ code: 0 })
    expect(await update('second', '--if-match', etag)).toEqual(CHANGED)
    expect(await rollcall('configs', 'delete', 'fleet', '--if-match', etag)).toEqual(CHANGED)
    const now = await json('configs', 'describe', 'fleet')
    expect(now).toMatchObject({ description: 'first' })
    expect(await rollcall('configs', 'delete', 'fleet', '--if-match', now.etag)).toMatchObject({ code: 0 })
    expect(await rollcall('configs', 'describe', 'fleet')).toMatchObject({ code: 1 })
  })
})

describe('variables set --ttl', () => {
  it('gives the variable a time to live, which describe and list tell of beside its etag', async () => {
    await rollcall('variables', 'set', 'a', 'x', '--ttl', '1h30m', ...FLEET)
    const { ttl, expireTime, updateTime, etag } = await json('variables', 'describe', 'a', ...FLEET)
    expect({ ttl, etag }).toEqual({ ttl: '5400s', etag: expect.any(String) })
    expect(Date.parse(expireTime) - Date.parse(updateTime)).toBe(5_400_000)
    expect(await json('variables', 'list', '--values', ...FLEET)).toMatchObject([{ ttl, expireTime, etag }])
    const { out } = await rollcall('variables', 'list', '--values', ...FLEET)
    expect(out.split('\n')[0]).toMatch(/^NAME +UPDATE_TIME +VALUE$/)
  })

  it('gives another one to a variable that is there', async () => {
    await rollcall('variables', 'set', 'a', 'x', '--ttl', '1h', ...FLEET)
    await rollcall('variables', 'set', 'a', 'x', '--ttl', '1.5', ...FLEET)
    expect(await json('variables', 'describe', 'a', ...FLEET)).toMatchObject({ ttl: '1.500s' })
  })
})

it('check-in --ttl makes a report that disappears unless it is made again', async () => {
  for (const more of [[], ['--failed']]) {
    expect(await json('check-in', 'n', '--ttl', '30', ...more, ...FLEET)).toMatchObject({ ttl: '30s' })
  }
  expect(await json('variables', 'list', ...FLEET)).toMatchObject([{ name: 'failed/n' }])
})
