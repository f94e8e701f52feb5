/** How much a request and a policy may hold: beyond that nothing is done, not even in part. */
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { EXHAUSTED } from '../conformance/expectations.ts'
import { type Binding, tokenOf, useGuarded, VIEWER } from './guarded.ts'
import { FORBIDDEN } from './refusals.ts'

const EDITOR = 'user:editor@example.com'
const NOBODY = 'user:nobody@example.com'
const MAX_BODY = 262_144
const MAX_POLICY = 65_536

const server = useGuarded([EDITOR, NOBODY])

const newConfig = () => server.newConfig([{ role: 'roles/editor', members: [EDITOR] }])

describe('a body', () => {
  /** A variable in so many bytes. */
  const bodyOf = (config: string, bytes: number) =>
    JSON.stringify({ name: `${config}/variables/a`, text: 'x' }).padEnd(bytes, ' ')

  it.each<[string, (body: string) => [Record<string, string>, string | Uint8Array]]>([
    ['whose length is told', (body) => [{ 'content-length': String(body.length) }, body]],
    ['in pieces', (body) => [{ 'transfer-encoding': 'chunked' }, body]],
    ['that is small by compression alone', (body) => [{ 'content-encoding': 'gzip' }, gzipSync(body)]],
  ])('of one byte too many, %s, makes nothing', async (_, send) => {
    const config = await newConfig()
    const create = (bytes: number) => {
      const [headers, body] = send(bodyOf(config, bytes))
      const all = { authorization: `Bearer ${tokenOf(EDITOR)}`, ...headers }
      return server.as('').raw({ method: 'POST', path: `/v1beta1/${config}/variables`, headers: all, body })
    }
    expect(await create(MAX_BODY + 1)).toMatchObject(EXHAUSTED)
    expect((await server.owner.get(`${config}/variables`)).body).toEqual({})
    expect(await create(MAX_BODY)).toMatchObject({ status: 200 })
  })

  it('of any size is of no use to those who may not', async () => {
    const config = await newConfig()
    for (const caller of ['', NOBODY]) {
      const { status } = await server.as(caller).post(`${config}/variables`, bodyOf(config, 2 * MAX_BODY))
      expect([401, 403, 429]).toContain(status)
    }
    expect((await server.owner.get(`${config}/variables`)).body).toEqual({})
  })
})

describe('a policy', () => {
  /** Bindings of so many bytes in JSON. */
  function bindingsOf(bytes: number): Binding[] {
    const members: string[] = [NOBODY]
    const bindings = [{ role: VIEWER, members }]
    const missing = () => bytes - JSON.stringify(bindings).length
    const member = (length: number) => `user:${'a'.repeat(length - '"",user:@x'.length)}@x`
    while (missing() > 600) members.push(member(300))
    members.push(member(missing()))
    expect(JSON.stringify(bindings).length).toBe(bytes)
    return bindings
  }

  it('of 65,536 bytes is taken', async () => {
    const config = await newConfig()
    await server.setPolicy(config, bindingsOf(MAX_POLICY))
    expect(await server.as(NOBODY).get(config)).toMatchObject({ status: 200 })
  })

  it('of one byte more is refused with 429, and the one before stays', async () => {
    const config = await newConfig()
    const before = await server.owner.snapshot(config)
    const policy = { bindings: bindingsOf(MAX_POLICY + 1) }
    expect(await server.owner.post(`${config}:setIamPolicy`, { policy })).toMatchObject(EXHAUSTED)
    expect(await server.owner.snapshot(config)).toEqual(before)
    expect(await server.as(NOBODY).get(config)).toMatchObject(FORBIDDEN)
  })

  it('is counted by its bytes and not by its characters', async () => {
    const config = await newConfig()
    const title = '\u4e2d'.repeat(MAX_POLICY / 3)
    const bindings = [
      { role: VIEWER, members: [NOBODY], condition: { expression: `resource.name == "${config}"`, title } },
    ]
    expect(await server.owner.post(`${config}:setIamPolicy`, { policy: { bindings } })).toMatchObject(EXHAUSTED)
    expect(await server.as(NOBODY).get(config)).toMatchObject(FORBIDDEN)
  })
})
