/** Checking in over a socket: each commit is checked as by HTTP, at the moment at which it is done. */
import { describe, expect, it } from 'vitest'
import { newId, type Answer } from '../conformance/client.ts'
import { NOT_FOUND } from '../conformance/expectations.ts'
import { brief, Stream, type Reply } from '../conformance/stream-reader.ts'
import { EDITOR, editorIf, useGuarded, VIEWER, type Binding } from './guarded.ts'
import { denied, FORBIDDEN, UNAUTHENTICATED } from './refusals.ts'

const NODE = 'serviceAccount:node-7@example.com'
const OTHER = 'serviceAccount:node-8@example.com'
const READER = 'user:reader@example.com'
const NOBODY = 'user:nobody@example.com'

const server = useGuarded([NODE, OTHER, READER, NOBODY])

const editors = (...members: string[]): Binding => ({ role: EDITOR, members })
const viewers = (...members: string[]): Binding => ({ role: VIEWER, members })

/** A config in which the node may write under ready/node-7/ and nowhere else. */
async function newFleet(...more: Binding[]): Promise<string> {
  const config = await server.owner.newConfig()
  await server.setPolicy(config, [
    editorIf(NODE, `resource.name.startsWith("${config}/variables/ready/node-7/")`),
    ...more,
  ])
  return config
}

const create = (name: string) => ({ create: { name, text: 'here' } })
const commit = (id: number, ...writes: object[]) => ({ id, commit: { writes } })

/** What a frame is answered whose caller lacks a permission. */
const refusal = (id: number, permission: string, resource: string) => ({
  id,
  error: denied(permission, resource).body.error,
})

describe.each(['?quiet=true', '?quiet=true&direct=true'])('on a socket with %s,', (query) => {
  const quiet = (member: string, config: string) => Stream.open(server.as(member), config, query)

  describe('a commit over a socket', () => {
    it('of one who may write a part is done in that part, and refused elsewhere as by HTTP', async () => {
      const config = await newFleet()
      const [own, other] = [`${config}/variables/ready/node-7/a`, `${config}/variables/ready/node-8/a`]
      const socket = await quiet(NODE, config)
      expect(await socket.ask(commit(1, create(own)))).toMatchObject({ id: 1, outcomes: [{ variable: { name: own } }] })
      const refused = await socket.ask(commit(2, create(other)))
      expect(refused).toEqual(refusal(2, 'runtimeconfig.variables.create', other))
      const byHttp: Answer = await server.as(NODE).post(`${config}:commit`, commit(2, create(other)).commit)
      expect(byHttp.body.error).toEqual(refused.error)
      expect(await server.owner.get(other)).toMatchObject(NOT_FOUND)
      socket.close()
    })

    it.each<[string, (name: string) => object, string]>([
      ['create', create, 'create'],
      ['update', (name) => ({ update: { name, text: '' } }), 'update'],
      ['set', (name) => ({ set: { name, text: '' } }), 'create'],
      ['delete', (name) => ({ delete: { name } }), 'delete'],
      ['delete all', (name) => ({ delete: { name: name.replace(/\/a$/, ''), recursive: true } }), 'delete'],
    ])('takes the permission of each write, and does none without: %s', async (_, write, verb) => {
      const config = await newFleet()
      const [own, other] = [`${config}/variables/ready/node-7/a`, `${config}/variables/ready/node-8/a`]
      const socket = await quiet(NODE, config)
      const before = await server.owner.snapshot(config)
      const { error } = await socket.ask(commit(1, create(own), write(other)))
      expect(error).toMatchObject(FORBIDDEN.body.error)
      expect(error?.details).toMatchObject([{ metadata: { permission: `runtimeconfig.variables.${verb}` } }])
      expect(await server.owner.snapshot(config)).toEqual(before)
      socket.close()
    })

    it('tells who may not write whether something is there as little as by HTTP', async () => {
      const config = await newFleet()
      const other = `${config}/variables/ready/node-8/a`
      const socket = await quiet(NODE, config)
      const missing = await socket.ask(commit(1, { update: { name: other, text: '' } }))
      await server.owner.newVariable(config, 'ready/node-8/a')
      expect(await socket.ask(commit(1, { update: { name: other, text: '' } }))).toEqual(missing)
      socket.close()
    })

    it('is checked by the policy as it is then, not as it was when the socket was opened', async () => {
      const config = await server.newConfig([editors(NODE)])
      const socket = await quiet(NODE, config)
      const name = (path: string) => `${config}/variables/${path}`
      expect(await socket.ask(commit(1, create(name('a'))))).toHaveProperty('outcomes')
      await server.setPolicy(config, [])
      const refused = await socket.ask(commit(2, create(name('b'))))
      expect(refused).toEqual(refusal(2, 'runtimeconfig.variables.create', name('b')))
      expect(await server.owner.get(name('b'))).toMatchObject(NOT_FOUND)
      await server.setPolicy(config, [editors(NODE)])
      expect(await socket.ask(commit(3, create(name('c'))))).toHaveProperty('outcomes')
      socket.close()
    })

    it('that is refused holds up none that was sent with it', async () => {
      const config = await newFleet()
      const socket = await quiet(NODE, config)
      const paths = Array.from({ length: 10 }, (_, index) => `ready/node-${index % 2 ? 8 : 7}/${index}`)
      for (const [id, path] of paths.entries())
        socket.send(JSON.stringify(commit(id, create(`${config}/variables/${path}`))))
      const answers: Reply[] = []
      while (answers.length < paths.length) answers.push(await socket.nextReply())
      for (const [id, path] of paths.entries()) {
        const answer = answers.find((reply) => reply.id === id)
        expect(answer?.error?.code, path).toBe(path.includes('node-8') ? 403 : undefined)
      }
      const { variables } = (await server.owner.get(`${config}/variables`)).body
      expect(variables).toHaveLength(5)
      socket.close()
    })

    it('has a requestId of its caller alone', async () => {
      const config = await server.newConfig([editors(NODE, OTHER)])
      const requestId = newId()
      const sockets = [await quiet(NODE, config), await quiet(OTHER, config)]
      const done: string[] = []
      for (const [index, socket] of sockets.entries()) {
        const name = `${config}/variables/${index}`
        const reply = await socket.ask({ ...commit(1, create(name)), requestId })
        expect(reply.outcomes).toMatchObject([{ variable: { name } }])
        done.push(reply.updateTime as string)
        socket.close()
      }
      expect(done[0]).not.toBe(done[1])
    })
  })

  describe('such a socket', () => {
    it('takes the permission to update somewhere, and is refused before the upgrade without', async () => {
      const config = await newFleet(viewers(READER))
      const upgrade = (member: string) => server.as(member).upgrade(`${config}:subscribe${query}`)
      expect((await upgrade(NODE)).status).toBe(101)
      const refused = denied('runtimeconfig.variables.update', `${config}/variables`)
      expect(await upgrade(READER)).toMatchObject(refused)
      expect(await upgrade(NOBODY)).toMatchObject(refused)
      expect(await upgrade('')).toMatchObject(UNAUTHENTICATED)
    })

    it('is refused alike where there is no config', async () => {
      const config = await server.newConfig()
      const there = await server.as(NOBODY).upgrade(`${config}:subscribe${query}`)
      await server.owner.delete(config)
      const gone = await server.as(NOBODY).upgrade(`${config}:subscribe${query}`)
      expect([gone.status, gone.text]).toEqual([there.status, there.text])
      expect(there.status).toBe(403)
    })

    it('tells nothing of what others write, though the caller may see it', async () => {
      const config = await newFleet()
      const socket = await quiet(NODE, config)
      await server.owner.newVariable(config, 'ready/node-7/by-owner')
      socket.send('ping')
      expect(await socket.nextText()).toBe('pong')
      socket.close()
    })

    it('without an upgrade tells who may, and nobody else, how to ask', async () => {
      const config = await newFleet()
      expect(await server.as(NODE).get(`${config}:subscribe${query}`)).toMatchObject({ status: 426 })
      expect(await server.as(NOBODY).get(`${config}:subscribe${query}`)).toMatchObject(FORBIDDEN)
    })
  })
})

describe("a stream that is a viewer's", () => {
  it('takes no commit, and goes on to tell', async () => {
    const config = await server.newConfig([viewers(READER)])
    const stream = await Stream.fromNow(server.as(READER), config)
    const name = `${config}/variables/a`
    expect(await stream.ask(commit(1, create(name)))).toEqual(refusal(1, 'runtimeconfig.variables.create', name))
    expect(await server.owner.get(name)).toMatchObject(NOT_FOUND)
    await server.owner.newVariable(config, 'b', 'x')
    expect(brief([await stream.nextChange()])).toEqual(['b=x'])
    stream.close()
  })

  it("and anybody's tells one who showed no credential to show one", async () => {
    const config = await server.newConfig([viewers('allUsers')])
    const stream = await Stream.fromNow(server.as(''), config)
    const reply = await stream.ask(commit(1, create(`${config}/variables/a`)))
    expect(reply).toMatchObject({ id: 1, error: UNAUTHENTICATED.body.error })
    expect(await server.owner.get(`${config}/variables/a`)).toMatchObject(NOT_FOUND)
    stream.close()
  })
})

describe('a stream of one who may write a part', () => {
  it('takes commits to that part, and tells of that part alone, also when it is resumed', async () => {
    const config = await newFleet()
    const stream = await Stream.open(server.as(NODE), config)
    const { stamp } = await stream.next()
    await server.owner.newVariable(config, 'ready/node-8/a', 'hidden')
    const own = `${config}/variables/ready/node-7/a`
    stream.send(JSON.stringify(commit(1, create(own))))
    expect(brief([await stream.nextChange().then(passReply(stream))])).toEqual(['ready/node-7/a=here'])
    stream.close()
    await server.owner.post(`${config}:commit`, {
      writes: [{ delete: { name: `${config}/variables/ready/node-8/a` } }, { delete: { name: own } }],
    })
    for (const [query, expected] of [
      [`?after=${stamp}`, ['ready/node-7/a gone']],
      ['?state=true', []],
    ] as const) {
      const again = await Stream.open(server.as(NODE), config, query)
      const first = await again.next()
      expect(brief([first])).toEqual(expected)
      again.close()
    }
  })

  /** The answer to a commit and what is told of it come in any order. */
  const passReply = (stream: Stream) => async (message: Awaited<ReturnType<Stream['next']>>) =>
    'outcomes' in message ? stream.nextChange() : message
})
