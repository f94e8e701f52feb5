/** What compares, what goes together and what expires, on a real server. */
import { describe, expect, it } from 'vitest'
import { Roster, type Client, type Variable } from '../../../src/client/index.ts'
import { newConfig, useLive } from './servers.ts'

const live = useLive()

/** A variable of a new config. */
async function newVariable(client: Client, text = 'first') {
  const config = await newConfig(client)
  const name = `${config}/variables/a`
  const { data } = await client.variables.create({ name, text })
  return { config, name, etag: data.etag as string }
}

const REFUSED = { name: 'ServiceError', status: 409, code: 'ABORTED' }

describe('a change under a condition', () => {
  it('is made if the etag is that of the variable, and refused otherwise', async () => {
    const client = live.client()
    const { name, etag } = await newVariable(client)
    const { data } = await client.variables.update({ name, text: 'second' }, { ifMatch: etag })
    await expect(client.variables.update({ name, text: 'third' }, { ifMatch: etag })).rejects.toMatchObject(REFUSED)
    await expect(client.variables.update({ name, text: 'third', etag })).rejects.toMatchObject(REFUSED)
    await expect(client.variables.delete(name, { ifMatch: etag })).rejects.toMatchObject(REFUSED)
    expect((await client.variables.get(name)).data.text).toBe('second')
    await client.variables.delete(name, { ifMatch: data.etag })
    await expect(client.variables.get(name)).rejects.toMatchObject({ status: 404 })
  })

  it('may ask that nothing is there: then an update makes it', async () => {
    const client = live.client()
    const { config, name } = await newVariable(client)
    await expect(client.variables.update({ name, text: '' }, { ifNoneMatch: '*' })).rejects.toMatchObject(REFUSED)
    const other = { name: `${config}/variables/b`, text: 'made' }
    expect((await client.variables.update(other, { ifNoneMatch: '*' })).data).toMatchObject(other)
  })

  it('holds for configs, too', async () => {
    const client = live.client()
    const { config } = await newVariable(client)
    const { etag } = (await client.configs.get(config)).data
    await client.configs.update({ name: config, description: 'new' }, { ifMatch: etag })
    await expect(client.configs.delete(config, { ifMatch: etag })).rejects.toMatchObject(REFUSED)
    await client.configs.delete(config, { ifMatch: '*' })
    await expect(client.configs.get(config)).rejects.toMatchObject({ status: 404 })
  })

  it('is sent once, though its answer is lost; one without conditions again', async () => {
    let sent = 0
    const lossy = live.client({
      fetch: async (input, init) => {
        sent += 1
        await fetch(input, init)
        throw new TypeError('fetch failed')
      },
    })
    const { name, etag } = await newVariable(live.client())
    const guarded = lossy.variables.update({ name, text: 'second' }, { ifMatch: etag })
    await expect(guarded).rejects.toMatchObject({ name: 'ConnectionError' })
    expect(sent).toBe(1)
    expect((await live.client().variables.get(name)).data.text).toBe('second')
    await expect(lossy.variables.update({ name, text: 'third' })).rejects.toMatchObject({ name: 'ConnectionError' })
    expect(sent).toBe(6)
  })
})

describe('a commit', () => {
  it('makes all of its writes, or none', async () => {
    const client = live.client()
    const { config, name, etag } = await newVariable(client)
    const made = `${config}/variables/b`
    const { data } = await client.configs.commit(config, [
      { create: { name: made, text: 'b' } },
      { update: { name, text: 'second', etag } },
    ])
    expect(data.outcomes).toMatchObject([
      { variable: { name: made, updateTime: data.updateTime } },
      { variable: { name, updateTime: data.updateTime } },
    ])
    const stale = client.configs.commit(config, [{ delete: { name: made } }, { set: { name, text: 'third', etag } }])
    await expect(stale).rejects.toMatchObject(REFUSED)
    expect((await client.variables.get(made)).data.text).toBe('b')
  })

  it('is made once, though its answer is lost', async () => {
    let sent = 0
    const lossy = live.client({
      fetch: async (input, init) => {
        const response = await fetch(input, init)
        sent += 1
        if (sent < 3) throw new TypeError('fetch failed')
        return response
      },
    })
    const { config } = await newVariable(live.client())
    const name = `${config}/variables/b`
    const { data } = await lossy.configs.commit(config, [{ create: { name, text: '' } }])
    expect((await live.client().variables.get(name)).data.updateTime).toBe(data.updateTime)
    expect(sent).toBe(3)
  })
})

describe('what expires', () => {
  it('lives for its ttl, and for another one when it is renewed', async () => {
    const client = live.client()
    const { config, name } = await newVariable(client)
    const ttl = { name: `${config}/variables/b`, text: '', ttl: '3600s' }
    const { data } = await client.variables.create(ttl)
    expect(data).toMatchObject({ ttl: '3600s', expireTime: expect.any(String) })
    const { outcomes } = (await client.configs.renew(config, [ttl.name, name, `${config}/variables/none`])).data
    expect(outcomes).toMatchObject([
      { variable: { updateTime: data.updateTime } },
      { error: { code: 400 } },
      { error: { code: 404 } },
    ])
    const { variable } = outcomes[0] as { variable: Variable }
    expect(String(variable.expireTime) > String(data.expireTime)).toBe(true)
  })
})

describe('a roll call', () => {
  it('of names counts them alone, and answers them', async () => {
    const client = live.client()
    const config = await newConfig(client)
    const roster = new Roster(client, config)
    for (const other of ['x', 'y']) await roster.checkIn(other)
    const all = roster.wait({ members: ['b', 'a'], timeout: '1m' })
    await roster.checkIn('b')
    await roster.checkIn('a')
    expect(await all).toEqual(['a', 'b'])
    expect(await roster.members()).toEqual(['a', 'b', 'x', 'y'])
    await expect.poll(async () => (await client.waiters.list(config)).data.waiters).toBeUndefined()
  })

  it('misses who has expired, unless it is sticky', async () => {
    const client = live.client()
    const config = await newConfig(client)
    const roster = new Roster(client, config)
    const options = { members: ['crashed', 'late'], timeout: '1m' } as const
    const sticky = roster.wait({ ...options, sticky: true })
    // The waiter is there with the first variable that it counts.
    await expect.poll(async () => (await client.waiters.list(config)).data.waiters?.length).toBe(1)
    await roster.checkIn('crashed', { text: 'here' }, { ttl: 200 })
    await expect.poll(() => roster.members(), { timeout: 20_000 }).toEqual([])
    const strict = roster.wait({ ...options, timeout: 3000 })
    await roster.checkIn('late')
    expect(await sticky).toEqual(['crashed', 'late'])
    await expect(strict).rejects.toMatchObject({ code: 'TIMEOUT', have: 1, need: 2, missing: ['crashed'] })
  })

  it('keeps in who is renewed, and tells who has gone', async () => {
    const client = live.client()
    const roster = new Roster(client, await newConfig(client))
    await roster.checkIn('short', undefined, { ttl: 200 })
    await roster.checkIn('long', undefined, { ttl: '1h' })
    await roster.checkIn('for-good')
    await expect.poll(() => roster.members(), { timeout: 20_000 }).toEqual(['for-good', 'long'])
    expect(await roster.renew(['short', 'long', 'for-good'])).toEqual(['short', 'for-good'])
  })

  it('tells who has failed, and who was missing then', async () => {
    const client = live.client()
    const roster = new Roster(client, await newConfig(client))
    const all = roster.wait({ members: ['a', 'b', 'c'], timeout: '1m' })
    const refused = expect(all).rejects.toMatchObject({
      code: 'FAILED',
      failed: ['b'],
      have: 1,
      need: 3,
      missing: ['b', 'c'],
    })
    await roster.checkIn('a')
    await roster.fail('b', 'disk full')
    await refused
  })

  it('of more names than the service takes is refused as it refuses', async () => {
    const client = live.client()
    const roster = new Roster(client, await newConfig(client))
    const members = Array.from({ length: 5001 }, (_, index) => `n${index}`)
    await expect(roster.wait({ members, timeout: '5s' })).rejects.toMatchObject({ code: 'ERROR', status: 400 })
  })
})
