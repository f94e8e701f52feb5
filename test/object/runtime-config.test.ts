import { env } from 'cloudflare:workers'
import { evictDurableObject } from 'cloudflare:test'
import { expect, it } from 'vitest'

it('keeps a config through an eviction', async () => {
  const name = `projects/p/configs/${crypto.randomUUID()}`
  const object = env.RUNTIME_CONFIG.getByName(name)
  const made = await object.submit({ type: 'createConfig', name, description: 'kept', requestId: '' })
  expect(made).toEqual({ ok: true, value: { name, description: 'kept' } })
  await evictDurableObject(object)
  expect(await object.query({ type: 'getConfig' })).toEqual(made)
})
