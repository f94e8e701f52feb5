/** Long polls for the end of a waiter: `:wait`, which Google's service does not have. */
import { describe, expect, it } from 'vitest'
import { repeatUntil, succeeded } from './client.ts'
import { NOT_FOUND } from './expectations.ts'
import { EXTERNAL, useServer } from './server.ts'

const api = useServer()

/** A config with a waiter for one variable under `/ready`, and for none under `/failed`. */
async function pending(timeout = '600s'): Promise<{ config: string; name: string }> {
  const config = await api.newConfig()
  const name = `${config}/waiters/w`
  const success = { cardinality: { path: '/ready', number: 1 } }
  const failure = { cardinality: { path: '/failed', number: 1 } }
  succeeded(await api.post(`${config}/waiters`, { name, timeout, success, failure }))
  return { config, name }
}

describe('waiters.wait', () => {
  it('answers with the waiter when it succeeds', async () => {
    const { config, name } = await pending()
    const waiting = api.post(`${name}:wait`)
    await api.newVariable(config, 'ready/n1')
    const answer = await waiting
    expect(answer).toMatchObject({ status: 200, body: { name, done: true } })
    expect(answer.body).toEqual((await api.get(name)).body)
  })

  it('answers with the waiter when it fails', async () => {
    const { config, name } = await pending()
    const waiting = api.post(`${name}:wait`)
    await api.newVariable(config, 'failed/n1')
    expect(await waiting).toMatchObject({ status: 200, body: { name, done: true, error: { code: 10 } } })
  })

  it('answers with the waiter when its time is up', async () => {
    const { name } = await pending('0.2s')
    expect(await api.post(`${name}:wait`)).toMatchObject({
      status: 200,
      body: { name, done: true, error: { code: 4 } },
    })
  })

  it('answers at once of a waiter that has ended, and takes an empty body too', async () => {
    const { config, name } = await pending()
    await api.newVariable(config, 'ready/n1')
    expect(await api.post(`${name}:wait`, {})).toMatchObject({ status: 200, body: { name, done: true } })
  })

  it('answers 404 when there is no such waiter', async () => {
    const config = await api.newConfig()
    expect(await api.post(`${config}/waiters/none:wait`)).toMatchObject(NOT_FOUND)
    expect(await api.post(`${config}x/waiters/none:wait`)).toMatchObject(NOT_FOUND)
  })

  it('answers 404 as soon as the waiter, or its config, is deleted', async () => {
    const { name } = await pending()
    const answer = await repeatUntil(api.post(`${name}:wait`), (round) =>
      round < 3 ? api.get(name) : api.delete(name),
    )
    expect(answer).toMatchObject(NOT_FOUND)
    const other = await pending()
    const waiting = api.post(`${other.name}:wait`)
    expect(
      await repeatUntil(waiting, (round) => (round < 3 ? api.get(other.name) : api.delete(other.config))),
    ).toMatchObject(NOT_FOUND)
  })

  it('answers 504 to a caller whose patience is shorter, and is held no longer than that', async () => {
    const { name } = await pending()
    const answer = await api.post(`${name}:wait`, undefined, { 'X-Server-Timeout': '0.2' })
    expect(answer).toMatchObject({ status: 504, body: { error: { status: 'DEADLINE_EXCEEDED' } } })
  })

  it('is a POST, and of waiters alone', async () => {
    const { config, name } = await pending()
    expect(await api.get(`${name}:wait`)).toMatchObject({ status: 404 })
    expect(await api.post(`${config}:wait`)).toMatchObject({ status: 404 })
    expect(await api.post(`${config}/variables/a:wait`)).toMatchObject({ status: 404 })
  })
})

describe.skipIf(EXTERNAL)('waiters.wait of a deployment with ROLLCALL_WATCH_SECONDS', () => {
  const brief = useServer({ ROLLCALL_WATCH_SECONDS: '0.3' })

  it('answers after that long with the waiter as it is', async () => {
    const config = await brief.newConfig()
    const name = `${config}/waiters/w`
    const success = { cardinality: { path: '/ready', number: 1 } }
    await brief.post(`${config}/waiters`, { name, timeout: '600s', success })
    const answer = await brief.post(`${name}:wait`)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual((await brief.get(name)).body)
    expect(answer.body.done).toBeUndefined()
  })
})
