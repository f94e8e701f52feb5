/** Commits over a socket: each frame is answered by its id, when what it asks for is durable. */
import { describe, expect, it } from 'vitest'
import { atLeast, newId } from './client.ts'
import { ALREADY_EXISTS, NOT_FOUND } from './expectations.ts'
import { useServer } from './server.ts'
import { brief, Stream, type Reply } from './stream-reader.ts'

const api = useServer()

/** A frame with a single write. */
const frame = (id: string | number, config: string, kind: string, path: string, more: object = {}) => ({
  id,
  commit: {
    writes: [{ [kind]: { name: `${config}/variables/${path}`, ...(kind !== 'delete' && { text: '' }), ...more } }],
  },
})

const textOf = async (config: string, path: string) => (await api.get(`${config}/variables/${path}`)).body.text

/** The answers to so many frames, in the order of arrival. */
async function replies(socket: Stream, number: number): Promise<Reply[]> {
  const all: Reply[] = []
  while (all.length < number) all.push(await socket.nextReply())
  return all
}

describe.each(['?quiet=true', '?quiet=true&direct=true'])('on a socket with %s,', (query) => {
  const quiet = (config: string) => Stream.open(api, config, query)

  describe('a frame', () => {
    it.each([1, 0, -2.5, 'a', '', 'x'.repeat(64)])(
      'is answered by its id, with what a commit answers: %j',
      async (id) => {
        const config = await api.newConfig()
        const socket = await quiet(config)
        const reply = await socket.ask(frame(id, config, 'create', 'a', { text: 'x' }))
        const { name, updateTime, etag, text } = (await api.get(`${config}/variables/a`)).body
        expect(text).toBe('x')
        expect(reply).toEqual({ id, updateTime, outcomes: [{ variable: { name, updateTime, etag } }] })
        socket.close()
      },
    )

    it('does many writes at one moment, and all or none', async () => {
      const config = await api.newConfig()
      const socket = await quiet(config)
      const write = (path: string) => ({ create: { name: `${config}/variables/${path}`, text: path } })
      const both = await socket.ask({ id: 1, commit: { writes: [write('a'), write('b')] } })
      expect(both.outcomes).toMatchObject([
        { variable: { updateTime: both.updateTime } },
        { variable: { updateTime: both.updateTime } },
      ])
      const none = await socket.ask({ id: 2, commit: { writes: [write('c'), write('a')] } })
      expect(none).toMatchObject({ id: 2, error: ALREADY_EXISTS.body.error })
      expect(none.error?.details).toMatchObject([{ fieldViolations: [{ field: 'writes[1]' }] }])
      expect(await api.get(`${config}/variables/c`)).toMatchObject(NOT_FOUND)
      socket.close()
    })

    it('has done what it asks for when it is answered', async () => {
      const config = await api.newConfig()
      const socket = await quiet(config)
      for (let round = 0; round < 20; round++) {
        await socket.ask(frame(round, config, 'set', 'a', { text: `${round}` }))
        expect(await textOf(config, 'a')).toBe(`${round}`)
      }
      socket.close()
    })

    it('lets waiters end and others hear of it', async () => {
      const config = await api.newConfig()
      const waiter = await api.newWaiter(config, { success: atLeast(1, '/n') }, 'w')
      const stream = await Stream.fromNow(api, config)
      const socket = await quiet(config)
      const { updateTime } = await socket.ask(frame(1, config, 'create', 'n/1', { text: 'x' }))
      const message = await stream.nextChange()
      expect(message.stamp).toBe(updateTime)
      expect(brief([message])).toEqual(['n/1=x', 'w done'])
      expect((await api.get(waiter)).body.done).toBe(true)
      for (const open of [stream, socket]) open.close()
    })

    it('can have an etag, which guards its write', async () => {
      const config = await api.newConfig()
      const { etag } = await api.newVariable(config, 'a')
      const socket = await quiet(config)
      const first = await socket.ask(frame(1, config, 'update', 'a', { text: '1', etag }))
      expect(first.outcomes).toHaveLength(1)
      const second = await socket.ask(frame(2, config, 'update', 'a', { text: '2', etag }))
      expect(second.error).toMatchObject({ code: 409, status: 'ABORTED' })
      expect(await textOf(config, 'a')).toBe('1')
      socket.close()
    })

    it('can have a requestId, by which it is done once, also over another socket', async () => {
      const config = await api.newConfig()
      const asked = { ...frame(1, config, 'create', 'a'), requestId: newId() }
      const socket = await quiet(config)
      const first = await socket.ask(asked)
      expect(first.outcomes).toHaveLength(1)
      expect(await socket.ask(asked)).toEqual(first)
      socket.close()
      const other = await quiet(config)
      expect(await other.ask({ ...asked, id: 2 })).toEqual({ ...first, id: 2 })
      expect(await other.ask(frame(3, config, 'create', 'a'))).toMatchObject({ error: ALREADY_EXISTS.body.error })
      other.close()
    })

    it('with a requestId of more than 64 characters is refused', async () => {
      const config = await api.newConfig()
      const socket = await quiet(config)
      const reply = await socket.ask({ ...frame(1, config, 'create', 'a'), requestId: 'x'.repeat(65) })
      expect(reply).toMatchObject({
        id: 1,
        error: { code: 400, details: [{ fieldViolations: [{ field: 'requestId' }] }] },
      })
      expect(await api.get(`${config}/variables/a`)).toMatchObject(NOT_FOUND)
      socket.close()
    })

    it('with a requestId is done once with the same by HTTP', async () => {
      const config = await api.newConfig()
      const { commit } = frame(1, config, 'create', 'a')
      const requestId = newId()
      const { body } = await api.post(`${config}:commit?requestId=${requestId}`, commit)
      const socket = await quiet(config)
      expect(await socket.ask({ id: 7, commit, requestId })).toEqual({ id: 7, ...body })
      socket.close()
    })
  })

  describe('frames that are sent in one go', () => {
    it('are done in their order, and answered each', async () => {
      const config = await api.newConfig()
      const socket = await quiet(config)
      const kinds = ['create', 'update', 'delete']
      const frames = Array.from({ length: 300 }, (_, id) => frame(id, config, kinds[id % 3] as string, 'a'))
      for (const one of frames) socket.send(JSON.stringify(one))
      const answers = await replies(socket, frames.length)
      expect(answers.filter(({ error }) => error)).toEqual([])
      expect(answers.map(({ id }) => id)).toEqual(frames.map(({ id }) => id))
      const stamps = answers.map(({ updateTime }) => updateTime as string)
      expect(stamps.toSorted()).toEqual(stamps)
      socket.close()
    })

    it('are each by itself: one that is refused holds no other up', async () => {
      const config = await api.newConfig()
      const socket = await quiet(config)
      for (let id = 0; id < 10; id++)
        socket.send(JSON.stringify(frame(id, config, id % 2 ? 'update' : 'create', `n/${id}`)))
      const answers = new Map((await replies(socket, 10)).map((reply) => [reply.id, reply.error?.code]))
      for (let id = 0; id < 10; id++) expect(answers.get(id), `${id}`).toBe(id % 2 ? 404 : undefined)
      socket.close()
    })

    it('by a whole fleet are all done once', async () => {
      const config = await api.newConfig()
      const waiter = await api.newWaiter(config, { success: atLeast(200, '/nodes') })
      const sockets = await Promise.all(Array.from({ length: 4 }, () => quiet(config)))
      await Promise.all(
        sockets.map(async (socket, at) => {
          for (let id = 0; id < 50; id++) socket.send(JSON.stringify(frame(id, config, 'create', `nodes/${at}-${id}`)))
          for (const { outcomes } of await replies(socket, 50)) expect(outcomes).toHaveLength(1)
        }),
      )
      expect((await api.get(waiter)).body).toMatchObject({ done: true })
      for (const socket of sockets) socket.close()
    })
  })

  describe('what is not understood is answered with an error, and the socket stays open:', () => {
    const name = 'projects/p/configs/c/variables/a'

    it.each<[string, string | Uint8Array<ArrayBuffer>, string | number | undefined, string]>([
      ['no JSON', 'hello', undefined, 'message'],
      ['nothing', '', undefined, 'message'],
      ['bytes', new Uint8Array([1, 2]), undefined, 'message'],
      ['a list', '[{"id": 1}]', undefined, 'message'],
      ['no id', '{"commit": {"writes": []}}', undefined, 'id'],
      ['an id that is none', '{"id": true, "commit": {"writes": []}}', undefined, 'id'],
      ['an id that is too long', JSON.stringify({ id: 'x'.repeat(65), commit: {} }), undefined, 'id'],
      ['an id alone', '{"id": 1}', 1, 'commit'],
      ['no writes', '{"id": "a", "commit": {"writes": []}}', 'a', 'writes'],
      ['a field that is not known', '{"id": 1, "commits": []}', 1, 'commits'],
      ['a write that is none', '{"id": 1, "commit": {"writes": [{}]}}', 1, 'writes[0]'],
      ['a wrong type', '{"id": 1, "commit": {"writes": [{"set": {"name": 7}}]}}', 1, 'writes[0].set.name'],
      [
        'another config',
        JSON.stringify({ id: 1, commit: { writes: [{ set: { name, text: '' } }] } }),
        1,
        'writes[0].set.name',
      ],
    ])('%s', async (_, message, id, field) => {
      const config = await api.newConfig()
      const socket = await quiet(config)
      socket.send(message)
      const reply = await socket.nextReply()
      expect(reply).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } })
      expect(reply.error?.details).toMatchObject([{ fieldViolations: [{ field: expect.stringContaining(field) }] }])
      expect(reply.id).toBe(id)
      expect(Object.keys(reply).toSorted()).toEqual(id === undefined ? ['error'] : ['error', 'id'])
      expect(await socket.ask(frame('next', config, 'create', 'a'))).toMatchObject({ outcomes: [{}] })
      socket.close()
    })

    it.each([1, -2.5e3, 'left', 'a "quoted" one'])('a message that is too long, by its id %j', async (id) => {
      const config = await api.newConfig()
      const socket = await quiet(config)
      socket.send(JSON.stringify(frame(id, config, 'create', 'a', { text: 'x'.repeat(300_000) })))
      expect(await socket.nextReply()).toMatchObject({ id, error: { code: 429, status: 'RESOURCE_EXHAUSTED' } })
      expect(await socket.ask(frame('next', config, 'create', 'a'))).toMatchObject({ outcomes: [{}] })
      socket.close()
    })
  })

  describe('a socket', () => {
    it('with ?quiet=true hears nothing but answers', async () => {
      const config = await api.newConfig()
      const socket = await quiet(config)
      await api.newVariable(config, 'a')
      await api.put(`${config}/variables/a`, { text: 'x' })
      socket.send(JSON.stringify(frame(1, config, 'create', 'b')))
      expect(JSON.parse(await socket.nextText())).toMatchObject({ id: 1, outcomes: [{}] })
      socket.send('ping')
      expect(await socket.nextText()).toBe('pong')
      socket.close()
    })

    it('answers ping with pong between frames', async () => {
      const config = await api.newConfig()
      const socket = await quiet(config)
      socket.send('ping')
      expect(await socket.nextText()).toBe('pong')
      await socket.ask(frame(1, config, 'create', 'a'))
      socket.send('ping')
      expect(await socket.nextText()).toBe('pong')
      socket.close()
    })

    it('answers 404 to frames when the config is gone', async () => {
      const config = await api.newConfig()
      const socket = await quiet(config)
      await api.delete(config)
      expect(await socket.ask(frame(1, config, 'create', 'a'))).toEqual({ id: 1, error: NOT_FOUND.body.error })
      socket.close()
    })

    it('that was closed behind its frames has done those that it was answered, and no half ones', async () => {
      const config = await api.newConfig()
      const socket = await quiet(config)
      const writes = (id: number) =>
        ['a', 'b'].map((side) => ({ create: { name: `${config}/variables/${side}/${id}`, text: '' } }))
      for (let id = 0; id < 100; id++) socket.send(JSON.stringify({ id, commit: { writes: writes(id) } }))
      const answered = (await replies(socket, 10)).map(({ id }) => id)
      socket.close()
      await socket.closed
      const { variables } = (await api.get(`${config}/variables?pageSize=500`)).body
      const on = (side: string) =>
        variables.flatMap(({ name }) =>
          name.includes(`/variables/${side}/`) ? [Number(name.replace(/.*\//, ''))] : [],
        )
      expect(on('a')).toEqual(on('b'))
      expect(on('a')).toEqual(expect.arrayContaining(answered))
    })

    it('without an upgrade is refused with 426', async () => {
      expect(await api.get(`${await api.newConfig()}:subscribe${query}`)).toMatchObject({ status: 426 })
    })
  })
})

describe('a stream', () => {
  it('takes frames as well, and hears of what it has done itself', async () => {
    const config = await api.newConfig()
    const stream = await Stream.fromNow(api, config)
    stream.send(JSON.stringify(frame(1, config, 'create', 'a', { text: 'x' })))
    const both = [JSON.parse(await stream.nextText()), JSON.parse(await stream.nextText())]
    const reply = both.find(({ id }) => id === 1)
    const told = both.find(({ stamp }) => stamp)
    expect(reply).toMatchObject({ outcomes: [{}] })
    expect(told.stamp).toBe(reply.updateTime)
    expect(brief([told])).toEqual(['a=x'])
    stream.close()
  })

  it('of a waiter takes none', async () => {
    const config = await api.newConfig()
    const waiter = await api.newWaiter(config, { success: atLeast(1, '/n') })
    const listener = await api.listen(`${waiter}:subscribe`)
    await listener.next()
    listener.send(JSON.stringify(frame(1, config, 'create', 'n')))
    expect(await listener.next()).toMatchObject({ error: { code: 400 } })
    expect(await api.get(`${config}/variables/n`)).toMatchObject(NOT_FOUND)
    await api.newVariable(config, 'n')
    expect(await listener.next()).toMatchObject({ waiter: { done: true } })
  })
})
