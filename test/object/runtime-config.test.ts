import { abortAllDurableObjects, evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type * as wire from '../../src/core/wire.ts'
import {
  alarmOf,
  expectOk,
  fresh,
  freshConfig,
  getWaiter,
  subscribe,
  tablesOf,
  wait,
  write,
  type ConfigObject,
} from './support.ts'

afterEach(() => vi.restoreAllMocks())

/** What can befall an object between two requests. */
const lives: [string, (made: Made) => Promise<ConfigObject>][] = [
  ['at once', async ({ object }) => object],
  ['after an eviction', ({ object }) => evictDurableObject(object).then(() => object)],
  // Whoever held a stub needs a new one.
  ['after a restart', ({ name }) => abortAllDurableObjects().then(() => env.RUNTIME_CONFIG.getByName(name))],
]

type Made = Awaited<ReturnType<typeof freshConfig>>

describe.each(lives)('%s', (_, befall) => {
  it('a config, its variables and its policy are as they were written', async () => {
    const made = await freshConfig('kept')
    const variable = await expectOk<wire.Variable>(write(made.object, 'a/b', 'hello'))
    const change = { version: 1, bindings: [{ role: 'roles/viewer', members: ['allUsers'] }], etag: '' }
    const policy = await expectOk(made.object.submit({ type: 'setIamPolicy', policy: change }))
    const object = await befall(made)
    expect(await expectOk(object.query({ type: 'getConfig' }))).toEqual({
      name: made.name,
      description: 'kept',
      etag: expect.any(String),
    })
    expect(await expectOk(object.query({ type: 'getVariable', path: 'a/b' }))).toEqual(variable)
    expect(await expectOk(object.query({ type: 'getIamPolicy' }))).toEqual(policy)
  })

  it('a waiter that waits counts what was there before and what comes after', async () => {
    const made = await freshConfig()
    await expectOk(write(made.object, 'ready/one'))
    await expectOk(wait(made.object, 'w', '/ready', 3))
    await expectOk(write(made.object, 'ready/two'))
    const object = await befall(made)
    expect((await getWaiter(object, 'w')).done).toBeUndefined()
    await expectOk(write(object, 'ready/three'))
    expect((await getWaiter(object, 'w')).done).toBe(true)
  })

  it('a waiter that has ended stays as it ended', async () => {
    const made = await freshConfig()
    await expectOk(wait(made.object, 'w', '/ready', 1))
    await expectOk(write(made.object, 'ready'))
    const ended = await getWaiter(made.object, 'w')
    const object = await befall(made)
    await expectOk(object.submit({ type: 'deleteVariable', path: 'ready', recursive: false }))
    expect(await getWaiter(object, 'w')).toEqual(ended)
    expect(await wait(object, 'w', '/ready', 1)).toEqual({ ok: false, fault: { kind: 'alreadyExists' } })
  })

  it('a requestId is answered as it was the first time', async () => {
    const made = await freshConfig()
    const contents = { kind: 'text', contents: 'first' } as const
    const first = await made.object.submit({ type: 'createVariable', path: 'v', input: contents, requestId: 'r' })
    const object = await befall(made)
    await expectOk(object.submit({ type: 'updateVariable', path: 'v', input: { ...contents, contents: 'second' } }))
    expect(await object.submit({ type: 'createVariable', path: 'other', input: contents, requestId: 'r' })).toEqual(
      first,
    )
  })

  it('stamps go on increasing though the clock steps back', async () => {
    const made = await freshConfig()
    const before = await expectOk<wire.Variable>(write(made.object, 'before'))
    const object = await befall(made)
    const now = Date.now()
    vi.spyOn(Date, 'now').mockReturnValue(now - 3_600_000)
    const after = await expectOk<wire.Variable>(write(object, 'after'))
    expect(after.updateTime > before.updateTime).toBe(true)
  })

  it('a deleted config has left nothing, and its name is free', async () => {
    const made = await freshConfig('old')
    await expectOk(write(made.object, 'v'))
    await expectOk(wait(made.object, 'w', '/x', 1))
    await expectOk(made.object.submit({ type: 'deleteConfig' }))
    const object = await befall(made)
    expect(await tablesOf(object)).toEqual([])
    expect(await alarmOf(object)).toBeNull()
    expect(await object.query({ type: 'getConfig' })).toEqual({ ok: false, fault: { kind: 'notFound' } })
    await expectOk(object.submit({ type: 'createConfig', name: made.name, description: '', requestId: '' }))
    expect(await expectOk(object.query({ type: 'getConfig' }))).toEqual({ name: made.name, etag: expect.any(String) })
    expect(await object.query({ type: 'getVariable', path: 'v' })).toMatchObject({ fault: { kind: 'notFound' } })
  })
})

it('writes nothing when what does not exist is asked for, changed or deleted', async () => {
  const { object, directory } = fresh()
  const notFound = { ok: false, fault: { kind: 'notFound' } }
  expect(await object.query({ type: 'getConfig' })).toEqual(notFound)
  expect(await object.query({ type: 'listWaiters', page: {} })).toEqual(notFound)
  expect(await write(object, 'v')).toEqual(notFound)
  expect(await object.submit({ type: 'updateConfig', description: 'x' })).toEqual(notFound)
  expect(await object.submit({ type: 'deleteConfig' })).toEqual(notFound)
  expect((await subscribe(object, { kind: 'config', root: '', from: 'now' })).webSocket).toBeNull()
  expect(await directory.list({})).toEqual({ ok: true, value: {} })
  expect(await tablesOf(object)).toEqual([])
  expect(await tablesOf(directory)).toEqual([])
  expect(await alarmOf(object)).toBeNull()
})

it('keeps text with a NUL, an astral character and nothing at all exactly', async () => {
  const { object } = await freshConfig()
  for (const [index, text] of ['a\u0000b', '\u{1f3c1} finish', '', '\u0000'].entries()) {
    await expectOk(write(object, `v${index}`, text))
    expect(await expectOk(object.query({ type: 'getVariable', path: `v${index}` }))).toMatchObject({ text })
  }
})

it('ends every waiter once, however many callers write at the same time', async () => {
  const { object } = await freshConfig()
  await expectOk(wait(object, 'all', '/n', 50))
  await expectOk(wait(object, 'more', '/n', 51))
  await Promise.all(Array.from({ length: 50 }, (_, index) => expectOk(write(object, `n/${index}`))))
  expect((await getWaiter(object, 'all')).done).toBe(true)
  expect((await getWaiter(object, 'more')).done).toBeUndefined()
})
