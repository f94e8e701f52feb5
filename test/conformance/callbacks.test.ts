/** Callbacks: the end of a waiter, told as the Standard Webhooks specification says. */
import { Webhook } from 'standardwebhooks'
import { afterAll, describe, expect, it } from 'vitest'
import { CallbackReceiver, type Received } from '../support/callback-receiver.ts'
import { succeeded } from './client.ts'
import { invalid } from './expectations.ts'
import { EXTERNAL, useServer } from './server.ts'

/** Two, as while one takes the place of the other. */
const SECRETS = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD']
const URI = 'https://hooks.example.com/ended?job=7'

let receiver: CallbackReceiver
const settings = {
  ROLLCALL_CALLBACK_HOSTS: 'hooks.example.com, *.hooks.example.com:8443',
  ROLLCALL_CALLBACK_SECRET: SECRETS.join(' '),
}
const api = useServer(settings, async () => {
  receiver = await CallbackReceiver.start()
  return receiver.server
})
afterAll(() => receiver.close())

/** What was told, if each of the secrets' owners believes it. */
function believed({ body, headers }: Received) {
  const [read] = SECRETS.map((secret) => new Webhook(secret).verify(body, headers as Record<string, string>))
  return read as { type: string; timestamp: string; data: object }
}

const spec = (callback: object = { uri: URI }) => ({
  timeout: '600s',
  success: { cardinality: { path: '/ready', number: 1 } },
  failure: { cardinality: { path: '/failed', number: 1 } },
  callback,
})

const newWaiter = async (config: string, id: string, more: object = {}) =>
  succeeded(await api.post(`${config}/waiters`, { name: `${config}/waiters/${id}`, ...spec(), ...more }))

const write = async (config: string, path: string) =>
  succeeded(await api.post(`${config}/variables`, { name: `${config}/variables/${path}`, text: 'x' }))

// A server that somebody else has started has hosts and secrets of its own.
describe.skipIf(EXTERNAL)('a waiter with a callback', () => {
  it('shows it, and tells nothing while it waits', async () => {
    const config = await api.newConfig()
    await newWaiter(config, 'w')
    expect((await api.get(`${config}/waiters/w`)).body).toMatchObject({ callback: { uri: URI } })
    await write(config, 'elsewhere')
    expect(receiver.all).toEqual([])
  })

  it('tells of its success in a signed POST, with the waiter as everyone sees it', async () => {
    const config = await api.newConfig()
    await newWaiter(config, 'w')
    const { updateTime } = await write(config, 'ready/a')
    const received = await receiver.next()
    expect(received).toMatchObject({ method: 'POST', url: '/ended?job=7' })
    expect(received.headers).toMatchObject({ host: 'hooks.example.com', 'content-type': 'application/json' })
    const waiter = (await api.get(`${config}/waiters/w`)).body
    expect(believed(received)).toEqual({ type: 'waiter.ended', timestamp: updateTime, data: waiter })
  })

  it('goes on with the trace of the request that ended it', async () => {
    const config = await api.newConfig()
    await newWaiter(config, 'w')
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const variable = { name: `${config}/variables/ready/a`, text: 'x' }
    const written = await api.post(`${config}/variables`, variable, { traceparent })
    const told = (await receiver.next()).headers.traceparent
    expect(told).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[\da-f]{16}-01$/)
    expect(told).toBe(written.headers.get('traceparent'))
  })

  it.each([
    ['failure', { success: { cardinality: { path: '/none' } } }, 10],
    ['timeout', { timeout: '0.2s' }, 4],
  ])('tells of its %s', async (how, more, code) => {
    const config = await api.newConfig()
    await newWaiter(config, 'w', more)
    if (how === 'failure') await write(config, 'failed/a')
    const { data } = believed(await receiver.next())
    expect(data).toMatchObject({ name: `${config}/waiters/w`, done: true, error: { code } })
  })

  it('tells of an end that came with its creation', async () => {
    const config = await api.newConfig()
    await write(config, 'ready/a')
    await newWaiter(config, 'w')
    expect(believed(await receiver.next()).data).toMatchObject({ name: `${config}/waiters/w`, done: true })
  })

  it('has an id that is its own, and without a dot', async () => {
    const config = await api.newConfig()
    await write(config, 'ready/a')
    const ids = new Set()
    for (const id of ['w.1', 'w.2', 'w.1']) {
      await newWaiter(config, id)
      ids.add((await receiver.next()).headers['webhook-id'])
      await api.delete(`${config}/waiters/${id}`)
    }
    expect(ids.size).toBe(3)
    for (const id of ids) expect(id).not.toContain('.')
  })

  it('is tried again with the same id when it is refused, though its config is deleted', async () => {
    const config = await api.newConfig()
    await newWaiter(config, 'w')
    receiver.replies.push({ status: 302, headers: { Location: 'https://elsewhere.hooks.example.com/' } })
    await write(config, 'ready/a')
    const first = await receiver.next()
    await api.delete(config)
    const second = await receiver.next()
    expect(second.url).toBe('/ended?job=7')
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id'])
    expect(believed(second)).toEqual(believed(first))
  })

  it('is not delivered when it is deleted before its end', async () => {
    const config = await api.newConfig()
    await newWaiter(config, 'gone')
    await api.delete(`${config}/waiters/gone`)
    await newWaiter(config, 'there')
    await write(config, 'ready/a')
    expect(believed(await receiver.next()).data).toMatchObject({ name: `${config}/waiters/there` })
  })
})

describe.skipIf(EXTERNAL)('a callback that is refused', () => {
  it.each([
    ['without a URI', {}, /is required/],
    ['that is no URL', { uri: 'hooks.example.com' }, /https URL/],
    ['by http', { uri: 'http://hooks.example.com/' }, /https URL/],
    ['to another host', { uri: 'https://example.com/' }, /allows/],
    ['to a host that only begins like one', { uri: 'https://hooks.example.com.evil.example/' }, /allows/],
    ['to a host that only ends like one', { uri: 'https://evilhooks.example.com/' }, /allows/],
    ['to another port', { uri: 'https://hooks.example.com:8443/' }, /allows/],
    ['to this machine', { uri: 'https://localhost/' }, /allows/],
    ['to an address', { uri: 'https://127.0.0.1/' }, /allows/],
    ['to an address in disguise', { uri: 'https://0x7f000001/' }, /allows/],
    ['to an address of IPv6', { uri: 'https://[::1]/' }, /allows/],
    ['with a user', { uri: 'https://hooks.example.com@evil.example/' }, /user/],
    ['with a password', { uri: 'https://ann:secret@hooks.example.com/' }, /user/],
    ['with a fragment', { uri: 'https://hooks.example.com/#here' }, /fragment/],
    ['with a line break', { uri: 'https://hooks.example.com/\n' }, /ASCII/],
    ['that is too long', { uri: `https://hooks.example.com/${'x'.repeat(2048)}` }, /2048/],
  ])('%s names the field, and makes no waiter', async (_, callback, message) => {
    const config = await api.newConfig()
    const answer = await api.post(`${config}/waiters`, { name: `${config}/waiters/w`, ...spec(callback) })
    expect(answer).toMatchObject(invalid('waiter.callback.uri'))
    expect(answer.body.error.message).toMatch(message)
    expect(answer.text).not.toContain('secret')
    expect((await api.get(`${config}/waiters/w`)).status).toBe(404)
  })

  it('is one with a field that is not known', async () => {
    const config = await api.newConfig()
    const answer = await api.post(`${config}/waiters`, { name: `${config}/waiters/w`, ...spec({ url: URI }) })
    expect(answer).toMatchObject(invalid('waiter.callback.url'))
  })

  it('goes to hosts beneath one that stands with an asterisk, and not to that itself', async () => {
    const config = await api.newConfig()
    await write(config, 'ready/a')
    await newWaiter(config, 'w', { callback: { uri: 'https://a.b.hooks.example.com:8443/x' } })
    expect((await receiver.next()).headers.host).toBe('a.b.hooks.example.com:8443')
    const itself = spec({ uri: 'https://hooks.example.com:8443/' })
    expect((await api.post(`${config}/waiters`, { name: `${config}/waiters/v`, ...itself })).status).toBe(400)
  })
})
