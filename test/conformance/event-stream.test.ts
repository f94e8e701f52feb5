/** Streams as Server-Sent Events (HTML Living Standard, section 9.2). */
import { describe, expect, it } from 'vitest'
import { atLeast, succeeded, type Body } from './client.ts'
import { EMPTY, EXPIRED, FAILED, invalid, NOT_FOUND } from './expectations.ts'
import { EXTERNAL, useServer } from './server.ts'
import { brief, EventStream, type Changes } from './stream-reader.ts'

const api = useServer()

const EVENTS = { accept: 'text/event-stream' }

/** The event stream of a config, behind its first message: the bookmark. */
async function fromNow(config: string, query = ''): Promise<EventStream> {
  const stream = await EventStream.open(api, `${config}:subscribe${query}`)
  expect(await stream.next()).toMatchObject({ data: { changes: [] } })
  return stream
}

interface Waiting {
  waiter: Body & { progress: { updateTime: string } }
  error: Body['error']
}

const follow = (waiter: string, headers: HeadersInit = {}) =>
  EventStream.open<Waiting>(api, `${waiter}:subscribe`, headers)

/** What a stream still tells from a stamp on that a browser remembers, until it has nothing more to tell of the past. */
async function resumed(config: string, stamp: string, query = ''): Promise<string[]> {
  const stream = await EventStream.open(api, `${config}:subscribe${query}`, { 'Last-Event-ID': stamp })
  expect(stream.status).toBe(200)
  const told: string[] = []
  for (;;) {
    const event = await stream.next()
    if (!event?.data.changes.length) break
    told.push(...brief([event.data]))
  }
  await stream.close()
  return told
}

describe('an event stream of a config', () => {
  it('is answered as such, and not to be kept by caches', async () => {
    const config = await api.newConfig()
    const stream = await EventStream.open(api, `${config}:subscribe`)
    expect(stream.status).toBe(200)
    expect(stream.headers.get('content-type')).toBe('text/event-stream')
    expect(stream.headers.get('cache-control')).toContain('no-store')
    await stream.close()
  })

  it.each(['text/event-stream', 'text/event-stream, */*;q=0.1', 'application/json, text/event-stream'])(
    'is given to whoever accepts %s',
    async (accept) => {
      const stream = await EventStream.open(api, `${await api.newConfig()}:subscribe`, { accept })
      expect(stream.headers.get('content-type')).toBe('text/event-stream')
      await stream.close()
    },
  )

  it.each(['application/json', '*/*'])(
    'is not given to whoever accepts %s alone, but told how to ask',
    async (accept) => {
      const answer = await api.get(`${await api.newConfig()}:subscribe`, { accept })
      expect(answer.status).toBe(426)
      expect(answer.body.error.message).toContain('text/event-stream')
    },
  )

  it('tells what a WebSocket would, with the stamp of each message as its id', async () => {
    const config = await api.newConfig()
    const stream = await fromNow(config)
    const created = await api.newVariable(config, 'a', 'two\nlines')
    const { updateTime } = created
    expect(await stream.next()).toEqual({
      id: updateTime,
      data: { stamp: updateTime, changes: [{ variable: { ...created, state: 'UPDATED' } }] },
    })
    await stream.close()
  })

  it('begins with a bookmark that has an id, so that whoever is cut off at once misses nothing', async () => {
    const config = await api.newConfig()
    const stream = await EventStream.open(api, `${config}:subscribe`)
    const first = await stream.next()
    expect(first?.id).toBe(first?.data.stamp)
    await stream.close()
    await api.newVariable(config, 'a', 'x')
    expect(await resumed(config, first?.id as string)).toEqual(['a=x'])
  })

  it('takes ?state=true, ?after= and ?path= as a WebSocket does', async () => {
    const config = await api.newConfig()
    const { updateTime } = await api.newVariable(config, 'n/1', 'x')
    await api.newVariable(config, 'm/1', 'x')
    await api.newVariable(config, 'n/2', 'x')
    const told = async (query: string) => {
      const stream = await EventStream.open(api, `${config}:subscribe?path=n&${query}`)
      const first = await stream.next()
      await stream.close()
      return first && brief([first.data])
    }
    expect(await told('state=true')).toEqual(['n/1=x', 'n/2=x'])
    expect(await told(`after=${updateTime}`)).toEqual(['n/2=x'])
  })

  it('gives no id to a message of which more follow, as it cannot be resumed there', async () => {
    const config = await api.newConfig()
    const writes = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => ({
        set: { name: `${config}/variables/n/${from + index}`, text: '' },
      }))
    for (const [from, to] of [
      [0, 500],
      [500, 501],
    ] as const) {
      succeeded(await api.post(`${config}:commit`, { writes: writes(from, to) }))
    }
    const stream = await EventStream.open(api, `${config}:subscribe?state=true`)
    const [first, second] = [await stream.next(), await stream.next()]
    expect(first).not.toHaveProperty('id')
    expect(first?.data.more).toBe(true)
    expect(second?.id).toBe(second?.data.stamp)
    await stream.close()
  })

  it('tells the state of a large config, of more than may wait for a reader later on', async () => {
    const config = await api.newConfig()
    const text = 'x'.repeat(4095)
    for (let at = 0; at < 6000; at += 60) {
      const writes = Array.from({ length: 60 }, (_, index) => ({
        create: { name: `${config}/variables/v${at + index}`, text },
      }))
      succeeded(await api.post(`${config}:commit`, { writes }))
    }
    const stream = await EventStream.open(api, `${config}:subscribe?state=true`)
    let told = 0
    for (let more: true | undefined = true; more;) {
      const { data } = (await stream.next()) as { data: Changes }
      told += data.changes.length
      more = data.more
    }
    expect(told).toBe(6000)
    await stream.close()
  })

  it('tells why it ends when the config is deleted, and ends', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a')
    const stream = await fromNow(config)
    expect(await api.delete(config)).toMatchObject(EMPTY)
    const [gone, why, ...rest] = await stream.rest()
    expect(gone && brief([gone.data])).toEqual(['a gone'])
    expect(why).toEqual({ data: { error: NOT_FOUND.body.error } })
    expect(rest).toEqual([])
  })

  it('is refused with 404 where there is no config or waiter', async () => {
    const config = await api.newConfig()
    expect(await api.get(`${config}x:subscribe`, EVENTS)).toMatchObject(NOT_FOUND)
    expect(await api.get(`${config}/waiters/w:subscribe`, EVENTS)).toMatchObject(NOT_FOUND)
  })
})

describe('Last-Event-ID', () => {
  it('resumes a stream behind what was heard', async () => {
    const config = await api.newConfig()
    const stream = await fromNow(config)
    await api.newVariable(config, 'a', '1')
    const heard = await stream.next()
    await stream.close()
    await api.newVariable(config, 'b', '2')
    await api.delete(`${config}/variables/a`)
    expect(await resumed(config, heard?.id as string)).toEqual(['b=2', 'a gone'])
  })

  it('goes before ?state and ?after, which a browser sends again as it did at first', async () => {
    const config = await api.newConfig()
    const first = await api.newVariable(config, 'a', '1')
    const second = await api.newVariable(config, 'b', '2')
    await api.newVariable(config, 'c', '3')
    expect(await resumed(config, second.updateTime, '?state=true')).toEqual(['c=3'])
    expect(await resumed(config, second.updateTime, `?after=${first.updateTime}`)).toEqual(['c=3'])
  })

  it('counts for WebSockets as well', async () => {
    const config = await api.newConfig()
    expect(await api.upgrade(`${config}:subscribe`, { 'last-event-id': 'x' })).toMatchObject(invalid('Last-Event-ID'))
  })

  it.each(['yesterday', '17', '"2026-11-22T10:00:00Z"'])('is refused that is no stamp: %s', async (id) => {
    const answer = await api.get(`${await api.newConfig()}:subscribe`, { ...EVENTS, 'Last-Event-ID': id })
    expect(answer).toMatchObject(invalid('Last-Event-ID'))
    expect(answer.headers.get('content-type')).toContain('application/json')
  })

  it.each(['2100-01-01T00:00:00Z', '2001-01-01T00:00:00Z'])(
    'is refused that the config did not give: %s',
    async (id) => {
      const answer = await api.get(`${await api.newConfig()}:subscribe`, { ...EVENTS, 'Last-Event-ID': id })
      expect(answer).toMatchObject({ status: 400, body: { error: { status: 'INVALID_ARGUMENT' } } })
    },
  )
})

describe('an event stream of a waiter', () => {
  it('tells of the waiter as it stands and of its end, with the moment of its progress as id, and ends', async () => {
    const config = await api.newConfig()
    const waiter = await api.newWaiter(config, { success: atLeast(2, '/n') })
    const stream = await follow(waiter)
    const standing = (await api.get(waiter)).body as Waiting['waiter']
    expect(await stream.next()).toEqual({ id: standing.progress.updateTime, data: { waiter: standing } })
    await api.newVariable(config, 'n/1')
    await api.newVariable(config, 'n/2')
    const ended = (await api.get(waiter)).body as Waiting['waiter']
    expect(ended.done).toBe(true)
    expect(await stream.rest()).toEqual([{ id: ended.progress.updateTime, data: { waiter: ended } }])
  })

  it.each<[string, object, object]>([
    ['failure', { failure: atLeast(1, '/n') }, FAILED],
    ['its time', { timeout: '0.3s' }, EXPIRED],
  ])('ends behind the end of the waiter by %s', async (_, spec, error) => {
    const config = await api.newConfig()
    const stream = await follow(await api.newWaiter(config, { success: atLeast(9, '/n'), ...spec }))
    await stream.next()
    await api.newVariable(config, 'n/1')
    expect(await stream.rest()).toMatchObject([{ data: { waiter: { done: true, error } } }])
  })

  it('of one that has ended tells of that, and ends', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'n')
    const waiter = await api.newWaiter(config, { success: atLeast(1, '/n') })
    const events = await (await follow(waiter)).rest()
    expect(events.map(({ data }) => data)).toEqual([{ waiter: (await api.get(waiter)).body }])
  })

  it('is answered with 204 to whoever comes back to one that has ended: a browser comes no more', async () => {
    const config = await api.newConfig()
    const waiter = await api.newWaiter(config, { success: atLeast(1, '/n') })
    const stream = await follow(waiter)
    const first = await stream.next()
    await api.newVariable(config, 'n')
    const [last] = await stream.rest()
    for (const id of [first?.id, last?.id]) {
      const again = await follow(waiter, { 'Last-Event-ID': id as string })
      expect(again.status).toBe(204)
      expect(await again.next()).toBeUndefined()
    }
  })

  it('is resumed by whoever comes back to one that still waits', async () => {
    const config = await api.newConfig()
    const waiter = await api.newWaiter(config, { success: atLeast(1, '/n') })
    const stream = await follow(waiter)
    const first = await stream.next()
    await stream.close()
    const again = await follow(waiter, { 'Last-Event-ID': first?.id as string })
    expect(again.status).toBe(200)
    expect((await again.next())?.data.waiter).not.toHaveProperty('done')
    await api.newVariable(config, 'n')
    expect(await again.rest()).toMatchObject([{ data: { waiter: { done: true } } }])
  })

  it('tells that the waiter was deleted, and ends', async () => {
    const waiter = await api.newWaiter(await api.newConfig(), { success: atLeast(1, '/n') })
    const stream = await follow(waiter)
    await stream.next()
    await api.delete(waiter)
    expect(await stream.rest()).toEqual([{ data: { error: NOT_FOUND.body.error } }])
  })
})

describe.skipIf(EXTERNAL)('an idle event stream', () => {
  const brisk = useServer({ ROLLCALL_BOOKMARK_SECONDS: '0.2' })

  it('is told from time to time how far it has come, by an id as well', async () => {
    const config = await brisk.newConfig()
    const stream = await EventStream.open(brisk, `${config}:subscribe?path=/quiet`)
    await stream.next()
    const { updateTime } = await brisk.newVariable(config, 'loud')
    for (;;) {
      const event = await stream.next()
      expect(event).toMatchObject({ id: event?.data.stamp, data: { changes: [] } })
      if (event?.id === updateTime) break
    }
    await stream.close()
  })
})
