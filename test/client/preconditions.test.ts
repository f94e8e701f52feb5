/** Changes under conditions: how the conditions are sent, and that such a change is never made twice. */
import { describe, expect, it } from 'vitest'
import type { Client, WriteOptions } from '../../src/client/index.ts'
import { ended, useFakeClock } from './fake.ts'
import { faults, gives, lost, scriptedClient } from './scripted-fetch.ts'

const CONFIG = 'projects/p/configs/c'
const VARIABLE = `${CONFIG}/variables/v`

useFakeClock(0.5)

const changes: Record<string, (client: Client, options: WriteOptions) => Promise<unknown>> = {
  'variables.update': ({ variables }, options) => variables.update({ name: VARIABLE, text: '' }, options),
  'variables.delete': ({ variables }, options) => variables.delete(VARIABLE, { ...options, recursive: true }),
  'configs.update': ({ configs }, options) => configs.update({ name: CONFIG }, options),
  'configs.delete': ({ configs }, options) => configs.delete(CONFIG, options),
}

describe.each(Object.entries(changes))('%s', (_, change) => {
  it.each<[WriteOptions, string | null, string | null]>([
    [{ ifMatch: 'MTc5' }, 'MTc5', null],
    [{ ifMatch: '*' }, '*', null],
    [{ ifNoneMatch: '*' }, null, '*'],
    [{ ifMatch: undefined, ifNoneMatch: undefined }, null, null],
  ])('with %j sends If-Match %j and If-None-Match %j', async (options, match, noneMatch) => {
    const client = scriptedClient([gives()])
    await change(client, options)
    const { headers } = client.sent[0] ?? {}
    expect([headers?.get('If-Match'), headers?.get('If-None-Match')]).toEqual([match, noneMatch])
  })

  it.each<[string, object]>([
    ['ifMatch', { ifMatch: '' }],
    ['ifMatch', { ifMatch: ' ' }],
    ['ifNoneMatch', { ifNoneMatch: '' }],
    ['ifNoneMatch', { ifNoneMatch: 'MTc5' }],
  ])('is refused with a condition that would be none (%s of %j), and nothing is sent', async (argument, options) => {
    const client = scriptedClient([gives()])
    await expect(change(client, options)).rejects.toMatchObject({ name: 'InvalidArgumentError', argument })
    expect(client.sent).toHaveLength(0)
  })

  it.each<WriteOptions>([{ ifMatch: 'MTc5' }, { ifNoneMatch: '*' }])(
    'with %j is not sent again when its answer was lost, for it may have been made',
    async (options) => {
      for (const reply of [lost(), faults(503)]) {
        const client = scriptedClient([reply, gives()])
        expect((await ended(change(client, options))).state).toBe('rejected')
        expect(client.sent).toHaveLength(1)
      }
    },
  )

  it('without conditions is sent again', async () => {
    const client = scriptedClient([lost(), gives()])
    expect((await ended(change(client, {}))).state).toBe('fulfilled')
    expect(client.sent).toHaveLength(2)
  })
})

it.each([
  (client: Client) => client.variables.update({ name: VARIABLE, text: '', etag: 'MTc5' }),
  (client: Client) => client.configs.update({ name: CONFIG, etag: 'MTc5' }),
])('an update with an etag in its body is not sent again when its answer was lost', async (update) => {
  const client = scriptedClient([lost(), gives()])
  expect((await ended(update(client))).error).toMatchObject({ name: 'ConnectionError' })
  expect(client.sent).toHaveLength(1)
})

describe('a commit', () => {
  const writes = [{ update: { name: VARIABLE, text: '', etag: 'MTc5' } }]

  it('is sent again when its answer was lost, with the same request id', async () => {
    const client = scriptedClient([lost(), faults(503), gives()])
    expect((await ended(client.configs.commit(CONFIG, writes))).state).toBe('fulfilled')
    expect(new Set(client.sent.map(({ url }) => url)).size).toBe(1)
    expect(client.sent).toHaveLength(3)
  })

  it('that is refused for an etag is not: it would be refused again', async () => {
    const client = scriptedClient([faults(409, 'ABORTED'), gives()])
    const { error } = await ended(client.configs.commit(CONFIG, writes))
    expect(error).toMatchObject({ name: 'ServiceError', code: 'ABORTED' })
    expect(client.sent).toHaveLength(1)
  })
})
