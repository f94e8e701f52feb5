/** How long a watch is held when nothing happens (spec: section 4.5, items 5 and 9). In a file of its own: it takes long. */
import { beforeAll, describe, expect, it } from 'vitest'
import { succeeded, type Answer, type Body } from './client.ts'
import { EXTERNAL, useServer } from './server.ts'

/** The time after which clients stop listening, in milliseconds. */
const CLIENT_TIMEOUT = 60_000

describe('a watch during which nothing happens', () => {
  const api = useServer()
  let variable: Body
  const watches: Promise<{ answer: Answer; took: number }>[] = []

  beforeAll(async () => {
    variable = await api.newVariable(await api.newConfig(), 'a', 'as it was')
    for (const body of [{}, { newerThan: variable.updateTime }]) {
      const began = performance.now()
      const answered = api.post(`${variable.name}:watch`, body)
      watches.push(answered.then((answer) => ({ answer, took: performance.now() - began })))
    }
  })

  it(
    '4.5.5, 4.5.9: answers the value as it is, without a state, before a client gives up after a minute',
    { timeout: CLIENT_TIMEOUT + 10_000 },
    async () => {
      for (const { answer, took } of await Promise.all(watches)) {
        expect(answer.status).toBe(200)
        expect(answer.body).toEqual(variable)
        expect(took).toBeLessThan(CLIENT_TIMEOUT)
        // Far less would make of the long poll a poll.
        expect(took).toBeGreaterThan(CLIENT_TIMEOUT / 2)
      }
    },
  )
})

describe.skipIf(EXTERNAL)('a watch of a deployment with ROLLCALL_WATCH_SECONDS', () => {
  const api = useServer({ ROLLCALL_WATCH_SECONDS: '0.3' })

  it('is held for that long', async () => {
    const variable = await api.newVariable(await api.newConfig(), 'a', 'as it was')
    const answer = await api.post(`${variable.name}:watch`, { newerThan: variable.updateTime })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual(variable)
  })

  it('4.5.10: can be followed by another that sees what came in between', async () => {
    const { name } = await api.newVariable(await api.newConfig(), 'a', 'as it was')
    const { updateTime } = succeeded(await api.post(`${name}:watch`))
    const change = succeeded(await api.put(name, { text: 'in between' }))
    expect((await api.post(`${name}:watch`, { newerThan: updateTime })).body).toEqual(change)
  })

  it('4.5.8: keeps to its own time when the caller would wait longer', async () => {
    const variable = await api.newVariable(await api.newConfig(), 'a')
    const answer = await api.post(`${variable.name}:watch`, {}, { 'X-Server-Timeout': '3600' })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual(variable)
  })
})
