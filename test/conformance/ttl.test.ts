/** Variables with a ttl: they disappear when nobody writes or renews them. */
import { describe, expect, it } from 'vitest'
import { atLeast, succeeded, type Client } from './client.ts'
import { EXPIRED, FAILED, invalid, NOT_FOUND, TIMESTAMP } from './expectations.ts'
import { useServer } from './server.ts'
import { Stream, type Told } from './stream-reader.ts'

const api = useServer()

/** Long enough to outlive any test. */
const LONG = '600s'
/** Short enough to wait for. */
const SHORT = '0.3s'

async function newLease(config: string, path: string, ttl: string, client: Client = api): Promise<Told> {
  const body = { name: `${config}/variables/${path}`, text: 'here', ttl }
  return succeeded(await client.post(`${config}/variables`, body)) as Told
}

const microsOf = (timestamp: string) => Date.parse(timestamp) * 1000 + Number(timestamp.slice(23, 26))

/** The span between two moments, in microseconds. */
const between = (from: string, to: string) => microsOf(to) - microsOf(from)

describe('a variable with a ttl', () => {
  it('is answered with it, and with when it will be gone', async () => {
    const config = await api.newConfig()
    const created = await newLease(config, 'a', '90.50s')
    expect(created).toMatchObject({ text: 'here', ttl: '90.500s', updateTime: TIMESTAMP, expireTime: TIMESTAMP })
    expect(between(created.updateTime, created.expireTime)).toBe(90_500_000)
    expect((await api.get(created.name)).body).toEqual(created)
  })

  it('shows it in lists with values, and without them shows nothing but its name and when it was written', async () => {
    const config = await api.newConfig()
    const created = await newLease(config, 'a', LONG)
    const { name, updateTime } = created
    expect((await api.get(`${config}/variables?returnValues=true`)).body).toEqual({ variables: [created] })
    expect((await api.get(`${config}/variables`)).body).toEqual({ variables: [{ name, updateTime }] })
  })

  it('keeps it when it is written without one, and lives that long from then on', async () => {
    const config = await api.newConfig()
    const created = await newLease(config, 'a', LONG)
    const updated = succeeded(await api.put(created.name, { text: 'again' })) as Told
    expect(updated).toMatchObject({ text: 'again', ttl: LONG })
    expect(updated.updateTime > created.updateTime).toBe(true)
    expect(between(updated.updateTime, updated.expireTime)).toBe(600_000_000)
  })

  it('takes another when it is written with one', async () => {
    const config = await api.newConfig()
    const created = await newLease(config, 'a', LONG)
    const updated = succeeded(await api.put(created.name, { text: 'x', ttl: '7s' })) as Told
    expect(updated.ttl).toBe('7s')
    expect(between(updated.updateTime, updated.expireTime)).toBe(7_000_000)
  })

  it('can be given one when it had none', async () => {
    const config = await api.newConfig()
    const { name } = await api.newVariable(config, 'a')
    expect((await api.get(name)).body).not.toHaveProperty('ttl')
    expect(succeeded(await api.put(name, { text: 'x', ttl: LONG }))).toMatchObject({ ttl: LONG, expireTime: TIMESTAMP })
  })

  it('is gone at its time, and streams are told as of any deletion', async () => {
    const config = await api.newConfig()
    const stream = await Stream.fromNow(api, config)
    const created = await newLease(config, 'a/b', SHORT)
    expect((await stream.nextChange()).changes).toEqual([{ variable: { ...created, state: 'UPDATED' } }])
    const { stamp, changes } = await stream.nextChange()
    expect(changes).toEqual([{ variable: { ...created, state: 'DELETED' } }])
    expect(between(created.expireTime, stamp)).toBeGreaterThanOrEqual(0)
    expect(await api.get(created.name)).toMatchObject(NOT_FOUND)
    expect((await api.get(`${config}/variables`)).body).toEqual({})
    stream.close()
  })

  it('is gone though nobody listens, and makes room for one beneath its name', async () => {
    const config = await api.newConfig()
    const { name } = await newLease(config, 'a', '0.05s')
    await expect.poll(async () => (await api.get(name)).status, { timeout: 20_000 }).toBe(404)
    await api.newVariable(config, 'a/b')
  })

  it('is not counted any more when it is gone', async () => {
    const config = await api.newConfig()
    const waiter = await api.newWaiter(config, { success: atLeast(2, '/nodes') })
    const stream = await Stream.fromNow(api, config)
    await newLease(config, 'nodes/a', SHORT)
    await stream.nextChange()
    await stream.nextChange()
    await api.newVariable(config, 'nodes/b')
    expect((await api.get(waiter)).body).not.toHaveProperty('done')
    await api.newVariable(config, 'nodes/c')
    expect((await api.get(waiter)).body).toMatchObject({ done: true })
    stream.close()
  })

  it('can fail a waiter by its end, in the same message', async () => {
    const config = await api.newConfig()
    const { name } = await newLease(config, 'alive', SHORT)
    const stream = await Stream.fromNow(api, config)
    const waiter = `${config}/waiters/w`
    const failure = { not: { variable: { name: 'alive' } } }
    await api.post(`${config}/waiters`, { name: waiter, timeout: LONG, success: atLeast(1, '/never'), failure })
    const { changes, stamp } = await stream.nextChange()
    expect(changes).toMatchObject([
      { variable: { name, state: 'DELETED' } },
      { waiter: { name: waiter, error: FAILED, progress: { updateTime: stamp, reason: { variable: name } } } },
    ])
    stream.close()
  })

  it('that is gone before a waiter times out does not count for it', async () => {
    const config = await api.newConfig()
    await newLease(config, 'n/a', '0.2s')
    const waiter = await api.newWaiter(config, { timeout: '0.4s', success: atLeast(2, '/n') })
    expect(await api.ended(waiter)).toMatchObject({ error: EXPIRED, progress: { success: { have: 0, need: 2 } } })
  })

  it('does not take a new variable of its name with it', async () => {
    const config = await api.newConfig()
    const stream = await Stream.fromNow(api, config)
    const { name } = await newLease(config, 'a', '0.5s')
    await newLease(config, 'clock', '0.6s')
    await api.delete(name)
    await api.newVariable(config, 'a', 'for good')
    for (let clock = false; !clock;) {
      const { changes } = await stream.nextChange()
      clock = changes.some(({ variable }) => variable?.name.endsWith('/clock') && variable.state === 'DELETED')
    }
    expect((await api.get(name)).body).toMatchObject({ text: 'for good' })
    stream.close()
  })

  it('does not shift the end of another by its own, which comes first', async () => {
    const config = await api.newConfig()
    const stream = await Stream.fromNow(api, config)
    await newLease(config, 'late', '0.6s')
    await newLease(config, 'early', SHORT)
    const gone: string[] = []
    while (gone.length < 2) {
      for (const { variable } of (await stream.nextChange()).changes) {
        if (variable?.state === 'DELETED') gone.push(variable.name.replace(/.*\//, ''))
      }
    }
    expect(gone).toEqual(['early', 'late'])
    stream.close()
  })
})

describe('a ttl is refused that is', () => {
  it.each(['0s', '0.000s', '-1s', '1', '1m', 's', '', 'soon', '1e3s', '1.0000000001s', '3155760000s'])(
    '"%s", by create and by update, and nothing changes',
    async (ttl) => {
      const config = await api.newConfig()
      const { name } = await api.newVariable(config, 'there', 'as it was')
      const before = await api.snapshot(config)
      const create = { name: `${config}/variables/new`, text: 'x', ttl }
      expect(await api.post(`${config}/variables`, create)).toMatchObject(invalid('variable.ttl'))
      expect(await api.put(name, { text: 'x', ttl })).toMatchObject(invalid('variable.ttl'))
      expect(await api.snapshot(config)).toEqual(before)
    },
  )

  it('no text', async () => {
    const config = await api.newConfig()
    const body = { name: `${config}/variables/a`, text: 'x', ttl: 3 }
    expect(await api.post(`${config}/variables`, body)).toMatchObject(invalid('variable.ttl'))
    expect(await api.get(body.name)).toMatchObject(NOT_FOUND)
  })
})

describe('an expireTime in the body', () => {
  it('is ignored, as only the server writes it', async () => {
    const config = await api.newConfig()
    const body = { name: `${config}/variables/a`, text: 'x', expireTime: '2001-01-01T00:00:00Z' }
    expect((await api.post(`${config}/variables`, body)).body).not.toHaveProperty('expireTime')
    expect(await api.get(body.name)).toMatchObject({ status: 200 })
  })
})
