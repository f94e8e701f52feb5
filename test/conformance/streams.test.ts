/** Streams of a config by WebSocket: where they begin, what each message tells, and how they are resumed. */
import { describe, expect, it } from 'vitest'
import { atLeast, newId, succeeded, type Body } from './client.ts'
import { EMPTY, EXPIRED, FAILED, invalid, NOT_FOUND, TIMESTAMP } from './expectations.ts'
import { EXTERNAL, useServer } from './server.ts'
import { brief, isBookmark, Stream, type Changes } from './stream-reader.ts'

const api = useServer()

/** Many writes at one moment; answers when that was. */
async function commit(config: string, ...writes: object[]): Promise<string> {
  return succeeded(await api.post(`${config}:commit`, { writes })).updateTime
}

const set = (config: string, path: string, text: string) => ({ set: { name: `${config}/variables/${path}`, text } })
const remove = (config: string, path: string, recursive = false) => ({
  delete: { name: `${config}/variables/${path}`, recursive },
})

/** A stream from somewhere on, up to where it has nothing more to tell of the past. */
async function replayed(config: string, query: string): Promise<Changes[]> {
  const stream = await Stream.open(api, config, query)
  const messages = await stream.replay()
  stream.close()
  return messages
}

/** The whole state, which may take several messages. */
async function state(config: string, query = ''): Promise<Changes[]> {
  const stream = await Stream.open(api, config, `?state=true${query}`)
  const messages = [await stream.next()]
  while (messages.at(-1)?.more) messages.push(await stream.next())
  stream.close()
  return messages
}

describe('a stream', () => {
  it('says first from where it can be resumed', async () => {
    const config = await api.newConfig()
    const { updateTime } = await api.newVariable(config, 'a')
    const stream = await Stream.open(api, config)
    expect(await stream.next()).toEqual({ stamp: updateTime, changes: [] })
    stream.close()
  })

  it('tells all that happened at one moment in one message, whose stamp is that moment', async () => {
    const config = await api.newConfig()
    const { name } = await api.newVariable(config, 'gone', 'last')
    const waiter = await api.newWaiter(config, { success: atLeast(2, '/n') }, 'w')
    const stream = await Stream.fromNow(api, config)
    const writes = [set(config, 'n/2', 'two'), set(config, 'n/1', 'one'), remove(config, 'gone')]
    const stamp = await commit(config, ...writes)
    const message = await stream.next()
    expect(message.stamp).toBe(stamp)
    expect(Object.keys(message)).toEqual(['stamp', 'changes'])
    expect(brief([message])).toEqual(['gone gone', 'n/1=one', 'n/2=two', 'w done'])
    expect(message.changes[0]).toMatchObject({ variable: { name, text: 'last', state: 'DELETED' } })
    expect(message.changes[1]).toMatchObject({
      variable: { state: 'UPDATED', updateTime: stamp, etag: expect.any(String) },
    })
    expect(message.changes[3]).toEqual({ waiter: succeeded(await api.get(waiter)) })
    await api.put(name.replace(/gone$/, 'n/1'), { text: 'again' })
    expect(brief([await stream.next()])).toEqual(['n/1=again'])
    stream.close()
  })

  it('tells of one moment after another, in order', async () => {
    const config = await api.newConfig()
    const stream = await Stream.fromNow(api, config)
    const stamps: string[] = []
    for (let round = 0; round < 5; round++) stamps.push(await commit(config, set(config, 'a', `${round}`)))
    const messages: Changes[] = []
    while (messages.length < stamps.length) messages.push(await stream.next())
    expect(messages.map(({ stamp }) => stamp)).toEqual(stamps)
    expect(brief(messages)).toEqual(['a=0', 'a=1', 'a=2', 'a=3', 'a=4'])
    stream.close()
  })

  it('tells of a recursive deletion in one message', async () => {
    const config = await api.newConfig()
    await commit(config, set(config, 'n/1', ''), set(config, 'n/2/x', ''), set(config, 'm', ''))
    const stream = await Stream.fromNow(api, config)
    await api.delete(`${config}/variables/n?recursive=true`)
    expect(brief([await stream.next()])).toEqual(['n/1 gone', 'n/2/x gone'])
    stream.close()
  })

  it('with a path tells what is there and beneath, and of the ends of all waiters', async () => {
    const config = await api.newConfig()
    await api.newWaiter(config, { success: atLeast(1, '/other') }, 'w')
    const stream = await Stream.fromNow(api, config, '?path=/n')
    await commit(config, set(config, 'nn', ''), set(config, 'n/1', 'x'), set(config, 'm/n', ''))
    await commit(config, set(config, 'm/x', ''))
    await commit(config, set(config, 'other', ''), set(config, 'n/2', 'y'))
    expect(brief([await stream.next()])).toEqual(['n/1=x'])
    expect(brief([await stream.next()])).toEqual(['n/2=y', 'w done'])
    stream.close()
  })

  it('of a config that is deleted tells what went with it, and why it ends', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a', 'last')
    const stream = await Stream.fromNow(api, config)
    expect(await api.delete(config)).toMatchObject(EMPTY)
    expect(brief([await stream.next()])).toEqual(['a gone'])
    expect(await stream.next()).toEqual({ error: NOT_FOUND.body.error })
    expect(await stream.closed).toMatchObject({ code: 4404 })
  })
})

describe('a stream with ?state=true', () => {
  it('begins with the variables that are there and the waiters that have ended', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'b/1', 'one')
    await api.newVariable(config, 'gone')
    await api.delete(`${config}/variables/gone`)
    await api.newWaiter(config, { success: atLeast(1, '/b') }, 'done')
    await api.newWaiter(config, { success: atLeast(9, '/b') }, 'waits')
    const a = await api.newVariable(config, 'a', 'two')
    const stream = await Stream.open(api, config, '?state=true')
    const first = await stream.next()
    expect(first).toEqual({ stamp: TIMESTAMP, changes: expect.any(Array) })
    expect(first.stamp).toBe(a.updateTime)
    expect(first.changes[0]).toEqual({ variable: { ...a, state: 'UPDATED' } })
    expect(brief([first])).toEqual(['a=two', 'b/1=one', 'done done'])
    await api.put(a.name, { text: 'three' })
    expect(brief([await stream.next()])).toEqual(['a=three'])
    stream.close()
  })

  it('begins with nothing where nothing is', async () => {
    expect(await state(await api.newConfig())).toEqual([{ stamp: TIMESTAMP, changes: [] }])
  })

  it('and a path begins with what is there and beneath', async () => {
    const config = await api.newConfig()
    await commit(config, set(config, 'n/1', 'x'), set(config, 'nn', ''), set(config, 'a', ''))
    expect(brief(await state(config, '&path=n'))).toEqual(['n/1=x'])
  })

  it('tells more than 500 in several messages of one stamp, of which the last alone can be resumed from', async () => {
    const config = await api.newConfig()
    const numbers = Array.from({ length: 501 }, (_, index) => `n/${String(index).padStart(3, '0')}`)
    await commit(config, ...numbers.slice(0, 500).map((path) => set(config, path, 'x')))
    const stamp = await commit(config, set(config, 'n/500', 'x'))
    const messages = await state(config)
    expect(messages.map(({ more, changes }) => [more, changes.length])).toEqual([
      [true, 500],
      [undefined, 1],
    ])
    expect(new Set(messages.map((message) => message.stamp))).toEqual(new Set([stamp]))
    expect(brief(messages)).toEqual(numbers.map((path) => `${path}=x`))
  })
})

describe('a stream with ?after=', () => {
  it('tells what has happened since, each thing as it is, and then goes on', async () => {
    const config = await api.newConfig()
    const cursor = await commit(config, set(config, 'a', '1'), set(config, 'b', '1'), set(config, 'same', ''))
    const [second, third] = [await commit(config, set(config, 'a', '2')), await commit(config, set(config, 'b', '2'))]
    const fourth = await commit(config, set(config, 'a', '3'))
    const stream = await Stream.open(api, config, `?after=${cursor}`)
    const messages = await stream.replay()
    expect(messages.map(({ stamp }) => stamp)).toEqual([third, fourth])
    expect(second < third).toBe(true)
    expect(brief(messages)).toEqual(['b=2', 'a=3'])
    await commit(config, set(config, 'c', 'live'))
    expect(brief([await stream.next()])).toEqual(['c=live'])
    stream.close()
  })

  it('tells of one commit in one message', async () => {
    const config = await api.newConfig()
    const cursor = await commit(config, set(config, 'x', ''))
    const stamp = await commit(config, set(config, 'b', '1'), set(config, 'a', '2'), remove(config, 'x'))
    const messages = await replayed(config, `?after=${cursor}`)
    expect(messages).toMatchObject([{ stamp }])
    expect(brief(messages)).toEqual(['a=2', 'b=1', 'x gone'])
  })

  it('tells of what was deleted meanwhile that it is gone, and of what came and went as well', async () => {
    const config = await api.newConfig()
    const gone = await api.newVariable(config, 'n/gone', 'x')
    const cursor = await commit(config, set(config, 'a', ''), set(config, 'n/b', ''))
    await commit(config, remove(config, 'n', true))
    await commit(config, set(config, 'brief', ''))
    await commit(config, remove(config, 'brief'))
    const messages = await replayed(config, `?after=${cursor}`)
    expect(brief(messages)).toEqual(['n/b gone', 'n/gone gone', 'brief gone'])
    // What it held is not remembered, but which state of it is gone.
    const { name, updateTime, etag } = gone
    expect(messages[0]?.changes[1]).toEqual({ variable: { name, updateTime, etag, state: 'DELETED' } })
  })

  it('tells of what was deleted and made again that it is there, and not that it was gone', async () => {
    const config = await api.newConfig()
    const cursor = await commit(config, set(config, 'a', '1'))
    await commit(config, remove(config, 'a'))
    await commit(config, set(config, 'a', '2'))
    expect(brief(await replayed(config, `?after=${cursor}`))).toEqual(['a=2'])
  })

  it('tells of what has expired meanwhile', async () => {
    const config = await api.newConfig()
    const body = { name: `${config}/variables/a`, text: 'x', ttl: '0.2s' }
    const { updateTime } = succeeded(await api.post(`${config}/variables`, body))
    await expect.poll(async () => (await api.get(body.name)).status, { timeout: 20_000 }).toBe(404)
    expect(brief(await replayed(config, `?after=${updateTime}`))).toEqual(['a gone'])
  })

  it('tells of the waiters that have ended meanwhile, however that was', async () => {
    const config = await api.newConfig()
    await api.newWaiter(config, { success: atLeast(1, '/before') }, 'early')
    const cursor = await commit(config, set(config, 'before', ''))
    const success = atLeast(9, '/n')
    const names = [
      await api.newWaiter(config, { success: atLeast(1, '/n') }, 'succeeds'),
      await api.newWaiter(config, { success, failure: atLeast(1, '/n') }, 'fails'),
      await api.newWaiter(config, { success, timeout: '0.2s' }, 'expires'),
      await api.newWaiter(config, { success: atLeast(1, '/before') }, 'at-once'),
    ]
    await api.newWaiter(config, { success }, 'waits')
    await api.ended(names[2] as string)
    await commit(config, set(config, 'n/1', ''))
    const messages = await replayed(config, `?after=${cursor}`)
    expect(brief(messages)).toEqual(['at-once done', 'expires done', 'n/1=', 'fails done', 'succeeds done'])
    const told = Object.fromEntries(
      messages.flatMap(({ changes }) => changes.map(({ waiter }) => [waiter?.name, waiter])),
    )
    expect([told[names[1] as string]?.error, told[names[2] as string]?.error]).toMatchObject([FAILED, EXPIRED])
    for (const name of names) expect(told[name]).toEqual(succeeded(await api.get(name)))
  })

  it('and a path tells of what is there and beneath', async () => {
    const config = await api.newConfig()
    const cursor = await commit(config, set(config, 'n/1', ''), set(config, 'm/1', ''))
    await commit(config, remove(config, 'n/1'), remove(config, 'm/1'), set(config, 'n/2', ''), set(config, 'nn', ''))
    expect(brief(await replayed(config, `?after=${cursor}&path=/n`))).toEqual(['n/1 gone', 'n/2='])
  })

  it('tells nothing but from where it can be resumed where nothing has happened', async () => {
    const config = await api.newConfig()
    const stamp = await commit(config, set(config, 'a', ''))
    const stream = await Stream.open(api, config, `?after=${stamp}`)
    expect(await stream.next()).toEqual({ stamp, changes: [] })
    stream.close()
  })

  it('takes the stamp of a bookmark', async () => {
    const config = await api.newConfig()
    const stream = await Stream.open(api, config)
    const { stamp } = await stream.next()
    stream.close()
    await commit(config, set(config, 'a', 'x'))
    expect(brief(await replayed(config, `?after=${stamp}`))).toEqual(['a=x'])
  })
})

describe('a stream is refused before the upgrade', () => {
  it('after a moment that has not come', async () => {
    const config = await api.newConfig()
    const answer = await api.upgrade(`${config}:subscribe?after=2100-01-01T00:00:00Z`)
    expect(answer).toMatchObject(invalid('after'))
    expect(answer.text).toContain('future')
  })

  it('after a moment before the config was made, also where another of its name was there', async () => {
    const config = await api.newConfig()
    const stamp = await commit(config, set(config, 'a', ''))
    await api.delete(config)
    await api.newConfig(config)
    for (const after of ['2001-01-01T00:00:00Z', stamp]) {
      const answer = await api.upgrade(`${config}:subscribe?after=${after}`)
      expect(answer).toMatchObject(invalid('after'))
      expect(answer.text).toContain('before this config')
    }
  })

  it.each(['yesterday', '17', '2026-11-22', '2026-02-30T00:00:00Z'])('after %s, which is no stamp', async (after) => {
    expect(await api.upgrade(`${await api.newConfig()}:subscribe?after=${after}`)).toMatchObject(invalid('after'))
  })

  it('with both a state and a stamp', async () => {
    const config = await api.newConfig()
    const { updateTime } = await api.newVariable(config, 'a')
    const answer = await api.upgrade(`${config}:subscribe?state=true&after=${updateTime}`)
    expect(answer).toMatchObject(invalid('state'))
  })

  it('where there is no config', async () => {
    const config = `${await api.newConfig()}-${newId()}`
    for (const query of ['', '?state=true', '?after=2001-01-01T00:00:00Z', '?quiet=true']) {
      expect(await api.upgrade(`${config}:subscribe${query}`)).toMatchObject(NOT_FOUND)
    }
  })
})

describe.skipIf(EXTERNAL)('an idle stream', () => {
  const brisk = useServer({ ROLLCALL_BOOKMARK_SECONDS: '0.2' })

  it('is told from time to time how far it has come', async () => {
    const config = await brisk.newConfig()
    const { updateTime }: Body = await brisk.newVariable(config, 'a')
    const stream = await Stream.open(brisk, config)
    for (let round = 0; round < 4; round++) expect(await stream.next()).toEqual({ stamp: updateTime, changes: [] })
    stream.close()
  })

  it('of a part that nothing happens in is told how far the whole has come', async () => {
    const config = await brisk.newConfig()
    const stream = await Stream.fromNow(brisk, config, '?path=/quiet')
    const { updateTime } = await brisk.newVariable(config, 'loud')
    for (;;) {
      const message = await stream.next()
      expect(isBookmark(message)).toBe(true)
      if (message.stamp === updateTime) break
    }
    stream.close()
  })

  it('is not told to have come further than what it was told', async () => {
    const config = await brisk.newConfig()
    const stream = await Stream.fromNow(brisk, config)
    const stamps: string[] = []
    for (let round = 0; round < 30; round++) {
      await brisk.call('PUT', `${config}/variables/a`, { text: `${round}` }, round ? {} : { 'If-None-Match': '*' })
      stamps.push((await stream.nextChange()).stamp)
    }
    expect(stamps.toSorted()).toEqual(stamps)
    expect(new Set(stamps).size).toBe(30)
    stream.close()
  })
})
