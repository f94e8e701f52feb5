import { abortAllDurableObjects, evictDurableObject, SELF } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { attached, expectOk, freshConfig, write } from './support.ts'

/** Begins a watch at the edge. */
async function watch(config: string, path: string, headers: HeadersInit = {}, body = '{}') {
  const url = `https://x/v1beta1/${config}/variables/${path}:watch`
  const response = await SELF.fetch(url, { method: 'POST', headers, body })
  return { status: response.status, body: await response.json() }
}

const update = (config: string, path: string, contents: string) =>
  expectOk(
    env.RUNTIME_CONFIG.getByName(config).submit({
      type: 'updateVariable',
      path,
      input: { kind: 'text', contents },
    }),
  )

const remove = (config: string, path: string) =>
  expectOk(env.RUNTIME_CONFIG.getByName(config).submit({ type: 'deleteVariable', path, recursive: false }))

/** A watch on the variable `v`, which holds `one`, whose object is lost as soon as it listens. */
async function watchAndLose() {
  const { object, name } = await freshConfig()
  await expectOk(write(object, 'v', 'one'))
  const held = watch(name, 'v')
  await attached(name, 1)
  await abortAllDurableObjects()
  return { name, held }
}

it('lets the object sleep while it is held, and is answered when it wakes for a change', async () => {
  const { object, name } = await freshConfig()
  await expectOk(write(object, 'a/b', 'one'))
  const held = watch(name, 'a/b')
  await attached(name, 1)
  // This would not return while anything kept the object in memory.
  await evictDurableObject(object)
  await update(name, 'a/b', 'two')
  expect(await held).toMatchObject({ status: 200, body: { text: 'two', state: 'UPDATED' } })
})

it('is answered with what changed while its socket was lost', async () => {
  const { name, held } = await watchAndLose()
  await update(name, 'v', 'two')
  expect(await held).toMatchObject({ status: 200, body: { text: 'two', state: 'UPDATED' } })
})

it('is answered with the last contents when the variable was deleted while its socket was lost', async () => {
  const { name, held } = await watchAndLose()
  await remove(name, 'v')
  expect(await held).toMatchObject({ status: 200, body: { text: 'one', state: 'DELETED' } })
})

it('goes on waiting when its socket was lost and nothing changed', async () => {
  const { name, held } = await watchAndLose()
  await attached(name, 1)
  await update(name, 'v', 'two')
  expect(await held).toMatchObject({ status: 200, body: { text: 'two', state: 'UPDATED' } })
})

it('is answered with the value as it still is, without a state, when its time is over', async () => {
  const { object, name } = await freshConfig()
  const made = await expectOk(write(object, 'v', 'one'))
  expect(await watch(name, 'v')).toEqual({ status: 200, body: made })
})

it('tells a caller who would not wait so long that their time is over', async () => {
  const { object, name } = await freshConfig()
  await expectOk(write(object, 'v', 'one'))
  expect(await watch(name, 'v', { 'X-Server-Timeout': '0.05' })).toMatchObject({
    status: 504,
    body: { error: { status: 'DEADLINE_EXCEEDED' } },
  })
})

it('lets go of the object when its caller has gone, long before its time is over', async () => {
  const { object, name } = await freshConfig()
  await expectOk(write(object, 'v', 'one'))
  let answered = false
  const other = watch(name, 'v').finally(() => (answered = true))
  await attached(name, 1)
  const caller = new AbortController()
  const url = `https://x/v1beta1/${name}/variables/v:watch`
  const gone = SELF.fetch(url, { method: 'POST', body: '{}', signal: caller.signal })
  await attached(name, 2)
  caller.abort()
  await expect(gone).rejects.toThrow()
  await attached(name, 1)
  // The other one, which began before, is held still.
  expect(answered).toBe(false)
  await update(name, 'v', 'two')
  expect(await other).toMatchObject({ body: { text: 'two' } })
})
