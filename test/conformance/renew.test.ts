/** Renewing: many variables live on by one call, and nobody is told. */
import { describe, expect, it } from 'vitest'
import { newProject, repeatUntil, succeeded, type Body } from './client.ts'
import { EMPTY, invalid, NOT_FOUND } from './expectations.ts'
import { useServer } from './server.ts'
import { Stream, type Told } from './stream-reader.ts'

const api = useServer()

const newLease = async (config: string, path: string, ttl = '600s') =>
  succeeded(await api.post(`${config}/variables`, { name: `${config}/variables/${path}`, text: 'here', ttl })) as Told

/** What became of each name. */
async function renew(config: string, names: readonly string[]): Promise<{ variable?: Told; error?: Body['error'] }[]> {
  const body = succeeded(await api.post(`${config}:renew`, { names })) as unknown as { outcomes: [] }
  expect(Object.keys(body)).toEqual(['outcomes'])
  return body.outcomes
}

describe('renewing', () => {
  it('answers for each name in order what became of it', async () => {
    const config = await api.newConfig()
    const [a, b] = [await newLease(config, 'a'), await newLease(config, 'b/c', '90s')]
    const plain = await api.newVariable(config, 'plain')
    const names = [b.name, `${config}/variables/missing`, a.name, plain.name]
    const NO_TTL = { code: 400, status: 'FAILED_PRECONDITION', message: expect.stringContaining('ttl') }
    expect(await renew(config, names)).toEqual([
      {
        variable: { name: b.name, updateTime: b.updateTime, etag: b.etag, ttl: '90s', expireTime: expect.any(String) },
      },
      { error: NOT_FOUND.body.error },
      {
        variable: { name: a.name, updateTime: a.updateTime, etag: a.etag, ttl: '600s', expireTime: expect.any(String) },
      },
      { error: NO_TTL },
    ])
  })

  it('lets a variable live longer, and changes nothing else of it', async () => {
    const config = await api.newConfig()
    const created = await newLease(config, 'a')
    let expireTime = created.expireTime
    // Within the same tick of the clock a renewal is no longer than the life that was left.
    await expect
      .poll(async () => (expireTime = (await renew(config, [created.name]))[0]?.variable?.expireTime ?? ''))
      .not.toBe(created.expireTime)
    expect(expireTime > created.expireTime).toBe(true)
    expect((await api.get(created.name)).body).toEqual({ ...created, expireTime })
  })

  it('keeps a variable that would be gone, while others of its age go', async () => {
    const config = await api.newConfig()
    const stream = await Stream.fromNow(api, config)
    const [kept, gone] = [await newLease(config, 'kept', '1.5s'), await newLease(config, 'gone', '1.5s')]
    for (const _ of [kept, gone]) await stream.nextChange()
    const next = await repeatUntil(stream.nextChange(), () => renew(config, [kept.name]))
    expect(next.changes).toEqual([{ variable: { ...gone, state: 'DELETED' } }])
    expect((await api.get(kept.name)).body).toMatchObject({ text: 'here', updateTime: kept.updateTime })
    stream.close()
  })

  it('is over with the last renewal', async () => {
    const config = await api.newConfig()
    const stream = await Stream.fromNow(api, config)
    const { name } = await newLease(config, 'a', '0.5s')
    await stream.nextChange()
    const [renewed] = await renew(config, [name])
    const { stamp, changes } = await stream.nextChange()
    expect(changes).toMatchObject([{ variable: { name, state: 'DELETED' } }])
    expect(stamp >= (renewed?.variable?.expireTime ?? 'z')).toBe(true)
    stream.close()
  })

  it('is told to nobody', async () => {
    const config = await api.newConfig()
    const { name, updateTime } = await newLease(config, 'a')
    const stream = await Stream.fromNow(api, config)
    await renew(config, [name])
    const next = await api.newVariable(config, 'b')
    expect((await stream.nextChange()).changes).toEqual([{ variable: { ...next, text: '', state: 'UPDATED' } }])
    const again = await Stream.open(api, config, `?after=${updateTime}`)
    expect(await again.replay()).toMatchObject([{ changes: [{ variable: { name: next.name } }] }])
    for (const open of [stream, again]) open.close()
  })

  it('takes a name twice', async () => {
    const config = await api.newConfig()
    const { name } = await newLease(config, 'a')
    expect(await renew(config, [name, name])).toMatchObject([{ variable: { name } }, { variable: { name } }])
  })

  it('takes 1,000 names', async () => {
    const config = await api.newConfig()
    const { name } = await newLease(config, 'node-999')
    const outcomes = await renew(
      config,
      Array.from({ length: 1000 }, (_, index) => `${config}/variables/node-${index}`),
    )
    expect(outcomes).toHaveLength(1000)
    expect(outcomes.at(0)).toMatchObject({ error: { code: 404 } })
    expect(outcomes.at(-1)).toMatchObject({ variable: { name } })
  })

  it('brings nothing back that is gone', async () => {
    const config = await api.newConfig()
    const { name } = await newLease(config, 'a')
    expect(await api.delete(name)).toMatchObject(EMPTY)
    expect(await renew(config, [name])).toMatchObject([{ error: { code: 404 } }])
    expect(await api.get(name)).toMatchObject(NOT_FOUND)
  })

  it('is refused with 404 where there is no such config', async () => {
    const config = `${newProject()}/configs/missing`
    expect(await api.post(`${config}:renew`, { names: [`${config}/variables/a`] })).toMatchObject(NOT_FOUND)
  })
})

describe('renewing is refused whole, naming the field, with', () => {
  it.each<[string, (config: string) => unknown, string]>([
    ['no names', () => [], 'names'],
    ['no list', (config) => `${config}/variables/a`, 'names'],
    ['a name that is none', (config) => [`${config}/variables/a`, 'a'], 'names[1]'],
    ['an empty name', (config) => [`${config}/variables/a`, ''], 'names[1]'],
    ['a name that is of no variable', (config) => [`${config}/variables/a`, `${config}/waiters/w`], 'names[1]'],
    ['a name of another config', (config) => [`${config}/variables/a`, `${config}x/variables/a`], 'names[1]'],
    ['a name that is no text', (config) => [`${config}/variables/a`, 7], 'names[1]'],
    ['1,001 names', (config) => Array.from({ length: 1001 }, (_, at) => `${config}/variables/${at}`), 'names'],
  ])('%s', async (_, namesIn, field) => {
    const config = await api.newConfig()
    const created = await newLease(config, 'a')
    const answer = await api.post(`${config}:renew`, { names: namesIn(config) })
    expect(answer).toMatchObject(invalid(field))
    expect(answer.body.error.details).toMatchObject([{ fieldViolations: [{ field }] }])
    expect((await api.get(created.name)).body).toEqual(created)
  })
})
