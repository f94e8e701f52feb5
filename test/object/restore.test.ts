/**
 * Restorations. workerd keeps no history of an object's storage, so what Cloudflare is asked for is written down, and the
 * storage stays as it is; the object's end and its new beginning are real.
 */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import type { RuntimeConfig } from '../../src/object/runtime-config.ts'
import { fresh, freshConfig, listen, write, type ConfigObject } from './support.ts'
import { ask } from './worker.ts'

/** Gives an object a history, as long as it lives; answers what is asked of that. */
async function giveHistory(object: ConfigObject, message?: string): Promise<unknown[]> {
  const asked: unknown[] = []
  await runInDurableObject(object, (instance: RuntimeConfig) => {
    const { storage } = (instance as unknown as { ctx: DurableObjectState }).ctx
    const answer = (bookmark: string) => (message ? Promise.reject(new Error(message)) : Promise.resolve(bookmark))
    Object.assign(storage, {
      getBookmarkForTime(time: number) {
        asked.push(time)
        return answer('then')
      },
      onNextSessionRestoreBookmark(bookmark: string) {
        asked.push(bookmark)
        return answer('now')
      },
    })
  })
  return asked
}

const restore = async (name: string, body: object) => {
  const answer = await ask({}, `/v1beta1/${name}:restore`, { method: 'POST', body: JSON.stringify(body) })
  return { status: answer.status, body: await answer.json() }
}

const hear = (object: ConfigObject) => listen(object, { kind: 'config', root: '', from: 'now' })
const lastOf = async (object: ConfigObject) => (await hear(object)).bookmark()

it('goes back to a time, begins anew and goes on, and its directory knows', async () => {
  const { name, object, directory } = await freshConfig('before')
  await write(object, 'a')
  const asked = await giveHistory(object)
  const last = await lastOf(object)
  const restored = await restore(name, { time: '2026-11-22T10:00:00.5Z' })
  expect(restored).toEqual({ status: 200, body: { bookmark: 'then', undo: 'now' } })
  expect(asked).toEqual([Date.parse('2026-11-22T10:00:00.5Z'), 'then'])
  // A new life: this one has no history.
  expect(await restore(name, { bookmark: 'now' })).toMatchObject({ status: 501 })
  const again = env.RUNTIME_CONFIG.getByName(name)
  expect((await lastOf(again)) > last).toBe(true)
  expect(await directory.list({})).toMatchObject({ value: { configs: [{ name, description: 'before' }] } })
  expect(await write(again, 'b')).toMatchObject({ ok: true })
})

it('goes back to a bookmark', async () => {
  const { name, object } = await freshConfig()
  const asked = await giveHistory(object)
  expect(await restore(name, { bookmark: 'there' })).toMatchObject({ status: 200, body: { bookmark: 'there' } })
  expect(asked).toEqual(['there'])
})

it('takes nothing in that would be lost, from when it is decided until it begins anew', async () => {
  const { object } = await freshConfig()
  await giveHistory(object)
  expect(await object.restore({ time: 0 })).toMatchObject({ ok: true })
  expect(await write(object, 'late')).toMatchObject({ ok: false, fault: { kind: 'overloaded' } })
})

it('begins anew though nobody asks for it any more', async () => {
  const { name, object } = await freshConfig()
  await giveHistory(object)
  const listener = await hear(object)
  await object.restore({ time: 0 })
  await listener.closed()
  expect(await write(env.RUNTIME_CONFIG.getByName(name), 'a')).toMatchObject({ ok: true })
})

it('stays as it is where the platform refuses the moment, and says which field it was', async () => {
  const { name, object } = await freshConfig()
  await giveHistory(object, 'too long ago')
  const refused = { status: 400, body: { error: { message: expect.stringMatching(/^time .*too long ago/) } } }
  expect(await restore(name, { time: '2020-01-01T00:00:00Z' })).toMatchObject(refused)
  expect(await write(object, 'a')).toMatchObject({ ok: true })
})

it('is not implemented where there is no history', async () => {
  const { name } = fresh()
  expect(await restore(name, { time: '2026-11-22T10:00:00Z' })).toMatchObject({
    status: 501,
    body: { error: { status: 'UNIMPLEMENTED' } },
  })
})

it.each([
  [{}, 'time or bookmark is required'],
  [{ time: 'yesterday' }, 'time must be an RFC 3339 timestamp'],
  [{ time: '2026-11-22T10:00:00Z', bookmark: 'b' }, 'exclude each other'],
])('refuses %j', async (body, message) => {
  const { name } = await freshConfig()
  const refused = { status: 400, body: { error: { message: expect.stringContaining(message) } } }
  expect(await restore(name, body)).toMatchObject(refused)
})
