import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Project } from '../../src/object/project.ts'
import type { RuntimeConfig } from '../../src/object/runtime-config.ts'
import { alarmOf, expectOk, fresh, freshConfig, tablesOf, write } from './support.ts'

beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
afterEach(() => vi.restoreAllMocks())

const UNAVAILABLE = { ok: false, fault: { kind: 'unavailable' } }

/** Lets the directory fail until it is mended or restarted. */
async function breakDirectory(directory: DurableObjectStub<Project>): Promise<() => Promise<void>> {
  const broken = await runInDurableObject(directory, (instance) =>
    vi.spyOn(instance, 'record').mockImplementation(() => {
      throw new Error('the directory is gone')
    }),
  )
  return () => runInDurableObject(directory, () => broken.mockRestore())
}

const create = (name: string, description = '') => ({ type: 'createConfig', name, description, requestId: '' }) as const

it('shows a config as soon as it is created, as it is after an update, and not when it is deleted', async () => {
  const { object, directory, name } = fresh()
  await expectOk(object.submit(create(name, 'one')))
  expect(await directory.list({})).toMatchObject({ ok: true, value: { configs: [{ name, description: 'one' }] } })
  await expectOk(object.submit({ type: 'updateConfig', description: 'two' }))
  expect(await directory.list({})).toMatchObject({ ok: true, value: { configs: [{ name, description: 'two' }] } })
  await expectOk(object.submit({ type: 'deleteConfig' }))
  expect(await directory.list({})).toEqual({ ok: true, value: {} })
})

it('does not answer a create while the directory cannot be told, and tells it by alarm when it can', async () => {
  const { object, directory, name } = fresh()
  const mend = await breakDirectory(directory)
  expect(await object.submit(create(name))).toEqual(UNAVAILABLE)
  // Who asks again must not hear of a conflict, and then find nothing in the list.
  expect(await object.submit(create(name))).toEqual(UNAVAILABLE)
  expect(await alarmOf(object)).not.toBeNull()
  await mend()
  await runDurableObjectAlarm(object)
  expect(await directory.list({})).toMatchObject({ ok: true, value: { configs: [{ name }] } })
  expect(await alarmOf(object)).toBeNull()
})

it('waits longer after each attempt that failed', async () => {
  const { object, directory, name } = fresh()
  await breakDirectory(directory)
  const delays: number[] = []
  await object.submit(create(name))
  for (let attempt = 0; attempt < 3; attempt++) {
    delays.push(((await alarmOf(object)) ?? 0) - Date.now())
    await runDurableObjectAlarm(object)
  }
  expect(delays[1]).toBeGreaterThan(delays[0] as number)
  expect(delays[2]).toBeGreaterThan(delays[1] as number)
})

it('tells the directory after a restart of the config that was killed between the two', async () => {
  const { object, directory, name } = fresh()
  await breakDirectory(directory)
  expect(await object.submit(create(name))).toEqual(UNAVAILABLE)
  await abortAllDurableObjects()
  await runDurableObjectAlarm(env.RUNTIME_CONFIG.getByName(name))
  expect(await env.PROJECT.getByName(directory.name as string).list({})).toMatchObject({
    ok: true,
    value: { configs: [{ name }] },
  })
})

it('keeps the storage of a deleted config until the directory knows, and then gives it back', async () => {
  const { object, directory, name } = await freshConfig()
  const mend = await breakDirectory(directory)
  expect(await object.submit({ type: 'deleteConfig' })).toEqual(UNAVAILABLE)
  expect(await object.query({ type: 'getConfig' })).toMatchObject({ fault: { kind: 'notFound' } })
  expect(await directory.list({})).toMatchObject({ ok: true, value: { configs: [{ name }] } })
  await mend()
  await runDurableObjectAlarm(object)
  expect(await directory.list({})).toEqual({ ok: true, value: {} })
  expect(await tablesOf(object)).toEqual([])
  expect(await alarmOf(object)).toBeNull()
})

it('tells of a config that was made anew before its deletion was told', async () => {
  const { object, directory, name } = await freshConfig('old')
  const mend = await breakDirectory(directory)
  await object.submit({ type: 'deleteConfig' })
  await mend()
  await expectOk(object.submit(create(name, 'new')))
  expect(await directory.list({})).toMatchObject({ ok: true, value: { configs: [{ name, description: 'new' }] } })
  expect(await expectOk(object.query({ type: 'getConfig' }))).toMatchObject({ name, description: 'new' })
})

it('is not misled by a message that comes late', async () => {
  const { object, directory, name } = await freshConfig('was')
  await expectOk(object.submit({ type: 'deleteConfig' }))
  expect(await directory.record({ config: name, description: 'was', stamp: 1 })).toHaveProperty('behind')
  expect(await directory.list({})).toEqual({ ok: true, value: {} })
})

it('shows a config that was deleted and made anew, though the clock stepped back and all was restarted', async () => {
  const { object, directory, name } = await freshConfig('old')
  await expectOk(object.submit({ type: 'deleteConfig' }))
  await abortAllDurableObjects()
  const now = Date.now()
  vi.spyOn(Date, 'now').mockReturnValue(now - 3_600_000)
  await expectOk(env.RUNTIME_CONFIG.getByName(name).submit(create(name, 'new')))
  expect(await env.PROJECT.getByName(directory.name as string).list({})).toMatchObject({
    ok: true,
    value: { configs: [{ name, description: 'new' }] },
  })
})

it('remembers for the whole project which config a requestId was first used for', async () => {
  const { directory } = fresh()
  expect(await directory.claim('r', 'a')).toBe('a')
  expect(await directory.claim('r', 'b')).toBe('a')
  expect(await directory.claim('r', 'b', 'a')).toBe('b')
  expect(await directory.claim('r', 'c', 'a')).toBe('b')
  const later = Date.now() + 26 * 3_600_000
  vi.spyOn(Date, 'now').mockReturnValue(later)
  expect(await directory.claim('r', 'c')).toBe('c')
})

it('keeps the storage of a deleted config while a callback is to be delivered, and then gives it back', async () => {
  const { object, directory } = await freshConfig()
  // The Worker of these tests says of no host that callbacks may go there, so this one waits.
  const callback = { uri: 'https://hooks.example.com/' }
  const spec = { timeout: '60s', success: { cardinality: { path: '/x', number: 1 } }, callback }
  await expectOk(object.submit({ type: 'createWaiter', id: 'w', spec, requestId: '' }))
  await expectOk(write(object, 'x'))
  await expectOk(object.submit({ type: 'deleteConfig' }))
  expect(await directory.list({})).toEqual({ ok: true, value: {} })
  expect(await object.query({ type: 'getConfig' })).toMatchObject({ fault: { kind: 'notFound' } })
  expect(await tablesOf(object)).toContain('callbacks')
  await givenUp(object)
  expect(await tablesOf(object)).toEqual([])
  expect(await alarmOf(object)).toBeNull()
})

/** Lets time pass until the object tries its callbacks no more. */
async function givenUp(object: DurableObjectStub<RuntimeConfig>): Promise<void> {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const later = Date.now() + 25 * 3_600_000
  vi.spyOn(Date, 'now').mockReturnValue(later)
  await runDurableObjectAlarm(object)
  while ((await tablesOf(object)).length) await new Promise((resolve) => setTimeout(resolve, 1))
}
