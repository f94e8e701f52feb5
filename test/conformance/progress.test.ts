/** How far waiters have come, and what has ended them. */
import { describe, expect, it } from 'vitest'
import { atLeast, newId, type Body } from './client.ts'
import { EXPIRED, FAILED, TIMESTAMP } from './expectations.ts'
import { useServer } from './server.ts'

const api = useServer()

interface Waiter extends Body {
  progress: {
    updateTime: string
    success: object
    failure?: object
    present?: string[]
    missing?: string[]
    reason?: { condition: string; variable?: string }
  }
}

const variable = (name: string, match?: object) => ({ variable: { name, ...(match && { match }) } })
const roster = (path: string, members: string[], more: object = {}) => ({ cardinality: { path, members, ...more } })

async function newWaiter(config: string, spec: object): Promise<string> {
  const name = `${config}/waiters/${newId()}`
  const answer = await api.post(`${config}/waiters`, { name, timeout: '600s', ...spec })
  expect(answer.status, answer.text).toBe(200)
  return name
}

const read = async (waiter: string) => (await api.get(waiter)).body as Waiter

/** What an error says of its reason, for programs. */
const details = (reason: string, metadata: object) => [
  { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'rollcall', metadata },
]

/** The operation that stands for a waiter. */
const operation = async (waiter: string) => (await api.get(waiter.replace('/waiters/', '/operations/waiters/'))).body

describe('a waiter that waits', () => {
  it('tells how many there are and how many it takes, and when that last changed', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: atLeast(3, '/n'), failure: atLeast(2, '/f') })
    const { createTime } = await read(waiter)
    const none = { updateTime: createTime, success: { have: 0, need: 3 }, failure: { have: 0, need: 2 } }
    expect((await read(waiter)).progress).toEqual(none)
    const { updateTime } = await api.newVariable(config, 'n/1')
    const one = { ...none, updateTime, success: { have: 1, need: 3 } }
    expect((await read(waiter)).progress).toEqual(one)
    const failed = await api.newVariable(config, 'f/1')
    const two = { ...one, updateTime: failed.updateTime, failure: { have: 1, need: 2 } }
    expect((await read(waiter)).progress).toEqual(two)
    await api.newVariable(config, 'elsewhere')
    await api.put(`${config}/variables/n/1`, { text: 'again' })
    expect((await read(waiter)).progress).toEqual(two)
  })

  it('counts those who have gone no more', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: atLeast(3, '/n') })
    await api.newVariable(config, 'n/1')
    await api.newVariable(config, 'n/2')
    await api.delete(`${config}/variables/n/1`)
    expect((await read(waiter)).progress).toMatchObject({ success: { have: 1, need: 3 } })
  })

  it('names those of its roster who are there, and those who are missing', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: roster('/n', ['a', 'b/x', 'c']) })
    await api.newVariable(config, 'n/b/x')
    await api.newVariable(config, 'n/z')
    expect((await read(waiter)).progress).toMatchObject({
      success: { have: 1, need: 3 },
      present: ['b/x'],
      missing: ['a', 'c'],
    })
  })

  it('names those whose text does not match as missing', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: roster('/n', ['a', 'b'], { match: { equals: 'ok' } }) })
    await api.newVariable(config, 'n/a', 'ok')
    await api.newVariable(config, 'n/b', 'not yet')
    expect((await read(waiter)).progress).toMatchObject({ present: ['a'], missing: ['b'] })
  })

  it('names the variables that it waits for', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: { all: [variable('a'), variable('b/c')] } })
    await api.newVariable(config, 'b/c')
    expect((await read(waiter)).progress).toMatchObject({
      success: { have: 1, need: 2 },
      present: ['b/c'],
      missing: ['a'],
    })
  })

  it('names nobody where only a count is asked for', async () => {
    const waiter = await newWaiter(await api.newConfig(), { success: atLeast(1, '/n') })
    expect(Object.keys((await read(waiter)).progress).toSorted()).toEqual(['success', 'updateTime'])
  })

  it('sums what all take, counting nobody beyond what is needed, and shows of any what lacks least', async () => {
    const config = await api.newConfig()
    const all = await newWaiter(config, { success: { all: [atLeast(1, '/a'), atLeast(3, '/b')] } })
    const any = await newWaiter(config, { success: { any: [atLeast(9, '/a'), atLeast(3, '/b')] } })
    for (const path of ['a/1', 'a/2', 'b/1']) await api.newVariable(config, path)
    expect((await read(all)).progress).toMatchObject({ success: { have: 2, need: 4 } })
    expect((await read(any)).progress).toMatchObject({ success: { have: 1, need: 3 } })
  })

  it('shows its progress in a list and on its stream as well', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: roster('/n', ['a', 'b']) })
    await api.newVariable(config, 'n/a')
    const { progress } = await read(waiter)
    expect((await api.get(`${config}/waiters`)).body.waiters).toMatchObject([{ name: waiter, progress }])
    const listener = await api.listen(`${waiter}:subscribe`)
    expect(await listener.next()).toMatchObject({ waiter: { name: waiter, progress } })
    listener.close()
  })

  it('has the progress that it has, whatever was sent', async () => {
    const waiter = await newWaiter(await api.newConfig(), {
      success: atLeast(2, '/'),
      progress: { success: { have: 1 } },
    })
    expect((await read(waiter)).progress.success).toEqual({ have: 0, need: 2 })
  })
})

describe('a waiter that has succeeded', () => {
  it('names the condition that decided and the variable that tipped it', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, {
      success: { any: [variable('a'), { all: [variable('b'), variable('c')] }] },
    })
    await api.newVariable(config, 'c')
    const { name, updateTime } = await api.newVariable(config, 'b')
    const body = await read(waiter)
    expect(body.progress).toMatchObject({
      updateTime,
      reason: { condition: 'success.any[1].all[0].variable', variable: name },
    })
    expect(body).not.toHaveProperty('error')
    expect(await operation(waiter)).toMatchObject({ done: true, response: body })
  })

  it('names the deletion of a variable as well', async () => {
    const config = await api.newConfig()
    const { name } = await api.newVariable(config, 'lock')
    const waiter = await newWaiter(config, { success: { not: variable('lock') } })
    await api.delete(name)
    expect((await read(waiter)).progress.reason).toEqual({ condition: 'success.not.variable', variable: name })
  })

  it('names no variable where the condition held when it was made', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'n/a')
    const { progress, createTime } = await read(await newWaiter(config, { success: atLeast(1, '/n') }))
    expect(progress).toEqual({
      updateTime: createTime,
      success: { have: 1, need: 1 },
      reason: { condition: 'success.cardinality' },
    })
  })

  it('shows how far it had come, whatever happens afterwards', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: roster('/n', ['a', 'b'], { number: 1 }) })
    await api.newVariable(config, 'n/b')
    const ended = await read(waiter)
    expect(ended.progress).toMatchObject({ success: { have: 1, need: 1 }, present: ['b'], missing: ['a'] })
    await api.newVariable(config, 'n/a')
    await api.delete(`${config}/variables/n/b`)
    expect(await read(waiter)).toEqual(ended)
  })
})

describe('a waiter that has failed', () => {
  it('names the condition and the variable, in its progress and in its error', async () => {
    const config = await api.newConfig()
    const failure = { any: [variable('x'), variable('status', { prefix: 'err' })] }
    const waiter = await newWaiter(config, { success: atLeast(2, '/n'), failure })
    await api.newVariable(config, 'status', 'starting')
    const { updateTime } = (await api.put(`${config}/variables/status`, { text: 'error: no disk' })).body
    const body = await read(waiter)
    const reason = { condition: 'failure.any[1].variable', variable: `${config}/variables/status` }
    expect(body.progress).toMatchObject({ updateTime, success: { have: 0, need: 2 }, reason })
    expect(body.error).toEqual({ ...FAILED, details: details('FAILURE_CONDITION_SATISFIED', reason) })
    expect(await operation(waiter)).toEqual({ name: expect.any(String), done: true, error: body.error })
  })

  it('names the subtree whose deletion tipped it', async () => {
    const config = await api.newConfig()
    for (const path of ['alive/a', 'alive/b']) await api.newVariable(config, path)
    const waiter = await newWaiter(config, { success: atLeast(9, '/n'), failure: { not: atLeast(1, '/alive') } })
    await api.delete(`${config}/variables/alive?recursive=true`)
    const { progress } = await read(waiter)
    expect(progress.reason).toEqual({ condition: 'failure.not.cardinality', variable: `${config}/variables/alive` })
  })

  it('names no variable where the condition held when it was made', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: atLeast(1, '/n'), failure: { not: variable('a') } })
    const { error, progress } = await read(waiter)
    expect(progress.reason).toEqual({ condition: 'failure.not.variable' })
    expect(error).toEqual({
      ...FAILED,
      details: details('FAILURE_CONDITION_SATISFIED', { condition: 'failure.not.variable' }),
    })
  })
})

describe('a waiter whose time ran out', () => {
  it('names who was missing, in its progress and in its error', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { timeout: '0.3s', success: roster('/n', ['a', 'b', 'c']) })
    await api.newVariable(config, 'n/b')
    const ended = (await api.ended(waiter)) as Waiter
    expect(ended.progress).toEqual({
      updateTime: TIMESTAMP,
      success: { have: 1, need: 3 },
      present: ['b'],
      missing: ['a', 'c'],
    })
    expect(ended.error).toEqual({
      ...EXPIRED,
      details: details('TIMEOUT_EXPIRED', { have: '1', need: '3', missing: 'a,c' }),
    })
    expect(await read(waiter)).toEqual(ended)
    expect(await operation(waiter)).toEqual({ name: expect.any(String), done: true, error: ended.error })
  })

  it('tells numbers alone where it names nobody', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { timeout: '0.2s', success: atLeast(3, '/n') })
    const ended = (await api.ended(waiter)) as Waiter
    expect(ended.progress).toEqual({ updateTime: TIMESTAMP, success: { have: 0, need: 3 } })
    expect(ended.error).toEqual({ ...EXPIRED, details: details('TIMEOUT_EXPIRED', { have: '0', need: '3' }) })
  })

  it('has ended no earlier than its time', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { timeout: '0.2s', success: atLeast(3, '/n') })
    const { createTime, progress } = (await api.ended(waiter)) as Waiter
    expect(Date.parse(progress.updateTime) - Date.parse(createTime)).toBeGreaterThanOrEqual(200)
  })
})

describe('a sticky waiter', () => {
  it('shows those who were counted once as present', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: roster('/n', ['a', 'b']), sticky: true })
    await api.newVariable(config, 'n/a')
    await api.delete(`${config}/variables/n/a`)
    expect((await read(waiter)).progress).toMatchObject({ success: { have: 1 }, present: ['a'], missing: ['b'] })
  })
})
